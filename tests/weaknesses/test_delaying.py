"""How the page's own server delays events, and that it does not happen here (docs/reliability.md, 1 to 3)."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from engine.world import World, answer

Moment = Callable[[World, asyncio.Event], Awaitable[object]]


async def before_the_answer(world: World, gate: asyncio.Event) -> None:
    await world.publish("b")
    await world.settle()
    gate.set()


async def in_the_moment_of_the_answer(world: World, gate: asyncio.Event) -> None:
    gate.set()
    await world.publish("b")


async def after_the_answer(world: World, gate: asyncio.Event) -> None:
    gate.set()
    await world.settle()
    await world.publish("b")


@pytest.mark.parametrize("publish_b", [before_the_answer, in_the_moment_of_the_answer, after_the_answer])
async def test_a_failed_attempt_is_followed_by_another_though_nothing_more_happens(
    world: World, publish_b: Moment
) -> None:
    """2: a batch came back from a failed attempt while the loop still took it for being in flight: it slept a year."""
    await world.create(throttle=40)
    world.sender.answer_with(answer(503), answer(503), answer(200))
    gate = world.sender.hold()
    await world.publish("a")
    await world.pass_time(50)
    world.sender.hold().set()
    await publish_b(world, gate)
    await world.pass_time(10_000)
    assert world.sent_ids() == [("a",), ("a",), ("a",), ("b",)]


async def test_what_waited_only_for_an_answer_leaves_with_it(world: World) -> None:
    """3: the next window was put off by a whole throttle though nothing had been sent, as a request was in flight."""
    await world.create(throttle="1s")
    gate = world.sender.hold()
    await world.publish("a")
    await world.pass_time(1_130)
    await world.publish("b")
    await world.pass_time(70)
    gate.set()
    await world.pass_time()
    first, second = world.deliveries()
    assert (second.event_ids, second.at_ms - first.at_ms) == (("b",), 1_200)


async def test_an_event_after_a_slow_answer_leaves_at_once(world: World) -> None:
    """3: as seen, with the answer after 1.2 s, an event at 1.76 s waited until 2.13 s."""
    await world.create(throttle="1s")
    gate = world.sender.hold()
    await world.publish("a")
    await world.pass_time(1_200)
    gate.set()
    await world.pass_time(560)
    await world.publish("b")
    await world.pass_time()
    first, second = world.deliveries()
    assert (second.event_ids, second.at_ms - first.at_ms) == (("b",), 1_760)
