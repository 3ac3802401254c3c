"""The pacer: lets deliveries begin as fast as they do not hold up those who publish."""

import asyncio
import time
from collections import deque
from typing import Final

TICK_S: Final = 0.001
PUNCTUAL_S: Final = 0.001
LATE_S: Final = 0.002
"""Beyond the millisecond by which the loop's timers are late by themselves."""

PUBLISHING_S: Final = 0.1
"""For so long somebody who has published is taken to publish again."""

AT_ONCE_MAX: Final = 32
"""Between two ticks while nobody publishes: their work makes the event loop late by some milliseconds."""

AT_ONCE_BESIDE_MAX: Final = 4
"""The same while somebody does."""


class Pacer:
    """Looks each millisecond how late the event loop is. While somebody publishes, twice as many may begin when it is
    punctual, half as many when it is late, one at least; in the order of asking.

    It bounds what begins and not what is under way, of which the slow would come to hold all.
    """

    def __init__(self) -> None:
        self._published_s = 0.0
        self._at_once = self._left = AT_ONCE_MAX
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._due_s: float | None = None

    def published(self) -> None:
        """Somebody publishes, and waits for the acknowledgement."""
        self._published_s = time.monotonic()

    async def enter(self) -> None:
        """Return once a delivery may begin."""
        if self._left and not self._waiting:
            self._left -= 1
            self._expect_tick()
            return
        future = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        await future

    def _expect_tick(self) -> None:
        if self._due_s is None:
            self._due_s = time.monotonic() + TICK_S
            asyncio.get_running_loop().call_later(TICK_S, self._tick)

    def _tick(self) -> None:
        late_s, self._due_s = time.monotonic() - (self._due_s or 0), None
        was_used = self._left < self._at_once
        self._left = self._at_once = self._next_at_once(late_s)
        while self._waiting and self._left:
            future = self._waiting.popleft()
            if not future.done():  # its caller was cancelled
                future.set_result(None)
                self._left -= 1
        if self._waiting or was_used:
            self._expect_tick()

    def _next_at_once(self, late_s: float) -> int:
        if time.monotonic() - self._published_s > PUBLISHING_S:
            return AT_ONCE_MAX
        if late_s > LATE_S:
            return max(1, min(self._at_once, AT_ONCE_BESIDE_MAX) // 2)
        return min(AT_ONCE_BESIDE_MAX, self._at_once * 2 if late_s < PUNCTUAL_S else self._at_once)
