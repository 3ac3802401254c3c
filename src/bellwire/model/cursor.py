"""A webhook's place in the log, and all that delivery must remember across a crash."""

import enum

import msgspec

from bellwire.model.batch import Batch
from bellwire.model.event import Position
from bellwire.model.positions import Positions
from bellwire.model.webhook import WebhookId


class Cursor(msgspec.Struct, frozen=True, kw_only=True):
    """position: the next to deliver, all before it is settled. revision counts the writes of this cursor.

    failures: in a row, cleared by a success only; `failure` (in words) and `retry_at_ms` speak of the last of them.
    filter_revision: that of the webhook's filter which chose from here on.
    since_ms: when the first of them was, or the success that ended the ones before.
    delivered, discarded: events, since the webhook exists. Times in milliseconds since 1970.
    """

    webhook_id: WebhookId
    position: Position
    revision: int = 0
    open: Batch | None = None
    filter_revision: int = 1
    failures: int = 0
    since_ms: int = 0
    failure: str = ""
    retry_at_ms: int | None = None
    window_opened_at_ms: int | None = None
    last_success_at_ms: int | None = None
    last_failure_at_ms: int | None = None
    delivered: int = 0
    discarded: int = 0


class DiscardReason(enum.Enum):
    """Why events were given up."""

    EXPIRED = "expired"
    DISABLED = "disabled"


class Discard(msgspec.Struct, frozen=True, kw_only=True):
    """Events of one webhook that were given up together, at one time, for one reason."""

    webhook_id: WebhookId
    reason: DiscardReason
    at_ms: int
    members: Positions


class CursorMove(msgspec.Struct, frozen=True, kw_only=True):
    """A cursor's next state and the discards on the way; it can be made only while `before` is the stored state."""

    before: Cursor
    after: Cursor
    discards: tuple[Discard, ...] = ()
