from collections.abc import AsyncIterator, Sequence

import pytest
from msgspec.structs import replace

from bellwire.engine import recorder
from bellwire.errors import StorageUnavailable
from bellwire.model.attempt import Answer, NoAnswer, Response, Timings, Trouble
from bellwire.model.limits import DAY_MS
from bellwire.model.rollup import NOTHING, STEP_MS, Figures, Rollup, Series, SpanStep
from bellwire.model.webhook import WebhookId
from bellwire.reporters.log import LogReporter
from bellwire.rules.summing import added_up
from bellwire.stores.memory import MemoryStore
from bellwire.stores.memory_timeline import MemoryTimeline
from engine.manual_clock import ManualClock
from engine.world import World, answer

MINUTE_MS = STEP_MS[SpanStep.MINUTE]
HOUR_MS = STEP_MS[SpanStep.HOUR]
NO_ANSWER = NoAnswer(trouble=Trouble.TIMEOUT, detail="it took too long", timings=Timings(total_us=700_000))


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World(MemoryStore(), ManualClock())
    await made.bellwire.start()
    yield made
    await made.bellwire.close()


def took(status: int, ms: int, *headers: tuple[str, str]) -> Response:
    return Answer(status=status, headers=headers, body=b"", timings=Timings(total_us=ms * 1000))


async def series(
    world: World, webhook_id: WebhookId | None, *, back_ms: int = 10 * MINUTE_MS, step: SpanStep = SpanStep.MINUTE
) -> Series:
    now_ms = world.clock.steady_ms()
    return await world.bellwire.figures.series(webhook_id, step, since_ms=now_ms - back_ms, until_ms=now_ms + 1)


async def later(world: World, by_ms: int) -> None:
    """What is due now happens, then nobody does anything for so long, then what has become due."""
    await world.pass_time()
    world.clock.jump(by_ms)
    await world.pass_time()


async def whole(world: World, webhook_id: WebhookId | None) -> Figures:
    return (await series(world, webhook_id)).whole


async def stored(world: World, step: SpanStep = SpanStep.MINUTE) -> Sequence[Rollup]:
    return await world.store.timeline.of_each(step, since_ms=0, before_ms=2**62)


async def test_what_has_just_happened_is_in_the_answer(world: World) -> None:
    webhook_id = await world.create(throttle="0ms")
    world.sender.answer_with(took(200, 7))
    await world.publish("a", "b", "c")
    await world.pass_time()
    (body,) = [delivery.body for delivery in world.deliveries()]
    assert await whole(world, webhook_id) == Figures(
        delivered=1, events=3, sent_bytes=len(body), latencies=(0, 0, 0, 1)
    )
    assert not await stored(world)


async def test_each_outcome_is_counted_in_its_minute(world: World) -> None:
    webhook_id = await world.create(throttle="0ms", discardAfter="1h")
    world.sender.answer_with(NO_ANSWER, answer(429, ("retry-after", "60")), answer(400), answer(410))
    await world.publish("a")
    await world.pass_time(2 * MINUTE_MS)
    spans = (await series(world, webhook_id, back_ms=2 * MINUTE_MS)).spans
    assert [(one.failed, one.retry_later, one.refused, one.gone) for one in spans][:2] == [(1, 1, 0, 0), (0, 0, 1, 1)]
    assert sum(spans[0].latencies) == 2
    assert spans[0].latencies[9] == 1


async def test_discards_backlog_and_lag_are_counted(world: World) -> None:
    webhook_id = await world.create(throttle="0ms", discardAfter="90s")
    world.sender.answer_with(answer(500))
    await world.publish("a", "b")
    await world.pass_time(3 * MINUTE_MS)
    spans = (await series(world, webhook_id, back_ms=3 * MINUTE_MS)).spans
    assert [(one.backlog_max, one.lag_max_ms, one.discarded) for one in spans[:3]] == [
        (2, 60_000, 0),
        (0, 0, 2),
        (0, 0, 0),
    ]


async def test_what_waits_now_is_told_before_the_minute_ends(world: World) -> None:
    webhook_id = await world.create()
    await world.bellwire.pause_webhook(webhook_id)
    await world.publish("a", "b")
    await world.pass_time(5_000)
    assert (await series(world, webhook_id)).spans[-1] == Figures(backlog_max=2, lag_max_ms=5_000)
    await later(world, MINUTE_MS)
    assert (await series(world, None)).spans[-1].backlog_max == 2


async def test_all_webhooks_together_are_told_with_what_was_accepted(world: World) -> None:
    for _ in range(2):
        await world.create(throttle="0ms")
    await world.publish("a", "b", "c")
    await later(world, MINUTE_MS)
    await world.publish("d")
    await world.pass_time()
    spans = (await series(world, None, back_ms=MINUTE_MS)).spans
    assert [(one.accepted, one.delivered, one.events) for one in spans] == [(3, 2, 6), (1, 2, 2)]
    assert sum(one.accepted_bytes for one in spans) == world.store.log.bytes_logged


async def test_backlogs_of_several_webhooks_add_up_in_the_figures_of_all(world: World) -> None:
    for _ in range(3):
        await world.bellwire.pause_webhook(await world.create())
    await world.publish("a", "b")
    await later(world, MINUTE_MS)
    assert (await whole(world, None)).backlog_max == 6


async def test_a_webhook_for_which_nothing_happens_is_not_written(world: World) -> None:
    await world.create(events=["auth.failed"])
    await later(world, 3 * MINUTE_MS)
    assert not await stored(world)
    busy = await world.create()
    await world.publish("a")
    await world.pass_time()
    await later(world, MINUTE_MS)
    assert [(one.webhook_id, one.figures.delivered) for one in await stored(world)] == [(busy, 1), (None, 1)]


async def test_hours_and_days_have_what_their_minutes_have(world: World) -> None:
    webhook_id = await world.create(throttle="0ms")
    for number in range(9):
        await world.publish(f"event-{number}")
        await later(world, 17 * MINUTE_MS)
    minutes, hours, days = [
        [one for one in await stored(world, step) if one.webhook_id == webhook_id] for step in SpanStep
    ]
    assert (len(minutes), len(hours), len(days)) == (9, 3, 1)
    assert [one.figures.delivered for one in hours] == [4, 4, 1]
    assert added_up(one.figures for one in minutes) == added_up(one.figures for one in hours) == days[0].figures
    assert (await series(world, webhook_id, back_ms=2 * DAY_MS, step=SpanStep.DAY)).whole == days[0].figures
    assert (await series(world, webhook_id, back_ms=5 * HOUR_MS, step=SpanStep.HOUR)).whole == days[0].figures


async def test_a_restart_goes_on_with_the_present_minute_hour_and_day() -> None:
    store, clock = StaysOpen(), ManualClock()
    first = World(store, clock)
    await first.bellwire.start()
    webhook_id = await first.create(throttle="0ms")
    await first.publish("a")
    await first.pass_time(5_000)
    await first.bellwire.close()
    second = World(store, clock)
    await second.bellwire.start()
    await second.publish("b")
    await later(second, MINUTE_MS)
    for step in SpanStep:
        assert (await series(second, webhook_id, step=step)).whole.delivered == 2
        assert (await series(second, None, step=step)).whole.accepted == 2
    assert second.bellwire.figures.lately().figures[webhook_id].delivered == 2
    await second.bellwire.close()


async def test_a_crash_loses_what_happened_in_the_last_minute_and_no_more() -> None:
    store, clock = MemoryStore(), ManualClock()
    first = World(store, clock)
    await first.bellwire.start()
    webhook_id = await first.create(throttle="0ms")
    await first.publish("a")
    await later(first, MINUTE_MS)
    await first.publish("b")
    await first.pass_time(MINUTE_MS - 1)
    await first.cut_off()
    second = World(store, clock)
    await second.bellwire.start()
    assert (await whole(second, webhook_id)).delivered == 1
    assert (await second.bellwire.account(webhook_id)).delivered == 2
    await second.bellwire.close()


class StaysOpen(MemoryStore):
    """For the world that comes after."""

    async def close(self) -> None:
        return


class Refusing(MemoryTimeline):
    refuses = True

    async def put(self, rollups: Sequence[Rollup]) -> None:
        if self.refuses:
            raise StorageUnavailable("the disk is full")
        await super().put(rollups)


class Heard(LogReporter):
    def __init__(self) -> None:
        super().__init__()
        self.problems: list[Exception] = []

    def recording_failed(self, problem: Exception) -> None:
        self.problems.append(problem)


async def refusing_world() -> tuple[World, Refusing, Heard]:
    store, heard = MemoryStore(), Heard()
    store.timeline = timeline = Refusing(store._gate)
    world = World(store, ManualClock(), reporter=heard)
    await world.bellwire.start()
    return world, timeline, heard


async def test_what_storage_refuses_is_shown_all_the_same_and_written_later() -> None:
    world, timeline, heard = await refusing_world()
    webhook_id = await world.create(throttle="0ms")
    for number in range(3):
        await world.publish(f"event-{number}")
        await later(world, MINUTE_MS)
    assert len(heard.problems) == 3
    assert [one.delivered for one in (await series(world, webhook_id)).spans[-4:]] == [1, 1, 1, 0]
    timeline.refuses = False
    await later(world, MINUTE_MS)
    assert [one.figures.delivered for one in await stored(world) if one.webhook_id] == [1, 1, 1]
    assert [one.figures.delivered for one in await stored(world, SpanStep.HOUR) if one.webhook_id] == [3]
    await world.bellwire.close()


async def test_of_too_much_that_is_unwritten_the_oldest_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "UNWRITTEN_MAX", 8)
    world, timeline, _ = await refusing_world()
    webhook_id = await world.create(throttle="0ms")
    for number in range(3):
        await world.publish(f"event-{number}")
        await later(world, MINUTE_MS)
    timeline.refuses = False
    await later(world, MINUTE_MS)
    assert [one.delivered for one in (await series(world, webhook_id)).spans[-5:]] == [0, 1, 1, 0, 0]
    await world.bellwire.close()


async def test_the_last_hour_is_told_of_each_webhook_and_forgotten_after_it(world: World) -> None:
    webhook_id, idle = await world.create(throttle="0ms"), await world.create(events=["auth.failed"])
    await world.publish("a", "b")
    await later(world, 30 * MINUTE_MS)
    await world.publish("c")
    await world.pass_time()
    lately = world.bellwire.figures.lately()
    assert (lately.now_ms - lately.since_ms) >= HOUR_MS
    assert (lately.figures[webhook_id].delivered, lately.figures[webhook_id].events) == (2, 3)
    whole = lately.figures[None]
    assert (whole.accepted, whole.events) == (3, 3)
    assert idle not in lately.figures
    await later(world, 40 * MINUTE_MS)
    assert world.bellwire.figures.lately().figures[webhook_id].delivered == 1
    await later(world, 30 * MINUTE_MS)
    assert world.bellwire.figures.lately().figures == {}


async def test_what_happened_since_the_start_only_grows(world: World) -> None:
    webhook_id = await world.create(throttle="0ms")
    for number in range(1, 4):
        await world.publish(f"event-{number}")
        await world.pass_time()
        for _ in range(2):
            found = world.bellwire.figures.since_start()
            assert [found[of].delivered for of in (webhook_id, None)] == [number, number]
            assert found[None].accepted == number
            await later(world, MINUTE_MS)


async def test_figures_of_a_deleted_webhook_can_still_be_read(world: World) -> None:
    webhook_id = await world.create(throttle="0ms")
    await world.publish("a")
    await world.pass_time()
    await world.bellwire.delete_webhook(webhook_id)
    await world.pass_time()
    assert (await whole(world, webhook_id)).delivered == 1


async def test_a_series_of_too_many_spans_has_the_last_ones(world: World) -> None:
    webhook_id = await world.create(throttle="0ms")
    await world.publish("a")
    await world.pass_time()
    found = await series(world, webhook_id, back_ms=10 * DAY_MS)
    assert (len(found.spans), found.spans[-1].delivered) == (1_500, 1)
    assert (await series(world, webhook_id, back_ms=-MINUTE_MS)).whole == NOTHING


async def test_figures_are_removed_when_their_time_is_over(world: World) -> None:
    webhook_id = await world.create(throttle="0ms")
    await world.publish("a")
    await later(world, MINUTE_MS)
    for jump_ms, left in ((26 * HOUR_MS, (0, 2, 2)), (40 * DAY_MS, (0, 0, 2)), (400 * DAY_MS, (0, 0, 0))):
        world.clock.jump(jump_ms)
        await world.pass_time(10_000)
        assert tuple([len(await stored(world, step)) for step in SpanStep]) == left
    assert replace(await whole(world, webhook_id), lag_max_ms=0) == NOTHING
