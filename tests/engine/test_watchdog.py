"""A dispatcher that makes no progress though it could is begun anew, and no other."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bellwire.engine.watchdog import Watchdog
from bellwire.errors import StorageUnavailable
from bellwire.model.cursor import CursorMove
from bellwire.model.webhook import WebhookId
from bellwire.reporters.log import LogReporter
from bellwire.stores.memory import MemoryStore
from engine.manual_clock import ManualClock
from engine.world import World, answer

LONG_MS = 120_000


class Watched(LogReporter):
    def __init__(self) -> None:
        super().__init__()
        self.restarted: list[str] = []

    def dispatcher_restarted(self, webhook_id: WebhookId, reason: str) -> None:
        super().dispatcher_restarted(webhook_id, reason)
        self.restarted.append(reason)


@pytest.fixture
def reporter() -> Watched:
    return Watched()


@pytest.fixture
async def world(reporter: Watched) -> AsyncIterator[World]:
    made = World(MemoryStore(), ManualClock(), reporter=reporter)
    await made.bellwire.start()
    yield made
    await made.bellwire.close()


async def test_a_request_that_does_not_end_long_after_its_timeout_is_cut_off_and_the_same_batch_goes_on(
    world: World, reporter: Watched
) -> None:
    webhook_id = await world.create(timeout="10s", throttle=0)
    world.sender.hold()
    await world.publish("a", "b")
    await world.pass_time(39_000)
    await world.publish("c")
    assert reporter.restarted == []
    world.sender.hold().set()
    await world.pass_time(30_000)
    assert reporter.restarted == ["a request has not ended 30 s after its timeout"]
    first, again, last = world.deliveries()
    assert (first.webhook_id, first.body) == (again.webhook_id, again.body)
    assert (again.event_ids, last.event_ids) == (("a", "b"), ("c",))
    account = await world.bellwire.account(webhook_id)
    assert (account.wanted, account.delivered) == (3, 3)
    restarts = (await world.bellwire.status()).restarts
    assert restarts.count == 1
    assert restarts.last is not None
    assert restarts.last.webhook_id == webhook_id


async def test_a_request_that_hangs_again_is_cut_off_again(world: World, reporter: Watched) -> None:
    await world.create(timeout="10s")
    gate = world.sender.hold()
    await world.publish("a")
    await world.pass_time(LONG_MS)
    assert len(reporter.restarted) == 2
    assert len({delivery.webhook_id for delivery in world.deliveries()}) == 1
    gate.set()


async def test_a_long_timeout_is_waited_for(world: World, reporter: Watched) -> None:
    await world.create(timeout="2m", discardAfter="1h")
    gate = world.sender.hold()
    await world.publish("a")
    await world.pass_time(149_000)
    assert reporter.restarted == []
    gate.set()


async def test_work_whose_wake_was_lost_is_begun_all_the_same(world: World, reporter: Watched) -> None:
    webhook_id = await world.create(throttle=0)
    await world.pass_time(1_000)
    world.bellwire._supervisor[webhook_id]._call = lambda _: None  # a broken wake
    await world.publish("a")
    await world.pass_time(20_000)
    assert world.sent_ids() == []
    await world.pass_time(30_000)
    assert reporter.restarted == ["work has been due for 30 s and was not begun"]
    assert world.sent_ids() == [("a",)]
    await world.publish("b")
    await world.pass_time(1_000)
    assert world.sent_ids() == [("a",), ("b",)]


@pytest.mark.parametrize(
    "members", [{"signatureKey": {"@type": "EnvironmentVariable", "variableName": "UNSET_KEY"}}, {"throttle": "1h"}, {}]
)
async def test_who_waits_for_a_key_the_throttle_or_a_backoff_is_left_alone(
    world: World, reporter: Watched, members: dict[str, object]
) -> None:
    world.sender.answer_with(answer(200), answer(500))
    await world.create(discardAfter="2d", **members)
    await world.publish("a")
    await world.pass_time(1_000)
    await world.publish("b")
    await world.pass_time(LONG_MS)
    assert reporter.restarted == []


async def test_who_is_paused_gone_or_disabled_is_left_alone(world: World, reporter: Watched) -> None:
    paused, disabled = await world.create(discardAfter="2d"), await world.create(discardAfter="2d")
    await world.bellwire.pause_webhook(paused)
    world.sender.answer_with(answer(410))
    await world.create(discardAfter="2d")
    await world.publish("a")
    await world.bellwire.patch_webhook(disabled, {"enable": False})
    await world.pass_time(LONG_MS)
    assert reporter.restarted == []


async def test_who_waits_for_storage_is_left_alone(
    world: World, reporter: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.create(throttle=0)

    async def refuse(move: CursorMove) -> None:
        raise StorageUnavailable(f"no room for {move.after.webhook_id}")

    monkeypatch.setattr(world.store.ledger, "skip", refuse)
    await world.publish("a")
    await world.pass_time(LONG_MS)
    assert reporter.restarted == []
    monkeypatch.undo()
    await world.pass_time(1_000)
    assert world.sent_ids() == [("a",)]


async def test_who_waits_for_an_edit_to_be_stored_is_left_alone(world: World, reporter: Watched) -> None:
    webhook_id = await world.create(throttle=0, discardAfter="1h")
    await world.pass_time(1_000)
    with world.bellwire._supervisor[webhook_id].held():
        await world.publish("a")
        await world.pass_time(LONG_MS)
        assert (world.sent_ids(), reporter.restarted) == ([], [])
    await world.pass_time()
    assert world.sent_ids() == [("a",)]


async def test_a_time_in_which_the_whole_process_stood_still_is_held_against_nobody(
    world: World, reporter: Watched
) -> None:
    await world.create(timeout="10s")
    gate = world.sender.hold()
    await world.publish("a")
    await world.pass_time(25_000)
    world.clock.jump(LONG_MS)
    await world.pass_time(10_000)
    gate.set()
    await world.pass_time(1_000)
    assert reporter.restarted == []
    assert world.sent_ids() == [("a",)]


async def test_an_edit_that_comes_while_a_dispatcher_is_begun_anew_counts(
    world: World, reporter: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook_id = await world.create(timeout="10s", throttle=0)
    world.sender.hold()
    await world.publish("a")
    cursors = world.store.ledger.cursors
    reading, go_on = asyncio.Event(), asyncio.Event()

    async def read_slowly() -> object:
        read = await cursors()
        if asyncio.current_task() in world.bellwire._supervisor._tasks.values():
            reading.set()
            await go_on.wait()
        return read

    monkeypatch.setattr(world.store.ledger, "cursors", read_slowly)
    await world.pass_time(60_000)
    assert reading.is_set()
    world.sender.hold().set()
    await world.bellwire.patch_webhook(webhook_id, {"url": "https://new.example/"})
    go_on.set()
    await world.pass_time(10_000)
    assert len(reporter.restarted) == 1
    assert [delivery.url for delivery in world.deliveries()][-1] == "https://new.example/"


async def test_a_watchdog_stops_before_its_start_and_twice(world: World) -> None:
    watchdog = Watchdog(world.bellwire._supervisor, clock=world.clock)
    await watchdog.stop()
    watchdog.start()
    assert watchdog._routine._task is None
    await watchdog.stop()
