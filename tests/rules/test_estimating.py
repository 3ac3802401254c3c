import pytest
from hypothesis import given
from hypothesis import strategies as st

from bellwire.model.event import EventTypeId
from bellwire.model.event_type import TracingLevel
from bellwire.model.type_rates import TypeRates
from bellwire.model.webhook import EventPolicy
from bellwire.rules.estimating import HOUR_MS, estimate, rates_of
from builders import make_catalogue, make_webhook

COUNTS = {EventTypeId("auth.success"): 60, EventTypeId("auth.failed"): 30}


def measured(*, events_per_hour: float, event_bytes: float = 100) -> TypeRates:
    return TypeRates(
        per_hour={EventTypeId("auth.success"): events_per_hour}, events=1, span_ms=HOUR_MS, event_bytes=event_bytes
    )


CATALOGUE = make_catalogue()


def test_rates_are_counts_over_the_time_that_was_looked_at() -> None:
    rates = rates_of(COUNTS, total_bytes=900, span_ms=2 * HOUR_MS, is_cut=True)
    assert rates.per_hour == {"auth.success": 30, "auth.failed": 15}
    assert (rates.events, rates.event_bytes) == (90, 10)


def test_a_short_log_is_taken_for_an_hour_of_it_unless_it_was_cut() -> None:
    assert rates_of(COUNTS, total_bytes=900, span_ms=1, is_cut=False).per_hour[EventTypeId("auth.success")] == 60
    assert rates_of(COUNTS, total_bytes=900, span_ms=60_000, is_cut=True).per_hour[EventTypeId("auth.success")] == 3_600


def test_nothing_that_came_is_no_rate() -> None:
    rates = rates_of({}, total_bytes=0, span_ms=0, is_cut=False)
    assert (rates.per_hour, rates.events, rates.event_bytes) == ({}, 0, 0)
    found = estimate(make_webhook(), rates, CATALOGUE)
    assert (found.events, found.requests, found.batch_events, found.by_level) == (0, 0, 0, {})


def test_only_wanted_types_count_each_at_the_level_that_counts_for_it() -> None:
    rates = rates_of(COUNTS, total_bytes=900, span_ms=HOUR_MS, is_cut=False)
    wanted = make_webhook(events=("auth.success",), events_policy=EventPolicy.INCLUDE)
    assert estimate(wanted, rates, CATALOGUE).by_level == {TracingLevel.INFO: 60}
    everything = make_webhook(level=TracingLevel.TRACE)
    assert estimate(everything, rates, CATALOGUE).events == 90


@pytest.mark.parametrize(
    ("events_per_hour", "throttle_ms", "batch_events"),
    [
        (1, 1_000, 1.0),  # rare events travel alone
        (3_600, 0, 1.0),  # and so do all without a throttle
        (3_600, 1_000, 1.3678794),  # 1 + 1/e
        (360_000, 1_000, 100.0),  # what comes within a throttle travels together
    ],
)
def test_a_batch_is_what_comes_within_a_window(events_per_hour: float, throttle_ms: int, batch_events: float) -> None:
    webhook = make_webhook(events=("auth.success",), events_policy=EventPolicy.INCLUDE, throttle_ms=throttle_ms)
    found = estimate(webhook, measured(events_per_hour=events_per_hour), CATALOGUE)
    assert found.batch_events == pytest.approx(batch_events, abs=1e-6)
    assert found.requests == pytest.approx(events_per_hour / batch_events, rel=1e-6)


@pytest.mark.parametrize("limit", [{"max_batch_events": 40}, {"max_batch_bytes": 4_000}])
def test_what_one_request_may_not_carry_makes_several(limit: dict[str, int]) -> None:
    webhook = make_webhook(events=("auth.success",), events_policy=EventPolicy.INCLUDE, **limit)
    found = estimate(webhook, measured(events_per_hour=360_000), CATALOGUE)
    assert (round(found.requests), round(found.batch_events, 2)) == (9_000, 40)


@given(st.floats(0.001, 1e9), st.integers(0, 86_400_000), st.integers(1, 10_000), st.floats(10, 1e7))
def test_events_are_requests_times_batches_and_no_batch_is_over_its_limit(
    events_per_hour: float, throttle_ms: int, events_max: int, event_bytes: float
) -> None:
    webhook = make_webhook(
        events=("auth.success",),
        events_policy=EventPolicy.INCLUDE,
        throttle_ms=throttle_ms,
        max_batch_events=events_max,
    )
    rates = measured(events_per_hour=events_per_hour, event_bytes=event_bytes)
    found = estimate(webhook, rates, CATALOGUE)
    assert found.requests * found.batch_events == pytest.approx(found.events)
    assert 1 <= found.batch_events <= events_max
