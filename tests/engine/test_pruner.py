import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from bellwire.engine.pruner import PAUSE_MS
from bellwire.errors import ConflictingEvent, StorageUnavailable
from bellwire.model.attempt import Request, Response
from bellwire.model.audit import AuditEntry
from bellwire.model.change import Change
from bellwire.model.cursor import Cursor, CursorMove
from bellwire.model.duration import DurationMs
from bellwire.model.event import EventId, Position
from bellwire.model.limits import DAY_MS, MIB, Limits
from bellwire.model.room import Room, RoomState
from bellwire.model.webhook import RegisteredWebhook
from bellwire.reporter import Reporter
from bellwire.reporters.log import LogReporter
from bellwire.store import AttemptSearch, DiscardSearch, Store
from bellwire.stores.memory import MemoryStore
from engine.manual_clock import ManualClock
from engine.world import Body, World, answer

WEEK_MS = 7 * DAY_MS
TINY = Limits(retention_bytes=0)
"""Nothing is kept for history's sake."""

Start = Callable[..., Awaitable[World]]


class SmallDisk(MemoryStore):
    """A store on a file system of its own; whoever runs a test says how much is left of it."""

    def __init__(self, free_bytes: int) -> None:
        super().__init__()
        self.left_bytes = free_bytes
        self.gives_back = False
        self.given_for = self.log.begin
        self.refuses = False

    def free_bytes(self) -> int | None:
        if self.refuses:
            raise StorageUnavailable("the disk does not answer")
        return self.left_bytes

    async def give_back(self, *, spare_bytes: int) -> int:
        before, self.given_for = self.given_for, self.log.begin
        return MIB if self.gives_back and self.log.begin > before and not spare_bytes else 0


class Heard(LogReporter):
    """What was reported of rooms and of removals that failed."""

    def __init__(self) -> None:
        super().__init__()
        self.rooms: list[Room] = []
        self.problems: list[Exception] = []

    def room_changed(self, room: Room) -> None:
        super().room_changed(room)
        self.rooms.append(room)

    def pruning_failed(self, problem: Exception) -> None:
        self.problems.append(problem)


@pytest.fixture
async def begin() -> AsyncIterator[Start]:
    """Starts worlds, and closes those that are left."""
    worlds: list[World] = []

    async def start(limits: Limits = TINY, store: Store | None = None, reporter: Reporter | None = None) -> World:
        world = World(store or MemoryStore(), ManualClock(), limits=limits, reporter=reporter)
        worlds.append(world)
        await world.bellwire.start()
        return world

    yield start
    for world in worlds:
        await world.bellwire.close()


async def look(world: World) -> None:
    """Let the pruner come round once, and take its steps."""
    await world.pass_time(PAUSE_MS + 100)


async def retained(world: World) -> list[Position]:
    log = world.store.log
    page = await log.read(Position(1), before=log.end, types=None, events_max=10_000, bytes_max=2**40)
    return [event.position for event in page.events]


async def publish_until_refused(world: World) -> tuple[int, str]:
    """How many events were taken one after the other, and what was said then."""
    for taken in range(100):
        try:
            await world.publish(f"{world.store.log.end}-")
        except StorageUnavailable as problem:
            return taken, str(problem)
        await world.pass_time(200)
    pytest.fail("nothing was refused")


async def restarted(old: World, limits: Limits = TINY) -> World:
    """As after kill -9."""
    await old.cut_off()
    new = World(old.store, ManualClock(old.clock.steady_ms()), limits=limits)
    await new.bellwire.start()
    return new


async def test_settled_events_are_kept_for_their_time_and_then_removed(begin: Start) -> None:
    world = await begin(Limits())
    await world.create()
    await world.publish("a")
    await world.pass_time()
    world.clock.jump(DAY_MS)
    await world.publish("b")
    await look(world)
    world.clock.jump(WEEK_MS - DAY_MS - 3 * PAUSE_MS)
    await look(world)
    assert await retained(world) == [1, 2]
    await look(world)
    assert await retained(world) == [2]


async def test_settled_events_beyond_their_room_are_removed_oldest_first(begin: Start) -> None:
    world = await begin(Limits(retention_bytes=250))
    await world.create()
    for name in "abcdefgh":
        await world.publish(name)
    await look(world)
    size = world.store.log.bytes_logged // 8
    assert await retained(world) == list(range(9 - 250 // size, 9))


async def test_a_log_that_nobody_wants_is_history_at_once(begin: Start) -> None:
    world = await begin()
    await world.publish("a", "b")
    await look(world)
    assert await retained(world) == []


async def test_an_event_that_waits_is_kept_whatever_its_age_and_the_room_it_takes(begin: Start) -> None:
    world = await begin()
    world.sender.answer_with(answer(500), url="https://down.example/")
    await world.create(url="https://down.example/", discardAfter="365d")
    await world.create(url="https://up.example/")
    await world.publish("a", "b")
    await look(world)
    world.clock.jump(30 * DAY_MS)
    await world.publish("c")
    await look(world)
    assert await retained(world) == [1, 2, 3, 4]  # one of them says that the webhook is failing
    world.sender.answer_with(answer(200), url="https://down.example/")
    await world.pass_time(60_000)
    assert [sent.event_ids for sent in world.deliveries("https://down.example/")][-1] == ("c",)
    await look(world)
    assert await retained(world) == []


async def test_a_batch_in_flight_and_what_waits_behind_it_are_kept(begin: Start) -> None:
    world = await begin()
    await world.create(throttle=0)
    gate = world.sender.hold()
    await world.publish("a")
    await world.pass_time()
    await world.publish("b")
    await look(world)
    assert await retained(world) == [1, 2]
    gate.set()
    await look(world)
    assert world.sent_ids() == [("a",), ("b",)]
    assert await retained(world) == []


async def test_an_event_is_kept_while_the_batch_it_was_taken_for_cannot_be_stored(
    begin: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await begin()
    webhook_id = await world.create(throttle=0)

    async def refuse(_move: CursorMove) -> None:
        raise StorageUnavailable("the disk is full")

    with monkeypatch.context() as full:
        full.setattr(world.store.ledger, "skip", refuse)
        await world.publish("a")
        await look(world)
        await look(world)
        assert await retained(world) == [1]
    await look(world)
    assert (await world.cursor(webhook_id)).delivered == 1
    assert await retained(world) == []


async def test_an_event_set_aside_is_kept_though_the_cursor_has_passed_it(begin: Start) -> None:
    world = await begin()

    world.sender.answer_with(lambda request: answer(422 if b'"id":"a"' in request.body else 200))
    webhook_id = await world.create(throttle=0, discardAfter="2h")
    await world.publish("a", "b", "c")
    await world.pass_time(60_000)
    assert [aside.position for aside in (await world.cursor(webhook_id)).set_aside] == [1]
    assert await retained(world) == [1, 2, 3]
    world.clock.jump(7_200_000)
    await world.pass_time(60_000)
    assert (await world.cursor(webhook_id)).set_aside == ()
    assert await retained(world) == []


async def test_a_refused_batch_is_kept_when_its_webhook_is_paused_amid_the_parts(begin: Start) -> None:
    world = await begin()
    world.sender.answer_with(answer(422))
    webhook_id = await world.create(throttle=0, discardAfter="365d")
    await world.publish("a", "b")
    gate = world.sender.hold()
    await world.pass_time()
    for sent in range(2, 4):
        gate.set()
        gate = world.sender.hold()
        await world.pass_time()
        assert len(world.sender.sent) == sent
    await world.bellwire.pause_webhook(webhook_id)
    gate.set()
    await look(world)
    cursor = await world.cursor(webhook_id)
    assert (cursor.open, cursor.splitting, cursor.failures) == (None, None, 1)
    assert await retained(world) == [1, 2]


async def test_a_paused_webhook_keeps_what_waits_and_also_what_comes_while_nothing_waited(begin: Start) -> None:
    world = await begin()
    webhook_id = await world.create(throttle=0)
    await world.publish("a")
    await look(world)
    await world.bellwire.pause_webhook(webhook_id)
    await world.publish("b")
    world.clock.jump(30 * DAY_MS)
    await look(world)
    assert await retained(world) == [2]
    await world.bellwire.resume_webhook(webhook_id)
    await look(world)
    assert world.sent_ids() == [("a",), ("b",)]
    assert await retained(world) == []


@pytest.mark.parametrize("ending", ["disable", "delete"])
async def test_a_webhook_that_ended_holds_nothing_once_its_events_are_given_up(begin: Start, ending: str) -> None:
    world = await begin()
    world.sender.answer_with(answer(500))
    webhook_id = await world.create(discardAfter="1d")
    await world.publish("a")
    await look(world)
    if ending == "disable":
        await world.bellwire.patch_webhook(webhook_id, {"enable": False})
    else:
        await world.bellwire.delete_webhook(webhook_id)
    await world.pass_time()
    assert len(await world.store.ledger.discards(DiscardSearch())) == 1
    await world.publish("b")
    await look(world)
    assert await retained(world) == []
    assert await world.store.ledger.discards(DiscardSearch()) == ()
    world = await restarted(world)
    await world.publish("c")
    await look(world)
    assert await retained(world) == []
    await world.bellwire.close()


async def test_a_webhook_with_nothing_to_do_holds_nothing_also_after_a_restart(begin: Start) -> None:
    world = await begin()
    webhook_id = await world.create(events=["auth.failed"])
    await world.publish("a", "b")
    await look(world)
    assert await retained(world) == []
    assert world.bellwire._doorkeeper.room.holders == ()
    world = await restarted(world)
    await world.publish("c")
    await look(world)
    assert await retained(world) == []
    await world.publish("d", type_id="auth.failed")
    await world.pass_time()
    assert world.sent_ids() == [("d",)]
    assert (await world.cursor(webhook_id)).delivered == 1
    await world.bellwire.close()


async def test_the_cursor_of_an_idle_webhook_follows_a_log_that_was_removed_before_it(begin: Start) -> None:
    world = await begin()
    webhook_id = await world.create(events=["auth.failed"])
    await world.pass_time()
    for first in range(0, 12_000, 1_000):
        await world.publish(*(f"{number}" for number in range(first, first + 1_000)))
    await look(world)
    await look(world)
    assert world.store.log.begin == 12_001
    assert (await world.cursor(webhook_id)).position == 12_001


async def test_what_is_logged_while_a_webhook_is_registered_or_enabled_is_kept_for_it(
    begin: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await begin()
    add, replace_webhook = world.store.registry.add_webhook, world.store.registry.replace_webhook

    async def add_slowly(
        webhook: RegisteredWebhook, cursor: Cursor, changes: Sequence[Change], *, audit: AuditEntry
    ) -> None:
        await world.publish("a")
        await look(world)
        await add(webhook, cursor, changes, audit=audit)

    async def replace_slowly(webhook: RegisteredWebhook, changes: Sequence[Change], *, audit: AuditEntry) -> None:
        await world.publish("b")
        await look(world)
        await replace_webhook(webhook, changes, audit=audit)

    monkeypatch.setattr(world.store.registry, "add_webhook", add_slowly)
    webhook_id = await world.create(throttle=0)
    await look(world)
    await world.bellwire.patch_webhook(webhook_id, {"enable": False})
    await look(world)
    monkeypatch.setattr(world.store.registry, "replace_webhook", replace_slowly)
    await world.bellwire.patch_webhook(webhook_id, {"enable": True})
    await look(world)
    assert world.sent_ids() == [("a",), ("b",)]
    assert await retained(world) == []


async def test_a_cursor_that_points_before_the_log_goes_on_where_it_begins(begin: Start) -> None:
    world = await begin()
    webhook_id = await world.create(events=["auth.failed"], discardAfter="1d")
    await world.publish("a", "b")
    await world.publish("c", type_id="auth.failed")
    await world.store.log.remove(before=Position(3), remembered_since_ms=0)
    assert (await world.cursor(webhook_id)).position == 1
    world = await restarted(world)
    await world.pass_time()
    assert world.sent_ids() == [("c",)]
    await world.bellwire.close()


async def test_dead_letters_go_with_their_events(begin: Start) -> None:
    world = await begin(Limits())
    world.sender.answer_with(answer(500))
    await world.create(discardAfter="5s")
    await world.publish("a")
    await world.pass_time(10_000)
    assert [letter.event.position for letter in await world.bellwire.dead_letters()] == [1]
    world.clock.jump(WEEK_MS)
    await look(world)
    assert await world.bellwire.dead_letters() == ()
    assert await world.store.ledger.discards(DiscardSearch()) == ()


async def test_the_id_of_an_event_that_was_removed_for_room_is_known_for_a_day(begin: Start) -> None:
    world = await begin()
    await world.publish("a")
    await look(world)
    assert await retained(world) == []
    world.clock.jump(DAY_MS - 3 * PAUSE_MS)
    await look(world)
    assert (await world.publish("a")).duplicates == 1
    with pytest.raises(ConflictingEvent):
        await world.publish("a", type_id="auth.failed")
    await look(world)
    await look(world)
    assert (await world.publish("a", type_id="auth.failed")).duplicates == 0


async def test_attempts_are_kept_within_their_limits(begin: Start) -> None:
    world = await begin(Limits(attempts_per_webhook=2))
    await world.create(throttle=0)
    for name in "abc":
        await world.publish(name)
        await world.pass_time()
    await look(world)
    assert [attempt.first for attempt in await world.bellwire.attempts(AttemptSearch())] == [3, 2]
    world.clock.jump(WEEK_MS)
    await look(world)
    assert await world.bellwire.attempts(AttemptSearch()) == ()


async def test_positions_go_on_after_everything_was_removed(begin: Start) -> None:
    world = await begin()
    await world.publish("a", "b")
    await look(world)
    world = await restarted(world)
    await world.publish("c")
    assert await retained(world) == [3]
    await world.bellwire.close()


async def test_what_cannot_be_removed_now_is_reported_and_removed_later(begin: Start) -> None:
    store, heard = SmallDisk(10_000 * MIB), Heard()
    world = await begin(TINY, store, heard)
    await world.pass_time()
    await world.publish("a")
    store.refuses = True
    await look(world)
    assert [str(problem) for problem in heard.problems] == ["the disk does not answer"]
    assert await retained(world) == [1]
    store.refuses = False
    await look(world)
    assert await retained(world) == []


async def test_a_pruner_may_be_stopped_before_it_began_and_again_and_does_not_begin_after_that() -> None:
    world = World(MemoryStore(), ManualClock(), limits=TINY)
    pruner = world.bellwire._pruner
    await pruner.stop()
    await pruner.stop()
    pruner.start()
    await world.publish("a")
    await look(world)
    assert await retained(world) == [1]
    assert world.clock.next_due_ms() is None


async def test_a_pruner_that_is_stopped_amid_its_steps_takes_no_further_one(begin: Start) -> None:
    world = await begin()
    for first in range(0, 5_000, 1_000):
        await world.publish(*(f"{number}" for number in range(first, first + 1_000)))
    passing = asyncio.create_task(look(world))
    while world.store.log.begin == 1:  # noqa: ASYNC110 - nobody tells of a step
        await asyncio.sleep(0)
    await world.bellwire._pruner.stop()
    await passing
    assert 1 < world.store.log.begin < 5_001


# Room


async def test_at_the_limit_publishing_is_refused_with_who_holds_the_log_and_settling_goes_on(begin: Start) -> None:
    world = await begin(Limits(backlog_bytes=1_000))
    webhook_id = await world.create(url="https://down.example/", name="billing", discardAfter="365d", throttle=0)
    await world.create(url="https://up.example/", throttle=0)
    world.sender.answer_with(answer(500), url="https://down.example/")
    taken, said = await publish_until_refused(world)
    assert "backlog-limit" in said
    assert "billing" in said
    assert 1_000 <= world.store.log.bytes_logged < 1_100
    assert len(await retained(world)) == taken
    status = await world.bellwire.status()
    assert status.room.state is RoomState.FULL
    assert [holder.webhook_id for holder in status.room.holders] == [webhook_id]
    assert (await world.cursor(webhook_id)).failures > 0
    world.sender.answer_with(answer(200), url="https://down.example/")
    await world.pass_time(60_000)
    assert (await world.cursor(webhook_id)).delivered == taken
    await world.publish("again")
    assert (await world.bellwire.status()).room.state is RoomState.AMPLE


async def test_what_was_settled_between_two_looks_of_the_pruner_counts_when_the_limit_is_near(begin: Start) -> None:
    world = await begin(Limits(backlog_bytes=1_000))
    await world.create(throttle=0)
    for number in range(100):
        await world.publish(f"{number}")
        await world.pass_time()
    assert world.store.log.bytes_logged > 5_000


async def test_low_and_full_and_ample_room_are_reported_once_each(begin: Start) -> None:
    heard = Heard()
    world = await begin(Limits(backlog_bytes=1_000), reporter=heard)
    world.sender.answer_with(answer(500))
    webhook_id = await world.create(discardAfter="365d", name="billing")
    while world.store.log.bytes_logged < 850:
        await world.publish(f"{world.store.log.end}")
        await look(world)
    assert [room.state for room in heard.rooms] == [RoomState.LOW]
    assert [holder.name for holder in heard.rooms[0].holders] == ["billing"]
    await publish_until_refused(world)
    await look(world)
    await world.bellwire.delete_webhook(webhook_id)
    await look(world)
    assert [room.state for room in heard.rooms] == [RoomState.LOW, RoomState.FULL, RoomState.AMPLE]


async def test_below_the_floor_publishing_is_refused_until_there_is_room_again(begin: Start) -> None:
    store = SmallDisk(600 * MIB)
    world = await begin(Limits(), store)
    await world.create(throttle=0)
    await world.publish("a")
    store.left_bytes = 255 * MIB
    await look(world)
    with pytest.raises(StorageUnavailable, match=r"255\.0 MiB left"):
        await world.publish("b")
    assert world.store.log.end == 2
    store.left_bytes = 256 * MIB
    await look(world)
    await world.publish("b")
    await world.pass_time()
    assert world.sent_ids() == [("a",), ("b",)]


async def test_while_the_disk_is_nearly_full_settled_events_give_way_but_only_if_that_helps(begin: Start) -> None:
    store = SmallDisk(512 * MIB)
    world = await begin(Limits(), store)
    await world.create(throttle=0)
    for number in range(2_500):
        await world.publish(f"{number}")
    await look(world)
    assert world.store.log.begin == 1
    store.left_bytes = 511 * MIB
    await look(world)
    assert world.store.log.begin == 1_001  # one step, and nothing was given back by it
    store.gives_back = True
    await look(world)
    assert world.store.log.begin == 2_501


async def test_what_was_logged_since_the_last_look_counts_against_the_floor(begin: Start) -> None:
    store = SmallDisk(3_000)
    world = await begin(Limits(free_floor_bytes=1_000), store)
    store.left_bytes = 999
    with pytest.raises(StorageUnavailable, match="free-floor"):  # noqa: PT012 - the first ones are taken
        for number in range(100):
            await world.publish(f"{number}")
    assert 1_000 < world.store.log.bytes_logged < 1_100


async def test_the_limit_of_what_waits_is_half_of_what_the_disk_has_left_unless_it_is_set(begin: Start) -> None:
    world = await begin(Limits(), SmallDisk(600 * MIB))
    assert (await world.bellwire.status()).room.limit_bytes == 300 * MIB
    world = await begin(Limits(backlog_bytes=5), SmallDisk(600 * MIB))
    assert (await world.bellwire.status()).room.limit_bytes == 5
    world = await begin(Limits())
    assert (await world.bellwire.status()).room.limit_bytes is None


class Story:
    """Two webhooks, one with an endpoint to which anything may happen; what that one got, and what it was owed."""

    ACTIONS = ("publish", "publish_another", "fail", "mend", "hold", "let_go", "pause", "resume", "crash")
    URL = "https://a.example/"
    LIMITS = replace(TINY, retention_age_ms=DurationMs(1))

    def __init__(self) -> None:
        self.world = World(MemoryStore(), ManualClock(), limits=self.LIMITS)
        self.published: list[str] = []
        self.accepted: list[str] = []
        self.status = 200
        self.gate = asyncio.Event()

    async def begin(self) -> None:
        await self.world.bellwire.start()
        self.listen()
        self.webhook_id = await self.world.create(url=self.URL, discardAfter="365d", maxBatchEvents=2)
        await self.world.create(url="https://b.example/", events=["auth.failed"])

    def listen(self) -> None:
        def take(request: Request) -> Response:
            if self.status == 200:
                self.accepted += [event.id for event in msgspec.json.decode(request.body, type=Body).events]
            return answer(self.status)

        self.world.sender.answer_with(take, url=self.URL)

    async def publish(self) -> None:
        names = [f"{len(self.published)}-{part}" for part in range(3)]
        self.published += names
        await self.world.publish(*names)

    async def publish_another(self) -> None:
        await self.world.publish(f"other-{self.world.store.log.end}", type_id="auth.failed")

    async def fail(self) -> None:
        self.status = 500

    async def mend(self) -> None:
        self.status = 200

    async def hold(self) -> None:
        self.gate.set()
        self.gate = self.world.sender.hold(url=self.URL)

    async def let_go(self) -> None:
        self.gate.set()

    async def pause(self) -> None:
        await self.world.bellwire.pause_webhook(self.webhook_id)

    async def resume(self) -> None:
        await self.world.bellwire.resume_webhook(self.webhook_id)

    async def crash(self) -> None:
        await self.world.cut_off()
        self.world = World(self.world.store, self.world.clock, limits=self.LIMITS)
        self.listen()
        await self.world.bellwire.start()

    async def end(self) -> None:
        for step in (self.mend, self.let_go, self.resume):
            await step()
        await self.world.pass_time(60_000)
        await self.world.pass_time(60_000)


@settings(max_examples=40)
@given(
    actions=st.lists(
        st.sampled_from(Story.ACTIONS) | st.sampled_from([0, 100, 1_000, PAUSE_MS, 60_000]), min_size=1, max_size=25
    )
)
async def test_whatever_is_pruned_every_event_reaches_a_webhook_that_comes_back(actions: list[str | int]) -> None:
    story = Story()
    await story.begin()
    for action in actions:
        if isinstance(action, int):
            await story.world.pass_time(action)
        else:
            await getattr(story, action)()
        for name in story.published[len(story.accepted) :]:
            assert await story.world.store.log.find(EventId(name)) is not None
    await story.end()
    assert story.accepted == story.published
    assert await retained(story.world) == []
    await story.world.bellwire.close()
