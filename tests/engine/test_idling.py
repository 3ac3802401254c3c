"""What idle webhooks cost: nothing that is done again and again, and nothing that is made before it is needed."""

from bellwire.engine.pruner import PAUSE_MS
from bellwire.engine.watchdog import LOOK_PAUSE_MS
from bellwire.model.event import EventId, EventTypeId
from bellwire.model.event_type import EventLevel
from bellwire.model.status import Verdict
from bellwire.model.webhook import WebhookId
from bellwire.stores.memory import MemoryStore
from engine.manual_clock import ManualClock
from engine.test_failures import refusing
from engine.world import World, answer


async def world_with(webhooks: int) -> tuple[World, list[WebhookId]]:
    """A Bellwire that was begun again, with webhooks for which nothing waits."""
    first = World(MemoryStore(), ManualClock())
    await first.bellwire.start()
    webhook_ids = [await first.create(throttle=0) for _ in range(webhooks)]
    await first.publish("before")
    await first.pass_time(1_000)
    await first.cut_off()
    again = World(first.store, first.clock)
    await again.bellwire.start()
    await again.pass_time(1_000)
    return again, webhook_ids


def astir(world: World) -> set[WebhookId]:
    return {dispatcher.webhook.id for dispatcher in world.bellwire._supervisor.astir()}


async def test_what_is_done_regularly_is_done_for_those_only_that_have_something_to_do() -> None:
    world, (one, other) = await world_with(2)
    assert astir(world) == set()
    await world.bellwire.pause_webhook(one)
    await world.publish("a")
    await world.pass_time(100)
    assert world.sent_ids() == [("a",)]
    assert astir(world) == {one}
    await world.bellwire.resume_webhook(one)
    await world.pass_time(PAUSE_MS + LOOK_PAUSE_MS)
    assert (world.sent_ids(), astir(world)) == ([("a",), ("a",)], set())
    assert world.bellwire._supervisor[other].is_idle
    await world.bellwire.close()


async def test_a_webhook_that_has_done_nothing_yet_is_shown_and_accounted_for_without_waking_it() -> None:
    world, (webhook_id,) = await world_with(1)
    told = await world.bellwire.webhook_status(webhook_id)
    assert (told.state, told.backlog, told.lag_ms, told.delivered) == ("healthy", 0, 0, 1)
    assert (told.next_attempt_at_ms, told.first_deadline_ms) == (None, None)
    (why,) = await world.bellwire.explain(EventId("before"))
    assert why.verdict is Verdict.DELIVERED
    assert world.bellwire._supervisor[webhook_id].rests
    assert (await world.bellwire.account(webhook_id)).wanted == 1
    await world.bellwire.close()


async def test_what_comes_to_a_webhook_that_has_rested_is_delivered_once_and_in_order() -> None:
    world, _ = await world_with(1)
    await world.publish("a", "b")
    await world.publish("c")
    await world.pass_time(1_000)
    assert [event_id for batch in world.sent_ids() for event_id in batch] == ["a", "b", "c"]
    await world.bellwire.close()


async def test_a_level_that_is_set_while_webhooks_rest_counts_for_what_comes() -> None:
    world, (webhook_id,) = await world_with(1)
    await world.bellwire.override_level(EventTypeId("auth.success"), EventLevel.DISABLE)
    await world.publish("a")
    await world.pass_time(100)
    await world.bellwire.override_level(EventTypeId("auth.success"), None)
    await world.publish("b")
    await world.pass_time(100)
    assert world.sent_ids() == [("b",)]
    (why,) = await world.bellwire.explain(EventId("a"), webhook_id)
    assert why.verdict is Verdict.NOT_WANTED
    await world.bellwire.close()


async def test_what_an_idle_webhook_has_set_aside_is_still_needed() -> None:
    world, (webhook_id,) = await world_with(1)
    world.sender.answer_with(refusing("p"))
    await world.publish("p", "a")
    await world.pass_time(100)
    assert astir(world) == {webhook_id}
    world.sender.answer_with(answer(200))
    await world.pass_time(120_000)
    assert astir(world) == set()
    await world.bellwire.close()


async def test_a_webhook_that_was_deleted_long_ago_is_not_taken_up_again() -> None:
    world, (gone, kept) = await world_with(2)
    await world.bellwire.delete_webhook(gone)
    await world.publish("a")
    await world.pass_time(1_000)
    await world.cut_off()
    again = World(world.store, world.clock)
    await again.bellwire.start()
    assert set(again.bellwire._supervisor._dispatchers) == {kept}
    await again.bellwire.close()
