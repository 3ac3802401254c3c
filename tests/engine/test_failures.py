"""The rules of failure (semantics §7), end to end on a clock that the tests move."""

from collections.abc import AsyncIterator, Callable

import msgspec
import pytest

from bellwire.model.attempt import Request, Response
from bellwire.model.cursor import DiscardReason
from bellwire.store import AttemptSearch
from bellwire.stores.memory import MemoryStore
from engine.manual_clock import ManualClock
from engine.test_delivery import restarted
from engine.world import Body, World, answer


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World(MemoryStore(), ManualClock())
    await made.bellwire.start()
    yield made
    await made.bellwire.close()


def refusing(*poison: str, status: int = 400) -> Callable[[Request], Response]:
    """An endpoint that refuses every body with one of these events in it."""

    def take(request: Request) -> Response:
        ids = {event.id for event in msgspec.json.decode(request.body, type=Body).events}
        return answer(status if ids & set(poison) else 200)

    return take


def accepted(world: World, *poison: str) -> list[str]:
    """The events of each request that was answered 200, in the order of arrival."""
    return [event_id for ids in world.sent_ids() if not set(ids) & set(poison) for event_id in ids]


async def test_one_poison_event_does_not_hold_up_the_others(world: World) -> None:
    webhook_id = await world.create()
    world.sender.answer_with(refusing("p"))
    await world.publish("a", "b", "p", "c", "d")
    await world.pass_time()
    assert accepted(world, "p") == ["a", "b", "c", "d"]
    cursor = await world.cursor(webhook_id)
    assert [aside.position for aside in cursor.set_aside] == [3]
    status = await world.bellwire.webhook_status(webhook_id)
    assert (status.state, status.backlog, status.delivered) == ("healthy", 1, 4)


async def test_a_poison_event_is_tried_alone_with_backoff_and_discarded_as_refused_at_its_deadline(
    world: World,
) -> None:
    webhook_id = await world.create(discardAfter="30s")
    world.sender.answer_with(refusing("p"))
    await world.publish("a", "p", "b")
    await world.pass_time(29_999)
    alone = [delivery for delivery in world.deliveries() if delivery.event_ids == ("p",)]
    start = alone[0].at_ms
    assert [delivery.at_ms - start for delivery in alone] == [0, 1_000, 3_000, 7_000, 15_000]
    assert await world.bellwire.dead_letters() == ()
    await world.pass_time(1)
    (letter,) = await world.bellwire.dead_letters(webhook_id=webhook_id)
    assert (letter.event.position, letter.reason) == (2, DiscardReason.REFUSED)
    cursor = await world.cursor(webhook_id)
    assert (cursor.delivered, cursor.discarded, cursor.set_aside) == (2, 1, ())


async def test_a_poison_event_that_is_accepted_later_is_delivered_beside_the_cursor(world: World) -> None:
    webhook_id = await world.create()
    world.sender.answer_with(refusing("p"))
    await world.publish("p", "a")
    await world.pass_time()
    world.sender.answer_with(answer(200))
    await world.publish("b")
    await world.pass_time(60_000)
    cursor = await world.cursor(webhook_id)
    assert (cursor.delivered, cursor.set_aside) == (3, ())
    assert world.sent_ids()[-2:] == [("p",), ("b",)]


async def test_events_set_aside_survive_a_crash(world: World) -> None:
    webhook_id = await world.create()
    world.sender.answer_with(refusing("p"))
    await world.publish("p", "a")
    await world.pass_time()
    again = await restarted(world)
    await again.pass_time(60_000)
    assert again.sent_ids() == [("p",)]
    assert (await again.cursor(webhook_id)).delivered == 2
    await again.bellwire.close()


async def test_a_single_refused_event_at_the_head_is_set_aside_when_the_one_behind_it_is_accepted(world: World) -> None:
    await world.create(maxBatchEvents=1)
    world.sender.answer_with(refusing("p"))
    await world.publish("p", "a", "b")
    await world.pass_time()
    assert world.sent_ids() == [("p",), ("a",), ("b",)]
    (cursor,) = await world.store.ledger.cursors()
    assert [aside.position for aside in cursor.set_aside] == [1]


async def test_a_single_refused_event_with_nothing_behind_it_waits_at_the_head(world: World) -> None:
    webhook_id = await world.create()
    world.sender.answer_with(refusing("p"))
    await world.publish("p")
    await world.pass_time()
    cursor = await world.cursor(webhook_id)
    assert (cursor.failures, cursor.set_aside, cursor.position) == (1, (), 1)


async def test_an_endpoint_that_refuses_everything_sets_nothing_aside_and_costs_32_requests_at_most(
    world: World,
) -> None:
    webhook_id = await world.create()
    world.sender.answer_with(answer(400))
    await world.publish(*[str(number) for number in range(500)])
    await world.pass_time()
    assert len(world.deliveries()) == 32
    cursor = await world.cursor(webhook_id)
    assert (cursor.set_aside, cursor.failures, cursor.position) == ((), 1, 1)
    world.sender.answer_with(answer(200))
    await world.pass_time(5_000)
    assert (await world.cursor(webhook_id)).delivered == 500


@pytest.mark.parametrize("count", [1, 2, 3])
async def test_few_events_that_are_all_refused_all_wait(world: World, count: int) -> None:
    webhook_id = await world.create()
    world.sender.answer_with(answer(422))
    await world.publish(*[str(number) for number in range(count)])
    await world.pass_time()
    cursor = await world.cursor(webhook_id)
    assert (cursor.set_aside, cursor.failures, cursor.position) == ((), 1, 1)
    assert (await world.bellwire.webhook_status(webhook_id)).backlog == count


async def test_a_crash_amid_the_parts_of_a_split_batch_loses_and_repeats_nothing_settled(world: World) -> None:
    webhook_id = await world.create()
    world.sender.answer_with(refusing("p"))
    ids = [str(number) for number in range(20)]
    await world.publish(*ids[:7], "p", *ids[7:])
    for _ in range(3):
        gate = world.sender.hold()
        await world.pass_time()
        gate.set()
    world.sender.hold()
    await world.pass_time()
    again = await restarted(world)
    again.sender.answer_with(refusing("p"))
    await again.pass_time(1_000)
    cursor = await again.cursor(webhook_id)
    assert (cursor.delivered, [aside.position for aside in cursor.set_aside]) == (20, [8])
    await again.bellwire.close()


async def test_a_body_that_is_too_large_makes_later_batches_smaller_for_a_while(world: World) -> None:
    await world.create(throttle=0)

    def limited(request: Request) -> Response:
        return answer(413 if len(msgspec.json.decode(request.body, type=Body).events) > 10 else 200)

    world.sender.answer_with(limited)
    await world.publish(*[str(number) for number in range(40)])
    await world.pass_time()
    refused = [ids for ids in world.sent_ids() if len(ids) > 10]
    assert [len(ids) for ids in refused] == [40, 20, 20]
    before = len(world.deliveries())
    await world.publish(*[str(number) for number in range(40, 80)])
    await world.pass_time()
    assert all(len(ids) <= 10 for ids in world.sent_ids()[before:])
    delivered = [event_id for ids in world.sent_ids() if len(ids) <= 10 for event_id in ids]
    assert delivered == [str(number) for number in range(80)]


async def test_410_stops_the_webhook_and_what_waits_keeps_its_deadline(world: World) -> None:
    webhook_id = await world.create(discardAfter="60s")
    world.sender.answer_with(answer(410))
    await world.publish("a")
    await world.pass_time(1_000)
    await world.publish("b")
    await world.pass_time(58_999)
    status = await world.bellwire.webhook_status(webhook_id)
    assert (status.state, status.backlog, len(world.deliveries())) == ("gone", 2, 1)
    await world.pass_time(1)
    (letter,) = await world.bellwire.dead_letters()
    assert (letter.event.position, letter.reason) == (1, DiscardReason.EXPIRED)


async def test_resuming_ends_gone(world: World) -> None:
    webhook_id = await world.create()
    world.sender.answer_with(answer(410), answer(200))
    await world.publish("a")
    await world.pass_time(1_000)
    await world.bellwire.resume_webhook(webhook_id)
    await world.pass_time()
    assert world.sent_ids() == [("a",), ("a",)]
    assert (await world.bellwire.webhook_status(webhook_id)).state == "healthy"


async def test_a_new_url_ends_gone_and_another_edit_does_not(world: World) -> None:
    webhook_id = await world.create()
    world.sender.answer_with(answer(410), answer(200))
    await world.publish("a")
    await world.pass_time(1_000)
    await world.bellwire.patch_webhook(webhook_id, {"httpHeaders": {"X-New": "1"}})
    await world.pass_time(1_000)
    assert len(world.deliveries()) == 1
    await world.bellwire.patch_webhook(webhook_id, {"url": "https://new.example/"})
    await world.pass_time()
    assert len(world.deliveries()) == 2


async def test_gone_survives_a_restart(world: World) -> None:
    webhook_id = await world.create()
    world.sender.answer_with(answer(410))
    await world.publish("a")
    await world.pass_time(1_000)
    again = await restarted(world)
    await again.pass_time(10_000)
    assert again.deliveries() == []
    assert (await again.bellwire.webhook_status(webhook_id)).state == "gone"
    await again.bellwire.close()


async def test_retry_after_is_kept(world: World) -> None:
    await world.create()
    world.sender.answer_with(answer(503, ("retry-after", "40")), answer(200))
    await world.publish("a")
    await world.pass_time(39_999)
    assert len(world.deliveries()) == 1
    await world.pass_time(1)
    assert len(world.deliveries()) == 2


async def test_pausing_keeps_everything_and_its_time_does_not_count_against_the_deadline(world: World) -> None:
    webhook_id = await world.create(discardAfter="10s")
    await world.bellwire.pause_webhook(webhook_id)
    await world.publish("a")
    await world.pass_time(3_600_000)
    status = await world.bellwire.webhook_status(webhook_id)
    assert (status.state, status.backlog, world.deliveries()) == ("paused", 1, [])
    world.sender.answer_with(answer(500))
    await world.bellwire.resume_webhook(webhook_id)
    await world.pass_time(9_999)
    assert await world.bellwire.dead_letters() == ()
    await world.pass_time(1)
    assert len(await world.bellwire.dead_letters()) == 1


async def test_a_pause_survives_a_restart(world: World) -> None:
    webhook_id = await world.create()
    await world.bellwire.pause_webhook(webhook_id)
    await world.publish("a")
    again = await restarted(world)
    await again.pass_time(100_000)
    assert again.deliveries() == []
    await again.bellwire.resume_webhook(webhook_id)
    await again.pass_time()
    assert again.sent_ids() == [("a",)]
    await again.bellwire.close()


async def test_the_attempt_in_flight_at_a_pause_is_settled(world: World) -> None:
    webhook_id = await world.create()
    gate = world.sender.hold()
    await world.publish("a")
    await world.pass_time()
    await world.bellwire.pause_webhook(webhook_id)
    gate.set()
    await world.pass_time(1_000)
    assert (await world.cursor(webhook_id)).delivered == 1
    assert len(await world.bellwire.attempts(AttemptSearch(webhook_id=webhook_id))) == 1


async def test_disabling_a_paused_webhook_discards_what_it_kept(world: World) -> None:
    webhook_id = await world.create()
    await world.bellwire.pause_webhook(webhook_id)
    await world.publish("a")
    await world.bellwire.patch_webhook(webhook_id, {"enable": False})
    await world.pass_time(1_000)
    (letter,) = await world.bellwire.dead_letters()
    assert letter.reason is DiscardReason.DISABLED


async def test_a_lossy_webhook_drops_what_fails_once_the_endpoint_is_failing_and_then_wants_the_newest_only(
    world: World,
) -> None:
    webhook_id = await world.create(lossy=True, maxBatchEvents=2, throttle=0)
    world.sender.answer_with(answer(500))
    await world.publish("a", "b")
    await world.pass_time(3_000)
    assert world.sent_ids() == [("a", "b")] * 3
    letters = await world.bellwire.dead_letters()
    assert [(letter.event.position, letter.reason) for letter in letters] == [
        (2, DiscardReason.LOSSY),
        (1, DiscardReason.LOSSY),
    ]
    await world.publish("c", "d", "e", "f", "g")
    await world.pass_time(3_999)
    assert len(world.deliveries()) == 3
    world.sender.answer_with(answer(200))
    await world.pass_time(1)
    assert world.sent_ids()[3:] == [("f", "g")]
    cursor = await world.cursor(webhook_id)
    assert (cursor.delivered, cursor.discarded) == (2, 5)
    await world.publish("h", "i", "j")
    await world.pass_time(1_000)
    assert world.sent_ids()[4:] == [("h", "i"), ("j",)]


async def test_a_webhook_that_is_not_lossy_keeps_everything(world: World) -> None:
    await world.create(throttle=0, discardAfter="1d")
    world.sender.answer_with(answer(500))
    await world.publish("a")
    await world.pass_time(600_000)
    assert await world.bellwire.dead_letters() == ()


async def test_an_edit_while_a_write_is_under_way_is_acted_on(world: World) -> None:
    """The dispatcher may be storing its plan when it is told; it must look again before it rests."""
    webhook_id = await world.create(throttle="1h", discardAfter="1d")
    await world.publish("a")
    await world.pass_time()
    await world.publish("b")
    dispatcher = world.bellwire._supervisor[webhook_id]
    dispatcher._woken.set()
    await world.bellwire.patch_webhook(webhook_id, {"enable": False})
    await world.pass_time()
    assert len(await world.bellwire.dead_letters()) == 1


async def test_filters_apply_to_what_was_set_aside(world: World) -> None:
    webhook_id = await world.create(events=["auth.success", "auth.failed"])
    world.sender.answer_with(refusing("p"))
    await world.publish("p", type_id="auth.failed")
    await world.publish("a")
    await world.pass_time(1_000)
    await world.bellwire.patch_webhook(webhook_id, {"events": ["auth.success"]})
    await world.pass_time(100)
    cursor = await world.cursor(webhook_id)
    assert (cursor.set_aside, cursor.discarded) == ((), 0)
