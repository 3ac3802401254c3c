"""A webhook's place in the log, and all that delivery must remember across a crash."""

import enum
from typing import NewType

import msgspec

from bellwire.model.batch import Batch
from bellwire.model.change import Change
from bellwire.model.event import EventTypeId, Position
from bellwire.model.positions import Positions, behind, count_of
from bellwire.model.webhook import WebhookId

ReplayId = NewType("ReplayId", str)

CursorKey = NewType("CursorKey", str)
"""What a cursor is stored by: the id of its replay, else of its webhook."""


class SetAside(msgspec.Struct, frozen=True, kw_only=True):
    """An event that was refused alone and is tried again beside the cursor. failures: its own, in a row.

    accepted_at_ms: of the event; in a replay, when it was refused.
    """

    position: Position
    type: EventTypeId
    accepted_at_ms: int
    failures: int
    retry_at_ms: int


class Splitting(msgspec.Struct, frozen=True, kw_only=True):
    """A refused batch that goes on in parts, beside the one that is open.

    parts: still to be sent, in order. requests_left: before it is given up as a failure. accepted: one of its parts
    was. refused: single events that were refused before any was accepted; they still wait at the cursor.
    """

    parts: tuple[Positions, ...]
    requests_left: int
    accepted: bool = False
    refused: tuple[SetAside, ...] = ()


class Smaller(msgspec.Struct, frozen=True, kw_only=True):
    """After an answer of 413: batches of at most so many events, until so many of them were accepted."""

    events_max: int
    accepted_left: int


class Blockage(msgspec.Struct, frozen=True, kw_only=True):
    """Why nothing can be sent safely, and since when (milliseconds since 1970)."""

    reason: str
    since_ms: int


class Cursor(msgspec.Struct, frozen=True, kw_only=True):
    """position: the next to deliver, all before it is settled or set aside. revision counts the writes of this cursor.
    replay_id: of the replay that it belongs to; None for the webhook's own, of live delivery.

    failures: in a row, cleared by a success only; `failure` (in words) and `retry_at_ms` speak of the last of them.
    filter_revision: that of the webhook's filter which chose from here on.
    since_ms: when the first of the failures was, or the success that ended the ones before.
    gone: the endpoint answered 410. blocked: as it was when something was to be sent last. ailing: it was failing, gone
    or blocked, and nothing was delivered since.
    delivered, discarded_for (each DiscardReason): events, since the cursor exists.
    window_events: those of the batch that was cut last.
    Times in milliseconds since 1970.
    """

    webhook_id: WebhookId
    position: Position
    replay_id: ReplayId | None = None
    revision: int = 0
    open: Batch | None = None
    splitting: Splitting | None = None
    smaller: Smaller | None = None
    set_aside: tuple[SetAside, ...] = ()
    filter_revision: int = 1
    failures: int = 0
    since_ms: int = 0
    failure: str = ""
    gone: bool = False
    blocked: Blockage | None = None
    ailing: bool = False
    retry_at_ms: int | None = None
    window_opened_at_ms: int | None = None
    window_events: int = 0
    last_success_at_ms: int | None = None
    last_failure_at_ms: int | None = None
    delivered: int = 0
    discarded_for: dict[str, int] = {}

    @property
    def discarded(self) -> int:
        """Events given up, for whatever reason, since the webhook exists."""
        return sum(self.discarded_for.values())


def key_of(cursor: Cursor) -> CursorKey:
    """What the cursor is stored by."""
    return CursorKey(cursor.webhook_id if cursor.replay_id is None else cursor.replay_id)


def read_to(cursor: Cursor) -> Position:
    """The place behind every event that the cursor has in hand: from there on the log is read for more."""
    place = cursor.position
    if cursor.open is not None and not cursor.open.aside:
        place = max(place, behind(cursor.open.members))
    if cursor.splitting is not None:
        place = max([place, *map(behind, cursor.splitting.parts)])
        place = max([place, *(Position(refused.position + 1) for refused in cursor.splitting.refused)])
    return place


def in_hand(cursor: Cursor) -> int:
    """How many waiting events the cursor names itself: in its open batch, set aside, or in a split batch."""
    count = len(cursor.set_aside)
    if cursor.open is not None and not cursor.open.aside:
        count += count_of(cursor.open.members)
    if cursor.splitting is not None:
        count += sum(map(count_of, cursor.splitting.parts)) + len(cursor.splitting.refused)
    return count


class DiscardReason(enum.Enum):
    """Why events were given up."""

    EXPIRED = "expired"
    REFUSED = "refused"
    LOSSY = "lossy"
    DISABLED = "disabled"


def counted(cursor: Cursor, reason: DiscardReason, events: int) -> Cursor:
    """With so many more events given up for that reason."""
    total = cursor.discarded_for.get(reason.value, 0) + events
    return msgspec.structs.replace(cursor, discarded_for=cursor.discarded_for | {reason.value: total})


class Discard(msgspec.Struct, frozen=True, kw_only=True):
    """Events of one webhook that were given up together, at one time, for one reason; by live delivery or a replay."""

    webhook_id: WebhookId
    reason: DiscardReason
    at_ms: int
    members: Positions
    replay_id: ReplayId | None = None


class CursorMove(msgspec.Struct, frozen=True, kw_only=True):
    """A cursor's next state, the discards on the way and what it changes of the webhook's state; it can be made only
    while `before` is the stored state.
    """

    before: Cursor
    after: Cursor
    discards: tuple[Discard, ...] = ()
    changes: tuple[Change, ...] = ()
