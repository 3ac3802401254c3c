"""Events: what is in the log, found by type, time or id, and what became of each at every webhook."""

import contextlib
import fnmatch
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote, urlencode

import msgspec
from starlette.datastructures import QueryParams
from starlette.responses import Response

from bellwire.engine.event_finder import EVENTS_LOOKED_MAX
from bellwire.errors import UnknownThing
from bellwire.model.event import EventId, EventTypeId, LoggedEvent, Position, WebhookEvent
from bellwire.model.event_query import Condition, EventQuery, EventsFound
from bellwire.model.event_type import Catalogue
from bellwire.model.status import Explanation, Verdict
from bellwire.model.webhook import RegisteredWebhook, WebhookId
from bellwire.rules.comparing_data import read_condition
from bellwire.rules.matching import wants_type
from bellwire.rules.suggesting import quoted
from bellwire.web.pages.attempt_rows import names_of
from bellwire.web.pages.numbered import page_of
from bellwire.web.pages.visit import Visit
from bellwire.web.parameters import Parameters, did_you_mean, time_parameter

ROWS_MAX: Final = 50
SUMMARY_LENGTH_MAX: Final = 160
FATES_MAX: Final = 100
"""Webhooks of one page of an event; those that want events of its type come first."""

PATTERN_LENGTH_MAX: Final = 128
POSITION_LENGTH_MAX: Final = 18
NAMES_MAX: Final = 100
"""Of webhooks that are offered to choose from; any other can be written."""

ASKED: Final = ("type", "where", "webhook", "since", "until", "id")
SPANS: Final = {"": "Any time", "15m": "15 minutes", "1h": "1 hour", "1d": "1 day", "7d": "7 days"}

SINCE: Final = time_parameter("since", "Accepted at this time or later.")
UNTIL: Final = time_parameter("until", "Accepted before this time.")

GOOD: Final = (Verdict.DELIVERED,)
BAD: Final = (Verdict.DISCARDED,)


class EventRow(msgspec.Struct, frozen=True, kw_only=True):
    """An event in a list. summary: its data, shortened."""

    id: EventId
    type: EventTypeId
    level: str
    accepted_at_ms: int
    position: Position
    summary: str


class Fate(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an event at one webhook."""

    explanation: Explanation
    name: str
    good: bool
    bad: bool


async def list_events(visit: Visit) -> Response:
    """GET /events: the newest first; an id leads to its event."""
    asked = {name: visit.query(name) for name in ASKED}
    if asked["id"]:
        with contextlib.suppress(UnknownThing):
            await visit.service.event(EventId(asked["id"]))
            return visit.go(event_address(asked["id"]))
    query, errors = _read(visit, asked)
    found = EventsFound(events=(), next=None) if errors else await visit.service.finder.find(query)
    catalogue = visit.service.catalogue
    return await visit.page(
        "events.html",
        rows=[row_of(event, catalogue) for event in found.events],
        older=found.next,
        asked=asked,
        before=visit.query("before"),
        narrowed=any(asked.values()),
        kept=urlencode({name: value for name, value in asked.items() if value}),
        wanting=names_of(visit.service.webhooks()).get(query.webhook_id) if query.webhook_id else None,
        webhooks=_offered(visit.service.webhooks()),
        errors=errors,
        spans=SPANS,
        looked_max=EVENTS_LOOKED_MAX,
        rows_max=ROWS_MAX,
    )


async def show_event(visit: Visit) -> Response:
    """GET /events/{id}: the event as JSON, and its way to each webhook."""
    event = await visit.service.event(EventId(visit.path("event_id")))
    written = msgspec.json.decode(event.encoded, type=WebhookEvent)
    catalogue = visit.service.catalogue
    webhooks = sorted(
        visit.service.webhooks(),
        key=lambda one: (not wants_type(one.object, event.type, catalogue), one.object.name.casefold()),
    )
    numbered = page_of(webhooks, visit.query("page"), rows_max=FATES_MAX)
    told = await visit.service.explainer.explain(event, numbered.rows)
    fates = [fate_of(each, webhook.object.name) for each, webhook in zip(told, numbered.rows, strict=True)]
    return await visit.page(
        "event.html",
        event=event,
        written=written,
        level=visit.service.catalogue.level(event.type).value,
        known=event.type in visit.service.catalogue,
        document=msgspec.json.format(event.encoded, indent=2).decode(),
        fates=sorted(fates, key=lambda fate: fate.explanation.verdict is Verdict.NOT_WANTED),
        numbered=numbered,
    )


def row_of(event: LoggedEvent, catalogue: Catalogue) -> EventRow:
    """The row of one event."""
    written = msgspec.json.decode(event.encoded, type=WebhookEvent)
    summary = bytes(written.data)[: 4 * SUMMARY_LENGTH_MAX].decode(errors="ignore")
    return EventRow(
        id=written.id,
        type=event.type,
        level=catalogue.level(event.type).value,
        accepted_at_ms=event.accepted_at_ms,
        position=event.position,
        summary=summary if len(summary) <= SUMMARY_LENGTH_MAX else summary[: SUMMARY_LENGTH_MAX - 1] + "…",
    )


def fate_of(explanation: Explanation, name: str) -> Fate:
    """One answer to why the event did or did not arrive."""
    verdict = explanation.verdict
    return Fate(explanation=explanation, name=name, good=verdict in GOOD, bad=verdict in BAD)


def types_like(written: str, catalogue: Catalogue) -> frozenset[EventTypeId]:
    """Every name of the types that are meant by an id, or by a pattern with `*`."""
    if len(written) > PATTERN_LENGTH_MAX:
        return frozenset()
    if "*" in written:
        named = [type_id for type_id in catalogue.ids() if fnmatch.fnmatchcase(type_id, written.lower())]
    else:
        named = [EventTypeId(written)] if written in catalogue else []
    present = {present for name in named for present in catalogue.present_names(name)}
    return frozenset(name for one in present for name in catalogue.all_names(one))


def event_address(event_id: str) -> str:
    """The page of an event, whose id is its publisher's choice."""
    return f"/events/{quote(event_id)}"


def no_type(written: str, catalogue: Catalogue) -> str:
    """That no type is meant by an id or a pattern, and which one may be."""
    if "*" in written:
        return f"no event type is like {quoted(written)}"
    return f"{quoted(written)} is no event type; {did_you_mean(written, catalogue.ids()) or 'see the list of types'}"


def _read(visit: Visit, asked: Mapping[str, str]) -> tuple[EventQuery, dict[str, list[str]]]:
    """What is looked for, and what is wrong with each field."""
    catalogue, errors = visit.service.catalogue, dict[str, list[str]]()
    parameters = Parameters(
        QueryParams({name: asked[name] for name in ("since", "until") if asked[name]}), (SINCE, UNTIL)
    )
    since_ms, until_ms = parameters.read(SINCE), parameters.read(UNTIL)
    errors |= {fault.path: [fault.message] for fault in parameters.faults}
    if asked["id"]:
        errors["id"] = [f"there is no event {quoted(asked['id'])} in the log"]
    types = types_like(asked["type"], catalogue) if asked["type"] else None
    if types is not None and not types:
        errors["type"] = [no_type(asked["type"], catalogue)]
    conditions: tuple[Condition, ...] = ()
    try:
        conditions = (read_condition(asked["where"]),) if asked["where"] else ()
    except ValueError as problem:
        errors["where"] = [str(problem)]
    meant = _meant(asked["webhook"], visit.service.webhooks())
    if asked["webhook"] and len(meant) != 1:
        told = "several webhooks are called that; give the id of one" if meant else "there is no such webhook"
        errors["webhook"] = [told]
    before = visit.query("before")
    query = EventQuery(
        types=types,
        since_ms=since_ms,
        until_ms=until_ms,
        conditions=conditions,
        webhook_id=meant[0] if asked["webhook"] and meant else None,
        before=Position(int(before)) if before.isdecimal() and len(before) <= POSITION_LENGTH_MAX else None,
        limit=ROWS_MAX,
    )
    return query, errors


def _meant(written: str, webhooks: Sequence[RegisteredWebhook]) -> list[WebhookId]:
    """The webhook of that id, or those of that name."""
    by_id = [webhook.id for webhook in webhooks if webhook.id == written]
    return by_id or [one.id for one in webhooks if one.object.name.casefold() == written.casefold()]


def _offered(webhooks: Sequence[RegisteredWebhook]) -> list[str]:
    """Names to choose from, those that say which webhook is meant."""
    named = Counter(webhook.object.name for webhook in webhooks)
    return sorted((name for name, count in named.items() if count == 1), key=str.casefold)[:NAMES_MAX]
