"""How often events came, as the newest part of the log tells it."""

import pytest

from bellwire.engine.sampler import AGE_MAX_MS, EVENTS_MAX, KEPT_MS, STEP_EVENTS, Sampler
from bellwire.stores.memory import MemoryStore
from builders import make_new_event
from engine.manual_clock import ManualClock

HOUR_MS = 3_600_000


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def sampler(store: MemoryStore, clock: ManualClock) -> Sampler:
    return Sampler(store.log, clock=clock)


async def log(store: MemoryStore, clock: ManualClock, type_id: str, count: int) -> None:
    at = store.log.end
    events = [make_new_event(f"{type_id}-{at + index}", type_id) for index in range(count)]
    await store.log.append(events, accepted_at_ms=clock.wall_ms())


async def test_an_empty_log_has_no_rates(sampler: Sampler) -> None:
    assert (await sampler.rates()).per_hour == {}


async def test_events_are_counted_by_the_type_as_which_they_came(
    sampler: Sampler, store: MemoryStore, clock: ManualClock
) -> None:
    await log(store, clock, "auth.success", 6)
    clock.jump(2 * HOUR_MS)
    await log(store, clock, "smtp.ehlo", 1)
    rates = await sampler.rates()
    assert rates.per_hour == {"auth.success": 3, "smtp.ehlo": 0.5}
    assert (rates.events, rates.span_ms) == (7, 2 * HOUR_MS)


async def test_what_is_older_than_a_day_does_not_count(
    sampler: Sampler, store: MemoryStore, clock: ManualClock
) -> None:
    await log(store, clock, "auth.success", 100)
    clock.jump(AGE_MAX_MS)
    await log(store, clock, "smtp.ehlo", 48)
    rates = await sampler.rates()
    assert rates.per_hour == {"smtp.ehlo": 2}
    assert rates.span_ms == AGE_MAX_MS


async def test_of_a_long_log_only_the_newest_part_is_read(
    sampler: Sampler, store: MemoryStore, clock: ManualClock
) -> None:
    await log(store, clock, "auth.success", 1_000)
    clock.jump(HOUR_MS)
    for _ in range(EVENTS_MAX // STEP_EVENTS):
        await log(store, clock, "smtp.ehlo", STEP_EVENTS)
        clock.jump(1_000)
    rates = await sampler.rates()
    assert rates.events == EVENTS_MAX
    assert rates.per_hour == {"smtp.ehlo": EVENTS_MAX * HOUR_MS / (EVENTS_MAX // STEP_EVENTS * 1_000)}


async def test_an_answer_is_given_again_for_a_while(sampler: Sampler, store: MemoryStore, clock: ManualClock) -> None:
    await log(store, clock, "auth.success", 1)
    first = await sampler.rates()
    await log(store, clock, "auth.success", 1)
    clock.jump(KEPT_MS - 1)
    assert await sampler.rates() is first
    clock.jump(1)
    assert (await sampler.rates()).events == 2
