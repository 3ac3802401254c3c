"""Group commit: one thread writes whatever is waiting as one transaction, and the event loop hears of it once."""

import asyncio
import collections
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, Protocol

import apsw
import msgspec

from bellwire.errors import StorageUnavailable
from bellwire.stores.gate import Gate
from bellwire.stores.sqlite.connection import transaction

LARGE_BYTES: Final = 64 * 1024
"""A work of this size or more waits for the small ones, which are written first and by themselves: a settled delivery
does not wait until thousands of events are written."""

GROUP_BYTES_MAX: Final = 128 * 1024
"""A group of large works takes no more once it holds this much."""


def _nothing() -> None:
    """For parts that keep nothing in memory and have nobody to tell."""


class Written(msgspec.Struct, frozen=True):
    """What a part has written of a group.

    outcomes: for each work its result, or the BellwireError that fails this work alone; then nothing of it was written.
    keep: called in the writer's thread once the group is on disk. announce: called on the event loop after that,
    before the callers go on. Neither is called for a group that was rolled back.
    """

    outcomes: Sequence[object]
    keep: Callable[[], None] = _nothing
    announce: Callable[[], None] = _nothing


class Part(Protocol):
    """One of those whose work makes up a group."""

    def write(self, works: Sequence[Any]) -> Written:
        """Write the works in their order, within the open transaction; in the writer's thread."""


class _Request(msgspec.Struct, frozen=True):
    part: Part
    work: object
    size_bytes: int
    future: asyncio.Future[Any]


class Writer:
    """Owns the thread. Parts are written in the order in which they are named here."""

    def __init__(self, connection: apsw.Connection, *parts: Part, gate: Gate) -> None:
        self._connection = connection
        self._parts = parts
        self._gate = gate
        self._loop = asyncio.get_running_loop()
        self._waiting: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._ended = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="bellwire-writer", daemon=True)
        self._thread.start()

    async def write(self, part: Part, work: object, *, size_bytes: int = 0) -> Any:  # noqa: ANN401 - each part knows what it answers
        """Return the work's outcome once its group is on disk; the work is done also when the caller is cancelled.

        Raises the BellwireError that the part had for it, or StorageUnavailable where nothing of the group was stored.
        """
        self._gate.check()
        future: asyncio.Future[Any] = self._loop.create_future()
        self._waiting.put(_Request(part, work, size_bytes, future))
        return await future

    async def close(self) -> None:
        """Write what is waiting, then end the thread; the gate must be closed before."""
        self._waiting.put(None)
        await self._ended.wait()
        self._thread.join()

    def _run(self) -> None:
        small: list[_Request] = []
        large: collections.deque[_Request] = collections.deque()
        is_closing = False
        while large or not is_closing:
            for request in self._arrived(wait=not large):
                if request is None:
                    is_closing = True
                elif request.size_bytes < LARGE_BYTES:
                    small.append(request)
                else:
                    large.append(request)
            for group in (small, _next_group(large)):
                if group:
                    self._tell(*self._commit(group))
            small = []
        self._on_loop(self._ended.set)

    def _arrived(self, *, wait: bool) -> Iterator[_Request | None]:
        """What waits to be written; None: nothing comes behind it."""
        try:
            yield self._waiting.get(block=wait)
            while True:
                yield self._waiting.get_nowait()
        except queue.Empty:
            return

    def _commit(self, group: Sequence[_Request]) -> tuple[list[tuple[asyncio.Future[Any], object]], list[Written]]:
        """What to tell whom, and what was written."""
        works = {part: [request for request in group if request.part is part] for part in self._parts}
        try:
            with transaction(self._connection):
                written = [part.write([request.work for request in ours]) for part, ours in works.items() if ours]
        except apsw.Error as problem:
            return [(request.future, _unavailable(problem)) for request in group], []
        except Exception as defect:  # noqa: BLE001 - whoever waits must hear of it, and the thread must go on
            return [(request.future, defect) for request in group], []
        for one in written:
            one.keep()
        requests = [request for ours in works.values() for request in ours]
        outcomes = [outcome for one in written for outcome in one.outcomes]
        return [(request.future, outcome) for request, outcome in zip(requests, outcomes, strict=True)], written

    def _tell(self, outcomes: Sequence[tuple[asyncio.Future[Any], object]], written: Sequence[Written]) -> None:
        def tell() -> None:
            try:
                for one in written:
                    one.announce()
            finally:
                for future, outcome in outcomes:
                    _resolve(future, outcome)

        self._on_loop(tell)

    def _on_loop(self, call: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(call)
        except RuntimeError:
            if not self._loop.is_closed():  # nobody is left to hear it
                raise


def _next_group(large: collections.deque[_Request]) -> list[_Request]:
    group: list[_Request] = []
    while large and sum(request.size_bytes for request in group) < GROUP_BYTES_MAX:
        group.append(large.popleft())
    return group


def _unavailable(problem: apsw.Error) -> StorageUnavailable:
    unavailable = StorageUnavailable(f"nothing was stored: {problem}")
    unavailable.__cause__ = problem
    return unavailable


def _resolve(future: asyncio.Future[Any], outcome: object) -> None:
    if future.done():  # its caller was cancelled
        return
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
