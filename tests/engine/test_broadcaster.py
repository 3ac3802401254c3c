from collections.abc import AsyncIterator

import pytest

from bellwire.engine import broadcaster, listener, recaller, summing_listener
from bellwire.engine.listener import Listener
from bellwire.errors import Overloaded, Stopping, StorageUnavailable
from bellwire.model.attempt import Attempt
from bellwire.model.change import NumberedChange
from bellwire.model.event import EventTypeId, LoggedEvent, Position
from bellwire.model.event_type import EventLevel, TracingLevel
from bellwire.model.live import LiveKind, Missed, Place, Pulse, Wish
from bellwire.store import NumberedDiscard
from bellwire.stores.memory import MemoryStore
from engine.manual_clock import ManualClock
from engine.world import World, answer

EVENTS = frozenset({LiveKind.EVENTS})


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World(MemoryStore(), ManualClock())
    await made.bellwire.start()
    yield made
    await made.bellwire.close()


def told(one: Listener) -> list[str]:
    """All that waits, in a word each."""
    words = []
    while (each := one.take()) is not None:
        match each.what:
            case LoggedEvent(position=position):
                words.append(f"event {position}")
            case Attempt(first=first, last=last, number=number):
                words.append(f"attempt {number} of {first}-{last}")
            case NumberedDiscard(discard=discard):
                words.append(f"{discard.reason.value} {discard.members[0][0]}-{discard.members[-1][1]}")
            case NumberedChange(change=change):
                words.append(str(change.what.__struct_config__.tag))
            case Missed(events=events, attempts=attempts, discards=discards, changes=changes):
                words.append(f"missed {events} {attempts} {discards} {changes}")
            case Pulse():
                words.append("pulse")
    return words


async def test_what_happens_is_told_in_its_order_each_once(world: World) -> None:
    one = await world.bellwire.live.listen(Wish())
    webhook_id = await world.create(throttle=0)
    await world.pass_time()
    await world.publish("e-1")
    await world.pass_time()
    await world.publish("e-2")
    await world.bellwire.pause_webhook(webhook_id)
    await world.bellwire.override_level(EventTypeId("auth.failed"), EventLevel.WARN)
    await world.pass_time()
    assert told(one) == ["created", "event 1", "attempt 1 of 1-1", "event 2", "paused", "level-set"]
    assert told(one) == []


async def test_what_is_given_up_is_told_with_the_change_of_state(world: World) -> None:
    world.sender.answer_with(answer(500))
    await world.create(throttle=0, discardAfter="4s")
    one = await world.bellwire.live.listen(Wish(kinds=frozenset({LiveKind.CHANGES, LiveKind.DISCARDS})))
    await world.publish("e-1")
    await world.pass_time(10_000)
    assert set(told(one)) == {"failing", "expired 1-1"}


async def test_events_go_by_type_level_and_webhook(world: World) -> None:
    success = await world.create(throttle=0, events=["auth.success"])
    live = world.bellwire.live
    by_type = await live.listen(Wish(kinds=EVENTS, types=frozenset({EventTypeId("auth.failed")})))
    by_level = await live.listen(Wish(kinds=EVENTS, level=TracingLevel.ERROR))
    by_webhook = await live.listen(Wish(kinds=EVENTS, webhook_ids=frozenset({success})))
    await world.publish("e-1")
    await world.publish("e-2", type_id="auth.failed")
    await world.publish("e-3", type_id="shop.never-seen")
    assert told(by_type) == ["event 2"]
    assert told(by_level) == []
    assert told(by_webhook) == ["event 1"]
    await world.bellwire.patch_webhook(success, {"events": ["auth.failed"]})
    await world.publish("e-4")
    await world.publish("e-5", type_id="auth.failed")
    assert told(by_webhook) == ["event 5"]
    assert (told(by_type), told(by_level)) == (["event 5"], [])
    assert by_type.place.position == by_level.place.position == 6


async def test_who_comes_back_is_told_what_happened_meanwhile_and_then_goes_on(world: World) -> None:
    first = await world.bellwire.live.listen(Wish())
    webhook_id = await world.create(throttle=0)
    await world.publish("e-1")
    await world.pass_time()
    before = told(first)
    world.bellwire.live.leave(first)
    await world.publish("e-2")
    await world.pass_time()
    await world.bellwire.pause_webhook(webhook_id)
    back = await world.bellwire.live.listen(Wish(), first.place)
    await world.publish("e-3")
    assert told(back) == ["event 2", "attempt 1 of 2-2", "paused", "event 3"]
    everything = await world.bellwire.live.listen(Wish(), Place(position=world.store.log.begin))
    assert sorted(told(everything)) == sorted([*before, "event 2", "attempt 1 of 2-2", "paused", "event 3"])
    assert everything.place == back.place


async def test_what_happens_while_the_past_is_read_is_told_once(world: World) -> None:
    await world.create(throttle=0)
    await world.publish("e-1")
    await world.pass_time()
    one = Listener(Wish(), Place(position=world.store.log.begin), log_end=world.store.log.end)
    live = world.bellwire.live
    live._listeners[one] = None
    live._read_on()
    await world.publish("e-2")
    await world.pass_time()
    wanted = live._wanted(Wish())
    one.recall(await live._recaller.recall(Wish(), wanted, one.place, before=one._seen.position))
    words = told(one)
    assert sorted(words) == sorted(set(words))
    assert {"attempt 1 of 1-1", "attempt 1 of 2-2", "event 2", "created"} <= set(words)


async def test_more_than_is_recalled_is_counted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recaller, "RECALLED_MAX", 3)
    monkeypatch.setattr(recaller, "STEP", 3)
    webhook_id = await world.create(throttle=0)
    for number in range(5):
        await world.publish(f"e-{number}")
        await world.pass_time()
    for _ in range(2):
        await world.bellwire.pause_webhook(webhook_id)
        await world.bellwire.resume_webhook(webhook_id)
        await world.pass_time(1)
    start = Place(position=world.store.log.begin)
    back = await world.bellwire.live.listen(Wish(), start)
    missed, *rest = told(back)
    assert missed == "missed 2 None 0 2"
    assert [word for word in rest if word.startswith("event")] == ["event 3", "event 4", "event 5"]
    narrow = await world.bellwire.live.listen(Wish(kinds=EVENTS, level=TracingLevel.ERROR), start)
    assert told(narrow) == []


async def test_a_place_of_another_store_is_taken_as_the_end(world: World) -> None:
    await world.publish("e-1")
    back = await world.bellwire.live.listen(Wish(kinds=EVENTS), Place(position=Position(9_999), change=9_999))
    await world.publish("e-2")
    assert told(back) == ["event 2"]


async def test_who_reads_slowly_is_told_how_much_they_missed_and_holds_little(world: World) -> None:
    one = await world.bellwire.live.listen(Wish(kinds=EVENTS))
    total = listener.HELD_MAX + 500
    await world.publish(*(f"e-{number}" for number in range(total)))
    await world.publish("late")
    assert one.held_bytes <= listener.HELD_BYTES_MAX
    words = told(one)
    assert words[-1] == f"missed {total + 1 - (len(words) - 1)} 0 0 0"
    assert len(words) <= listener.HELD_MAX + 1
    assert one.place.position == world.store.log.end
    await world.publish("after")
    assert told(one) == [f"event {total + 2}"]


async def test_large_events_count_by_their_bytes(world: World) -> None:
    one = await world.bellwire.live.listen(Wish(kinds=EVENTS))
    for number in range(5):
        await world.bellwire.publish("auth.success", {"text": "x" * 900_000}, id=f"e-{number}")
    assert one.held_bytes <= listener.HELD_BYTES_MAX
    assert told(one) == ["event 1", "event 2", "missed 3 0 0 0"]
    assert one.held_bytes == 0


async def test_more_listeners_than_there_may_be_are_refused_until_one_leaves(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcaster, "LISTENERS_MAX", 2)
    live = world.bellwire.live
    one, _ = [await live.listen(Wish()) for _ in range(2)]
    with pytest.raises(Overloaded, match="2 listen already"):
        await live.listen(Wish())
    live.leave(one)
    live.leave(one)
    await live.listen(Wish())
    assert live.listening == 2


async def test_who_cannot_be_told_the_past_does_not_listen(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise StorageUnavailable("the disk is full")

    monkeypatch.setattr(world.store.log, "search", fail)
    await world.publish("e-1")
    with pytest.raises(StorageUnavailable):
        await world.bellwire.live.listen(Wish(), Place(position=world.store.log.begin))
    assert world.bellwire.live.listening == 0


async def test_what_could_not_be_read_from_the_journal_is_told_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await world.bellwire.live.listen(Wish())
    await world.settle()

    async def fail(*_: object) -> None:
        raise StorageUnavailable("busy")

    with monkeypatch.context() as failing:
        failing.setattr(world.store.journal, "changes", fail)
        webhook_id = await world.create()
        await world.settle()
        assert told(one) == []
    await world.bellwire.pause_webhook(webhook_id)
    await world.settle()
    assert told(one) == ["created", "paused"]


async def test_changes_that_were_too_many_to_be_read_in_time_are_counted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recaller, "RECALLED_MAX", 2)
    monkeypatch.setattr(recaller, "STEP", 2)
    one = await world.bellwire.live.listen(Wish())
    await world.settle()

    async def fail(*_: object) -> None:
        raise StorageUnavailable("busy")

    with monkeypatch.context() as failing:
        failing.setattr(world.store.journal, "changes", fail)
        for _ in range(4):
            await world.create()
        await world.settle()
    await world.create()
    await world.settle()
    assert told(one) == ["missed 0 0 0 5"]
    await world.create()
    await world.settle()
    assert told(one) == ["created"]


async def test_closing_tells_what_waits_and_lets_nobody_in_any_more(world: World) -> None:
    one = await world.bellwire.live.listen(Wish())
    await world.create(throttle=0)
    await world.settle()
    await world.publish("e-1")
    await world.bellwire.close()
    assert one.closed
    assert told(one)[:2] == ["created", "event 1"]
    with pytest.raises(Stopping):
        await world.bellwire.live.listen(Wish())


async def test_while_nobody_listens_nothing_is_read_and_nothing_is_held(world: World) -> None:
    world.bellwire.live.leave(await world.bellwire.live.listen(Wish()))
    await world.settle()
    await world.create(throttle=0)
    await world.publish("e-1")
    await world.pass_time()
    assert world.bellwire.live._reading is None
    assert not world.bellwire.live._behind


async def test_a_pulse_sums_up_what_happened_since_the_last_one(world: World) -> None:
    one = await world.bellwire.live.listen_summed(Wish())
    assert one.take() is None
    webhook_id = await world.create(throttle=0)
    await world.pass_time()
    for number in range(3):
        await world.publish(f"e-{number}")
        await world.pass_time()
    await world.bellwire.override_level(EventTypeId("auth.failed"), EventLevel.WARN)
    await world.pass_time()
    told_first = one.take()
    assert told_first is not None
    assert told_first.what == Pulse(events=3, attempts=3, changes=2, webhook_ids=frozenset({webhook_id}))
    assert one.take() is None
    assert one.place == told_first.place
    await world.publish("e-4")
    told_then = one.take()
    assert told_then is not None
    assert told_then.what == Pulse(events=1)
    assert told_then.place.position == told_first.place.position + 1


async def test_a_pulse_names_no_webhooks_where_they_are_too_many(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summing_listener, "WEBHOOKS_MAX", 1)
    one = await world.bellwire.live.listen_summed(Wish())
    first = await world.create()
    await world.pass_time()
    only = one.take()
    assert only is not None
    assert only.what == Pulse(changes=1, webhook_ids=frozenset({first}))
    await world.create()
    await world.create()
    await world.pass_time()
    both = one.take()
    assert both is not None
    assert both.what == Pulse(changes=2, webhook_ids=None)


async def test_a_pulse_counts_what_was_too_much_to_be_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recaller, "RECALLED_MAX", 2)
    monkeypatch.setattr(recaller, "STEP", 1)
    one = await world.bellwire.live.listen_summed(Wish(kinds=frozenset({LiveKind.CHANGES})))
    for _ in range(5):
        await world.bellwire.override_level(EventTypeId("auth.failed"), EventLevel.WARN)
        await world.bellwire.override_level(EventTypeId("auth.failed"), EventLevel.INFO)
    await world.pass_time()
    summed = one.take()
    assert summed is not None
    assert isinstance(summed.what, Pulse)
    assert summed.what.changes == 10
