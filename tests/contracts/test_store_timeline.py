import pytest

from bellwire.errors import StorageUnavailable
from bellwire.model.rollup import STEP_MS, Figures, Rollup, SpanStep
from bellwire.model.webhook import WebhookId
from bellwire.store import Store

ONE, OTHER = WebhookId("wh-1"), WebhookId("wh-2")
WHOLE = Figures(
    delivered=1,
    failed=2,
    refused=3,
    retry_later=4,
    gone=5,
    events=6,
    sent_bytes=7,
    discarded=8,
    backlog_max=9,
    lag_max_ms=10,
    latencies=(0, 0, 15),
    accepted=11,
    accepted_bytes=2**40,
)


def rollup(
    begin: int, webhook_id: WebhookId | None = ONE, *, step: SpanStep = SpanStep.MINUTE, figures: Figures = WHOLE
) -> Rollup:
    return Rollup(webhook_id=webhook_id, step=step, begin_ms=begin * STEP_MS[step], figures=figures)


async def begins_of(
    store: Store, webhook_id: WebhookId | None, since: int, before: int, step: SpanStep = SpanStep.MINUTE
) -> list[int]:
    step_ms = STEP_MS[step]
    found = await store.timeline.of(webhook_id, step, since_ms=since * step_ms, before_ms=before * step_ms)
    assert all((one.webhook_id, one.step) == (webhook_id, step) for one in found)
    return [one.begin_ms // step_ms for one in found]


async def test_figures_are_read_as_they_were_put(store: Store) -> None:
    some = Figures(delivered=3)
    await store.timeline.put([rollup(1), rollup(2, figures=some), rollup(3, figures=Figures())])
    found = await store.timeline.of(ONE, SpanStep.MINUTE, since_ms=0, before_ms=10 * 60_000)
    assert [one.figures for one in found] == [WHOLE, some, Figures()]


async def test_what_is_put_again_takes_the_place_of_what_was_there(store: Store) -> None:
    await store.timeline.put([rollup(1), rollup(2)])
    await store.timeline.put([rollup(2, figures=Figures(gone=1)), rollup(3)])
    found = await store.timeline.of(ONE, SpanStep.MINUTE, since_ms=0, before_ms=10 * 60_000)
    assert [one.figures.gone for one in found] == [5, 1, 5]


async def test_webhooks_steps_and_times_are_kept_apart(store: Store) -> None:
    await store.timeline.put([])
    await store.timeline.put([rollup(4), rollup(2), rollup(3, OTHER), rollup(3, None), rollup(3, step=SpanStep.HOUR)])
    assert await begins_of(store, ONE, 0, 10) == [2, 4]
    assert await begins_of(store, ONE, 3, 5) == [4]
    assert await begins_of(store, ONE, 2, 4) == [2]
    assert await begins_of(store, OTHER, 0, 10) == [3]
    assert await begins_of(store, None, 0, 10) == [3]
    assert await begins_of(store, ONE, 0, 10, SpanStep.HOUR) == [3]
    assert await begins_of(store, ONE, 0, 10, SpanStep.DAY) == []


async def test_a_time_within_a_span_is_behind_its_begin(store: Store) -> None:
    await store.timeline.put([rollup(1), rollup(2)])
    found = await store.timeline.of(ONE, SpanStep.MINUTE, since_ms=60_001, before_ms=120_001)
    assert [one.begin_ms for one in found] == [120_000]
    assert found == await store.timeline.of_each(SpanStep.MINUTE, since_ms=60_001, before_ms=120_001)


async def test_the_figures_of_each_webhook_come_in_the_order_of_time(store: Store) -> None:
    await store.timeline.put([rollup(3, None), rollup(3), rollup(2, OTHER), rollup(1), rollup(2, step=SpanStep.DAY)])
    found = await store.timeline.of_each(SpanStep.MINUTE, since_ms=2 * 60_000, before_ms=4 * 60_000)
    assert [one.begin_ms // 60_000 for one in found] == [2, 3, 3]
    assert {one.webhook_id for one in found} == {ONE, OTHER, None}


async def test_old_figures_are_removed_step_by_step(store: Store) -> None:
    await store.timeline.put([rollup(begin, webhook) for begin in range(700) for webhook in (ONE, None)])
    await store.timeline.put([rollup(0, step=SpanStep.HOUR)])
    removed = [await store.timeline.remove(SpanStep.MINUTE, before_ms=600 * 60_000) for _ in range(3)]
    assert removed == [1000, 200, 0]
    assert await begins_of(store, ONE, 0, 1000) == list(range(600, 700))
    assert await begins_of(store, ONE, 0, 1000, SpanStep.HOUR) == [0]


async def test_calls_after_close_say_that_the_store_is_closed(store: Store) -> None:
    await store.close()
    for call in (
        store.timeline.put([rollup(1)]),
        store.timeline.of(ONE, SpanStep.DAY, since_ms=0, before_ms=1),
        store.timeline.of_each(SpanStep.DAY, since_ms=0, before_ms=1),
        store.timeline.remove(SpanStep.DAY, before_ms=1),
    ):
        with pytest.raises(StorageUnavailable, match="closed"):
            await call
