"""A sender that answers as a test tells it, and lets the test decide what is under way."""

import asyncio
from collections.abc import Callable
from typing import Final

import msgspec

from bellwire.clock import Clock
from bellwire.errors import Stopping
from bellwire.model.attempt import AddressRefused, Answer, Request, Response, Timings
from bellwire.model.duration import DurationMs
from bellwire.model.endpoint_check import Addresses, Contact, LookedUp, Probed

Script = Response | AddressRefused | Callable[[Request], Response | AddressRefused]

OK: Final = Answer(status=200, headers=(), body=b"", timings=Timings())


class SentRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request and when it was sent, in the clock's steady time."""

    request: Request
    at_ms: int


class ScriptedSender:
    """Passes sender.Sender, except that it takes no time of itself and so keeps no time limit.

    lookups, probes, certificate_ends: what is found at a URL, where a test says so.
    sent: every request in the order of the calls. in_flight: those not answered yet.
    """

    def __init__(self, clock: Clock, *scripts: Script) -> None:
        """Answer the first request with the first script and so on; the last one (200 by default) answers the rest."""
        self._clock = clock
        self._scripts: dict[str | None, list[Script]] = {None: list(scripts) or [OK]}
        self._gates: dict[str | None, asyncio.Event] = {}
        self._all_gates: list[asyncio.Event] = []
        self.hold().set()
        self._arrived = asyncio.Event()
        self._closed = False
        self.sent: list[SentRequest] = []
        self.in_flight: list[Request] = []
        self.lookups: dict[str, LookedUp] = {}
        self.probes: dict[str, Probed] = {}
        self.certificate_ends: dict[str, int] = {}

    def answer_with(self, *scripts: Script, url: str | None = None) -> None:
        """Answer what is sent from now on so: to one url, or (None) to all that have no scripts of their own."""
        self._scripts[url] = list(scripts)

    def hold(self, *, url: str | None = None) -> asyncio.Event:
        """Answer what is sent from now on, to one url or (None) to any, not before the event is set."""
        gate = asyncio.Event()
        self._gates[url] = gate
        self._all_gates.append(gate)
        return gate

    async def arrival(self, count: int) -> tuple[SentRequest, ...]:
        """Wait until that many requests were sent, answered or not, and return all."""
        while len(self.sent) < count:
            self._arrived.clear()
            await self._arrived.wait()
        return tuple(self.sent)

    async def send(self, request: Request) -> Response | AddressRefused:
        """See sender.Sender."""
        if self._closed:
            raise Stopping("the sender is closed and sends nothing more")
        script = self._next_script(request.url)
        gate = self._gates.get(request.url) or self._gates[None]
        self.sent.append(SentRequest(request=request, at_ms=self._clock.steady_ms()))
        self.in_flight.append(request)
        self._arrived.set()
        try:
            await asyncio.sleep(0)  # an open gate lets nobody wait, and a real sender always does
            await gate.wait()
        finally:
            self.in_flight.remove(request)
        if self._closed:
            raise Stopping("the sender was closed before an answer came")
        return script(request) if callable(script) else script

    async def look_up(self, url: str, *, timeout_ms: DurationMs) -> LookedUp:  # noqa: ARG002 - it takes no time
        """See sender.Sender."""
        return self.lookups.get(url, Addresses(("192.0.2.1",)))

    async def probe(self, url: str, *, timeout_ms: DurationMs) -> Probed:  # noqa: ARG002 - it takes no time
        """See sender.Sender."""
        return self.probes.get(url, Contact(address="192.0.2.1", connect_us=1))

    def certificate_ends_at_ms(self, url: str) -> int | None:
        """See sender.Sender."""
        return self.certificate_ends.get(url)

    def drop_connections(self) -> None:
        """See sender.Sender; it has none."""

    async def close(self) -> None:
        """See sender.Sender."""
        self._closed = True
        for gate in self._all_gates:
            gate.set()

    def _next_script(self, url: str) -> Script:
        scripts = self._scripts.get(url) or self._scripts[None]
        return scripts.pop(0) if len(scripts) > 1 else scripts[0]
