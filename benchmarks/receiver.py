"""The receiver: answers, counts, and checks that nothing is lost, repeated or out of order; a process of its own.

It writes its port as a line to standard output. To the line `count` on standard input it answers with a Counted as
JSON, to `tell` with a Received, to `reset` with a Received after which a new count begins. An endpoint is told by its
path and query, as checking.py has it:

- `/hook…` gets every event of every publisher, or with `?first=17&step=1000` every thousandth from number 17 on.
- `/all/…` are several that get the same events: what came to the first of them is checked event by event, and what
  comes to the others must be the very same bytes in the same order. That costs next to nothing, so one receiver can
  check 200,000 deliveries a second.
- `/hang…` never gets an answer, and `/refuse…` one of 500; what comes there is not counted.
"""

import asyncio
import itertools
import sys
import time
from typing import Final, cast
from urllib.parse import parse_qsl

import msgspec
import uvloop

from benchmarks.events import NUMBERS, marks, now_us, told
from benchmarks.latencies import Latencies, Percentiles
from benchmarks.timelines import Timeline, count_in

OK: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
REFUSAL: Final = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"
HEAD_END: Final = b"\r\n\r\n"
BODY_BEGIN: Final = b'{"events":['
BODY_END: Final = b"]}"
WRONG_TOLD_MAX: Final = 10


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """What came since the last reset. wrong: of what was lost, repeated or out of order, the first that was found."""

    requests: int
    events: int
    wrong: list[str]


class Received(Counted, frozen=True, kw_only=True):
    """The whole of it.

    event_bytes: of the events as they came, without what joins them. first_us, last_us: when the first and the last
    request was complete. latencies_ms: from before an event was sent to Bellwire until its request was complete; of a
    body with several events the first and the last count. came: events by the time. next: for each endpoint and
    publisher the number that comes next. busy: the part of a core that the receiver took from first to last.
    """

    event_bytes: int
    first_us: int
    last_us: int
    latencies_ms: Percentiles
    came: Timeline
    next: dict[str, dict[int, int]]
    busy: float


class Endpoint:
    """What one endpoint has got of the events from the number `first` on, each `step` after the one before."""

    def __init__(self, path: str) -> None:
        query = dict(parse_qsl(path.partition("?")[2]))
        self.path = path
        self.first, self.step = int(query.get("first", 0)), int(query.get("step", 1))
        self.next: dict[int, int] = {}

    def take(self, keys: list[int]) -> list[str]:
        """These came; what is wrong about them."""
        wrong = []
        begins = [
            0,
            *(place for place, (one, other) in enumerate(itertools.pairwise(keys), 1) if other - one != self.step),
        ]
        for begin, end in itertools.pairwise([*begins, len(keys)]):  # neighbours in the numbering are looked at as one
            publisher, number = divmod(keys[begin], NUMBERS)
            due = self.next.get(publisher, self.first)
            if number > due:
                wrong.append(f"{self.path}: {told(keys[begin])} came where {due:,} was due: lost, or out of order")
            elif number < due:
                wrong.append(f"{self.path}: {told(keys[begin])} came where {due:,} was due: repeated, or out of order")
            self.next[publisher] = keys[end - 1] % NUMBERS + self.step
        return wrong


class SharedEvents:
    """What several endpoints get alike: the bytes that came to the one that is ahead, which the others must match."""

    def __init__(self) -> None:
        self._checked = Endpoint("/all")
        self._bytes = bytearray()
        self._events_at = {0: 0}
        self._places: dict[bytes, int] = {}

    def take(self, path: bytes, body: bytes) -> tuple[int, list[str]]:
        """How many events these are, and what is wrong about them."""
        place = self._places.get(path, 0)
        content = body[len(BODY_BEGIN) : -len(BODY_END)] + b","
        end = place + len(content)
        wrong = []
        if not content.startswith(self._bytes[place:end]):
            wrong.append(
                f"{path.decode()}: other events came than to the endpoints beside it: {self._differing(place, content)}"
            )
        if end > len(self._bytes):
            fresh = content[len(self._bytes) - place :]
            keys = marks(fresh).keys
            wrong += self._checked.take(keys)
            self._bytes += fresh
            self._events_at[end] = self._events_at[end - len(fresh)] + len(keys)
        elif end not in self._events_at:
            self._events_at[end] = self._events_at.get(place, 0) + len(marks(content).keys)
        self._places[path] = end
        return self._events_at[end] - self._events_at[place], wrong

    def next(self) -> dict[str, dict[int, int]]:
        """For each endpoint the numbers that come next."""
        return {path.decode(): self._next_at(place) for path, place in self._places.items()}

    def _next_at(self, place: int) -> dict[int, int]:
        if place == len(self._bytes):
            return self._checked.next
        endpoint = Endpoint("/all")
        endpoint.take(marks(bytes(self._bytes[:place])).keys)
        return endpoint.next

    def _differing(self, place: int, content: bytes) -> str:
        awaited = marks(bytes(self._bytes[place : place + len(content)])).keys
        pairs = itertools.zip_longest(marks(content).keys, awaited, fillvalue=-1)
        found = next(((one, other) for one, other in pairs if one != other), None)
        return "in their other members" if found is None else f"{told(found[0])} in place of {told(found[1])}"


class Counts:
    """What came so far."""

    def __init__(self) -> None:
        self._endpoints: dict[bytes, Endpoint] = {}
        self._shared = SharedEvents()
        self.reset()

    def reset(self) -> None:
        """Begin a new count; what comes next for each endpoint is remembered."""
        self._requests = self._events = self._event_bytes = self._first_us = self._last_us = 0
        self._first_cpu_s = self._last_cpu_s = 0.0
        self._wrong: list[str] = []
        self._latencies = Latencies()
        self._came: Timeline = {}

    def take(self, path: bytes, body: bytes) -> None:
        """A request is complete."""
        at_us = now_us()
        self._last_cpu_s = time.process_time()
        if not self._requests:
            self._first_us, self._first_cpu_s = at_us, self._last_cpu_s
        self._requests += 1
        self._last_us = at_us
        if not body.startswith(BODY_BEGIN) or not body.endswith(BODY_END):
            self._note([f"{path.decode()}: a body that is no batch: {body[:200].decode()}"])
            return
        if path.startswith(b"/all/"):
            events, wrong = self._shared.take(path, body)
        else:
            events, wrong = self._take_alone(path, body, at_us)
        self._note(wrong)
        self._events += events
        self._event_bytes += len(body) - len(BODY_BEGIN) - len(BODY_END) - (events - 1)
        count_in(self._came, at_us, events)

    def counted(self) -> Counted:
        """The count alone, which costs little."""
        return Counted(requests=self._requests, events=self._events, wrong=self._wrong)

    def received(self) -> Received:
        """The whole of it."""
        seconds = (self._last_us - self._first_us) / 1_000_000
        own = {path.decode(): endpoint.next for path, endpoint in self._endpoints.items()}
        return Received(
            requests=self._requests,
            events=self._events,
            wrong=self._wrong,
            event_bytes=self._event_bytes,
            first_us=self._first_us,
            last_us=self._last_us,
            latencies_ms=self._latencies.percentiles(),
            came=self._came,
            next=own | self._shared.next(),
            busy=(self._last_cpu_s - self._first_cpu_s) / seconds if seconds else 0.0,
        )

    def _take_alone(self, path: bytes, body: bytes, at_us: int) -> tuple[int, list[str]]:
        endpoint = self._endpoints.get(path)
        if endpoint is None:
            endpoint = self._endpoints[path] = Endpoint(path.decode())
        found = marks(body)
        if body.count(b'"createdAt":') != len(found.keys):
            return 0, [f"{endpoint.path}: a body with other events: {body[:200].decode()}"]
        sent = found.sent_us if len(found.keys) > 1 else found.sent_us[:1]
        self._latencies.take([at_us - sent_us for sent_us in sent])
        return len(found.keys), endpoint.take(found.keys)

    def _note(self, wrong: list[str]) -> None:
        self._wrong += wrong[: WRONG_TOLD_MAX - len(self._wrong)]


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
            self._answer(body)

    def _answer(self, body: bytes) -> None:
        assert self._transport is not None
        if self._path.startswith(b"/refuse"):
            self._transport.write(REFUSAL)
        elif not self._path.startswith(b"/hang"):
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
        asked = line.strip()
        answer = counts.counted() if asked == b"count" else counts.received()
        sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
        sys.stdout.buffer.flush()
        if asked == b"reset":
            counts.reset()


if __name__ == "__main__":
    uvloop.run(receive())
