"""Events: what happened, and where it stands in the log."""

from typing import Annotated, Final, NewType

import msgspec

EventId = NewType("EventId", str)
EventTypeId = NewType("EventTypeId", str)
Position = NewType("Position", int)
"""A place in the event log: the first is 1, none is used twice, gaps are possible."""

EventTime = Annotated[
    str, msgspec.Meta(examples=["2026-01-31T08:00:00.000Z"], extra_json_schema={"format": "date-time"})
]

EVENT_ID_LENGTH_MAX: Final = 128
EVENT_BYTES_MAX: Final = 1024 * 1024
DATA_DEPTH_MAX: Final = 64
PUBLISHED_IDS_MAX: Final = 1_000
FIRST_POSITION: Final = Position(1)


class WebhookEvent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The page's WebhookEvent. data is the published object's own bytes, so that numbers keep their digits."""

    id: EventId
    created_at: Annotated[EventTime, msgspec.Meta(description="When it happened: RFC 3339, UTC, milliseconds.")]
    type: EventTypeId
    data: Annotated[msgspec.Raw, msgspec.Meta(extra_json_schema={"type": "object"})]


class NewEvent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An event that was checked and encoded, and is not in the log yet.

    encoded: compact JSON of a WebhookEvent, members in the page's order; from `content_at` on it holds type and
    data, which tell whether a known id names the same event.
    id_given: the publisher chose the id, so it may be known already.
    """

    id: EventId
    type: EventTypeId
    encoded: bytes
    content_at: int
    id_given: bool


class LoggedEvent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An event in the log. accepted_at_ms: milliseconds since 1970, by the clock that ages are taken from."""

    position: Position
    accepted_at_ms: int
    type: EventTypeId
    encoded: bytes


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a publish. accepted: all events of the call that are on disk now; duplicates: those of them that
    were known before; ids: in the order of the events (of NDJSON: the first PUBLISHED_IDS_MAX).
    """

    accepted: int
    duplicates: int
    ids: tuple[EventId, ...]
