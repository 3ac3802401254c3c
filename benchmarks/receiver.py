"""The receiver: answers 200, counts, and checks that nothing is lost, repeated or out of order; a process of its own.

It writes its port as a line to standard output. For each line on standard input it writes a Received as JSON, and
begins a new count if the line is `reset`. Endpoints are told apart by the path; those below /hang never get an answer.
"""

import asyncio
import sys
from typing import Final, cast

import msgspec
import uvloop

from benchmarks.events import marks, now_us

OK: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
HEAD_END: Final = b"\r\n\r\n"
LATENCIES_MAX: Final = 2_000_000
WRONG_TOLD_MAX: Final = 10


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """What came since the last reset.

    wrong: of events that were not the next ones of their publisher, the first ones told. first_us, last_us: when the
    first and the last request was complete. latencies_us: of each event, from before it was sent to Bellwire until its
    request was complete. next: for each endpoint and publisher the number that comes next.
    """

    requests: int
    events: int
    bytes: int
    wrong: list[str]
    first_us: int
    last_us: int
    latencies_us: list[int]
    next: dict[str, dict[int, int]]


class Counts:
    """What came so far."""

    def __init__(self) -> None:
        self.next: dict[bytes, dict[int, int]] = {}
        self.reset()

    def reset(self) -> None:
        """Begin a new count; what comes next for each endpoint is remembered."""
        self.requests = self.events = self.bytes = self.first_us = self.last_us = 0
        self.wrong: list[str] = []
        self.latencies: list[int] = []

    def take(self, path: bytes, body: bytes) -> None:
        """A request is complete."""
        at_us = now_us()
        self.requests += 1
        self.bytes += len(body)
        self.first_us = self.first_us or at_us
        self.last_us = at_us
        awaited = self.next.setdefault(path, {})
        found = marks(body)
        self.events += len(found)
        if body.count(b'"createdAt":') != len(found):
            self._wrong(f"{path.decode()}: a body with other events: {body[:200].decode()}")
        for mark in found:
            if awaited.get(mark.publisher, 0) != mark.number:
                self._wrong(f"{path.decode()}: {mark} came in place of {awaited.get(mark.publisher, 0)}")
            awaited[mark.publisher] = mark.number + 1
        if len(self.latencies) < LATENCIES_MAX:
            self.latencies += [at_us - mark.sent_us for mark in found]

    def told(self) -> Received:
        """The count."""
        return Received(
            requests=self.requests,
            events=self.events,
            bytes=self.bytes,
            wrong=self.wrong,
            first_us=self.first_us,
            last_us=self.last_us,
            latencies_us=self.latencies,
            next={path.decode(): awaited for path, awaited in self.next.items()},
        )

    def _wrong(self, what: str) -> None:
        if len(self.wrong) < WRONG_TOLD_MAX:
            self.wrong.append(what)


class _Connection(asyncio.Protocol):
    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._pieces: list[bytes] = []
        self._missing = 0
        self._path = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass

    def data_received(self, data: bytes) -> None:
        if not self._missing:
            head, separator, data = (b"".join(self._pieces) + data).partition(HEAD_END)
            if not separator:
                self._pieces = [head]
                return
            self._path = head.split(b" ", 2)[1]
            lower = head.lower()
            at = lower.index(b"content-length:") + 15
            self._missing = int(lower[at:].split(b"\r\n", 1)[0])
            self._pieces = []
            assert self._transport is not None
            if b"expect: 100-continue" in lower:
                self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._pieces.append(data)
        self._missing -= len(data)
        if self._missing == 0:
            body = b"".join(self._pieces)
            self._pieces = []
            if not self._path.startswith(b"/hang"):
                assert self._transport is not None
                self._transport.write(OK)
                self._counts.take(self._path, body)


async def receive() -> None:
    """Until standard input ends."""
    loop = asyncio.get_running_loop()
    counts = Counts()
    server = await loop.create_server(lambda: _Connection(counts), "127.0.0.1", 0, backlog=4096)
    sys.stdout.buffer.write(f"{server.sockets[0].getsockname()[1]}\n".encode())
    sys.stdout.buffer.flush()
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    async for line in lines:
        sys.stdout.buffer.write(msgspec.json.encode(counts.told()) + b"\n")
        sys.stdout.buffer.flush()
        if line.strip() == b"reset":
            counts.reset()


if __name__ == "__main__":
    uvloop.run(receive())
