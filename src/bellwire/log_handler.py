"""A handler for Python's logging that publishes log records as events."""

import asyncio
import collections
import contextlib
import logging
from types import TracebackType
from typing import Final, Self

from bellwire.errors import ConflictingEvent, InvalidEvent, Mistake, Stopping, StorageUnavailable
from bellwire.home import Home
from bellwire.log_records import DROPPED_TYPE, Transcriber
from bellwire.model.event_type import is_type_id
from bellwire.rules.writing_events import Event
from bellwire.service import Bellwire

RECORDS_MAX: Final = 10_000
BATCH_RECORDS_MAX: Final = 500

END_S_MAX: Final = 2.0
"""For what waits when the block ends."""

FLUSH_S_MAX: Final = 10.0
RETRY_S: Final = 1.0
"""Between two tries while storage refuses."""

OWN_LOGGER: Final = "bellwire"

_log: Final = logging.getLogger(OWN_LOGGER)


class BellwireHandler(logging.Handler):
    """Publishes log records while its block runs: `async with BellwireHandler(bellwire) as handler:`.

    type: the events' type; None: one for each logger, `log.` and its name. Their data: message, logger, level (error,
    warn, info, debug or trace) and, where there are such, exception and stack as text, and extra.

    Logging never waits for it: at most records_max records wait in memory, further ones are dropped. How many were is
    told by an event of the type log.records-dropped once there is room again, and by `dropped`. Records of Bellwire's
    own loggers are passed over. The end of the block publishes what waits, for END_S_MAX at most.
    """

    def __init__(
        self,
        bellwire: Bellwire,
        *,
        type: str | None = None,  # noqa: A002 - the page's name of the member
        level: int | str = logging.NOTSET,
        records_max: int = RECORDS_MAX,
    ) -> None:
        """Raises Mistake for what is no event type, and for no room at all."""
        super().__init__(level)
        if type is not None and not is_type_id(type):
            raise Mistake(f"type: {type[:80]!r} is not an event type; write it in lower case with a dot: 'log.shop'")
        if records_max < 1:
            raise Mistake(f"records_max: must be 1 or more, not {records_max}")
        self._bellwire = bellwire
        self._transcriber = Transcriber(type)
        self._records_max = records_max
        self._waiting: collections.deque[Event] = collections.deque()
        # Each count has one writer, so that none needs a lock: logging, under the handler's own, or the event loop.
        self._taken = 0
        self._dropped_by_logging = 0
        self._done = 0
        self._dropped_by_publisher = 0
        self._told = 0
        self._closed = False
        self._woken = asyncio.Event()
        self._moved = asyncio.Event()
        self._home: Home | None = None
        self._publisher: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Begin to publish; what was logged before goes first."""
        self._home = Home()
        self._woken.set()
        self._publisher = asyncio.create_task(self._publish_on(), name="bellwire-log-handler")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Publish what waits, then take no more."""
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(END_S_MAX):
                    await self.drain()
        finally:
            self._closed = True
            await self._end()
        if self.dropped > self._told:
            _log.warning("%d log records were dropped at the end of their handler's block", self.dropped - self._told)

    @property
    def dropped(self) -> int:
        """How many records were given up: for want of room, at the end, or as they can be no events."""
        return self._dropped_by_logging + self._dropped_by_publisher

    def emit(self, record: logging.LogRecord) -> None:
        """Take a record; called by logging, in any thread."""
        if record.name == OWN_LOGGER or record.name.startswith(f"{OWN_LOGGER}."):
            return
        if self._closed or self._taken - self._done >= self._records_max or not self._is_here:
            self._dropped_by_logging += 1
            return
        try:
            self._waiting.append(self._transcriber.transcribe(record))
        except Exception:  # noqa: BLE001 - a record that cannot be told must not hurt the program; logging's convention
            self._dropped_by_logging += 1
            self.handleError(record)
            return
        self._taken += 1
        if self._home is not None:
            self._home.tell(self._woken.set)

    async def drain(self) -> None:
        """Wait until everything that was logged before the call is on disk, or dropped."""
        taken, dropped = self._taken, self.dropped
        while (self._done < taken or self._told < dropped) and self._publisher and not self._publisher.done():
            self._moved.clear()
            await self._moved.wait()

    def flush(self) -> None:
        """Like drain, for FLUSH_S_MAX at most, in threads other than the event loop's, where it cannot wait."""
        if self._publisher is None or self._home is None or self._home.is_own_thread or not self._is_here:
            return
        with contextlib.suppress(Stopping, TimeoutError):
            self._home.call(self._drain_in_time)

    def close(self) -> None:
        """Take no more records; what waits is published as long as the block runs."""
        self._closed = True
        super().close()

    @property
    def _is_here(self) -> bool:
        return self._home is None or self._home.is_here

    async def _end(self) -> None:
        """Stop publishing; what is left counts as dropped. Raises what the publisher failed by, which is a defect."""
        if self._publisher is not None:
            self._publisher.cancel()
            await asyncio.wait([self._publisher])
            self._dropped_by_publisher += self._taken - self._done
            self._done = self._taken
            if not self._publisher.cancelled():
                self._publisher.result()

    async def _drain_in_time(self) -> None:
        async with asyncio.timeout(FLUSH_S_MAX):
            await self.drain()

    async def _publish_on(self) -> None:
        try:
            while True:
                await self._woken.wait()
                self._woken.clear()
                while self._waiting or self._told < self.dropped:
                    count = min(len(self._waiting), BATCH_RECORDS_MAX)
                    await self._publish([self._waiting.popleft() for _ in range(count)])
                    self._done += count
                    self._moved.set()
        except Stopping:
            self._closed = True
        finally:
            self._moved.set()

    async def _publish(self, events: list[Event]) -> None:
        """Publish the events, and how many were dropped before them. One that cannot be taken is dropped alone."""
        while True:
            dropped = self.dropped
            notices = [_notice(dropped - self._told, dropped)] if dropped > self._told else []
            try:
                await self._bellwire.publish_all([*notices, *events])
            except (InvalidEvent, ConflictingEvent) as problem:
                if problem.index < len(notices):
                    _log.warning("%d log records were dropped; the event that tells it: %s", dropped, problem)
                    self._told = dropped
                else:
                    del events[problem.index - len(notices)]
                    self._dropped_by_publisher += 1
            except StorageUnavailable:
                await asyncio.sleep(RETRY_S)
            else:
                self._told = dropped
                return


def _notice(dropped: int, in_all: int) -> Event:
    return Event(DROPPED_TYPE, {"dropped": dropped, "droppedInAll": in_all})
