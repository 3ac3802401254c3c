from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bellwire.model.rollup import LATENCY_BOUNDS_MS, NOTHING, Figures, SpanStep
from bellwire.rules.summing import (
    LATENCY_CLASSES,
    added,
    added_up,
    begin_of,
    grouped,
    latency_class,
    quantile_ms,
    series_of,
    shortened,
    spans_of,
)

HISTOGRAMS = st.lists(st.integers(0, 1000), max_size=LATENCY_CLASSES).map(shortened)
FIGURES = st.builds(
    Figures,
    **dict.fromkeys(
        ("delivered", "failed", "refused", "retry_later", "gone", "events", "discarded", "backlog_max", "lag_max_ms"),
        st.integers(0, 10**9),
    ),
    sent_bytes=st.integers(0, 2**50),
    accepted=st.integers(0, 10**9),
    accepted_bytes=st.integers(0, 2**50),
    latencies=HISTOGRAMS,
)


@given(FIGURES, FIGURES, FIGURES)
def test_it_does_not_matter_in_which_order_figures_are_added(one: Figures, two: Figures, three: Figures) -> None:
    assert added(one, two) == added(two, one)
    assert added(added(one, two), three) == added(one, added(two, three)) == added_up([one, two, three])
    assert added(one, NOTHING) == added(NOTHING, one) == one


def test_counts_are_added_and_of_backlog_and_lag_the_larger_ones_stay() -> None:
    one = Figures(delivered=1, failed=2, refused=3, retry_later=4, gone=5, backlog_max=9, lag_max_ms=1, latencies=(1,))
    other = Figures(delivered=10, events=7, backlog_max=3, lag_max_ms=4, latencies=(2, 0, 8))
    whole = added(one, other)
    assert (whole.delivered, whole.events, whole.backlog_max, whole.lag_max_ms) == (11, 7, 9, 4)
    assert (whole.attempts, whole.unsuccessful, whole.latencies) == (25, 14, (3, 0, 8))


@pytest.mark.parametrize(
    ("total_us", "number"),
    [(0, 0), (1_000, 0), (1_001, 1), (2_000, 1), (50_000, 5), (300_000_000, 15), (300_000_001, 16), (10**12, 16)],
)
def test_a_class_of_the_histogram_ends_with_its_bound(total_us: int, number: int) -> None:
    assert latency_class(total_us) == number
    assert LATENCY_CLASSES == len(LATENCY_BOUNDS_MS) + 1 == 17


@pytest.mark.parametrize(
    ("latencies", "share", "found"),
    [
        ((), 0.5, None),
        ((0, 0), 0.5, None),
        ((10,), 0.5, 0.5),
        ((0, 10), 1.0, 2),
        ((0, 10), 0.1, 1.1),
        ((1, 0, 0, 1), 0.5, 1),
        ((1, 0, 0, 1), 0.75, 7.5),
        ((50, 0, 0, 0, 0, 0, 50), 0.95, 95),
        ((0,) * 16 + (3,), 0.5, 300_000),
    ],
)
def test_a_quantile_is_read_off_the_histogram(latencies: tuple[int, ...], share: float, found: float | None) -> None:
    assert quantile_ms(latencies, share) == found


@given(st.lists(st.integers(0, 400_000_000), min_size=1, max_size=200), st.floats(0.01, 1))
def test_a_quantile_is_in_the_class_of_the_attempt_that_it_stands_for(times_us: list[int], share: float) -> None:
    latencies = [0] * LATENCY_CLASSES
    for time_us in times_us:
        latencies[latency_class(time_us)] += 1
    estimate = quantile_ms(shortened(latencies), share)
    assert estimate is not None
    below = list(accumulate(latencies))
    number = next(at for at, count in enumerate(below) if count >= share * len(times_us))
    bounds = (0, *LATENCY_BOUNDS_MS)
    assert bounds[number] <= estimate <= (bounds[number + 1] if number + 1 < len(bounds) else estimate)


@given(HISTOGRAMS, st.floats(0.01, 1), st.floats(0.01, 1))
def test_a_larger_share_takes_no_less_time(latencies: tuple[int, ...], one: float, other: float) -> None:
    small, large = quantile_ms(latencies, min(one, other)), quantile_ms(latencies, max(one, other))
    assert (small is None) == (large is None) == (not sum(latencies))
    assert small is None or large is None or small <= large + 1e-6


def test_spans_begin_at_whole_minutes_hours_and_days() -> None:
    time_ms = 1_800_003_723_456
    assert begin_of(SpanStep.MINUTE, time_ms) == 1_800_003_720_000
    assert begin_of(SpanStep.HOUR, time_ms) == 1_800_003_600_000
    assert begin_of(SpanStep.DAY, time_ms) % 86_400_000 == 0


def test_the_spans_of_a_time_are_those_that_have_any_of_it() -> None:
    assert list(spans_of(SpanStep.MINUTE, since_ms=60_001, until_ms=180_000)) == [60_000, 120_000]
    assert list(spans_of(SpanStep.MINUTE, since_ms=60_000, until_ms=180_001)) == [60_000, 120_000, 180_000]
    assert list(spans_of(SpanStep.DAY, since_ms=5, until_ms=5)) == [0]
    assert list(spans_of(SpanStep.HOUR, since_ms=3_600_000, until_ms=3_600_000)) == []


def test_a_series_has_every_span_and_their_sum() -> None:
    found = {60_000: Figures(delivered=1), 180_000: Figures(delivered=2, backlog_max=5), 600_000: Figures(failed=1)}
    series = series_of(found, SpanStep.MINUTE, spans_of(SpanStep.MINUTE, since_ms=60_000, until_ms=240_000))
    assert (series.step, series.since_ms) == (SpanStep.MINUTE, 60_000)
    assert series.spans == (Figures(delivered=1), NOTHING, Figures(delivered=2, backlog_max=5))
    assert series.whole == Figures(delivered=3, backlog_max=5)


@given(st.lists(FIGURES, max_size=7), st.integers(1, 4))
def test_grouping_neighbours_leaves_nothing_out(spans: list[Figures], size: int) -> None:
    found = grouped(spans, size)
    assert len(found) == -(-len(spans) // size)
    assert added_up(found) == added_up(spans)
