from typing import Any

import msgspec
import pytest

from bellwire.errors import InvalidObject, UnknownThing
from bellwire.model.cursor import DiscardReason, ReplayId
from bellwire.model.event import EventId
from bellwire.model.limits import DEFAULT_LIMITS, Limits
from bellwire.model.replay import ReplayState, ReplayStatus
from bellwire.model.status import Verdict
from bellwire.model.webhook import Gap, WebhookId
from bellwire.store import AttemptSearch
from bellwire.stores.memory import MemoryStore
from builders import make_audit_entry
from engine.manual_clock import ManualClock
from engine.scripted_sender import Script
from engine.world import World, answer

EVENTS = tuple(f"e{number}" for number in range(1, 7))


async def begin(
    *scripts: Script,
    store: MemoryStore | None = None,
    clock: ManualClock | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> World:
    world = World(store or MemoryStore(), clock or ManualClock(), *scripts, limits=limits)
    await world.bellwire.start()
    return world


async def replay(world: World, webhook_id: WebhookId, **wish: object) -> ReplayId:
    status = await world.bellwire.replays.create(webhook_id, wish or {"fromPosition": 1})
    return status.replay.id


async def status_of(world: World, replay_id: ReplayId) -> ReplayStatus:
    replays = world.bellwire.replays
    return await replays.status(replays.get(replay_id))


async def account_of(world: World, replay_id: ReplayId) -> tuple[int, int, dict[str, int], int]:
    """Delivered, waiting, discarded, cancelled."""
    status = await status_of(world, replay_id)
    return status.delivered, status.waiting, status.discarded, status.cancelled


async def delivered_world(**members: Any) -> tuple[World, WebhookId]:  # noqa: ANN401 - members of any type
    """Six events that were delivered already."""
    world = await begin()
    webhook_id = await world.create(**members)
    await world.publish(*EVENTS)
    await world.pass_time(10_000)
    world.sender.sent.clear()
    return world, webhook_id


async def test_a_replay_delivers_the_same_event_ids_again_in_order_and_is_accounted_on_its_own() -> None:
    world, webhook_id = await delivered_world(maxBatchEvents=4)
    replay_id = await replay(world, webhook_id, fromPosition=2)
    await world.pass_time()
    assert world.sent_ids() == [("e2", "e3", "e4", "e5"), ("e6",)]
    assert (await status_of(world, replay_id)).state is ReplayState.DONE
    assert await account_of(world, replay_id) == (5, 0, {}, 0)
    assert (await world.bellwire.account(webhook_id)).delivered == 6
    attempts = await world.bellwire.attempts(AttemptSearch())
    assert [attempt.replay_id for attempt in attempts] == [replay_id, replay_id, None, None]


async def test_a_replay_begins_at_a_time_and_ends_before_another() -> None:
    world = await begin()
    webhook_id = await world.create()
    for event_id in ("a", "b", "c"):
        await world.publish(event_id)
        await world.pass_time(60_000)
    world.sender.sent.clear()
    await replay(world, webhook_id, since="125s", until="1m")
    await world.pass_time()
    assert world.sent_ids() == [("b",)]


async def test_a_replay_is_narrowed_by_type_under_any_of_its_names() -> None:
    world = await begin()
    webhook_id = await world.create(events=["message-ingest.ham", "auth.success"])
    await world.publish("former", type_id="store.ingest")
    await world.publish("other")
    await world.publish("present", type_id="message-ingest.ham")
    await world.pass_time(5_000)
    world.sender.sent.clear()
    await replay(world, webhook_id, fromPosition=1, types=["message-ingest.ham"])
    await world.pass_time()
    assert world.sent_ids() == [("former", "present")]


async def test_named_events_are_replayed_in_the_order_of_the_log_and_missing_ones_are_counted() -> None:
    world, webhook_id = await delivered_world()
    status = await world.bellwire.replays.create(webhook_id, {"ids": ["e5", "e2", "never"]})
    assert (status.wanted, status.replay.missing) == (2, 1)
    await world.pass_time()
    assert world.sent_ids() == [("e2", "e5")]


async def test_dead_letters_are_replayed_by_reason_and_the_time_at_which_they_were_given_up() -> None:
    world = await begin(answer(500))
    webhook_id = await world.create(discardAfter="10s")
    await world.publish("early")
    await world.pass_time(60_000)
    await world.publish("late")
    await world.pass_time(60_000)
    world.sender.answer_with(answer(200))
    await world.publish("lucky")
    await world.pass_time(60_000)
    world.sender.sent.clear()
    await replay(world, webhook_id, reason="expired")
    await world.pass_time(5_000)
    await replay(world, webhook_id, reason="expired", since="2m")
    await world.pass_time(5_000)
    assert world.sent_ids() == [("early", "late"), ("late",)]


async def test_the_preview_counts_and_shows_what_would_be_delivered_and_begins_nothing() -> None:
    world, webhook_id = await delivered_world()
    preview = await world.bellwire.replays.preview(webhook_id, {"fromPosition": 3})
    assert (preview.events, preview.missing, [event.position for event in preview.sample]) == (4, 0, [3, 4, 5, 6])
    named = await world.bellwire.replays.preview(webhook_id, {"ids": ["e1", "e6", "e7"]})
    assert (named.events, named.missing, [event.position for event in named.sample]) == (2, 1, [1, 6])
    await world.pass_time(5_000)
    assert world.sent_ids() == []
    assert world.bellwire.replays.all(None) == ()


async def test_live_delivery_goes_first_but_a_replay_has_every_tenth_turn() -> None:
    world = await begin()
    webhook_id = await world.create(maxBatchEvents=1)
    await world.publish(*EVENTS)
    await world.pass_time(10_000)
    world.sender.sent.clear()
    held = world.sender.hold()
    await world.publish(*(f"live{number}" for number in range(25)))
    await world.settle()
    await replay(world, webhook_id, ids=list(EVENTS))
    held.set()
    await world.pass_time(1)
    kinds = "".join("L" if ids[0].startswith("live") else "r" for ids in world.sent_ids())
    # The first request was under way before there was a replay.
    assert kinds == "L" + "LLLLLLLLLr" * 2 + "LLLLLL" + "rrrr"
    assert max(len(ids) for ids in world.sent_ids()) == 1


async def test_replays_of_one_webhook_take_turns() -> None:
    world, webhook_id = await delivered_world(maxBatchEvents=1)
    held = world.sender.hold()
    await replay(world, webhook_id, ids=["e1", "e2"])
    await replay(world, webhook_id, ids=["e5", "e6"])
    held.set()
    await world.pass_time()
    assert world.sent_ids() == [("e1",), ("e5",), ("e2",), ("e6",)]


async def test_there_is_one_request_at_a_time() -> None:
    world, webhook_id = await delivered_world(maxBatchEvents=1)
    held = world.sender.hold()
    await replay(world, webhook_id)
    await world.publish("live")
    await world.pass_time(5_000)
    assert len(world.sender.in_flight) == 1
    held.set()
    await world.pass_time(5_000)
    assert sorted(world.sent_ids()) == [("e1",), ("e2",), ("e3",), ("e4",), ("e5",), ("e6",), ("live",)]


async def test_a_rate_spreads_the_batches() -> None:
    world, webhook_id = await delivered_world()
    start_ms = world.clock.steady_ms()
    replay_id = await replay(world, webhook_id, fromPosition=1, rate=2)
    await world.pass_time(1_500)
    status = await status_of(world, replay_id)
    assert (status.delivered, status.left_s) == (4, 2 / (4 / 1.5))
    await world.pass_time(10_000)
    sent = [(delivery.event_ids, delivery.at_ms - start_ms) for delivery in world.deliveries()]
    assert sent == [(("e1", "e2"), 0), (("e3", "e4"), 1_000), (("e5", "e6"), 2_000)]


async def test_a_rate_that_is_changed_counts_at_once_and_never_makes_events_expire() -> None:
    world, webhook_id = await delivered_world(discardAfter="5s", throttle="1s")
    replay_id = await replay(world, webhook_id, fromPosition=1, rate=0.01)
    await world.pass_time(150_000)
    assert await account_of(world, replay_id) == (2, 4, {}, 0)
    await world.bellwire.replays.edit(replay_id, {"rate": None})
    await world.pass_time(1_000)
    assert await account_of(world, replay_id) == (6, 0, {}, 0)


async def test_without_a_rate_a_replay_goes_by_the_throttle_where_catching_up_does() -> None:
    world, webhook_id = await delivered_world(maxBatchEvents=2, catchUp="throttled", throttle="3s")
    start_ms = world.clock.steady_ms()
    await replay(world, webhook_id)
    await world.pass_time(10_000)
    assert [delivery.at_ms - start_ms for delivery in world.deliveries()] == [0, 3_000, 6_000]


async def test_a_paused_replay_sends_and_gives_up_nothing_until_it_is_resumed() -> None:
    world, webhook_id = await delivered_world(maxBatchEvents=1, discardAfter="10s")
    replay_id = await replay(world, webhook_id, fromPosition=1, paused=True)
    await world.pass_time(60_000)
    assert world.sent_ids() == []
    status = await status_of(world, replay_id)
    assert (status.state, status.waiting, status.reason) == (ReplayState.PAUSED, 6, "paused by an operator")
    await world.publish("live")
    await world.pass_time(5_000)
    assert world.sent_ids() == [("live",)]
    await world.bellwire.replays.edit(replay_id, {"paused": False})
    await world.pass_time()
    assert await account_of(world, replay_id) == (6, 0, {}, 0)


async def test_a_cancelled_replay_settles_what_is_in_flight_and_sends_nothing_more() -> None:
    world, webhook_id = await delivered_world(maxBatchEvents=2)
    held = world.sender.hold()
    replay_id = await replay(world, webhook_id)
    await world.settle()
    status = await world.bellwire.replays.cancel(replay_id)
    assert (status.state, status.wanted) == (ReplayState.CANCELLED, 6)
    held.set()
    await world.pass_time(60_000)
    assert world.sent_ids() == [("e1", "e2")]
    assert await account_of(world, replay_id) == (2, 0, {}, 4)
    assert (await world.bellwire.replays.cancel(replay_id)).reason == "cancelled by an operator"
    with pytest.raises(InvalidObject, match="has ended"):
        await world.bellwire.replays.edit(replay_id, {"paused": True})


async def test_a_failing_endpoint_is_retried_and_the_events_of_a_replay_expire_without_progress() -> None:
    world, webhook_id = await delivered_world(maxBatchEvents=2, discardAfter="20s")
    world.sender.answer_with(answer(200), answer(500))
    replay_id = await replay(world, webhook_id)
    await world.pass_time(19_000)
    assert world.sent_ids() == [("e1", "e2"), *[("e3", "e4")] * 5]
    assert await account_of(world, replay_id) == (2, 4, {}, 0)
    await world.pass_time(2_000)
    assert await account_of(world, replay_id) == (2, 0, {"expired": 4}, 0)
    letters = await world.bellwire.dead_letters(webhook_id=webhook_id)
    assert {letter.replay_id for letter in letters} == {replay_id}
    assert (await world.bellwire.account(webhook_id)).discarded == {}


async def test_progress_keeps_a_long_replay_from_expiring() -> None:
    world, webhook_id = await delivered_world(maxBatchEvents=1, throttle="4s", catchUp="throttled", discardAfter="5s")
    replay_id = await replay(world, webhook_id)
    await world.pass_time(60_000)
    assert await account_of(world, replay_id) == (6, 0, {}, 0)


async def test_an_event_that_is_refused_alone_is_set_aside_and_the_replay_goes_on() -> None:
    world, webhook_id = await delivered_world(discardAfter="10s", throttle="1s")

    def refuse_one(request: Any) -> Any:  # noqa: ANN401 - as the sender's scripts go
        return answer(400 if b'"e3"' in request.body else 200)

    world.sender.answer_with(refuse_one)
    replay_id = await replay(world, webhook_id)
    await world.pass_time(5_000)
    assert await account_of(world, replay_id) == (5, 1, {}, 0)
    await world.pass_time(10_000)
    assert await account_of(world, replay_id) == (5, 0, {"refused": 1}, 0)
    assert (await status_of(world, replay_id)).state is ReplayState.DONE


async def test_replays_wait_while_live_delivery_waits_for_its_next_try() -> None:
    world, webhook_id = await delivered_world(maxBatchEvents=1)
    world.sender.answer_with(answer(500))
    await world.publish("live")
    await world.pass_time(1_000)
    world.sender.sent.clear()
    replay_id = await replay(world, webhook_id)
    await world.pass_time(20_000)
    assert set(world.sent_ids()) == {("live",)}
    told = (await status_of(world, replay_id)).reason
    assert told == "live delivery goes first, and it fails: answered 500 Internal Server Error"
    world.sender.answer_with(answer(200))
    await world.pass_time(60_000)
    assert await account_of(world, replay_id) == (7, 0, {}, 0)


async def test_a_replay_tries_an_endpoint_again_whose_live_events_have_all_expired() -> None:
    world, webhook_id = await delivered_world(discardAfter="10s")
    world.sender.answer_with(answer(500))
    await world.publish("live")
    await world.pass_time(60_000)
    world.sender.answer_with(answer(200))
    replay_id = await replay(world, webhook_id)
    await world.pass_time(60_000)
    assert await account_of(world, replay_id) == (7, 0, {}, 0)


async def test_a_410_to_a_replay_makes_the_webhook_gone_until_it_is_resumed() -> None:
    world, webhook_id = await delivered_world()
    world.sender.answer_with(answer(410))
    replay_id = await replay(world, webhook_id)
    await world.publish("live")
    await world.pass_time(60_000)
    assert len(world.sent_ids()) == 1
    assert (await world.bellwire.webhook_status(webhook_id)).state == "gone"
    assert (await world.cursor(webhook_id)).gone
    assert "410" in (await status_of(world, replay_id)).reason
    world.sender.answer_with(answer(200))
    await world.bellwire.resume_webhook(webhook_id)
    await world.pass_time(5_000)
    assert await account_of(world, replay_id) == (6, 0, {}, 0)
    assert (await world.bellwire.account(webhook_id)).waiting == 0


async def test_a_paused_webhook_holds_its_replays() -> None:
    world, webhook_id = await delivered_world()
    await world.bellwire.pause_webhook(webhook_id)
    replay_id = await replay(world, webhook_id)
    await world.pass_time(1_000_000)
    assert (world.sent_ids(), (await status_of(world, replay_id)).reason) == ([], "the webhook is paused")
    await world.bellwire.resume_webhook(webhook_id)
    await world.pass_time()
    assert await account_of(world, replay_id) == (6, 0, {}, 0)


async def test_a_blocked_webhook_holds_its_replays_until_the_key_can_be_read() -> None:
    environ: dict[str, str] = {"KEY": "secret"}
    world = World(MemoryStore(), ManualClock(), environ=environ)
    await world.bellwire.start()
    webhook_id = await world.create(signatureKey={"@type": "EnvironmentVariable", "variableName": "KEY"})
    await world.publish("a")
    await world.pass_time(5_000)
    del environ["KEY"]
    replay_id = await replay(world, webhook_id)
    await world.pass_time(20_000)
    assert (await status_of(world, replay_id)).reason
    assert len(world.sent_ids()) == 1
    environ["KEY"] = "secret"
    await world.pass_time(10_000)
    assert world.sent_ids() == [("a",), ("a",)]


@pytest.mark.parametrize("delete", [False, True])
async def test_disabling_or_deleting_a_webhook_cancels_its_replays(*, delete: bool) -> None:
    world, webhook_id = await delivered_world(maxBatchEvents=1)
    replay_id = await replay(world, webhook_id, fromPosition=1, rate=1)
    await world.pass_time(1_500)
    if delete:
        await world.bellwire.delete_webhook(webhook_id)
    else:
        await world.bellwire.patch_webhook(webhook_id, {"enable": False})
        await world.bellwire.patch_webhook(webhook_id, {"enable": True})
    await world.pass_time(60_000)
    assert world.sent_ids() == [("e1",), ("e2",)]
    status = await status_of(world, replay_id)
    assert (status.state, status.delivered, status.cancelled) == (ReplayState.CANCELLED, 2, 4)
    assert status.reason == f"the webhook was {'deleted' if delete else 'disabled'}"


async def test_what_came_while_the_webhook_was_disabled_can_be_replayed_once_it_is_enabled() -> None:
    world = await begin()
    webhook_id = await world.create(enable=False)
    await world.publish("missed")
    with pytest.raises(InvalidObject, match="disabled; enable it first"):
        await replay(world, webhook_id)
    await world.bellwire.patch_webhook(webhook_id, {"enable": True})
    await replay(world, webhook_id)
    await world.pass_time()
    assert world.sent_ids() == [("missed",)]
    (explanation,) = await world.bellwire.explain(EventId("missed"))
    assert explanation.verdict is Verdict.WHILE_DISABLED


async def test_an_edited_filter_counts_for_what_a_replay_has_still_to_deliver() -> None:
    world = await begin()
    webhook_id = await world.create(events=["auth.success", "auth.failed"], maxBatchEvents=1)
    for event_id, type_id in (("a", "auth.success"), ("b", "auth.failed"), ("c", "auth.success"), ("d", "auth.failed")):
        await world.publish(event_id, type_id=type_id)
    await world.pass_time(10_000)
    world.sender.sent.clear()
    replay_id = await replay(world, webhook_id, fromPosition=1, rate=1)
    await world.pass_time(500)
    await world.bellwire.patch_webhook(webhook_id, {"events": ["auth.failed"]})
    await world.pass_time(60_000)
    assert world.sent_ids() == [("a",), ("b",), ("d",)]
    assert await account_of(world, replay_id) == (3, 0, {}, 0)


async def test_lossy_does_not_concern_a_replay() -> None:
    world, webhook_id = await delivered_world(lossy=True, maxBatchEvents=2)
    world.sender.answer_with(*[answer(500)] * 5, answer(200))
    replay_id = await replay(world, webhook_id)
    await world.pass_time(100_000)
    assert await account_of(world, replay_id) == (6, 0, {}, 0)


async def test_a_replay_goes_on_where_it_stood_after_a_restart_and_repeats_the_batch_in_flight() -> None:
    world, webhook_id = await delivered_world(maxBatchEvents=2)
    replay_id = await replay(world, webhook_id, fromPosition=1, rate=2)
    await world.pass_time(500)
    world.sender.hold()
    await world.pass_time(1_000)
    await world.cut_off()
    before = world.deliveries()
    assert [delivery.event_ids for delivery in before] == [("e1", "e2"), ("e3", "e4")]
    again = World(world.store, world.clock)
    await again.bellwire.start()
    await again.pass_time(10_000)
    after = again.deliveries()
    assert [delivery.event_ids for delivery in after] == [("e3", "e4"), ("e5", "e6")]
    assert (after[0].webhook_id, after[0].body) == (before[1].webhook_id, before[1].body)
    assert await account_of(again, replay_id) == (6, 0, {}, 0)


async def test_a_stop_lets_a_replay_finish_its_request_and_no_more() -> None:
    world, webhook_id = await delivered_world(maxBatchEvents=2)
    held = world.sender.hold()
    await replay(world, webhook_id)
    await world.settle()
    supervisor = world.bellwire._supervisor
    for dispatcher in supervisor._dispatchers.values():
        dispatcher.finish()
    held.set()
    await world.pass_time(60_000)
    assert world.sent_ids() == [("e1", "e2")]


async def test_a_replay_of_a_webhook_that_was_disabled_before_a_crash_is_cancelled_after_it() -> None:
    world, webhook_id = await delivered_world()
    replay_id = await replay(world, webhook_id, fromPosition=1, paused=True)
    await world.cut_off()
    registered = world.bellwire.webhook(webhook_id)
    store = world.store
    off = msgspec.structs.replace(
        registered,
        revision=registered.revision + 1,
        object=msgspec.structs.replace(registered.object, enable=False),
        gaps=(*registered.gaps, Gap(since=store.log.end)),
    )
    await store.registry.replace_webhook(off, audit=make_audit_entry())
    again = World(store, world.clock)
    await again.bellwire.start()
    await again.pass_time()
    assert await account_of(again, replay_id) == (0, 0, {}, 6)


async def test_what_a_replay_needs_is_retained_and_a_paused_one_is_named_as_holder() -> None:
    limits = Limits(retention_bytes=0, backlog_bytes=2_000)
    world = await begin(limits=Limits(retention_bytes=10**9))
    webhook_id = await world.create()
    await world.publish(*EVENTS)
    await world.pass_time(10_000)
    replay_id = await replay(world, webhook_id, fromPosition=3, paused=True)
    await world.cut_off()
    again = World(world.store, world.clock, limits=limits)
    await again.bellwire.start()
    await again.pass_time(60_000)
    assert again.store.log.begin == 3
    room = (await again.bellwire.status()).room
    assert [(holder.webhook_id, holder.replay_id) for holder in room.holders] == [(webhook_id, replay_id)]
    await again.bellwire.replays.cancel(replay_id)
    await again.pass_time(60_000)
    assert again.store.log.begin == 7


async def test_what_is_no_longer_retained_is_counted_and_nothing_left_is_an_error() -> None:
    world = await begin(limits=Limits(retention_bytes=0))
    webhook_id = await world.create()
    await world.publish(*EVENTS)
    await world.pass_time(60_000)
    preview = await world.bellwire.replays.preview(webhook_id, {"fromPosition": 2})
    assert (preview.events, preview.missing) == (0, 5)
    with pytest.raises(InvalidObject, match=r"nothing to replay: .*; 5 of those asked for are no longer retained"):
        await replay(world, webhook_id, fromPosition=2)


async def test_a_replay_that_would_shut_the_door_to_new_events_is_refused() -> None:
    world = await begin(limits=Limits(backlog_bytes=500))
    webhook_id = await world.create()
    for event_id in EVENTS:
        await world.publish(event_id)
        await world.pass_time(2_000)
    with pytest.raises(InvalidObject, match=r"would hold .* of the log, and 500 B may wait"):
        await replay(world, webhook_id)
    await replay(world, webhook_id, fromPosition=6)


async def test_a_webhook_has_ten_unended_replays_at_most() -> None:
    world, webhook_id = await delivered_world()
    for _ in range(10):
        await replay(world, webhook_id, fromPosition=1, paused=True)
    with pytest.raises(InvalidObject, match="10 replays that have not ended"):
        await replay(world, webhook_id)


async def test_why_tells_of_replays_besides_the_live_answer() -> None:
    world = await begin(answer(500))
    webhook_id = await world.create(discardAfter="10s")
    await world.publish("a", "b")
    await world.pass_time(60_000)
    world.sender.answer_with(answer(200))
    done = await replay(world, webhook_id, ids=["a"])
    await world.pass_time(60_000)
    paused = await replay(world, webhook_id, fromPosition=1, paused=True)
    (explanation,) = await world.bellwire.explain(EventId("a"))
    assert explanation.verdict is Verdict.DISCARDED
    assert [(note.replay_id, note.verdict.value) for note in explanation.replays] == [
        (paused, "waiting"),
        (done, "delivered"),
    ]


async def test_replays_that_ended_are_listed_for_thirty_days() -> None:
    world, webhook_id = await delivered_world()
    done = await replay(world, webhook_id)
    await world.pass_time(1_000)
    paused = await replay(world, webhook_id, fromPosition=1, paused=True)
    listed = [one.id for one in world.bellwire.replays.all(webhook_id)]
    assert listed == [paused, done]
    world.clock.jump(31 * 86_400_000)
    await world.pass_time(10_000)
    assert [one.id for one in world.bellwire.replays.all(None)] == [paused]
    with pytest.raises(UnknownThing):
        world.bellwire.replays.get(done)
    assert [one.id for one in await world.store.replays.all()] == [paused]


async def test_a_defect_of_a_dispatcher_does_not_lose_its_replays() -> None:
    world, webhook_id = await delivered_world(maxBatchEvents=1)

    def break_down(_request: Any) -> Any:  # noqa: ANN401 - as the sender's scripts go
        raise RuntimeError("a defect")

    world.sender.answer_with(answer(200), break_down, answer(200))
    replay_id = await replay(world, webhook_id)
    await world.pass_time(60_000)
    assert await account_of(world, replay_id) == (6, 0, {}, 0)


async def test_dead_letters_by_reason_are_those_of_that_reason_only() -> None:
    world = await begin()
    webhook_id = await world.create()
    await world.bellwire.pause_webhook(webhook_id)
    await world.publish("dropped")
    await world.bellwire.patch_webhook(webhook_id, {"enable": False})
    await world.pass_time()
    await world.bellwire.patch_webhook(webhook_id, {"enable": True})
    preview = world.bellwire.replays.preview
    found = {
        reason: (await preview(webhook_id, {"reason": reason.value})).events
        for reason in (DiscardReason.DISABLED, DiscardReason.EXPIRED)
    }
    assert found == {DiscardReason.DISABLED: 1, DiscardReason.EXPIRED: 0}
