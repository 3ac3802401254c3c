import pytest

from bellwire.cli.wording import counted, length, moment, rfc3339, size, to_go


@pytest.mark.parametrize(
    ("duration_ms", "words"),
    [
        (0, "0 ms"),
        (999, "999 ms"),
        (1_000, "1.0 s"),
        (59_999, "59 s"),
        (60_000, "1 min"),
        (3_600_000, "1 h"),
        (7_500_000, "2 h 5 min"),
        (90_000_000, "1 d 1 h"),
    ],
)
def test_a_length_of_time_has_its_largest_units(duration_ms: int, words: str) -> None:
    assert length(duration_ms) == words


@pytest.mark.parametrize(
    ("size_bytes", "words"), [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (5 * 1024**4, "5.0 TiB")]
)
def test_a_size_has_the_unit_that_keeps_it_short(size_bytes: int, words: str) -> None:
    assert size(size_bytes) == words


def test_only_one_is_singular() -> None:
    assert [counted(number, "event") for number in (0, 1, 1200)] == ["0 events", "1 event", "1,200 events"]


def test_times_are_shown_in_utc_whatever_their_offset() -> None:
    assert moment("2026-09-29T21:00:04.123+02:00") == "2026-09-29 19:00:04Z"
    assert moment(None) == "-"
    assert rfc3339(1_790_708_404_007) == "2026-09-29T19:00:04.007Z"


@pytest.mark.parametrize(
    ("duration_ms", "words"),
    [
        (1, "1 s"),
        (12_000, "12 s"),
        (59_001, "1 min"),
        (200_000, "3 min 20 s"),
        (3_600_000, "1 h"),
        (7_500_000, "2 h 5 min"),
    ],
)
def test_what_is_to_come_is_counted_in_seconds_where_they_matter(duration_ms: int, words: str) -> None:
    assert to_go(duration_ms) == words
