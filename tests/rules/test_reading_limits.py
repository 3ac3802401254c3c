from collections.abc import Callable
from functools import partial

import pytest

from bellwire.model.limits import DAY_MS, MIB
from bellwire.rules.reading_limits import (
    read_age,
    read_backlog_limit,
    read_bytes,
    read_count,
    read_rate,
    show_backlog_limit,
    show_rate,
)

read_megabytes = partial(read_bytes, least=MIB)


@pytest.mark.parametrize(
    ("read", "written", "value"),
    [
        (read_age, "7d", 7 * DAY_MS),
        (read_age, 60_000, 60_000),
        (read_megabytes, "1MiB", MIB),
        (read_megabytes, 2 * MIB, 2 * MIB),
        (read_backlog_limit, "auto", None),
        (read_backlog_limit, "10MiB", 10 * MIB),
        (read_count, "10000", 10_000),
        (read_count, 1, 1),
    ],
)
def test_what_is_written_is_read(read: Callable[[object], int | None], written: object, value: int | None) -> None:
    assert read(written) == value


@pytest.mark.parametrize(
    ("read", "written", "remedy"),
    [
        (read_age, "59s", "must be 1m to 3650d"),
        (read_age, "4000d", "must be 1m to 3650d"),
        (read_age, "a week", "write it as"),
        (read_age, 1.5, "write it as"),
        (read_age, True, "write it as"),
        (read_megabytes, "1KiB", "must be 1MiB to 1024TiB"),
        (read_megabytes, "1025TiB", "must be 1MiB to 1024TiB"),
        (read_megabytes, "much", "write it as"),
        (read_megabytes, [], "write it as"),
        (read_backlog_limit, "half", "write it as"),
        (read_count, "0", "from 1 to 1,000,000"),
        (read_count, 1_000_001, "from 1 to 1,000,000"),
        (read_count, True, "from 1 to 1,000,000"),
        (read_count, "many", "from 1 to 1,000,000"),
        (read_count, "9" * 5_000, "from 1 to 1,000,000"),
    ],
)
def test_what_cannot_be_meant_is_answered_with_what_would_be_right(
    read: Callable[[object], int | None], written: object, remedy: str
) -> None:
    with pytest.raises(ValueError, match=remedy):
        read(written)


@pytest.mark.parametrize("written", ["auto", "10GiB"])
def test_a_limit_is_shown_as_it_is_written(written: str) -> None:
    assert show_backlog_limit(read_backlog_limit(written)) == written


def test_a_rate_is_a_number_or_unlimited() -> None:
    assert read_rate("50") == 50
    assert read_rate(50) == 50
    assert read_rate("unlimited") is None
    assert (show_rate(None), show_rate(50)) == ("unlimited", "50")
    with pytest.raises(ValueError, match="whole number"):
        read_rate("many")
