"""A sender and the endpoint that it sends to, in one form for the real one and the fake."""

import threading
from collections.abc import Callable
from typing import NamedTuple, Protocol

from bellwire.model.attempt import Answer, NoAnswer, Timings, Trouble
from bellwire.sender import Sender
from bellwire.senders.http import HttpSender
from engine.manual_clock import ManualClock
from engine.scripted_sender import ScriptedSender
from receivers import Receiver, Reply
from senders.requesting import allow_all

Headers = tuple[tuple[str, str], ...]


class Arrived(NamedTuple):
    """What the endpoint saw of a request."""

    headers: Headers
    body: bytes


class World(Protocol):
    """A sender, and what a test can do with the other side."""

    @property
    def sender(self) -> Sender:
        """What is tested."""

    @property
    def url(self) -> str:
        """Where it sends to."""

    def answer_with(self, status: int, headers: Headers, body: bytes) -> None:
        """Answer requests from now on so."""

    def answer_nothing(self) -> None:
        """Hang up on requests from now on."""

    def hold(self) -> Callable[[], None]:
        """Take requests from now on, and answer them once the returned function was called."""

    async def arrivals(self, count: int) -> list[Arrived]:
        """Wait until that many requests have come; all of them."""

    async def close(self) -> None:
        """Leave nothing over."""


class HttpWorld:
    """Passes World: libcurl and a real socket."""

    def __init__(self) -> None:
        self._receiver = Receiver()
        self.sender = HttpSender(allow_all)
        self.url = self._receiver.url

    def answer_with(self, status: int, headers: Headers, body: bytes) -> None:
        self._receiver.answer_with(Reply(status=status, headers=headers, body=body))

    def answer_nothing(self) -> None:
        self._receiver.answer_with(lambda connection: connection.reset())

    def hold(self) -> Callable[[], None]:
        released = threading.Event()
        self._receiver.answer_with(Reply(hold=released))
        return released.set

    async def arrivals(self, count: int) -> list[Arrived]:
        added_by_http = {"host", "content-length"}
        return [
            Arrived(tuple(header for header in request.headers if header[0].lower() not in added_by_http), request.body)
            for request in await self._receiver.arrival(count)
        ]

    async def close(self) -> None:
        await self.sender.close()
        self._receiver.close()


class ScriptedWorld:
    """Passes World: the fake of the engine's tests."""

    def __init__(self) -> None:
        self.sender = ScriptedSender(ManualClock())
        self.url = "https://hooks.example.com/in"

    def answer_with(self, status: int, headers: Headers, body: bytes) -> None:
        lower = tuple((name.lower(), value) for name, value in headers)
        self.sender.answer_with(Answer(status=status, headers=lower, body=body, timings=Timings()))

    def answer_nothing(self) -> None:
        self.sender.answer_with(NoAnswer(trouble=Trouble.RESET, detail="closed", timings=Timings()))

    def hold(self) -> Callable[[], None]:
        return self.sender.hold().set

    async def arrivals(self, count: int) -> list[Arrived]:
        return [Arrived(sent.request.headers, sent.request.body) for sent in await self.sender.arrival(count)]

    async def close(self) -> None:
        await self.sender.close()


WORLDS: tuple[Callable[[], World], ...] = (HttpWorld, ScriptedWorld)
