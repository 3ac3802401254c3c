import asyncio
import time

from bellwire.engine.pacer import AT_ONCE_BESIDE_MAX, AT_ONCE_MAX, LATE_S, PUBLISHING_S, Pacer


def hold_up_the_loop(for_s: float) -> None:
    """Do something that takes as long."""
    until = time.monotonic() + for_s
    while time.monotonic() <= until:
        pass


class Deliveries:
    """Many that begin at once, in the order of their numbers."""

    def __init__(self, pacer: Pacer) -> None:
        self._pacer = pacer
        self.begun: list[int] = []

    def begin(self, count: int) -> list[asyncio.Task[None]]:
        return [asyncio.create_task(self._begin(number)) for number in range(count)]

    async def _begin(self, number: int) -> None:
        await self._pacer.enter()
        self.begun.append(number)


async def test_while_nobody_publishes_many_begin_at_once_and_the_others_follow_in_order() -> None:
    deliveries = Deliveries(Pacer())
    tasks = deliveries.begin(3 * AT_ONCE_MAX)
    await asyncio.sleep(0)
    assert deliveries.begun == list(range(AT_ONCE_MAX))
    await asyncio.gather(*tasks)
    assert deliveries.begun == list(range(3 * AT_ONCE_MAX))


async def test_beside_publishers_few_begin_between_two_ticks_and_on_a_late_loop_one() -> None:
    pacer = Pacer()
    deliveries = Deliveries(pacer)
    tasks = deliveries.begin(AT_ONCE_MAX + 200)
    most = []
    for _ in range(8):
        pacer.published()
        hold_up_the_loop(2 * LATE_S)
        before = len(deliveries.begun)
        await asyncio.sleep(0)  # the tick
        await asyncio.sleep(0)  # those who may begin
        most.append(len(deliveries.begun) - before)
    assert most[0] == AT_ONCE_MAX  # they began before anybody was late
    assert max(most[1:]) <= AT_ONCE_BESIDE_MAX // 2
    assert most[-1] <= 1 < len(deliveries.begun) - AT_ONCE_MAX
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_once_nobody_publishes_any_more_many_begin_again() -> None:
    pacer = Pacer()
    deliveries = Deliveries(pacer)
    pacer.published()
    tasks = deliveries.begin(AT_ONCE_MAX + 200)
    while len(deliveries.begun) < AT_ONCE_MAX + 1:  # noqa: ASYNC110 - it is the turns that count
        await asyncio.sleep(0)
    hold_up_the_loop(PUBLISHING_S)
    at_once = 0
    while len(deliveries.begun) < len(tasks):
        before = len(deliveries.begun)
        await asyncio.sleep(0)
        at_once = max(at_once, len(deliveries.begun) - before)
    await asyncio.gather(*tasks)
    assert at_once == AT_ONCE_MAX


async def test_a_delivery_that_is_cancelled_while_it_waits_keeps_no_other_from_beginning() -> None:
    deliveries = Deliveries(Pacer())
    tasks = deliveries.begin(AT_ONCE_MAX + 3)
    await asyncio.sleep(0)
    tasks[AT_ONCE_MAX].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert deliveries.begun == [number for number in range(AT_ONCE_MAX + 3) if number != AT_ONCE_MAX]
