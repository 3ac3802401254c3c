"""What does a setting say about how much is kept?"""

from typing import Final

from bellwire.model.duration import FORM as DURATION_FORM
from bellwire.model.duration import DurationMs, parse_duration, show_duration
from bellwire.model.limits import DAY_MS, MIB
from bellwire.model.size import FORM as SIZE_FORM
from bellwire.model.size import parse_size, show_size
from bellwire.rules.suggesting import quoted

AUTO: Final = "auto"
UNLIMITED: Final = "unlimited"
AGE_LEAST_MS: Final = DurationMs(60_000)
AGE_MOST_MS: Final = DurationMs(3_650 * DAY_MS)
SIZE_MOST: Final = 2**50
COUNT_MOST: Final = 1_000_000


def read_age(value: object) -> DurationMs:
    """Read a duration. Raises ValueError, as all functions here do."""
    if not isinstance(value, str | int):
        raise ValueError(f"{quoted(str(value))} is not a duration; {DURATION_FORM}")  # noqa: TRY004 - bad settings are one kind of error
    age_ms = parse_duration(value)
    if not AGE_LEAST_MS <= age_ms <= AGE_MOST_MS:
        raise ValueError(f"must be {show_duration(AGE_LEAST_MS)} to {show_duration(AGE_MOST_MS)}")
    return age_ms


def read_bytes(value: object, *, least: int) -> int:
    """Read a size."""
    if not isinstance(value, str | int):
        raise ValueError(f"{quoted(str(value))} is not a size; {SIZE_FORM}")  # noqa: TRY004 - as above
    size = parse_size(value)
    if not least <= size <= SIZE_MOST:
        raise ValueError(f"must be {show_size(least)} to {show_size(SIZE_MOST)}")
    return size


def read_backlog_limit(value: object) -> int | None:
    """Read a size, or None for `auto`."""
    return None if value == AUTO else read_bytes(value, least=MIB)


def show_backlog_limit(limit: int | None) -> str:
    """Write what read_backlog_limit reads."""
    return AUTO if limit is None else show_size(limit)


def read_count(value: object) -> int:
    """Read a whole number from 1 on."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= len(str(COUNT_MOST)):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= COUNT_MOST:
        raise ValueError(f"{quoted(str(value))} is not a whole number from 1 to {COUNT_MOST:,}")
    return value


def read_rate(value: object) -> int | None:
    """Read a whole number from 1 on, or None for `unlimited`."""
    return None if value == UNLIMITED else read_count(value)


def show_rate(rate: int | None) -> str:
    """Write what read_rate reads."""
    return UNLIMITED if rate is None else str(rate)
