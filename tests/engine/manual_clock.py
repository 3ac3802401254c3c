"""A clock that stands until a test moves it."""

import asyncio
from collections.abc import Awaitable, Callable


class ManualClock:
    """Passes clock.Clock. Both times are the same, and start on a day of their own."""

    def __init__(self, now_ms: int = 1_800_000_000_000) -> None:
        self._now_ms = now_ms
        self._waiting: list[tuple[int, asyncio.Event]] = []

    def wall_ms(self) -> int:
        return self._now_ms

    def steady_ms(self) -> int:
        return self._now_ms

    async def wait(self, wake: asyncio.Event, *, until_ms: int | None) -> None:
        if until_ms is None:
            await wake.wait()
            return
        entry = (until_ms, wake)
        self._waiting.append(entry)
        try:
            if until_ms > self._now_ms:
                await wake.wait()
        finally:
            self._waiting.remove(entry)

    def jump(self, by_ms: int) -> None:
        """Let time pass while nobody lives through it."""
        self._now_ms += by_ms

    def next_due_ms(self) -> int | None:
        """The earliest time that somebody waits for."""
        return min((until_ms for until_ms, _ in self._waiting), default=None)

    async def advance(self, by_ms: int, *, settle: Callable[[], Awaitable[None]]) -> None:
        """Let time pass, waking each waiter at its own time, and let everybody do what follows each time."""
        end_ms = self._now_ms + by_ms
        await settle()
        while (due_ms := self.next_due_ms()) is not None and due_ms <= end_ms:
            self._now_ms = max(self._now_ms, due_ms)
            for until_ms, wake in list(self._waiting):
                if until_ms <= self._now_ms:
                    wake.set()
            await settle()
        self._now_ms = end_ms
        await settle()
