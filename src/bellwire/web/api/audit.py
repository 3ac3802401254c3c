"""/v1/audit: who changed what, when and from where."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

import msgspec
from starlette.responses import Response

from bellwire.directory import AuditSearch, NumberedEntry
from bellwire.model.audit import VALUE_BYTES_MAX, Action
from bellwire.model.principal import PrincipalKind, Scope
from bellwire.web.answers import Time, json_answer, show_time_ms
from bellwire.web.operation import Answer, Example, Tag, json_content
from bellwire.web.paging import PAGING, Page, gather, listing, place_from
from bellwire.web.parameters import LIMIT, choice_parameter, text_parameter, time_parameter
from bellwire.web.resource import Call, described


class EntryPlace(msgspec.Struct, frozen=True, array_like=True, tag="audit"):
    """Where a page of entries ends."""

    number: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class MemberChangeView(msgspec.Struct, frozen=True, kw_only=True):
    """A member that has another value now; secrets are masked, of long values only the size is kept."""

    path: str
    before: Any
    after: Any


class AuditEntryView(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was done."""

    number: int
    at: Time
    by: Annotated[str, msgspec.Meta(description="The name of the token or person; `program` for one that embeds it.")]
    kind: PrincipalKind
    address: Annotated[str, msgspec.Meta(description="From where it was asked for; empty for a program.")]
    action: Action
    object: Annotated[str, msgspec.Meta(description="The id or name of what it was done to.")]
    changes: tuple[MemberChangeView, ...]


_PLACES: Final = msgspec.json.Decoder(EntryPlace)
_BY: Final = text_parameter("by", "Only what the token or person of this name did.")
_OBJECT: Final = text_parameter("object", "Only what was done to the object of this id or name.")
_ACTION: Final = choice_parameter("action", "Only this.", Action)
_SINCE: Final = time_parameter("since", "From then on.")
_UNTIL: Final = time_parameter("until", "Before then.")
_EXAMPLE: Final = AuditEntryView(
    number=12,
    at="2026-01-31T08:00:00.000Z",
    by="nadia",
    kind=PrincipalKind.PERSON,
    address="192.0.2.7",
    action=Action.WEBHOOK_EDIT,
    object="019786a1-7c7e-7d5c-9d8f-3f1c5a1d2b3e",
    changes=(MemberChangeView(path="timeout", before="30s", after="10s"),),
)


@described(
    summary="List the audit trail",
    needs=Scope.ADMIN,
    tag=Tag.ACCESS,
    parameters=(_BY, _OBJECT, _ACTION, _SINCE, _UNTIL, *PAGING),
    answers=(
        Answer(
            status=200,
            description="A page of entries.",
            contents=json_content(
                Page[AuditEntryView], one=Example(summary="An edit", value=Page(items=[_EXAMPLE], next=None))
            ),
        ),
    ),
)
async def list_audit_entries(call: Call) -> Response:
    """Who changed what, when and from where, the newest first."""
    parameters = call.parameters()
    search = AuditSearch(
        by=parameters.read(_BY),
        object_id=parameters.read(_OBJECT),
        action=parameters.read(_ACTION),
        since_ms=parameters.read(_SINCE),
        until_ms=parameters.read(_UNTIL),
    )
    limit, place = parameters.read(LIMIT), place_from(parameters, _PLACES)
    parameters.check()

    async def fetch(last: NumberedEntry | None, count: int) -> Sequence[NumberedEntry]:
        before = last.number if last else (place.number if place else None)
        return await call.service.access.auditor.search(msgspec.structs.replace(search, before=before, limit=count))

    entries, more = await gather(fetch, limit=limit, size=lambda one: len(one.entry.changes) * VALUE_BYTES_MAX)
    return json_answer(listing(entries, more=more, show=_view, place=lambda one: EntryPlace(one.number)))


def _view(numbered: NumberedEntry) -> AuditEntryView:
    entry = numbered.entry
    return AuditEntryView(
        number=numbered.number,
        at=show_time_ms(entry.at_ms),
        by=entry.by,
        kind=entry.kind,
        address=entry.address,
        action=entry.action,
        object=entry.object_id,
        changes=tuple(
            MemberChangeView(path=change.path, before=change.before, after=change.after) for change in entry.changes
        ),
    )
