"""The loader: publishes as fast as it is answered, or at a rate, over several connections; a process of its own.

It reads its Load as JSON from standard input, and writes a Loaded as JSON to standard output when it is done. Bodies
are made while it runs and sent over bare sockets. That it is not the limit is told in two ways: by how fast it is at a
server that does nothing, and by how much of a core it took.
"""

import asyncio
import functools
import sys
import time
from typing import Final, cast

import msgspec
import uvloop

from benchmarks.events import now_us, written
from benchmarks.latencies import Latencies, Percentiles
from benchmarks.timelines import Timeline, count_in

ANSWER_END: Final = b"\r\n\r\n"


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What to publish.

    types: given to events in turn. per_request: events in one request; form: json or ndjson. rate: events a second over
    all connections, None as fast as it is answered. It ends after `seconds`, or after `events`.
    """

    port: int = 0
    token: str = ""
    types: list[str]
    connections: int = 1
    per_request: int = 1
    form: str = "json"
    rate: float | None = None
    seconds: float | None = None
    events: int | None = None
    first_publisher: int = 0


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """What was published.

    numbers: how many events of each publisher, in order. latencies_ms: of each request, from before its body was made
    to its answer. refused: requests that were not answered 200 or 202. acknowledged: events by the time of the answer.
    busy: the part of a core that the loader took.
    """

    events: int
    requests: int
    refused: int
    seconds: float
    numbers: dict[int, int]
    latencies_ms: Percentiles
    acknowledged: Timeline
    busy: float


class Tally:
    """What all connections share: how many events may still be published, and what was answered."""

    def __init__(self, load: Load) -> None:
        self.begun_us = now_us()
        self.events_left = sys.maxsize if load.events is None else load.events
        self.requests = 0
        self.refused = 0
        self.latencies = Latencies()
        self.acknowledged: Timeline = {}


class _Connection(asyncio.Protocol):
    """One publisher: sends a request, waits for its answer, sends the next."""

    def __init__(self, load: Load, publisher: int, tally: Tally) -> None:
        self.number = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._load = load
        self._publisher = publisher
        self._tally = tally
        self._requests = 0
        self._answer = b""
        self._sent = 0
        self._sent_us = 0
        self._transport: asyncio.Transport | None = None
        content_type = "application/json" if load.form == "json" else "application/x-ndjson"
        self._head = (
            f"POST /v1/events HTTP/1.1\r\nHost: 127.0.0.1:{load.port}\r\nAuthorization: Bearer {load.token}\r\n"
            f"Content-Type: {content_type}\r\nContent-Length: "
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass
        self._next()

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, separator, body = self._answer.partition(ANSWER_END)
        if not separator or len(body) < _content_length(head):
            return
        tally, at_us = self._tally, now_us()
        tally.latencies.take([at_us - self._sent_us])
        count_in(tally.acknowledged, at_us, self._sent)
        tally.requests += 1
        if self._answer[9:12] not in {b"200", b"202"}:
            tally.refused += 1
        self._answer = b""
        self._requests += 1
        self._next()

    def connection_lost(self, _: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(ConnectionError("the server closed the connection"))

    def _next(self) -> None:
        load = self._load
        elapsed_us = now_us() - self._tally.begun_us
        over = load.seconds is not None and elapsed_us >= load.seconds * 1_000_000
        if over or self._tally.events_left <= 0:
            self.done.set_result(None)
            return
        if load.rate is not None:
            # Publishers start evenly spread over the interval between two requests of one of them.
            interval_us = 1_000_000 * load.per_request * load.connections / load.rate
            due_us = (self._requests + self._publisher % load.connections / load.connections) * interval_us
            if due_us > elapsed_us:
                asyncio.get_running_loop().call_later((due_us - elapsed_us) / 1_000_000, self._send)
                return
        self._send()

    def _send(self) -> None:
        load = self._load
        self._sent = min(load.per_request, self._tally.events_left)
        self._tally.events_left -= self._sent
        self._sent_us = now_us()
        numbers = range(self.number, self.number + self._sent)
        self.number += self._sent
        between = "\n" if load.form == "ndjson" else ","
        body = written(load.types, self._publisher, numbers, sent_us=self._sent_us, between=between)
        if load.form == "json" and load.per_request > 1:
            body = f"[{body}]"
        assert self._transport is not None
        self._transport.write(f"{self._head}{len(body)}\r\n\r\n{body}".encode())


async def publish(load: Load) -> Loaded:
    """Do it all."""
    loop = asyncio.get_running_loop()
    tally = Tally(load)
    cpu_s = time.process_time()
    publishers = range(load.first_publisher, load.first_publisher + load.connections)
    connections = []
    for publisher in publishers:
        made = functools.partial(_Connection, load, publisher, tally)
        _, connection = await loop.create_connection(made, "127.0.0.1", load.port)
        connections.append(connection)
    await asyncio.gather(*(connection.done for connection in connections))
    seconds = (now_us() - tally.begun_us) / 1_000_000
    return Loaded(
        events=sum(connection.number for connection in connections),
        requests=tally.requests,
        refused=tally.refused,
        seconds=seconds,
        numbers={publisher: one.number for publisher, one in zip(publishers, connections, strict=True)},
        latencies_ms=tally.latencies.percentiles(),
        acknowledged=tally.acknowledged,
        busy=(time.process_time() - cpu_s) / seconds,
    )


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


if __name__ == "__main__":
    plan = msgspec.json.decode(sys.stdin.buffer.read(), type=Load)
    sys.stdout.buffer.write(msgspec.json.encode(uvloop.run(publish(plan))))
