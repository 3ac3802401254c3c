"""Longer reads: a few threads, each read with a connection of its own, so that the event loop goes on meanwhile."""

import asyncio
import collections
import concurrent.futures
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import apsw

from bellwire.stores.gate import Gate
from bellwire.stores.sqlite.connection import BUSY_TIMEOUT_MS, open_reader, unavailable_if_it_fails

READERS_MAX: Final = 2

_T = TypeVar("_T")


class Readers:
    """Reads beyond READERS_MAX at once wait for their turn."""

    def __init__(self, path: Path, *, gate: Gate) -> None:
        self.gate = gate
        self._threads = concurrent.futures.ThreadPoolExecutor(READERS_MAX, thread_name_prefix="bellwire-reader")
        self._connections: collections.deque[apsw.Connection] = collections.deque()
        for _ in range(READERS_MAX):
            self._connections.append(open_reader(path, busy_timeout_ms=BUSY_TIMEOUT_MS))

    async def read(self, work: Callable[[apsw.Connection], _T]) -> _T:
        """What the work returns; it must have read all it needs by then. Raises StorageUnavailable."""
        self.gate.check()
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._read, work)

    def close(self) -> None:
        """Wait for the reads that have begun or wait, then let go of the connections; not for the event loop."""
        self._threads.shutdown(wait=True)
        for connection in self._connections:
            connection.close()

    def _read(self, work: Callable[[apsw.Connection], _T]) -> _T:
        connection = self._connections.pop()  # there is one for each thread
        try:
            with unavailable_if_it_fails("the read failed"):
                return work(connection)
        finally:
            self._connections.append(connection)
