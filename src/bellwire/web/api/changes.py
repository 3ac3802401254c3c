"""/v1/webhooks/{id}/changes: the journal of a webhook."""

from typing import Annotated, Final

import msgspec
from starlette.responses import Response

from bellwire.model.change import (
    Blocked,
    Change,
    Created,
    Edited,
    Failing,
    Filter,
    KeyRotated,
    NumberedChange,
    WentGone,
)
from bellwire.model.principal import Scope
from bellwire.web.answers import Time, json_answer, show_time_ms, show_time_ms_or_none
from bellwire.web.api.webhooks import UNKNOWN_WEBHOOK, webhook_id_of
from bellwire.web.operation import Answer, Example, Tag, json_content
from bellwire.web.paging import PAGING, Page, listing, place_from
from bellwire.web.parameters import LIMIT
from bellwire.web.resource import Call, described


class ChangePlace(msgspec.Struct, frozen=True, array_like=True, tag="change"):
    """Where a page of changes ends."""

    number: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class ChangeView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A change of a webhook, or of its state."""

    number: Annotated[int, msgspec.Meta(description="Ascending in the order of the changes.")]
    at: Time
    position: Annotated[int, msgspec.Meta(description="The first place in the log that it decides on.")]
    change: Annotated[
        str,
        msgspec.Meta(
            description="created, edited, key-rotated, enabled, disabled, paused, resumed, deleted, failing, gone, "
            "blocked, unblocked or recovered."
        ),
    ]
    fields: Annotated[tuple[str, ...], msgspec.Meta(description="Which members of the object were edited.")] = ()
    filter_before: Annotated[Filter | None, msgspec.Meta(description="Where the filter was edited.")] = None
    filter_after: Annotated[Filter | None, msgspec.Meta(description="The same, and at the creation.")] = None
    reason: Annotated[str | None, msgspec.Meta(description="Why it is failing, gone or blocked.")] = None
    previous_key_until: Annotated[Time | None, msgspec.Meta(description="Until when the key before signs too.")] = None


_PLACES: Final = msgspec.json.Decoder(ChangePlace)
_EXAMPLE: Final = ChangeView(
    number=3, at="2026-01-31T08:00:12.120Z", position=17, change="failing", reason="answered 500"
)


@described(
    summary="List changes of a webhook",
    needs=Scope.READ,
    tag=Tag.WEBHOOKS,
    parameters=PAGING,
    answers=(
        Answer(
            status=200,
            description="A page of changes.",
            contents=json_content(
                Page[ChangeView], one=Example(summary="It began to fail", value=Page(items=[_EXAMPLE], next=None))
            ),
        ),
    ),
    problems=(UNKNOWN_WEBHOOK,),
)
async def list_changes(call: Call) -> Response:
    """What was changed of the webhook and what its state became, the newest first; of a deleted one as long as it is
    kept.
    """
    parameters = call.parameters()
    limit, place = parameters.read(LIMIT), place_from(parameters, _PLACES)
    parameters.check()
    before = place.number if place else None
    found = await call.service.chronicler.changes(webhook_id_of(call), before=before, limit=limit + 1)
    page = listing(
        found[:limit], more=len(found) > limit, show=_view, place=lambda numbered: ChangePlace(numbered.number)
    )
    return json_answer(page)


def _view(numbered: NumberedChange) -> ChangeView:
    change = numbered.change
    view = ChangeView(
        number=numbered.number,
        at=show_time_ms(change.at_ms),
        position=change.position,
        change=str(change.what.__struct_config__.tag),
    )
    return _with_details(view, change)


def _with_details(view: ChangeView, change: Change) -> ChangeView:
    """With what belongs to the kind of the change."""
    match change.what:
        case Created(filter=filtered):
            return msgspec.structs.replace(view, filter_after=filtered)
        case Edited(fields=fields, filter_before=before, filter_after=after):
            return msgspec.structs.replace(view, fields=fields, filter_before=before, filter_after=after)
        case KeyRotated(previous_until_ms=until_ms):
            return msgspec.structs.replace(view, previous_key_until=show_time_ms_or_none(until_ms))
        case Failing(reason=reason) | WentGone(reason=reason) | Blocked(reason=reason):
            return msgspec.structs.replace(view, reason=reason)
        case _:
            return view
