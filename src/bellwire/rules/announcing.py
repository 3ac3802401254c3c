"""What does Bellwire say about its own webhooks?"""

import re
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import replace

from bellwire.model.change import Blocked, Failing, Recovered, WentGone, What
from bellwire.model.cursor import Cursor, CursorMove, DiscardReason
from bellwire.model.event import EventId, EventTypeId, LoggedEvent, WebhookEvent
from bellwire.model.webhook import RegisteredWebhook
from bellwire.rules.diagnosing import diagnose
from bellwire.rules.presenting import show_time_ms

FAILING: Final = EventTypeId("bellwire.webhook-failing")
RECOVERED: Final = EventTypeId("bellwire.webhook-recovered")
BLOCKED: Final = EventTypeId("bellwire.webhook-blocked")
GONE: Final = EventTypeId("bellwire.webhook-gone")
EVENTS_DISCARDED: Final = EventTypeId("bellwire.webhook-events-discarded")

_REDIRECT: Final = re.compile(r"(?<= to ).*(?=; redirects are not followed)", re.DOTALL)
_ADDRESS: Final = re.compile(r"https?://\S+", re.IGNORECASE)


def announcements_of(webhook: RegisteredWebhook, move: CursorMove) -> list[tuple[EventTypeId, dict[str, Any]]]:
    """The events, type and data, that a stored move of a webhook's cursor is worth, but for its discards."""
    types = [type_id for change in move.changes if (type_id := _type_of(change.what)) is not None]
    return [(type_id, describe(webhook, move.after)) for type_id in types]


def describe(webhook: RegisteredWebhook, cursor: Cursor) -> dict[str, Any]:
    """What an event about a webhook says of it, besides its id. Of URLs only the host: paths may be secrets."""
    found = diagnose(webhook, cursor)
    return {
        "name": webhook.object.name,
        "host": urlsplit(webhook.object.url).hostname,
        "state": found.state,
        "reason": _with_hosts_only(found.reason),
        "since": show_time_ms(found.since_ms),
        "failures": cursor.failures,
    }


def _with_hosts_only(reason: str) -> str:
    """The reason without the paths of addresses: whoever redirects to TLS repeats that of the webhook."""
    return _ADDRESS.sub(lambda found: _host_of(found[0]), _REDIRECT.sub(lambda found: _host_of(found[0]), reason))


def _host_of(address: str) -> str:
    try:
        return urlsplit(address.strip()).hostname or "another path"
    except ValueError:
        return "another address"


def _type_of(what: What) -> EventTypeId | None:
    match what:
        case Failing():
            return FAILING
        case Recovered():
            return RECOVERED
        case Blocked():
            return BLOCKED
        case WentGone():
            return GONE
        case _:
            return None


class Mentioned(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An event as another one speaks of it."""

    id: EventId
    created_at: str


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """What was given up of one webhook and not told yet. first, last: None where the log has them no more."""

    counts: dict[str, int]
    first: Mentioned | None
    last: Mentioned | None


def add_up(tally: Tally | None, reason: DiscardReason, *, count: int, events: Iterable[LoggedEvent]) -> Tally:
    """With so many events more. events: the first and the last of them, as far as they are still there."""
    mentioned = [_mention(event) for event in events]
    first, last = (mentioned[0], mentioned[-1]) if mentioned else (None, None)
    if tally is None:
        return Tally(counts={reason.value: count}, first=first, last=last)
    counts = tally.counts | {reason.value: tally.counts.get(reason.value, 0) + count}
    return replace(tally, counts=counts, first=tally.first or first, last=last or tally.last)


def discards_told(webhook: RegisteredWebhook, cursor: Cursor, tally: Tally) -> dict[str, Any]:
    """The data of an event about what was given up."""
    return {
        **describe(webhook, cursor),
        "events": sum(tally.counts.values()),
        "discarded": tally.counts,
        "firstEvent": tally.first,
        "lastEvent": tally.last,
    }


def _mention(event: LoggedEvent) -> Mentioned:
    published = msgspec.json.decode(event.encoded, type=WebhookEvent)
    return Mentioned(id=published.id, created_at=published.created_at)
