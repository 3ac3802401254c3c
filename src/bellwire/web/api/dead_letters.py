"""/v1/dead-letters: every event that was given up, and why."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

import msgspec
from starlette.responses import Response

from bellwire.model.cursor import DiscardReason
from bellwire.model.event import WebhookEvent
from bellwire.model.status import DeadLetter
from bellwire.model.webhook import WebhookId
from bellwire.rules.suggesting import alternatives, quoted
from bellwire.web.answers import json_answer, show_time_ms
from bellwire.web.paging import gather, listing, place_from
from bellwire.web.parameters import Parameters
from bellwire.web.resource import Call

_Number = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class DeadLetterPlace(msgspec.Struct, frozen=True, array_like=True, tag="dead-letter"):
    """Where a page of dead letters ends."""

    number: _Number
    position: _Number


_PLACES: Final = msgspec.json.Decoder(DeadLetterPlace)


async def list_dead_letters(call: Call) -> Response:
    """GET /v1/dead-letters: the newest first, of one webhook or of all, for one reason or any."""
    parameters = call.parameters("webhook", "reason", "limit", "pageToken")
    webhook, reason = parameters.text("webhook"), _reason(parameters)
    limit, place = parameters.limit(), place_from(parameters, _PLACES)
    parameters.check()

    async def fetch(last: DeadLetter | None, count: int) -> Sequence[DeadLetter]:
        after = _place(last) if last else place
        return await call.service.dead_letters(
            webhook_id=None if webhook is None else WebhookId(webhook),
            reason=reason,
            before=(after.number, after.position) if after else None,
            limit=count,
        )

    letters, more = await gather(fetch, limit=limit, size=lambda letter: len(letter.event.encoded))
    return json_answer(listing(letters, more=more, show=_view, place=_place))


def _place(letter: DeadLetter) -> DeadLetterPlace:
    return DeadLetterPlace(letter.number, letter.event.position)


def _view(letter: DeadLetter) -> dict[str, Any]:
    event = msgspec.json.decode(letter.event.encoded, type=WebhookEvent)
    return {
        "eventId": event.id,
        "type": event.type,
        "webhookId": letter.webhook_id,
        "reason": letter.reason.value,
        "at": show_time_ms(letter.at_ms),
    }


def _reason(parameters: Parameters) -> DiscardReason | None:
    text = parameters.text("reason")
    if text is None:
        return None
    for reason in DiscardReason:
        if reason.value == text:
            return reason
    known = alternatives(reason.value for reason in DiscardReason)
    parameters.fault("reason", f"{quoted(text)} is no reason; write {known}")
    return None
