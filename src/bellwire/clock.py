"""Contract: the time, and waiting for it."""

import asyncio
from typing import Protocol


class Clock(Protocol):
    """Two times, both in milliseconds since 1970: the steady one for ages and waiting, the wall's for people."""

    def wall_ms(self) -> int:
        """The system's time, as good as it is; it may jump."""

    def steady_ms(self) -> int:
        """The system's time at the start of the process plus the time that has passed since; it never jumps."""

    async def wait(self, wake: asyncio.Event, *, until_ms: int | None) -> None:
        """Return once `wake` is set or the steady time has come (None: only `wake`), whatever is first."""
