from collections.abc import AsyncIterator

import pytest

from bellwire.engine import tailer
from bellwire.model.event import EventTypeId, LoggedEvent, Position
from bellwire.model.event_type import TracingLevel
from bellwire.model.live import Wish
from bellwire.stores.memory import MemoryStore
from engine.manual_clock import ManualClock
from engine.world import World

ALL = 1_000


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World(MemoryStore(), ManualClock())
    await made.bellwire.start()
    yield made
    await made.bellwire.close()


async def latest(
    world: World, since: int | None, wish: Wish | None = None, *, limit: int = ALL, odd: bool = False
) -> tuple[list[int], int, int]:
    """Positions, how many were skipped, and the end."""

    def holds(event: LoggedEvent) -> bool:
        return event.position % 2 == 1 if odd else True

    found = await world.bellwire.live.latest(
        wish or Wish(), None if since is None else Position(since), limit=limit, holds=holds
    )
    return [event.position for event in found.events], found.skipped, found.end


async def test_what_has_come_since_is_read_once_and_the_newest_first(world: World) -> None:
    assert await latest(world, None) == ([], 0, 1)
    for number in range(5):
        await world.publish(f"e-{number}")
    assert await latest(world, 1) == ([5, 4, 3, 2, 1], 0, 6)
    assert await latest(world, 4) == ([5, 4], 0, 6)
    assert await latest(world, 6) == ([], 0, 6)


async def test_what_is_more_than_asked_for_is_counted_but_not_where_nobody_has_seen_what_was_before(
    world: World,
) -> None:
    for number in range(50):
        await world.publish(f"e-{number}")
    assert await latest(world, 1, limit=3) == ([50, 49, 48], 47, 51)
    assert await latest(world, None, limit=3) == ([50, 49, 48], 0, 51)


async def test_a_position_that_is_not_reached_yet_means_the_newest(world: World) -> None:
    await world.publish("e-1")
    assert await latest(world, 99) == ([1], 0, 2)


async def test_events_go_by_type_level_and_webhook(world: World) -> None:
    webhook_id = await world.create(throttle=0, events=["auth.success"])
    await world.publish("e-1")
    await world.publish("e-2", type_id="auth.failed")
    await world.publish("e-3", type_id="shop.never-seen")
    assert await latest(world, 1, Wish(types=frozenset({EventTypeId("auth.failed")}))) == ([2], 0, 4)
    assert await latest(world, 1, Wish(webhook_ids=frozenset({webhook_id}))) == ([1], 0, 4)
    assert await latest(world, 1, Wish(level=TracingLevel.ERROR)) == ([], 0, 4)


async def test_no_more_is_looked_at_than_bounds_allow_and_the_rest_counts_as_skipped(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(60):
        await world.publish(f"e-{number}")
    monkeypatch.setattr(tailer, "LOOKED_AT_MAX", 40)
    positions, skipped, end = await latest(world, 1, odd=True)
    assert (positions[0], positions[-1], len(positions), skipped, end) == (59, 21, 20, 20, 61)
    monkeypatch.setattr(tailer, "LOOKED_AT_BYTES_MAX", 1)
    positions, skipped, end = await latest(world, 1)
    assert (len(positions), skipped, end) == (20, 40, 61)
