"""The clock of the machine."""

import asyncio
import time
from typing import Final

_NS_PER_MS: Final = 1_000_000


class SystemClock:
    """Passes clock.Clock; one for the whole process, so that all steady times compare."""

    def __init__(self) -> None:
        self._offset_ns = time.time_ns() - time.monotonic_ns()

    def wall_ms(self) -> int:
        """See clock.Clock."""
        return time.time_ns() // _NS_PER_MS

    def steady_ms(self) -> int:
        """See clock.Clock."""
        return (time.monotonic_ns() + self._offset_ns) // _NS_PER_MS

    async def wait(self, wake: asyncio.Event, *, until_ms: int | None) -> None:
        """See clock.Clock."""
        if until_ms is None:
            await wake.wait()
            return
        left_ms = until_ms - self.steady_ms()
        if left_ms <= 0 or wake.is_set():
            return
        loop = asyncio.get_running_loop()
        timer = loop.call_later(left_ms / 1000, wake.set)
        try:
            await wake.wait()
        finally:
            timer.cancel()
