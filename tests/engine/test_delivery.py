from collections.abc import AsyncIterator
from itertools import pairwise

import pytest

from bellwire.model.attempt import Delivered, Failed
from bellwire.model.cursor import DiscardReason
from bellwire.store import AttemptSearch, DiscardSearch
from bellwire.stores.memory import MemoryStore
from builders import make_document
from engine.manual_clock import ManualClock
from engine.world import World, answer


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World(MemoryStore(), ManualClock())
    await made.bellwire.start()
    yield made
    await made.bellwire.close()


async def restarted(old: World) -> World:
    """As after kill -9: nothing of the old one counts but its store."""
    await old.cut_off()
    new = World(old.store, ManualClock(old.clock.steady_ms()))
    await new.bellwire.start()
    return new


async def test_an_event_after_a_quiet_time_leaves_at_once(world: World) -> None:
    await world.create()
    await world.publish("a")
    await world.pass_time()
    assert world.sent_ids() == [("a",)]


async def test_what_comes_within_the_throttle_is_sent_together_when_it_is_over(world: World) -> None:
    await world.create(throttle="1s")
    await world.publish("a")
    await world.pass_time(300)
    await world.publish("b")
    await world.pass_time(300)
    await world.publish("c")
    await world.pass_time(399)
    assert world.sent_ids() == [("a",)]
    await world.pass_time(1)
    assert world.sent_ids() == [("a",), ("b", "c")]


async def test_after_a_quiet_time_longer_than_the_throttle_there_is_no_wait(world: World) -> None:
    await world.create(throttle="1s")
    await world.publish("a")
    await world.pass_time(5_000)
    await world.publish("b")
    await world.pass_time()
    assert world.sent_ids() == [("a",), ("b",)]


async def test_a_window_that_needs_several_requests_sends_them_one_after_the_other(world: World) -> None:
    await world.create(throttle="1s", maxBatchEvents=2)
    await world.publish("a", "b", "c", "d", "e")
    await world.pass_time()
    assert world.sent_ids() == [("a", "b"), ("c", "d"), ("e",)]


async def test_catching_up_throttled_waits_between_the_requests_of_a_window_too(world: World) -> None:
    await world.create(throttle="1s", maxBatchEvents=2, catchUp="throttled")
    await world.publish("a", "b", "c", "d", "e")
    await world.pass_time(999)
    assert world.sent_ids() == [("a", "b")]
    await world.pass_time(1_001)
    assert world.sent_ids() == [("a", "b"), ("c", "d"), ("e",)]


async def test_one_request_is_in_flight_at_a_time_and_what_comes_meanwhile_waits(world: World) -> None:
    await world.create(throttle=0)
    gate = world.sender.hold()
    await world.publish("a")
    await world.pass_time()
    await world.publish("b")
    await world.publish("c")
    await world.pass_time(10_000)
    assert world.sent_ids() == [("a",)]
    gate.set()
    await world.pass_time()
    assert world.sent_ids() == [("a",), ("b", "c")]


async def test_a_slow_answer_at_the_end_of_traffic_stalls_nothing(world: World) -> None:
    """Upstream's first weakness: an answer slower than the throttle, then silence, left events parked."""
    await world.create(throttle="1s")
    gate = world.sender.hold()
    await world.publish("a")
    await world.pass_time(300)
    await world.publish("b")
    await world.pass_time(2_200)
    gate.set()
    await world.pass_time()
    assert world.sent_ids() == [("a",), ("b",)]


async def test_only_wanted_events_are_sent(world: World) -> None:
    await world.create(events=["auth.success", "store.ingest"])
    await world.publish("a", type_id="auth.failed")
    await world.publish("b", type_id="message-ingest.ham")
    await world.publish("c", type_id="smtp.ehlo")
    await world.publish("d", type_id="store.ingest")
    await world.pass_time(10_000)
    assert [event_id for ids in world.sent_ids() for event_id in ids] == ["b", "d"]


async def test_a_type_never_seen_before_reaches_those_who_exclude_others(world: World) -> None:
    await world.create(events=[], eventsPolicy="exclude")
    await world.publish("a", type_id="shop.order-paid")
    await world.pass_time()
    assert world.sent_ids() == [("a",)]
    await world.create(url="https://other.example/", events=["shop.order-paid"])
    await world.publish("b", type_id="shop.order-paid")
    await world.pass_time(1_000)
    assert world.sent_ids() == [("a",), ("b",), ("b",)]


async def test_a_new_webhook_starts_at_the_end_of_the_log(world: World) -> None:
    await world.publish("a")
    await world.create()
    await world.publish("b")
    await world.pass_time()
    assert world.sent_ids() == [("b",)]


async def test_a_failed_batch_is_sent_again_with_the_same_bytes_under_the_same_id(world: World) -> None:
    await world.create()
    world.sender.answer_with(answer(500), answer(503), answer(200))
    await world.publish("a")
    await world.pass_time(500)
    await world.publish("b")
    await world.pass_time(10_000)
    first, second, third, fourth = world.deliveries()
    assert first.body == second.body == third.body
    assert first.webhook_id == second.webhook_id == third.webhook_id != fourth.webhook_id
    assert [delivery.at_ms - first.at_ms for delivery in (second, third)] == [1_000, 3_000]
    assert fourth.event_ids == ("b",)


async def test_attempt_and_cursor_tell_the_same_story(world: World) -> None:
    webhook_id = await world.create()
    world.sender.answer_with(answer(500), answer(200))
    await world.publish("a", "b")
    await world.pass_time(1_000)
    newest, oldest = await world.bellwire.attempts(AttemptSearch(webhook_id=webhook_id))
    assert (oldest.number, oldest.events, oldest.outcome) == (1, 2, Failed("answered 500 Internal Server Error"))
    assert (newest.number, newest.outcome, newest.batch_id) == (2, Delivered(), oldest.batch_id)
    cursor = await world.cursor(webhook_id)
    assert (cursor.delivered, cursor.open, cursor.failures) == (2, None, 0)


async def test_an_event_is_given_up_when_its_own_deadline_has_passed(world: World) -> None:
    webhook_id = await world.create(discardAfter="10s")
    world.sender.answer_with(answer(500))
    await world.publish("a")
    await world.pass_time(6_000)
    await world.publish("b")
    await world.pass_time(3_999)
    assert await world.bellwire.dead_letters() == ()
    await world.pass_time(1)
    (letter,) = await world.bellwire.dead_letters(webhook_id=webhook_id)
    assert (letter.event.position, letter.reason, letter.at_ms) == (1, DiscardReason.EXPIRED, world.clock.steady_ms())
    world.sender.answer_with(answer(200))
    await world.pass_time(5_000)
    assert world.sent_ids()[-1] == ("b",)
    cursor = await world.cursor(webhook_id)
    assert (cursor.delivered, cursor.discarded) == (1, 1)


async def test_a_batch_whose_members_expire_is_closed_and_the_rest_goes_under_a_new_id(world: World) -> None:
    await world.create(discardAfter=9_200, throttle="2s")
    world.sender.answer_with(answer(200), answer(500))
    await world.publish("first")
    await world.pass_time(100)
    await world.publish("a")
    await world.pass_time(1_800)
    await world.publish("b")
    await world.pass_time(8_099)
    _, *together = world.deliveries()
    world.sender.answer_with(answer(200))
    await world.pass_time(1)
    last = world.deliveries()[-1]
    assert {delivery.event_ids for delivery in together} == {("a", "b")}
    assert len({delivery.webhook_id for delivery in together}) == 1
    assert last.event_ids == ("b",)
    assert last.webhook_id != together[0].webhook_id


async def test_expiry_does_not_cut_a_backoff_short(world: World) -> None:
    await world.create(discardAfter="20s")
    world.sender.answer_with(answer(500))
    await world.publish("a")
    await world.pass_time(19_000)
    await world.publish("b")
    times = [delivery.at_ms for delivery in world.deliveries()]
    await world.pass_time(30_000)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert gaps == [1_000, 2_000, 4_000, 8_000]
    later = [delivery.at_ms for delivery in world.deliveries()]
    assert later[len(times)] - times[-1] == 16_000


async def test_no_backoff_is_longer_than_the_deadline_is_late(world: World) -> None:
    """Events are discarded at their deadline, not at the attempt after it."""
    await world.create(discardAfter="5s")
    world.sender.answer_with(answer(500))
    await world.publish("a")
    await world.pass_time(5_000)
    (letter,) = await world.bellwire.dead_letters()
    assert letter.at_ms == world.clock.steady_ms()


async def test_after_a_crash_the_open_batch_is_repeated_with_the_same_bytes_under_the_same_id(world: World) -> None:
    await world.create()
    world.sender.hold()
    await world.publish("a", "b")
    await world.pass_time()
    await world.publish("c")
    again = await restarted(world)
    await again.pass_time(2_000)
    (before,) = world.deliveries()
    first, second = again.deliveries()
    assert (first.webhook_id, first.body) == (before.webhook_id, before.body)
    assert second.event_ids == ("c",)
    await again.bellwire.close()


async def test_downtime_does_not_count_against_discard_after(world: World) -> None:
    await world.create(discardAfter="10s")
    world.sender.answer_with(answer(500))
    await world.publish("a")
    await world.pass_time(9_000)
    await world.cut_off()
    again = World(world.store, ManualClock(world.clock.steady_ms() + 3_600_000))
    await again.bellwire.start()
    await again.pass_time(9_999)
    assert again.sent_ids() == [("a",)]
    assert await again.bellwire.dead_letters() == ()
    await again.bellwire.close()


async def test_failures_in_a_row_and_their_backoff_survive_a_restart(world: World) -> None:
    await world.create()
    world.sender.answer_with(answer(500))
    await world.publish("a")
    await world.pass_time(7_000)
    assert len(world.deliveries()) == 4
    again = await restarted(world)
    await again.pass_time(7_999)
    assert again.deliveries() == []
    await again.pass_time(1)
    assert len(again.deliveries()) == 1
    await again.bellwire.close()


async def test_an_edit_counts_from_the_next_attempt_and_ends_a_backoff(world: World) -> None:
    webhook_id = await world.create(url="https://old.example/")
    world.sender.answer_with(answer(500))
    await world.publish("a")
    await world.pass_time(100)
    world.sender.answer_with(answer(200))
    await world.bellwire.patch_webhook(webhook_id, {"url": "https://new.example/"})
    await world.pass_time()
    assert [delivery.url for delivery in world.deliveries()] == ["https://old.example/", "https://new.example/"]
    first, second = world.deliveries()
    assert first.webhook_id == second.webhook_id


async def test_an_edited_filter_closes_the_open_batch_and_what_waits_goes_by_the_new_one(world: World) -> None:
    webhook_id = await world.create(events=["auth.success", "auth.failed"])
    world.sender.answer_with(answer(500))
    await world.publish("a", type_id="auth.success")
    await world.pass_time(500)
    await world.publish("b", type_id="auth.failed")
    world.sender.answer_with(answer(200))
    await world.bellwire.patch_webhook(webhook_id, {"events": ["auth.failed"]})
    await world.pass_time(5_000)
    first, second = world.deliveries()
    assert (first.event_ids, second.event_ids) == (("a",), ("b",))
    assert first.webhook_id != second.webhook_id


async def test_disabling_discards_what_waits_and_starts_no_request(world: World) -> None:
    webhook_id = await world.create()
    await world.publish("a")
    await world.pass_time(100)
    await world.publish("b", "c")
    await world.bellwire.patch_webhook(webhook_id, {"enable": False})
    await world.publish("d")
    await world.pass_time(60_000)
    assert world.sent_ids() == [("a",)]
    letters = await world.bellwire.dead_letters(webhook_id=webhook_id)
    assert [(letter.event.position, letter.reason) for letter in letters] == [
        (3, DiscardReason.DISABLED),
        (2, DiscardReason.DISABLED),
    ]


async def test_the_attempt_in_flight_at_disabling_is_settled_by_its_outcome(world: World) -> None:
    webhook_id = await world.create()
    gate = world.sender.hold()
    await world.publish("a")
    await world.pass_time()
    await world.publish("b")
    await world.bellwire.patch_webhook(webhook_id, {"enable": False})
    gate.set()
    await world.pass_time()
    cursor = await world.cursor(webhook_id)
    assert (cursor.delivered, cursor.discarded) == (1, 1)


async def test_a_failed_attempt_in_flight_at_disabling_is_discarded_with_the_rest(world: World) -> None:
    webhook_id = await world.create()
    world.sender.answer_with(answer(500))
    gate = world.sender.hold()
    await world.publish("a")
    await world.pass_time()
    await world.publish("b")
    await world.bellwire.patch_webhook(webhook_id, {"enable": False})
    gate.set()
    await world.pass_time(100_000)
    cursor = await world.cursor(webhook_id)
    assert (cursor.delivered, cursor.discarded, cursor.open) == (0, 2, None)
    assert len(world.deliveries()) == 1


async def test_enabling_starts_at_the_end_of_the_log_again(world: World) -> None:
    webhook_id = await world.create()
    await world.bellwire.patch_webhook(webhook_id, {"enable": False})
    await world.publish("a")
    await world.bellwire.patch_webhook(webhook_id, {"enable": True})
    await world.publish("b")
    await world.pass_time()
    assert world.sent_ids() == [("b",)]
    assert await world.bellwire.dead_letters() == ()


async def test_switching_several_times_during_one_attempt_keeps_each_stretch_apart(world: World) -> None:
    webhook_id = await world.create(throttle=0)
    gate = world.sender.hold()
    await world.publish("in flight")
    await world.pass_time()
    for number, enable in enumerate((False, True, False, True)):
        await world.publish(f"before {number}")
        await world.bellwire.patch_webhook(webhook_id, {"enable": enable})
        await world.publish(f"after {number}")
    gate.set()
    await world.pass_time()
    letters = [letter.event.encoded for letter in await world.bellwire.dead_letters()]
    assert world.sent_ids() == [("in flight",), ("after 3",)]
    assert [event.split(b'"')[3] for event in letters] == [b"before 2", b"after 1", b"before 0"]
    assert (await world.cursor(webhook_id)).delivered == 2


async def test_a_deleted_webhook_gets_nothing_more_and_what_waited_is_accounted_for(world: World) -> None:
    webhook_id = await world.create()
    await world.publish("a")
    await world.pass_time(100)
    await world.publish("b")
    await world.bellwire.delete_webhook(webhook_id)
    await world.publish("c")
    await world.pass_time(60_000)
    assert world.sent_ids() == [("a",)]
    (discard,) = await world.store.ledger.discards(DiscardSearch(webhook_id=webhook_id))
    assert (discard.discard.reason, discard.discard.members) == (DiscardReason.DISABLED, ((2, 2),))
    again = await restarted(world)
    await again.publish("d")
    await again.pass_time(60_000)
    assert again.deliveries() == []
    await again.bellwire.close()


async def test_stopping_sends_healthy_webhooks_one_last_batch_without_waiting_for_the_throttle(world: World) -> None:
    await world.create(throttle="1h", discardAfter="1d")
    await world.publish("a")
    await world.pass_time(100)
    await world.publish("b", "c")
    await world.bellwire.close()
    assert world.sent_ids() == [("a",), ("b", "c")]


async def test_stopping_leaves_what_a_failing_webhook_has_in_the_log(world: World) -> None:
    webhook_id = await world.create()
    world.sender.answer_with(answer(500))
    await world.publish("a")
    await world.pass_time(100)
    await world.bellwire.close()
    assert len(world.deliveries()) == 1
    assert world.bellwire._supervisor[webhook_id].cursor.open is not None


async def test_a_key_that_cannot_be_read_blocks_and_heals_by_itself(world: World) -> None:
    environ: dict[str, str] = {}
    world = World(MemoryStore(), ManualClock(), environ=environ)
    await world.bellwire.start()
    webhook_id = await world.create(signatureKey={"@type": "EnvironmentVariable", "variableName": "HOOK_KEY"})
    await world.publish("a")
    await world.pass_time(20_000)
    assert world.deliveries() == []
    status = await world.bellwire.webhook_status(webhook_id)
    assert (status.state, status.backlog) == ("blocked", 1)
    assert "HOOK_KEY" in status.reason
    environ["HOOK_KEY"] = "secret"
    await world.pass_time(5_000)
    assert world.sent_ids() == [("a",)]
    assert "X-Signature" in dict(world.sender.sent[0].request.headers)
    await world.bellwire.close()


@pytest.mark.parametrize(("failures", "state"), [(0, "healthy"), (1, "retrying"), (2, "retrying"), (3, "failing")])
async def test_the_state_tells_how_many_attempts_failed_in_a_row(world: World, failures: int, state: str) -> None:
    webhook_id = await world.create()
    world.sender.answer_with(*[answer(500)] * failures, answer(200))
    await world.publish("a")
    await world.pass_time()
    for _ in range(failures - 1):
        due = world.clock.next_due_ms()
        assert due is not None
        await world.pass_time(due - world.clock.steady_ms())
    status = await world.bellwire.webhook_status(webhook_id)
    assert (status.state, status.backlog) == (state, 1 if failures else 0)


async def test_status_counts_what_waits_and_how_long_the_oldest_has_waited(world: World) -> None:
    webhook_id = await world.create(throttle="10s")
    await world.publish("a")
    await world.pass_time(1_000)
    await world.publish("b", "c")
    await world.pass_time(2_000)
    status = await world.bellwire.webhook_status(webhook_id)
    assert (status.state, status.backlog, status.lag_ms, status.delivered) == ("healthy", 2, 2_000, 1)


async def test_publishing_a_known_id_again_delivers_it_once(world: World) -> None:
    await world.create()
    first = await world.publish("a")
    second = await world.publish("a")
    await world.pass_time(10_000)
    assert (first.duplicates, second.duplicates, second.accepted) == (0, 1, 1)
    assert world.sent_ids() == [("a",)]


async def test_a_backlog_larger_than_memory_is_read_from_the_log_in_order(world: World) -> None:
    await world.create(throttle="1s", maxBatchEvents=1_000)
    world.sender.answer_with(answer(500))
    for start in range(0, 25_000, 5_000):
        await world.publish(*[str(number) for number in range(start, start + 5_000)])
    await world.pass_time(500)
    world.sender.answer_with(answer(200))
    await world.pass_time(60_000)
    delivered = [event_id for delivery in world.deliveries()[1:] for event_id in delivery.event_ids]
    assert delivered == [str(number) for number in range(25_000)]


async def test_a_webhook_that_wants_little_of_a_long_log_moves_its_cursor_past_the_rest(world: World) -> None:
    webhook_id = await world.create(events=["auth.error"])
    for start in range(0, 25_000, 5_000):
        await world.publish(*[str(number) for number in range(start, start + 5_000)])
    again = await restarted(world)
    await again.publish("wanted", type_id="auth.error")
    await again.pass_time(10_000)
    assert again.sent_ids() == [("wanted",)]
    assert (await again.cursor(webhook_id)).position == 25_002
    await again.bellwire.close()


async def test_an_object_that_does_not_change_changes_nothing(world: World) -> None:
    webhook_id = await world.create()
    before = world.bellwire.webhook(webhook_id)
    after, _ = await world.bellwire.replace_webhook(webhook_id, make_document())
    assert after == before


async def test_a_type_added_to_the_filter_counts_from_the_edit_on_and_brings_no_history(world: World) -> None:
    webhook_id = await world.create(events=["auth.success"])
    await world.publish("old", type_id="auth.failed")
    await world.pass_time(1_000)
    await world.bellwire.patch_webhook(webhook_id, {"events": ["auth.success", "auth.failed"]})
    await world.publish("new", type_id="auth.failed")
    await world.pass_time(1_000)
    again = await restarted(world)
    await again.pass_time(1_000)
    assert world.sent_ids() == [("new",)]
    assert again.sent_ids() == []
    await again.bellwire.close()


async def test_an_edit_during_an_attempt_counts_behind_the_batch_in_flight(world: World) -> None:
    webhook_id = await world.create(events=["auth.success"])
    gate = world.sender.hold()
    await world.publish("in flight")
    await world.publish("unwanted", type_id="auth.failed")
    await world.pass_time()
    await world.publish("waiting")
    await world.bellwire.patch_webhook(webhook_id, {"events": ["auth.failed"]})
    await world.publish("later", type_id="auth.failed")
    gate.set()
    await world.pass_time(5_000)
    assert world.sent_ids() == [("in flight",), ("unwanted",), ("later",)]
