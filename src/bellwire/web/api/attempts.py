"""/v1/attempts: every request that was made to an endpoint, and what came of it."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from starlette.responses import Response

from bellwire.model.attempt import (
    Answer,
    Attempt,
    AttemptId,
    Delivered,
    Failed,
    Gone,
    NoAnswer,
    Outcome,
    Refused,
    RetryLater,
    Timings,
)
from bellwire.model.attempt import Response as HttpResponse
from bellwire.model.duration import show_duration
from bellwire.model.webhook import WebhookId
from bellwire.store import AttemptSearch
from bellwire.web.answers import json_answer, show_time_ms
from bellwire.web.paging import gather, listing, place_from
from bellwire.web.resource import Call


class AttemptPlace(msgspec.Struct, frozen=True, array_like=True, tag="attempt"):
    """Where a page of attempts ends."""

    attempt_id: str


_PLACES: Final = msgspec.json.Decoder(AttemptPlace)


async def list_attempts(call: Call) -> Response:
    """GET /v1/attempts: the newest first, of one webhook or of all; without the answers' bodies."""
    parameters = call.parameters("webhook", "limit", "pageToken")
    webhook = parameters.text("webhook")
    limit, place = parameters.limit(), place_from(parameters, _PLACES)
    parameters.check()
    first = AttemptId(place.attempt_id) if place else None

    async def fetch(last: Attempt | None, count: int) -> Sequence[Attempt]:
        before = last.id if last else first
        webhook_id = None if webhook is None else WebhookId(webhook)
        return await call.service.attempts(AttemptSearch(webhook_id=webhook_id, before=before, limit=count))

    attempts, more = await gather(fetch, limit=limit, size=lambda _: 0)
    return json_answer(listing(attempts, more=more, show=_view, place=lambda attempt: AttemptPlace(attempt.id)))


async def read_attempt(call: Call) -> Response:
    """GET /v1/attempts/{id}: with the first bytes of the answer's body."""
    call.parameters().check()
    attempt = await call.service.attempt(call.path("attempt_id"))
    return json_answer({**_view(attempt), "answer": view_answer(attempt.response)})


def _view(attempt: Attempt) -> dict[str, Any]:
    return {
        "id": attempt.id,
        "webhookId": attempt.webhook_id,
        "batchId": attempt.batch_id,
        "number": attempt.number,
        "at": show_time_ms(attempt.at_ms),
        "events": attempt.events,
        "firstPosition": attempt.first,
        "lastPosition": attempt.last,
        "bytes": attempt.body_bytes,
        **view_outcome(attempt.outcome),
        **_response(attempt),
        "durationMs": attempt.response.timings.total_us / 1000,
        "timings": view_timings(attempt.response.timings),
    }


def view_outcome(outcome: Outcome) -> dict[str, str | None]:
    """What an answer meant, and why in words."""
    match outcome:
        case Delivered():
            return {"outcome": "delivered", "reason": None}
        case Refused(reason=reason):
            return {"outcome": "refused", "reason": reason}
        case RetryLater(reason=reason, after_ms=after_ms):
            return {"outcome": "retry-later", "reason": f"{reason}, to be tried again after {show_duration(after_ms)}"}
        case Gone(reason=reason):
            return {"outcome": "gone", "reason": reason}
        case Failed(reason=reason):
            return {"outcome": "failed", "reason": reason}


def _response(attempt: Attempt) -> dict[str, Any]:
    match attempt.response:
        case Answer(status=status):
            return {"status": status, "error": None}
        case NoAnswer(trouble=trouble, detail=detail):
            return {"status": None, "error": {"trouble": trouble.value, "detail": detail}}


def view_answer(response: HttpResponse) -> str | None:
    """The first bytes of the answer's body as text."""
    match response:
        case Answer(body=body):
            return body.decode(errors="replace")
        case NoAnswer():
            return None


def view_timings(timings: Timings) -> dict[str, float | None]:
    """Milliseconds from the start until each step was done."""
    return {
        "nameLookup": _ms(timings.name_lookup_us),
        "connect": _ms(timings.connect_us),
        "tls": _ms(timings.tls_us),
        "firstByte": _ms(timings.first_byte_us),
        "total": _ms(timings.total_us),
    }


def _ms(time_us: int | None) -> float | None:
    return None if time_us is None else time_us / 1000
