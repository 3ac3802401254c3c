import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bellwire.model.duration import UNITS_MS, DurationMs, parse_duration, show_duration

COUNTS = st.none() | st.integers(min_value=0, max_value=100_000)


@pytest.mark.parametrize(
    ("written", "duration_ms"),
    [
        ("250ms", 250),
        ("30s", 30_000),
        ("1m30s", 90_000),
        ("5m", 300_000),
        ("2h", 7_200_000),
        ("7d", 604_800_000),
        ("1d2h3m4s5ms", 93_784_005),
        ("0s", 0),
        ("007s", 7_000),
        (0, 0),
        (1_500, 1_500),
    ],
)
def test_a_duration_is_read_as_people_write_it(written: str | int, duration_ms: int) -> None:
    assert parse_duration(written) == duration_ms


@pytest.mark.parametrize(
    "written",
    [
        "",
        " 5s",
        "5s ",
        "5 s",
        "5",
        "s",
        "-5s",
        "+5s",
        "1.5s",
        "5S",
        "5sec",
        "1s1m",
        "1m1m",
        "1h30",
        "\u0665s",
        "5m\n",
        "1ms1s",
    ],
)
def test_text_of_another_form_is_refused_with_the_form_that_is_right(written: str) -> None:
    with pytest.raises(ValueError, match=r"is not a duration; write it as .*1m30s"):
        parse_duration(written)


@pytest.mark.parametrize("written", [True, 1.5, None, ["5s"]])
def test_what_is_neither_text_nor_a_whole_number_is_no_duration(written: object) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        parse_duration(written)  # type: ignore[arg-type] # callers without a type checker exist


def test_a_negative_number_is_no_duration() -> None:
    with pytest.raises(ValueError, match="is negative"):
        parse_duration(-1)


@pytest.mark.parametrize(
    ("duration_ms", "shown"),
    [
        (0, "0s"),
        (1, "1ms"),
        (90_000, "90s"),
        (60_000, "1m"),
        (3_600_000, "1h"),
        (5_400_000, "90m"),
        (86_400_000, "1d"),
        (90_000_000, "25h"),
        (1_500, "1500ms"),
        (6_000_001, "100m1ms"),
        (122_410_009, "34h10s9ms"),
    ],
)
def test_a_duration_is_shown_in_its_shortest_form(duration_ms: int, shown: str) -> None:
    assert show_duration(DurationMs(duration_ms)) == shown


@given(st.integers(min_value=0, max_value=10**15))
def test_what_is_shown_is_read_as_the_same_duration(duration_ms: int) -> None:
    assert parse_duration(show_duration(DurationMs(duration_ms))) == duration_ms


@given(st.tuples(*[COUNTS] * len(UNITS_MS)))
@example((None, 100, None, None, 1))
@example((None, 34, None, 10, 9))
def test_no_written_form_is_shorter_than_the_shown_one(counts: tuple[int | None, ...]) -> None:
    parts = [(count, unit) for count, unit in zip(counts, UNITS_MS, strict=True) if count is not None]
    written = "".join(f"{count}{unit}" for count, unit in parts) or "0ms"
    duration = parse_duration(written)
    assert duration == sum(count * UNITS_MS[unit] for count, unit in parts)
    assert len(show_duration(duration)) <= len(written)


@given(st.text(alphabet="0123456789dhms .-", max_size=12) | st.text(max_size=12))
def test_any_text_is_one_duration_or_an_error(written: str) -> None:
    try:
        duration = parse_duration(written)
    except ValueError as problem:
        assert "write it as" in str(problem)  # noqa: PT017 - an error is one of two good outcomes
    else:
        assert duration >= 0
        assert parse_duration(show_duration(duration)) == duration
