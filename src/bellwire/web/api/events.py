"""/v1/events: what was published, the newest first."""

from collections.abc import Sequence
from typing import Annotated, Final

import msgspec
from starlette.responses import Response

from bellwire.model.event import EventId, EventTypeId, LoggedEvent, Position, WebhookEvent
from bellwire.model.event_type import Catalogue
from bellwire.model.status import Explanation
from bellwire.model.webhook import WebhookId
from bellwire.rules.suggesting import quoted
from bellwire.store import EventSearch
from bellwire.web.answers import json_answer, show_time_ms, show_time_ms_or_none
from bellwire.web.paging import gather, listing, place_from
from bellwire.web.parameters import UNKNOWN_TOLD_MAX, Parameters, did_you_mean
from bellwire.web.resource import Call


class EventView(WebhookEvent, frozen=True, kw_only=True, rename="camel"):
    """An event as the API shows it: the page's WebhookEvent and its place in the log."""

    position: int
    accepted_at: str


class EventPlace(msgspec.Struct, frozen=True, array_like=True, tag="event"):
    """Where a page of events ends."""

    position: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


_PLACES: Final = msgspec.json.Decoder(EventPlace)


async def list_events(call: Call) -> Response:
    """GET /v1/events: by type (any of them; present and former names mean the same), since and until."""
    parameters = call.parameters("type", "since", "until", "limit", "pageToken")
    search = EventSearch(
        types=_types(parameters, call.service.catalogue),
        since_ms=parameters.time_ms("since"),
        until_ms=parameters.time_ms("until"),
    )
    limit, place = parameters.limit(), place_from(parameters, _PLACES)
    parameters.check()
    first = Position(place.position) if place else None

    async def fetch(last: LoggedEvent | None, count: int) -> Sequence[LoggedEvent]:
        before = last.position if last else first
        return await call.service.events(msgspec.structs.replace(search, before=before, limit=count))

    events, more = await gather(fetch, limit=limit, size=lambda event: len(event.encoded))
    return json_answer(listing(events, more=more, show=view_event, place=lambda event: EventPlace(event.position)))


async def read_event(call: Call) -> Response:
    """GET /v1/events/{id}."""
    call.parameters().check()
    return json_answer(view_event(await call.service.event(EventId(call.path("event_id")))))


async def explain_event(call: Call) -> Response:
    """GET /v1/events/{id}/why: what became of it at one webhook, or (without `webhook`) at each of them."""
    parameters = call.parameters("webhook")
    named = parameters.text("webhook")
    parameters.check()
    webhook_id = None if named is None else WebhookId(named)
    explanations = await call.service.explain(EventId(call.path("event_id")), webhook_id)
    return json_answer({"items": [_view_explanation(explanation) for explanation in explanations], "next": None})


def _view_explanation(explanation: Explanation) -> dict[str, str | None]:
    return {
        "webhookId": explanation.webhook_id,
        "verdict": explanation.verdict.value,
        "because": explanation.because,
        "at": show_time_ms_or_none(explanation.at_ms),
        "until": show_time_ms_or_none(explanation.until_ms),
        "attemptId": explanation.attempt_id,
    }


def view_event(event: LoggedEvent) -> EventView:
    """The event as the API shows it."""
    published = msgspec.json.decode(event.encoded, type=WebhookEvent)
    return EventView(
        id=published.id,
        created_at=published.created_at,
        type=published.type,
        data=published.data,
        position=event.position,
        accepted_at=show_time_ms(event.accepted_at_ms),
    )


def _types(parameters: Parameters, catalogue: Catalogue) -> frozenset[EventTypeId] | None:
    named = [EventTypeId(name) for name in parameters.texts("type")]
    unknown = [name for name in named if name not in catalogue]
    for name in unknown[:UNKNOWN_TOLD_MAX]:
        remedy = did_you_mean(name, catalogue.ids()) or "GET /v1/event-types lists them"
        parameters.fault("type", f"{quoted(name)} is not an event type; {remedy}")
    present = {present for name in named for present in catalogue.present_names(name)}
    return frozenset(name for one in present for name in catalogue.all_names(one)) if named else None
