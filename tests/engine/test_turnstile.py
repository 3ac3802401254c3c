import asyncio

from bellwire.engine.turnstile import Turnstile


class Crowd:
    """Many who enter at once. entered: who came in, by the turns of the event loop."""

    def __init__(self, turnstile: Turnstile) -> None:
        self._turnstile = turnstile
        self.entered: list[str] = []

    async def enter(self, name: str, weight: int = 1) -> None:
        await self._turnstile.enter(weight)
        self.entered.append(name)


async def test_so_many_enter_in_a_turn_and_the_others_in_the_order_of_asking() -> None:
    crowd = Crowd(Turnstile(2))
    names = [f"{number}" for number in range(9)]
    tasks = [asyncio.create_task(crowd.enter(name)) for name in names]
    most = before = 0
    while len(crowd.entered) < len(names):
        await asyncio.sleep(0)
        most, before = max(most, len(crowd.entered) - before), len(crowd.entered)
    await asyncio.gather(*tasks)
    assert (most, crowd.entered) == (2, names)


async def test_who_weighs_more_than_a_turn_lets_in_enters_and_the_next_waits_for_it() -> None:
    crowd = Crowd(Turnstile(2))
    tasks = [asyncio.create_task(crowd.enter("heavy", 10)), asyncio.create_task(crowd.enter("light"))]
    turns_between = 0
    while len(crowd.entered) < 2:
        turns_between += bool(crowd.entered)
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    assert crowd.entered == ["heavy", "light"]
    assert turns_between >= 4


async def test_who_leaves_while_waiting_keeps_nobody_from_entering() -> None:
    crowd = Crowd(Turnstile(1))
    tasks = [asyncio.create_task(crowd.enter(name)) for name in ("first", "leaves", "last")]
    await asyncio.sleep(0)
    tasks[1].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert crowd.entered == ["first", "last"]
