"""Replays: delivering again what the log still holds, on request, beside live delivery."""

import enum
from typing import Final

import msgspec

from bellwire.model.cursor import DiscardReason, ReplayId
from bellwire.model.event import EventId, EventTypeId, LoggedEvent, Position
from bellwire.model.positions import Positions
from bellwire.model.webhook import WebhookId

REPLAYED_IDS_MAX: Final = 10_000
"""Ids that one replay may name."""

REPLAYED_RUNS_MAX: Final = 100_000
"""Runs of neighbours that the dead letters of one replay may stand in."""

UNENDED_MAX: Final = 10
"""Replays of one webhook that have not ended."""

RATE_MIN_PER_S: Final = 0.001
RATE_MAX_PER_S: Final = 1_000_000.0


class ReplayWish(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody asks for. Exactly one of these says where to begin: a time, a position, ids, a reason.

    since_ms, until_ms: since ≤ acceptance < until; of dead letters, since ≤ discard < until. types: as they were
    written; None for all. rate_per_s: events a second; None for as fast as the endpoint takes them.
    Times in milliseconds since 1970.
    """

    since_ms: int | None = None
    until_ms: int | None = None
    from_position: Position | None = None
    ids: tuple[EventId, ...] = ()
    reason: DiscardReason | None = None
    types: tuple[EventTypeId, ...] | None = None
    rate_per_s: float | None = None
    paused: bool = False


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """The part of the log that is replayed: since ≤ position < until, of these types (None: all), present and former
    names alike. positions: only these, where it is an explicit set; never an empty one.
    """

    since: Position
    until: Position
    positions: Positions | None = None
    types: frozenset[EventTypeId] | None = None


class ReplayState(enum.Enum):
    """running also means: waiting for its turn, or for the endpoint."""

    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    CANCELLED = "cancelled"


class ReplayEnd(msgspec.Struct, frozen=True, kw_only=True):
    """When a replay ended (milliseconds since 1970), and what became of its events; cancelled: those never sent."""

    at_ms: int
    delivered: int
    discarded_for: dict[str, int]
    cancelled: int


class Replay(msgspec.Struct, frozen=True, kw_only=True):
    """A replay as it is stored; where it stands is in its cursor, until it has ended.

    missing: events that were asked for and are no longer retained. counted_from_ms: from when deadlines count at the
    earliest: its start, its last resume or change of rate; this and paused_at_ms by the steady time, from which ages
    are taken, created_at_ms for people. cancelled_because: in words; empty unless it was cancelled. All times in
    milliseconds since 1970.
    """

    id: ReplayId
    webhook_id: WebhookId
    wish: ReplayWish
    part: Part
    missing: int
    created_at_ms: int
    counted_from_ms: int
    rate_per_s: float | None = None
    paused_at_ms: int | None = None
    cancelled_because: str = ""
    end: ReplayEnd | None = None


class ReplayPreview(msgspec.Struct, frozen=True, kw_only=True):
    """What a replay would deliver. events: how many; sample: the first of them; missing: see Replay."""

    events: int
    missing: int
    sample: tuple[LoggedEvent, ...]


class ReplayStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How a replay does. reason: why it does not go on, or ended before its end; empty otherwise.

    wanted = delivered + waiting + discarded + cancelled, in events. measured_per_s: events delivered a second, since it
    was begun, resumed or its rate was changed, in this process; None where none was. left_s: how long it will take at
    that pace. Times in milliseconds since 1970.
    """

    replay: Replay
    state: ReplayState
    reason: str
    delivered: int
    waiting: int
    discarded: dict[str, int]
    cancelled: int
    measured_per_s: float | None
    left_s: float | None
    next_attempt_at_ms: int | None

    @property
    def wanted(self) -> int:
        """All of its events, whatever became of them."""
        return self.delivered + self.waiting + sum(self.discarded.values()) + self.cancelled


class ReplayVerdict(enum.Enum):
    """What a replay did with one event."""

    DELIVERED = "delivered"
    WAITING = "waiting"
    DISCARDED = "discarded"


class ReplayNote(msgspec.Struct, frozen=True, kw_only=True):
    """That a replay concerned one event. because: in words; at_ms: when it was delivered or discarded."""

    replay_id: ReplayId
    verdict: ReplayVerdict
    because: str
    at_ms: int | None = None
