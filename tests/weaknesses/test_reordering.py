"""How the page's own server reorders events, and that it does not happen here (docs/reliability.md, 10 to 12)."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from bellwire import Bellwire, WebHook
from embedding.looking import events_of
from engine.world import World, answer
from receivers import Receiver

THREADS = 4
EVENTS = 60


async def test_what_threads_publish_one_after_the_other_arrives_in_that_order(tmp_path: Path) -> None:
    """11: threads were emptied one after another, and whole seconds told nobody which event had been the first."""
    loop = asyncio.get_running_loop()
    with ExitStack() as stack:
        receiver = stack.enter_context(Receiver())
        threads = [stack.enter_context(ThreadPoolExecutor(max_workers=1)) for _ in range(THREADS)]
        async with Bellwire.open(tmp_path) as bellwire:
            await bellwire.create_webhook(WebHook(url=receiver.url, throttle=0))
            for number in range(EVENTS):
                publish = partial(bellwire.publish_from_thread, "shop.order-paid", {"order": number})
                await loop.run_in_executor(threads[number % THREADS], publish)
        events = events_of(*receiver.requests)
    assert [event["data"]["order"] for event in events] == list(range(EVENTS))
    times = [event["createdAt"] for event in events]
    assert times == sorted(times)
    assert all(len(time) == len("2023-06-21T14:55:00.000Z") for time in times)


async def test_a_batch_that_failed_stays_before_what_came_meanwhile(world: World) -> None:
    """12: as seen, three events that each came during a failed attempt were sent as [a], [b a], [c b a]."""
    await world.create(discardAfter="1h")
    world.sender.answer_with(answer(503), answer(503), answer(200))
    for event_id in "abc":
        await world.publish(event_id)
        await world.pass_time(900)
    await world.pass_time(60_000)
    assert world.sent_ids() == [("a",), ("a",), ("a",), ("b", "c")]
