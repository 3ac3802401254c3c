import pytest

from bellwire.errors import InvalidObject
from bellwire.model.cursor import ReplayId
from bellwire.model.replay import ReplayState, ReplayStatus
from bellwire.model.webhook import WebhookId
from bellwire.stores.memory import MemoryStore
from engine.manual_clock import ManualClock
from engine.scripted_sender import Script
from engine.world import World, answer

EVENTS = tuple(f"e{number}" for number in range(1, 7))


async def begin(*scripts: Script, store: MemoryStore | None = None) -> World:
    world = World(store or MemoryStore(), ManualClock(), *scripts)
    await world.bellwire.start()
    return world


async def replay(world: World, webhook_id: WebhookId, **wish: object) -> ReplayId:
    status = await world.bellwire.replays.create(webhook_id, wish or {"fromPosition": 1})
    return status.replay.id


async def status_of(world: World, replay_id: ReplayId) -> ReplayStatus:
    replays = world.bellwire.replays
    return await replays.status(replays.get(replay_id))


async def delivered_world(**members: object) -> tuple[World, WebhookId]:
    """Six events that were delivered already."""
    world = await begin()
    webhook_id = await world.create(**members)
    await world.publish(*EVENTS)
    await world.pass_time(10_000)
    world.sender.sent.clear()
    return world, webhook_id


async def test_a_replay_delivers_again_under_the_same_event_ids_and_in_order() -> None:
    world, webhook_id = await delivered_world(maxBatchEvents=4)
    replay_id = await replay(world, webhook_id, fromPosition=2)
    await world.pass_time()
    assert world.sent_ids() == [("e2", "e3", "e4", "e5"), ("e6",)]
    status = await status_of(world, replay_id)
    assert (status.state, status.wanted, status.delivered, status.waiting) == (ReplayState.DONE, 5, 5, 0)
    assert (await world.bellwire.account(webhook_id)).delivered == 6


async def test_an_event_set_aside_delivered() -> None:
    with pytest.raises(InvalidObject, match="nothing to replay"):
        world, webhook_id = await delivered_world()
        await replay(world, webhook_id, ids=["nope"])
    assert answer(200)
