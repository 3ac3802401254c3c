"""/v1/dead-letters: every event that was given up, and why."""

from typing import Annotated, Final

import msgspec
from starlette.responses import Response

from bellwire.model.cursor import DiscardReason
from bellwire.model.event import WebhookEvent
from bellwire.model.principal import Scope
from bellwire.model.status import DeadLetter, DeadLetterPage, DeadLetterSearch
from bellwire.model.webhook import WebhookId
from bellwire.web.answers import Time, json_answer, show_time_ms
from bellwire.web.operation import Answer, Example, Tag, json_content
from bellwire.web.paging import PAGING, Page, place_from, token_of
from bellwire.web.parameters import LIMIT, choice_parameter, text_parameter, time_parameter
from bellwire.web.resource import Call, described
from bellwire.web.type_filter import TYPE, read_types

_Number = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class DeadLetterPlace(msgspec.Struct, frozen=True, array_like=True, tag="dead-letter"):
    """Where a page of dead letters ends."""

    number: _Number
    position: _Number


class DeadLetterView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An event that was given up for a webhook."""

    event_id: str
    type: str
    webhook_id: str
    replay_id: Annotated[str | None, msgspec.Meta(description="The replay that gave it up; null: live delivery did.")]
    reason: DiscardReason
    at: Time


_PLACES: Final = msgspec.json.Decoder(DeadLetterPlace)

_WEBHOOK: Final = text_parameter("webhook", "Only those of the webhook of this id.")
_REASON: Final = choice_parameter("reason", "Only those that were given up for this reason.", DiscardReason)
_SINCE: Final = time_parameter("since", "Only those that were given up at this time or later.")
_UNTIL: Final = time_parameter("until", "Only those that were given up before this time.")
_EXAMPLE: Final = DeadLetterView(
    event_id="order-7",
    type="shop.order-paid",
    webhook_id="019786a1-7c7e-7d5c-9d8f-3f1c5a1d2b3e",
    replay_id=None,
    reason=DiscardReason.EXPIRED,
    at="2026-01-31T08:05:00.000Z",
)


@described(
    summary="List dead letters",
    needs=Scope.READ,
    tag=Tag.ATTEMPTS,
    parameters=(_WEBHOOK, _REASON, TYPE, _SINCE, _UNTIL, *PAGING),
    answers=(
        Answer(
            status=200,
            description="A page of dead letters.",
            contents=json_content(
                Page[DeadLetterView], one=Example(summary="Too late", value=Page(items=[_EXAMPLE], next=None))
            ),
        ),
    ),
)
async def list_dead_letters(call: Call) -> Response:
    """Events that were given up, the newest first: of one webhook, for one reason, by type, by the time of the discard.
    A call looks at a bounded number of them, so a page may be short, or empty, and still have a `next`.
    """
    parameters = call.parameters()
    webhook = parameters.read(_WEBHOOK)
    limit, place = parameters.read(LIMIT), place_from(parameters, _PLACES)
    search = DeadLetterSearch(
        webhook_id=None if webhook is None else WebhookId(webhook),
        reason=parameters.read(_REASON),
        types=read_types(parameters, call.service.catalogue),
        since_ms=parameters.read(_SINCE),
        until_ms=parameters.read(_UNTIL),
        before=(place.number, place.position) if place else None,
        limit=limit + 1,
    )
    parameters.check()
    page = await call.service.coroner.search(search)
    return json_answer(Page(items=[_view(letter) for letter in page.letters[:limit]], next=_next(page, limit)))


def _next(page: DeadLetterPage, limit: int) -> str | None:
    """Where the next page begins: behind the last that is shown, or else where the search has come to."""
    if len(page.letters) > limit:
        last = page.letters[limit - 1]
        return token_of(DeadLetterPlace(last.number, last.event.position))
    return None if page.next is None else token_of(DeadLetterPlace(*page.next))


def _view(letter: DeadLetter) -> DeadLetterView:
    event = msgspec.json.decode(letter.event.encoded, type=WebhookEvent)
    return DeadLetterView(
        event_id=event.id,
        type=event.type,
        webhook_id=letter.webhook_id,
        replay_id=letter.replay_id,
        reason=letter.reason,
        at=show_time_ms(letter.at_ms),
    )
