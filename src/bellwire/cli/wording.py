"""Numbers, sizes and times as people read them."""

from datetime import UTC, datetime
from typing import Final

SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60 * SECOND_MS
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS
KIB: Final = 1_024
TENTHS_BELOW_MS: Final = 10


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """`1 event`, `12,000 events`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def size(size_bytes: int) -> str:
    """`812 B`, `1.2 KiB`, `3.4 MiB`."""
    if size_bytes < KIB:
        return f"{size_bytes} B"
    value = float(size_bytes)
    for unit in ("KiB", "MiB", "GiB"):
        value /= KIB
        if value < KIB:
            return f"{value:.1f} {unit}"
    return f"{value / KIB:.1f} TiB"


def length(duration_ms: int) -> str:
    """About how long, in its one or two largest units: `0 ms`, `48 ms`, `3.2 s`, `4 min`, `2 h 5 min`, `3 d 4 h`."""
    if duration_ms < SECOND_MS:
        return f"{duration_ms} ms"
    if duration_ms < 10 * SECOND_MS:
        return f"{duration_ms / SECOND_MS:.1f} s"
    if duration_ms < MINUTE_MS:
        return f"{duration_ms // SECOND_MS} s"
    for large, small, names in ((DAY_MS, HOUR_MS, ("d", "h")), (HOUR_MS, MINUTE_MS, ("h", "min"))):
        if duration_ms >= large:
            rest = duration_ms % large // small
            return f"{duration_ms // large} {names[0]}" + (f" {rest} {names[1]}" if rest else "")
    return f"{duration_ms // MINUTE_MS} min"


def to_go(duration_ms: int) -> str:
    """How long until something happens, in seconds where they count: `12 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`."""
    if duration_ms >= HOUR_MS:
        return length(duration_ms)
    minutes, seconds = divmod(-(-duration_ms // SECOND_MS), MINUTE_MS // SECOND_MS)
    parts = [f"{minutes} min"] if minutes else []
    return " ".join([*parts, f"{seconds} s"] if seconds or not minutes else parts)


def took(duration_ms: float) -> str:
    """How long an exchange took: as length, of short ones with tenths: `0.8 ms`, `48 ms`."""
    return f"{duration_ms:.1f} ms" if duration_ms < TENTHS_BELOW_MS else length(round(duration_ms))


def rfc3339(at_ms: int) -> str:
    """Milliseconds since 1970 as `2026-09-29T19:00:04.000Z`."""
    second = datetime.fromtimestamp(at_ms // SECOND_MS, tz=UTC)
    return f"{second:%Y-%m-%dT%H:%M:%S}.{at_ms % SECOND_MS:03d}Z"


def moment(written: str | None) -> str:
    """An RFC 3339 time as `2026-09-29 19:00:04Z`, without its fraction; `-` for none."""
    if written is None:
        return "-"
    try:
        time = datetime.fromisoformat(written).astimezone(UTC)
    except ValueError:
        return written
    return f"{time:%Y-%m-%d %H:%M:%S}Z"
