"""Whatever is published, however endpoints behave, whenever it crashes: the account of every webhook stays true."""

import asyncio
import tempfile
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import hypothesis.strategies as st
import msgspec
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bellwire.engine.lane import Lane
from bellwire.errors import ConflictingEvent, InvalidObject
from bellwire.model.attempt import Request, Response
from bellwire.model.cursor import Cursor, ReplayId
from bellwire.model.event import EventTypeId, LoggedEvent, WebhookEvent
from bellwire.model.event_type import EventLevel
from bellwire.model.positions import each_of
from bellwire.model.replay import UNENDED_MAX, ReplayState
from bellwire.model.webhook import WebhookId
from bellwire.store import DiscardSearch, Store
from bellwire.stores.memory import MemoryStore
from bellwire.stores.sqlite.store import open_sqlite_store
from engine.manual_clock import ManualClock
from engine.world import Body, Delivery, World, answer
from model_based.model import OWN_TYPES, TYPES, Account, ModelReplay, ModelWebhook

Result = TypeVar("Result")

FILTERS = st.sets(st.sampled_from(TYPES + OWN_TYPES), min_size=1)
WEBHOOKS_MAX = 3


class DeliveryMachine(RuleBasedStateMachine):
    """Where an event stands is told by the log; by its id the machine knows what an endpoint got."""

    persistent: ClassVar[bool] = False

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = ManualClock()
        self.log: dict[int, str] = {}
        self.positions: dict[str, int] = {}
        self.about: dict[int, str | None] = {}
        self.disabled: set[str] = set()
        self.published = 0
        self.followed: Store | None = None
        self.models: dict[WebhookId, ModelWebhook] = {}
        self.statuses: dict[str, int] = {}
        self.gates: dict[str, asyncio.Event] = {}
        self.earlier: list[Delivery] = []
        self.world = self.run(self.begin(self.run(self.open_store())))

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self.runner.run(work)

    async def open_store(self) -> Store:
        if self.persistent:
            return await open_sqlite_store(Path(self.folder.name) / "bellwire.db")
        return MemoryStore()

    async def begin(self, store: Store) -> World:
        world = World(store, self.clock)
        if self.followed is not store:
            store.log.follow(self.logged)
            self.followed = store
        self.gates = {}
        for model in self.models.values():
            world.sender.answer_with(self.endpoint(model, world), url=model.url)
        await world.bellwire.start()
        await world.settle()
        return world

    def logged(self, events: Sequence[LoggedEvent]) -> None:
        for event in events:
            read = msgspec.json.decode(event.encoded, type=WebhookEvent)
            self.log[event.position] = event.type
            self.positions[read.id] = event.position
            about = self.about[event.position] = msgspec.json.decode(read.data).get("webhookId")
            for webhook_id, model in self.models.items():
                if about != webhook_id:
                    model.logged(event.position, event.type)

    def endpoint(self, model: ModelWebhook, world: World) -> Callable[[Request], Response]:
        def take(request: Request) -> Response:
            assert model.url not in [other.url for other in world.sender.in_flight]
            positions = [self.positions[event.id] for event in msgspec.json.decode(request.body, type=Body).events]
            status = model.answer(positions, self.statuses[model.url])
            self.account_of(model, world, dict(request.headers)["webhook-id"]).answered(positions, status)
            return answer(status)

        return take

    def account_of(self, model: ModelWebhook, world: World, batch_id: str) -> Account:
        """Whose batch it is."""
        webhook_id = next(webhook_id for webhook_id, one in self.models.items() if one is model)
        for replay_id, replay in model.replays.items():
            lane = lane_of(world, webhook_id, replay_id)
            if lane is not None and lane.cursor.open is not None and lane.cursor.open.id == batch_id:
                return replay
        return model

    def teardown(self) -> None:
        self.run(self.world.cut_off())
        self.run(self.world.store.close())
        self.runner.close()
        self.folder.cleanup()

    def alive(self) -> list[WebhookId]:
        return [webhook_id for webhook_id, model in self.models.items() if not model.deleted]

    @precondition(lambda self: len(self.models) < WEBHOOKS_MAX)
    @rule(
        types=FILTERS, throttle=st.sampled_from([0, 1_000]), batch=st.sampled_from([1, 2, 1_000]), lossy=st.booleans()
    )
    def create(self, types: set[str], throttle: int, batch: int, *, lossy: bool) -> None:
        model = ModelWebhook(f"https://{len(self.models)}.example/", types)
        model.types = types - self.disabled
        self.statuses[model.url] = 200
        self.world.sender.answer_with(self.endpoint(model, self.world), url=model.url)
        webhook_id = self.run(
            self.world.create(
                url=model.url,
                events=sorted(types),
                throttle=throttle,
                maxBatchEvents=batch,
                discardAfter="20s",
                lossy=lossy,
            )
        )
        self.models[webhook_id] = model

    @rule(types=st.lists(st.sampled_from(TYPES), min_size=1, max_size=5))
    def publish(self, types: list[str]) -> None:
        events = []
        for type_id in types:
            self.published += 1
            events.append({"id": str(self.published), "type": type_id, "data": {}})
        self.run(self.world.bellwire.publish_json(msgspec.json.encode(events)))
        self.run(self.world.pass_time())

    @precondition(lambda self: self.published)
    @rule(data=st.data(), same=st.booleans())
    def publish_a_known_id_again(self, data: st.DataObject, *, same: bool) -> None:
        event_id = str(data.draw(st.integers(1, self.published)))
        content = {} if same else {"other": 1}
        type_id = self.log[self.positions[event_id]]
        body = msgspec.json.encode({"id": event_id, "type": type_id, "data": content})
        try:
            assert self.run(self.world.bellwire.publish_json(body)).duplicates == 1
        except ConflictingEvent:
            assert not same
        else:
            assert same

    @rule(by_ms=st.sampled_from([1, 500, 1_000, 5_000, 30_000]))
    def pass_time(self, by_ms: int) -> None:
        self.run(self.world.pass_time(by_ms))

    @precondition(lambda self: self.alive())
    @rule(data=st.data(), status=st.sampled_from([200, 200, 500, 400, 410, 413]))
    def change_answers(self, data: st.DataObject, status: int) -> None:
        self.statuses[self.models[data.draw(st.sampled_from(self.alive()))].url] = status

    @precondition(lambda self: self.alive())
    @rule(data=st.data(), ahead=st.sets(st.integers(1, 4), max_size=2))
    def poison_some_of_the_next_events(self, data: st.DataObject, ahead: set[int]) -> None:
        """No ahead at all: the poison that was is cured."""
        model = self.models[data.draw(st.sampled_from(self.alive()))]
        model.poison = {len(self.log) + distance for distance in ahead} | (model.poison if ahead else set())

    @precondition(lambda self: self.alive())
    @rule(data=st.data(), pause=st.booleans())
    def pause_or_resume(self, data: st.DataObject, *, pause: bool) -> None:
        webhook_id = data.draw(st.sampled_from(self.alive()))
        bellwire = self.world.bellwire
        self.run(bellwire.pause_webhook(webhook_id) if pause else bellwire.resume_webhook(webhook_id))
        self.run(self.world.pass_time())

    @precondition(lambda self: self.alive())
    @rule(data=st.data())
    def hold_answers(self, data: st.DataObject) -> None:
        url = self.models[data.draw(st.sampled_from(self.alive()))].url
        if url not in self.gates:
            self.gates[url] = self.world.sender.hold(url=url)

    @precondition(lambda self: self.gates)
    @rule(data=st.data())
    def let_answers_go(self, data: st.DataObject) -> None:
        self.gates.pop(data.draw(st.sampled_from(sorted(self.gates)))).set()
        self.run(self.world.pass_time())

    @precondition(lambda self: self.alive())
    @rule(data=st.data(), types=FILTERS)
    def edit_filter(self, data: st.DataObject, types: set[str]) -> None:
        webhook_id = data.draw(st.sampled_from(self.alive()))
        model = self.models[webhook_id]
        if types != model.listed and model.url not in self.gates:
            model.listed = types
            self.refilter(webhook_id, self.run(self.world.cursor(webhook_id)))
            self.run(self.world.bellwire.patch_webhook(webhook_id, {"events": sorted(types)}))
            self.run(self.world.pass_time())

    def refilter(self, webhook_id: WebhookId, cursor: Cursor) -> None:
        """From now on the webhook gets what it lists and no operator disabled."""
        model = self.models[webhook_id]
        aside: set[int] = {aside.position for aside in cursor.set_aside}
        for_it = {position: type_id for position, type_id in self.log.items() if self.about[position] != webhook_id}
        model.refilter(model.listed - self.disabled, for_it, aside)
        for replay_id, replay in model.replays.items():
            lane = lane_of(self.world, webhook_id, replay_id)
            if lane is not None:
                aside = {aside.position for aside in lane.cursor.set_aside}
                replay.refilter(model.types, self.log, aside, place=lane.waits_from)

    @precondition(lambda self: not self.gates)
    @rule(type_id=st.sampled_from(TYPES), disable=st.booleans())
    def set_level(self, type_id: str, *, disable: bool) -> None:
        """Not while a batch is in hand: what is behind it goes by the new level only once it is settled."""
        cursors = {webhook_id: self.run(self.world.cursor(webhook_id)) for webhook_id in self.models}
        lanes = [lane_of(self.world, *replay) for replay in self.replays()]
        standing = [*cursors.values(), *(lane.cursor for lane in lanes if lane is not None)]
        if any(cursor.open is not None or cursor.splitting is not None for cursor in standing):
            return
        self.disabled = self.disabled | {type_id} if disable else self.disabled - {type_id}
        for webhook_id, cursor in cursors.items():
            self.refilter(webhook_id, cursor)
        level = EventLevel.DISABLE if disable else None
        self.run(self.world.bellwire.override_level(EventTypeId(type_id), level))
        self.run(self.world.pass_time())

    @precondition(lambda self: self.alive())
    @rule(data=st.data())
    def switch(self, data: st.DataObject) -> None:
        webhook_id = data.draw(st.sampled_from(self.alive()))
        model = self.models[webhook_id]
        if model.enabled:
            model.switch_off()
        else:
            model.enabled = True
        self.run(self.world.bellwire.patch_webhook(webhook_id, {"enable": model.enabled}))
        self.run(self.world.pass_time())

    @precondition(lambda self: self.alive())
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        webhook_id = data.draw(st.sampled_from(self.alive()))
        self.models[webhook_id].switch_off()
        self.models[webhook_id].deleted = True
        self.run(self.world.bellwire.delete_webhook(webhook_id))
        self.run(self.world.pass_time())

    @precondition(lambda self: self.log and self.alive())
    @rule(
        data=st.data(),
        narrow=st.sampled_from([None, ["auth.success"], ["auth.failed", "smtp.ehlo"]]),
        rate=st.sampled_from([None, None, 1]),
        paused=st.booleans(),
    )
    def begin_replay(self, data: st.DataObject, narrow: list[str] | None, rate: int | None, *, paused: bool) -> None:
        webhook_id = data.draw(st.sampled_from(self.alive()))
        model = self.models[webhook_id]
        since = data.draw(st.integers(1, len(self.log)))
        meant = {
            at
            for at in self.log
            if at >= since and (narrow is None or self.log[at] in narrow) and self.about[at] != webhook_id
        }
        replay = ModelReplay(meant, {at for at in meant if self.log[at] in model.types})
        wish = {"fromPosition": since, "types": narrow, "rate": rate, "paused": paused}
        if data.draw(st.booleans()):
            ids = [event_id for event_id, position in self.positions.items() if position in meant]
            wish = {**wish, "fromPosition": None, "ids": ids or ["none"]}
        unended = sum(self.is_unended(webhook_id, replay_id) for replay_id in model.replays)
        try:
            # It must be known to the model before its first request comes.
            status = self.run(self.world.bellwire.replays.create(webhook_id, {**wish, "paused": True}))
        except InvalidObject:
            assert not replay.wanted or not model.enabled or unended == UNENDED_MAX
            return
        assert (status.wanted, model.enabled) == (len(replay.wanted), True)
        model.replays[status.replay.id] = replay
        if not paused:
            self.run(self.world.bellwire.replays.edit(status.replay.id, {"paused": False}))
        self.run(self.world.pass_time())

    @precondition(lambda self: self.replays())
    @rule(
        data=st.data(), what=st.sampled_from([{"paused": True}, {"paused": False}, {"rate": None}, {"rate": 2}, None])
    )
    def edit_or_cancel_replay(self, data: st.DataObject, what: dict[str, Any] | None) -> None:
        webhook_id, replay_id = data.draw(st.sampled_from(self.replays()))
        replays = self.world.bellwire.replays
        if what is None:
            self.models[webhook_id].replays[replay_id].cancelled = True
            self.run(replays.cancel(replay_id))
        else:
            self.run(replays.edit(replay_id, what))
        self.run(self.world.pass_time())

    def replays(self) -> list[tuple[WebhookId, ReplayId]]:
        """Those that have not ended and are not about to."""
        return [
            (webhook_id, ReplayId(replay_id))
            for webhook_id, model in self.models.items()
            for replay_id, replay in model.replays.items()
            if not replay.cancelled and self.is_unended(webhook_id, replay_id)
        ]

    def is_unended(self, webhook_id: WebhookId, replay_id: str) -> bool:
        return lane_of(self.world, webhook_id, replay_id) is not None

    @rule(graceful=st.booleans(), down_ms=st.sampled_from([0, 60_000]))
    def restart(self, *, graceful: bool, down_ms: int) -> None:
        if graceful and self.persistent:
            for gate in self.gates.values():
                gate.set()
            self.run(self.world.bellwire.close())
        else:
            self.run(self.world.cut_off())
        self.earlier += self.world.deliveries()
        store = self.world.store
        if self.persistent:
            self.run(store.close())
            store = self.run(self.open_store())
        self.clock.jump(down_ms)
        self.world = self.run(self.begin(store))

    @invariant()
    def every_wanted_event_is_delivered_waiting_or_discarded(self) -> None:
        for model in self.models.values():
            model.discarded = set()
            for replay in model.replays.values():
                replay.discarded = set()
        for numbered in self.run(self.world.store.ledger.discards(DiscardSearch(limit=10_000))):
            members = set(each_of(numbered.discard.members))
            owner: Account = self.models[numbered.discard.webhook_id]
            if numbered.discard.replay_id is not None:
                owner = self.models[numbered.discard.webhook_id].replays[numbered.discard.replay_id]
            assert not owner.discarded & members
            owner.discarded |= members
        for webhook_id, model in self.models.items():
            cursor = self.run(self.world.cursor(webhook_id))
            assert cursor.delivered == len(model.accepted)
            assert cursor.discarded == len(model.discarded)
            assert not model.discarded & set(model.accepted)
            assert model.discarded | set(model.accepted) <= model.wanted
            if not model.deleted:
                status = self.run(self.world.bellwire.webhook_status(webhook_id))
                assert status.backlog == len(model.waiting)

    @invariant()
    def every_event_of_a_replay_is_delivered_waiting_discarded_or_cancelled(self) -> None:
        for webhook_id, model in self.models.items():
            for replay_id, replay in model.replays.items():
                replays = self.world.bellwire.replays
                status = self.run(replays.status(replays.get(ReplayId(replay_id))))
                ended = status.replay.end is not None
                assert status.delivered == len(replay.accepted)
                assert sum(status.discarded.values()) == len(replay.discarded)
                assert not replay.discarded & set(replay.accepted)
                assert replay.discarded | set(replay.accepted) <= replay.wanted
                assert (status.waiting, status.cancelled)[ended] == len(replay.waiting)
                assert (status.state is ReplayState.CANCELLED) is replay.cancelled or status.state is ReplayState.DONE
                assert ended is not self.is_unended(webhook_id, replay_id)

    @invariant()
    def everybody_gets_each_event_once_and_in_log_order_but_for_what_was_refused_alone(self) -> None:
        for model in [each for one in self.models.values() for each in (one, *one.replays.values())]:
            in_order = [position for position in model.accepted if position not in model.refused_alone]
            assert in_order == sorted(set(in_order))
            assert len(model.accepted) == len(set(model.accepted))

    @invariant()
    def one_webhook_id_is_one_body(self) -> None:
        bodies: dict[str, bytes] = {}
        for delivery in self.earlier + self.world.deliveries():
            assert bodies.setdefault(delivery.webhook_id, delivery.body) == delivery.body

    @invariant()
    def nothing_stalls(self) -> None:
        """What waits at an endpoint that answers waits for the throttle, or was refused."""
        for webhook_id in self.alive():
            model = self.models[webhook_id]
            cursor = self.run(self.world.cursor(webhook_id))
            waiting = model.waiting - {aside.position for aside in cursor.set_aside}
            status = self.run(self.world.bellwire.webhook_status(webhook_id))
            if waiting and status.state == "healthy" and model.url not in self.gates:
                assert cursor.window_opened_at_ms is not None
                assert self.clock.steady_ms() - cursor.window_opened_at_ms < 1_000

    @invariant()
    def no_replay_stalls(self) -> None:
        for webhook_id, replay_id in self.replays():
            lane = lane_of(self.world, webhook_id, replay_id)
            model = self.models[webhook_id]
            assert lane is not None
            replays = self.world.bellwire.replays
            status = self.run(replays.status(replays.get(replay_id)))
            waiting = model.replays[replay_id].waiting - {aside.position for aside in lane.cursor.set_aside}
            if waiting and status.state is ReplayState.RUNNING and not status.reason and model.url not in self.gates:
                assert lane.cursor.window_opened_at_ms is not None
                assert self.clock.steady_ms() - lane.cursor.window_opened_at_ms < 2_000


def lane_of(world: World, webhook_id: WebhookId, replay_id: str) -> Lane | None:
    """The lane of a replay that has not ended."""
    try:
        return world.bellwire._supervisor[webhook_id].replay_lane(ReplayId(replay_id))
    except KeyError:
        return None


class PersistentDeliveryMachine(DeliveryMachine):
    """The same over SQLite, where a restart also stops as it should, and opens the file anew."""

    persistent = True


TestInMemory = DeliveryMachine.TestCase
TestInMemory.settings = settings(
    max_examples=80, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestInSqlite = PersistentDeliveryMachine.TestCase
TestInSqlite.settings = settings(
    max_examples=15, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
