"""The own publisher: puts events of Bellwire's own into the log, and never holds up those who have them to tell."""

import asyncio
import collections
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

import msgspec

from bellwire.errors import BellwireError
from bellwire.model.event import EventTypeId
from bellwire.rules.accepting import PublishedEvent

WAITING_MAX: Final = 1_000
"""Of events that wait to be published; what comes beyond is lost."""

Publish = Callable[[Sequence[PublishedEvent]], Awaitable[object]]


class OwnPublisher:
    """Runs as one task from start() to stop(). What cannot be published is not tried again."""

    def __init__(self, publish: Publish) -> None:
        self._publish = publish
        self._waiting: collections.deque[PublishedEvent] = collections.deque(maxlen=WAITING_MAX)
        self._woken = asyncio.Event()
        self._stopped = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; once, and not after stop()."""
        if self._task is None and not self._stopped:
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Publish what waits and leave; also before start(), and again."""
        self._stopped = True
        self._woken.set()
        if self._task is not None:
            await asyncio.wait([self._task])

    def announce(self, type_id: EventTypeId, told: Mapping[str, object]) -> None:
        """Have an event published soon; neither waits nor raises."""
        self._waiting.append(PublishedEvent(type=type_id, data=msgspec.Raw(msgspec.json.encode(told))))
        self._woken.set()

    async def _run(self) -> None:
        while True:
            leaving = self._stopped
            self._woken.clear()
            events = list(self._waiting)
            self._waiting.clear()
            if events:
                await self._try(events)
            elif leaving:
                return
            else:
                await self._woken.wait()

    async def _try(self, events: Sequence[PublishedEvent]) -> None:
        try:
            await self._publish(events)
        except BellwireError:
            return
