"""What Bellwire says about itself, as webhooks that list it get it."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from bellwire.engine.announcer import WAITING_MAX, Announcer
from bellwire.errors import InvalidEvent, InvalidObject, StorageUnavailable
from bellwire.model.event import EventId, EventTypeId
from bellwire.model.event_type import TracingLevel
from bellwire.model.limits import Limits
from bellwire.model.status import Verdict
from bellwire.model.webhook import WebhookId
from bellwire.reporters.log import LogReporter
from bellwire.store import EventSearch
from bellwire.stores.memory import MemoryStore
from engine.manual_clock import ManualClock
from engine.world import Body, World, answer

FAILING, RECOVERED, BLOCKED, GONE, DISCARDED = (
    f"bellwire.webhook-{name}" for name in ("failing", "recovered", "blocked", "gone", "events-discarded")
)
ALL = [FAILING, RECOVERED, BLOCKED, GONE, DISCARDED]
WATCHER = "https://watcher.example/"
OTHER = "https://other.example/"


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World(MemoryStore(), ManualClock())
    await made.bellwire.start()
    yield made
    await made.bellwire.close()


def told(world: World, url: str = WATCHER) -> list[tuple[str, dict[str, Any]]]:
    """Type and data of all that was delivered to the URL, in order."""
    return [
        (event.type, msgspec.json.decode(event.data))
        for sent in world.sender.sent
        if sent.request.url == url
        for event in msgspec.json.decode(sent.request.body, type=Body).events
    ]


async def watched(world: World, **members: object) -> WebhookId:
    """A webhook, and another one that lists every event about it; the watcher is delivered to."""
    world.sender.answer_with(answer(200), url=WATCHER)
    await world.create(url=WATCHER, events=ALL, throttle=0, name="watcher")
    return await world.create(**{"name": "watched", "throttle": 0} | members)


async def test_a_webhook_that_fails_three_times_in_a_row_is_told_of_once_and_again_when_it_recovers(
    world: World,
) -> None:
    webhook_id = await watched(world, url="https://hooks.example.com/secret-path")
    world.sender.answer_with(answer(500))
    began_ms = world.clock.steady_ms()
    await world.publish("a")
    await world.pass_time(1_000)
    assert told(world) == []
    await world.pass_time(9_000)
    ((type_id, data),) = told(world)
    assert type_id == FAILING
    assert data.pop("since").startswith("2027-01-15T08:00:00.0")
    assert data == {
        "webhookId": webhook_id,
        "name": "watched",
        "host": "hooks.example.com",
        "state": "failing",
        "reason": "answered 500 Internal Server Error",
        "failures": 3,
    }
    world.sender.answer_with(answer(200))
    await world.pass_time(20_000)
    assert [type_id for type_id, _ in told(world)] == [FAILING, RECOVERED]
    assert (told(world)[1][1]["state"], told(world)[1][1]["failures"]) == ("healthy", 0)
    assert began_ms == 1_800_000_000_000


async def test_a_webhook_that_failed_less_than_three_times_is_not_told_of(world: World) -> None:
    await watched(world)
    world.sender.answer_with(answer(500), answer(500), answer(200))
    await world.publish("a")
    await world.pass_time(10_000)
    assert told(world) == []


async def test_a_webhook_that_is_gone_is_told_of_and_so_is_its_return(world: World) -> None:
    webhook_id = await watched(world)
    world.sender.answer_with(answer(410))
    await world.publish("a")
    await world.pass_time(1_000)
    assert [(type_id, data["state"]) for type_id, data in told(world)] == [(GONE, "gone")]
    world.sender.answer_with(answer(200))
    await world.bellwire.resume_webhook(webhook_id)
    await world.pass_time(1_000)
    assert [type_id for type_id, _ in told(world)] == [GONE, RECOVERED]


async def test_a_webhook_that_is_blocked_is_told_of_once_and_so_is_its_recovery() -> None:
    environ: dict[str, str] = {}
    world = World(MemoryStore(), ManualClock(), environ=environ)
    await world.bellwire.start()
    key = {"@type": "EnvironmentVariable", "variableName": "HOOK_KEY"}
    await watched(world, signatureKey=key)
    await world.publish("a")
    await world.pass_time(20_000)
    ((type_id, data),) = told(world)
    assert (type_id, data["state"]) == (BLOCKED, "blocked")
    assert "HOOK_KEY" in data["reason"]
    environ["HOOK_KEY"] = "k"
    await world.pass_time(6_000)
    assert [type_id for type_id, _ in told(world)] == [BLOCKED, RECOVERED]
    await world.bellwire.close()


async def test_discards_are_told_of_at_once_and_then_summed_up_for_a_minute(world: World) -> None:
    await watched(world, discardAfter="2s", maxBatchEvents=1)
    world.sender.answer_with(answer(500))
    await world.publish("a", "b")
    await world.pass_time(2_000)
    discards = [data for type_id, data in told(world) if type_id == DISCARDED]
    assert [(data["events"], data["discarded"]) for data in discards] == [(2, {"expired": 2})]
    assert (discards[0]["firstEvent"]["id"], discards[0]["lastEvent"]["id"]) == ("a", "b")
    assert discards[0]["firstEvent"]["createdAt"] == "2027-01-15T08:00:00.000Z"
    await world.publish("c")
    await world.pass_time(20_000)
    await world.publish("d", "e")
    await world.pass_time(20_000)
    assert len([data for type_id, data in told(world) if type_id == DISCARDED]) == 1
    await world.pass_time(20_000)
    discards = [data for type_id, data in told(world) if type_id == DISCARDED]
    assert [data["events"] for data in discards] == [2, 3]
    assert (discards[1]["firstEvent"]["id"], discards[1]["lastEvent"]["id"]) == ("c", "e")
    await world.pass_time(200_000)
    assert len([data for type_id, data in told(world) if type_id == DISCARDED]) == 2


async def test_two_webhooks_that_list_each_other_s_troubles_do_not_feed_each_other(world: World) -> None:
    ids = [
        await world.create(url=url, events=[*ALL, "auth.success"], throttle=0, discardAfter="5s")
        for url in (WATCHER, OTHER)
    ]
    world.sender.answer_with(answer(500), url=WATCHER)
    world.sender.answer_with(answer(500), url=OTHER)
    await world.publish("a")
    await world.pass_time(120_000)
    logged = world.store.log.end - 1
    await world.pass_time(600_000)
    assert world.store.log.end - 1 == logged, "they go on and on"
    found = await world.bellwire.events(EventSearch(types=frozenset({EventTypeId(DISCARDED)})))
    datas = [msgspec.json.decode(event.encoded)["data"] for event in found]
    assert sorted(data["webhookId"] for data in datas) == sorted(ids)
    assert [data["discarded"] for data in datas] == [{"expired": 1}] * 2, "only the event from outside is told of"
    for webhook_id in ids:
        account = await world.bellwire.account(webhook_id)
        assert account.discarded["expired"] > 1, "its discards of own events are counted all the same"
        assert account.wanted == account.delivered + account.waiting + sum(account.discarded.values())


async def test_no_webhook_gets_what_speaks_of_itself_and_why_says_so(world: World) -> None:
    webhook_id = await world.create(url=WATCHER, events=[*ALL, "auth.success"], throttle=0)
    other_id = await world.create(url=OTHER, events=ALL, throttle=0)
    world.sender.answer_with(answer(500), answer(500), answer(500), answer(200), url=WATCHER)
    await world.publish("a")
    await world.pass_time(30_000)
    assert [type_id for type_id, _ in told(world, OTHER)] == [FAILING, RECOVERED]
    assert {type_id for type_id, _ in told(world)} == {"auth.success"}
    (event,) = await world.bellwire.events(EventSearch(types=frozenset({EventTypeId(FAILING)})))
    event_id = EventId(msgspec.json.decode(event.encoded)["id"])
    (one,) = await world.bellwire.explain(event_id, webhook_id)
    assert (one.verdict, one.because) == (Verdict.NOT_WANTED, "it speaks of this very webhook")
    (one,) = await world.bellwire.explain(event_id, other_id)
    assert one.verdict is Verdict.DELIVERED


@pytest.mark.parametrize("begun_anew", [False, True])
async def test_what_speaks_of_a_webhook_itself_does_not_count_as_waiting_for_it(
    world: World,
    begun_anew: bool,
) -> None:
    """Neither from memory nor from the log."""
    webhook_id = await world.create(events=[*ALL, "auth.success"])
    world.sender.answer_with(answer(500))
    await world.publish("a")
    await world.pass_time(10_000)
    await world.bellwire.pause_webhook(webhook_id)
    for _ in range(3):
        world.bellwire._announcer.announce(EventTypeId(FAILING), {"name": "x"}, about=webhook_id)
        world.bellwire._announcer.announce(EventTypeId(FAILING), {"webhookId": "another"})
        await world.pass_time(100)
    running = world
    if begun_anew:
        await world.cut_off()
        running = World(world.store, ManualClock(world.clock.steady_ms()))
        await running.bellwire.start()
    account = await running.bellwire.account(webhook_id)
    assert (account.waiting, account.wanted) == (4, 4)
    await running.bellwire.resume_webhook(webhook_id)
    await running.pass_time(10_000)
    assert (await running.bellwire.account(webhook_id)).delivered == (4 if begun_anew else 0)
    assert (await running.bellwire.account(webhook_id)).wanted == 4


async def test_own_events_cannot_be_published_or_declared_from_outside(world: World) -> None:
    with pytest.raises(InvalidEvent, match="only Bellwire itself"):
        await world.publish("a", type_id=FAILING)
    with pytest.raises(InvalidEvent, match="only Bellwire itself"):
        await world.publish("a", type_id="bellwire.of-my-own")
    with pytest.raises(InvalidObject, match="Bellwire's own"):
        await world.bellwire.declare_type("bellwire.of-my-own", level=TracingLevel.INFO)


async def test_without_room_own_events_are_lost_and_counted_and_delivery_goes_on() -> None:
    world = World(MemoryStore(), ManualClock(), limits=Limits(backlog_bytes=150))
    await world.bellwire.start()
    webhook_id = await watched(world)
    world.sender.answer_with(answer(500))
    await world.publish("a", "b")
    await world.pass_time(10_000)
    with pytest.raises(StorageUnavailable):
        await world.publish("c")
    assert told(world) == []
    assert (await world.bellwire.status()).announcements_lost == 1
    world.sender.answer_with(answer(200))
    await world.pass_time(20_000)
    assert (await world.bellwire.account(webhook_id)).delivered == 2
    world.bellwire._announcer.announce(EventTypeId(RECOVERED), {})
    await world.pass_time()
    assert [type_id for type_id, _ in told(world)] == [RECOVERED]
    await world.bellwire.close()


class Losses(LogReporter):
    def __init__(self) -> None:
        super().__init__()
        self.lost = 0

    def announcements_lost(self, count: int, problem: str) -> None:
        super().announcements_lost(count, problem)
        self.lost += count


async def test_what_nobody_can_publish_yet_waits_within_a_bound_and_the_rest_is_lost() -> None:
    world = World(MemoryStore(), ManualClock())
    reporter = Losses()
    announcer = Announcer(world.store.log, clock=world.clock, reporter=reporter)
    for number in range(WAITING_MAX + 7):
        announcer.announce(EventTypeId(RECOVERED), {"number": number})
    assert (announcer.lost, reporter.lost) == (7, 7)
    announcer.start(world.bellwire._intake.announce)
    await announcer.stop()
    await announcer.stop()
    found = await world.store.log.search(EventSearch(limit=WAITING_MAX * 2))
    numbers = [msgspec.json.decode(event.encoded)["data"]["number"] for event in reversed(found)]
    assert numbers == list(range(WAITING_MAX))
    announcer.announce(EventTypeId(RECOVERED), {})
    assert announcer.lost == 8


async def test_an_announcer_that_was_never_started_stops_and_does_not_start_any_more() -> None:
    world = World(MemoryStore(), ManualClock())
    announcer = Announcer(world.store.log, clock=world.clock, reporter=LogReporter())
    await announcer.stop()
    announcer.start(world.bellwire._intake.announce)
    assert announcer._task is None


async def test_stopping_tells_what_was_summed_up(world: World) -> None:
    await watched(world, discardAfter="2s")
    world.sender.answer_with(answer(500))
    await world.publish("a")
    await world.pass_time(2_000)
    await world.publish("b")
    await world.pass_time(2_000)
    assert len([data for type_id, data in told(world) if type_id == DISCARDED]) == 1
    await world.bellwire.close()
    assert len([data for type_id, data in told(world) if type_id == DISCARDED]) == 2
