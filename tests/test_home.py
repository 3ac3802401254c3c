import asyncio
import threading
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from bellwire.errors import Mistake, Stopping
from bellwire.home import Home


async def hang(begun: threading.Event) -> None:
    begun.set()
    await asyncio.Event().wait()


async def test_a_thread_gets_what_the_work_returns_or_raises() -> None:
    home = Home()

    async def work() -> str:
        return "done"

    async def late() -> None:
        raise TimeoutError

    assert await asyncio.to_thread(home.call, work) == "done"
    with pytest.raises(TimeoutError):
        await asyncio.to_thread(home.call, late)


def test_a_thread_that_waits_is_told_when_the_event_loop_ends() -> None:
    begun = threading.Event()
    with ThreadPoolExecutor(1) as pool:

        async def main() -> Future[None]:
            waiting = pool.submit(Home().call, lambda: hang(begun))
            await asyncio.to_thread(begun.wait)
            return waiting

        waiting = asyncio.run(main())
        with pytest.raises(Stopping, match="publish it again"):
            waiting.result()


def test_a_thread_that_came_too_late_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bellwire.home.LOOK_S", 0.01)
    loop = asyncio.new_event_loop()

    async def make() -> Home:
        return Home()

    home = loop.run_until_complete(make())
    begun = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(home.call, lambda: hang(begun))  # the loop does not run, and will not
        while not loop._ready:  # type: ignore[attr-defined] # the call has reached the loop
            pass
        loop.close()
        with pytest.raises(Stopping):
            waiting.result()
        with pytest.raises(Stopping):
            pool.submit(home.call, lambda: hang(begun)).result()
    home.tell(begun.set)
    assert not begun.is_set()


async def test_another_event_loop_is_not_at_home() -> None:
    home = Home()

    async def look() -> None:
        home.check_loop()

    home.check_loop()
    with pytest.raises(Mistake):
        await asyncio.to_thread(asyncio.run, look())
