"""The loader: publishes as fast as it is answered, or at a rate, over several connections; a process of its own.

It reads its Load as JSON from standard input, and writes a Loaded as JSON to standard output when it is done. Bodies
are made while it runs and sent over bare sockets: the benchmarks show beside each figure how fast it is at a server
that does nothing.
"""

import asyncio
import functools
import sys
from typing import Final, cast

import msgspec
import uvloop

from benchmarks.events import event, now_us

ANSWER_END: Final = b"\r\n\r\n"
LATENCIES_MAX: Final = 2_000_000


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What to publish.

    types: given to events in turn. per_request: events in one request; form: json or ndjson. rate: events a second over
    all connections, None as fast as it is answered. It ends after `seconds`, or after `events`.
    """

    port: int
    token: str
    types: list[str]
    connections: int = 1
    per_request: int = 1
    form: str = "json"
    rate: float | None = None
    seconds: float | None = None
    events: int | None = None
    first_publisher: int = 0


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """What was published. numbers: how many events of each publisher, in order; latencies_us: of each request, from
    before its body was sent to its answer; refused: requests that were not answered 200 or 202.
    """

    events: int
    requests: int
    refused: int
    seconds: float
    numbers: dict[int, int]
    latencies_us: list[int]


class _Connection(asyncio.Protocol):
    """One publisher: sends a request, waits for its answer, sends the next."""

    def __init__(self, load: Load, publisher: int, *, begun_us: int, budget: list[int]) -> None:
        self.number = 0
        self.requests = 0
        self.refused = 0
        self.latencies: list[int] = []
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._load = load
        self._publisher = publisher
        self._begun_us = begun_us
        self._budget = budget
        self._answer = b""
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
        self.latencies.append(now_us() - self._sent_us)
        self.requests += 1
        if self._answer[9:12] not in {b"200", b"202"}:
            self.refused += 1
        self._answer = b""
        self._next()

    def connection_lost(self, _: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(ConnectionError("the server closed the connection"))

    def _next(self) -> None:
        load, loop = self._load, asyncio.get_running_loop()
        elapsed_us = now_us() - self._begun_us
        over = load.seconds is not None and elapsed_us >= load.seconds * 1_000_000
        if over or self._budget[0] <= 0:
            self.done.set_result(None)
            return
        if load.rate is not None:
            # Publishers start evenly spread over the interval between two requests of one of them.
            interval_us = 1_000_000 * load.per_request * load.connections / load.rate
            due_us = (self.requests + self._publisher % load.connections / load.connections) * interval_us
            if due_us > elapsed_us:
                loop.call_later((due_us - elapsed_us) / 1_000_000, self._send)
                return
        self._send()

    def _send(self) -> None:
        load = self._load
        count = min(load.per_request, self._budget[0])
        self._budget[0] -= count
        self._sent_us = now_us()
        types = load.types
        first = self.number
        events = [
            event(types[number % len(types)], self._publisher, number, self._sent_us)
            for number in range(first, first + count)
        ]
        self.number += count
        body = "\n".join(events) if load.form == "ndjson" else events[0] if count == 1 else f"[{','.join(events)}]"
        assert self._transport is not None
        self._transport.write(f"{self._head}{len(body)}\r\n\r\n{body}".encode())


async def publish(load: Load) -> Loaded:
    """Do it all."""
    loop = asyncio.get_running_loop()
    begun_us = now_us()
    budget = [sys.maxsize if load.events is None else load.events]
    connections = []
    for place in range(load.connections):
        publisher = load.first_publisher + place
        made = functools.partial(_Connection, load, publisher, begun_us=begun_us, budget=budget)
        _, connection = await loop.create_connection(made, "127.0.0.1", load.port)
        connections.append(connection)
    await asyncio.gather(*(connection.done for connection in connections))
    latencies = [latency for connection in connections for latency in connection.latencies]
    return Loaded(
        events=sum(connection.number for connection in connections),
        requests=sum(connection.requests for connection in connections),
        refused=sum(connection.refused for connection in connections),
        seconds=(now_us() - begun_us) / 1_000_000,
        numbers={load.first_publisher + place: connection.number for place, connection in enumerate(connections)},
        latencies_us=latencies[:LATENCIES_MAX],
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
