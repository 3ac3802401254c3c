"""Lengths of time as people write them: `"1m30s"` ↔ milliseconds."""

import functools
import itertools
import re
from typing import Final, NewType

DurationMs = NewType("DurationMs", int)

UNITS_MS: Final = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}
FORM: Final = 'write it as "250ms", "30s", "1m30s", "5m", "2h" or "7d", or as a whole number of milliseconds'

PATTERN: Final = "^" + "".join(f"(?:[0-9]{{1,15}}{unit})?" for unit in UNITS_MS) + "$"
"""The form of a duration as text, for others to check; it lets the empty text pass."""

_PARTS: Final = re.compile(
    r"(?:(\d{1,15})d)?(?:(\d{1,15})h)?(?:(\d{1,15})m(?!s))?(?:(\d{1,15})s)?(?:(\d{1,15})ms)?", re.ASCII
)

SHOWN_MAX: Final = 1_024
"""Forms that are remembered: the same few durations are shown again and again."""

_UNIT_CHOICES: Final = tuple(
    units for count in range(1, len(UNITS_MS) + 1) for units in itertools.combinations(UNITS_MS, count)
)


def parse_duration(written: str | int) -> DurationMs:
    """Read `"1m30s"` (units d, h, m, s, ms, each at most once, largest first) or a whole number of milliseconds.

    Raises ValueError, with what would be right, for anything else; signs, fractions and white space are no
    part of the form.
    """
    if isinstance(written, bool) or not isinstance(written, str | int):
        raise ValueError(f"is not a duration; {FORM}")  # noqa: TRY004 - a bad duration is one kind of error, whatever its JSON type
    if isinstance(written, int):
        if written < 0:
            raise ValueError(f"is negative; {FORM}")
        return DurationMs(written)
    parts = _PARTS.fullmatch(written)
    if not written or parts is None:
        raise ValueError(f"{written!r} is not a duration; {FORM}")
    return DurationMs(
        sum(int(count or 0) * unit for count, unit in zip(parts.groups(), UNITS_MS.values(), strict=True))
    )


@functools.lru_cache(SHOWN_MAX)
def show_duration(duration: DurationMs) -> str:
    """Write the shortest exact form: 90000 → `"90s"`, 5400000 → `"90m"`, 86400000 → `"1d"`, 0 → `"0s"`.

    Of forms of the same length the one with fewer units is taken, then the one with the larger (`"1h"`, not `"60m"`).
    """
    if duration == 0:
        return "0s"
    forms = (_form(duration, units) for units in _UNIT_CHOICES)
    return min(filter(None, forms), key=len)


def _form(duration: int, units: tuple[str, ...]) -> str:
    """The duration in these units alone; empty where something would be left over."""
    text = ""
    for unit in units:
        count, duration = divmod(duration, UNITS_MS[unit])
        text += f"{count}{unit}" if count else ""
    return "" if duration else text
