"""Room: how much waits, how much may, and for whom."""

import enum

import msgspec

from bellwire.model.cursor import ReplayId
from bellwire.model.webhook import WebhookId


class RoomState(enum.Enum):
    """ample; low: what waits has reached LOW_SHARE of its limit; full: no more events are taken."""

    AMPLE = "ample"
    LOW = "low"
    FULL = "full"


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook, or one of its replays, that still needs a part of the log. bytes: of the log from the first event that
    waits for it.
    """

    webhook_id: WebhookId
    name: str
    bytes: int
    replay_id: ReplayId | None = None


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """used_bytes: of the log from the first event that waits for any webhook, as encoded. limit_bytes: of those; None:
    there is no limit. free_bytes: of the file system, None where the store is on none; floor_bytes: the least of it.
    holders: those who hold most, the first holds most.
    """

    state: RoomState
    used_bytes: int
    limit_bytes: int | None
    free_bytes: int | None
    floor_bytes: int
    holders: tuple[Holder, ...]
