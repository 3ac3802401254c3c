"""How much Bellwire keeps, and how much may wait."""

from typing import Final

import msgspec

from bellwire.model.duration import DurationMs

MIB: Final = 1024 * 1024
GIB: Final = 1024 * MIB
DAY_MS: Final = DurationMs(86_400_000)


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes of events and attempts count as they are encoded; the store's file is larger by about a quarter.

    retention_age_ms, retention_bytes: of settled events, whichever is reached first. backlog_bytes: of events that
    wait; None: half of what the disk has left at the start, the store's own files counted as free. free_floor_bytes: of
    the file system; with less free no events are taken.
    """

    retention_age_ms: DurationMs = DurationMs(7 * DAY_MS)
    retention_bytes: int = GIB
    backlog_bytes: int | None = None
    free_floor_bytes: int = 256 * MIB
    attempts_age_ms: DurationMs = DurationMs(7 * DAY_MS)
    attempts_per_webhook: int = 10_000
    attempts_bytes: int = 512 * MIB


DEFAULT_LIMITS: Final = Limits()
