"""The routine: work that goes on in the background, and leaves when it is asked to."""

import asyncio
from collections.abc import Callable, Coroutine

from bellwire.clock import Clock


class Routine:
    """Runs as one task. The work looks at `stopping`, whether it is to end, between its steps, and rests by rest()."""

    def __init__(self, work: Callable[[], Coroutine[None, None, None]], *, clock: Clock) -> None:
        self._work = work
        self._clock = clock
        self.stopping = False
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; once, and not after stop()."""
        if self._task is None and not self.stopping:
            self._task = asyncio.get_running_loop().create_task(self._work())

    async def stop(self) -> None:
        """Have the work leave, and wait for that; also before start(), and again."""
        self.stopping = True
        self._woken.set()
        if self._task is not None:
            await asyncio.wait([self._task])

    async def rest(self, *, until_ms: int) -> None:
        """Wait until that steady time, or until the work is to end."""
        self._woken.clear()  # the clock sets it as well
        if not self.stopping:
            await self._clock.wait(self._woken, until_ms=until_ms)
