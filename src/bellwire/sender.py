"""Contract: how a request reaches an endpoint."""

from typing import Protocol

from bellwire.model.attempt import AddressRefused, Request, Response
from bellwire.model.duration import DurationMs
from bellwire.model.endpoint_check import LookedUp, Probed


class Sender(Protocol):
    """Sends requests over kept connections; many at once."""

    async def send(self, request: Request) -> Response | AddressRefused:
        """Make the request and say what came back; whatever the world does wrong is a NoAnswer, never an exception.

        Follows no redirect, uses no proxy, cookie or netrc, asks for no compression. A complete header counts as an
        answer (interim 1xx ones do not), whatever its body does afterwards: at most ANSWER_BYTES_READ_MAX of it are
        read. timeout_ms bounds the call. Cancelling it closes the request's connection.

        Connects to an address only where the network policy allows it, whatever the name meant before.
        """

    async def look_up(self, url: str, *, timeout_ms: DurationMs) -> LookedUp:
        """What the URL's host means now."""

    async def probe(self, url: str, *, timeout_ms: DurationMs) -> Probed:
        """Open a connection, shake hands over https with whoever is there, and close it without a request."""

    def certificate_ends_at_ms(self, url: str) -> int | None:
        """When the certificate ends that was seen last where the URL leads; None where none was, since the start."""

    def drop_connections(self) -> None:
        """What is allowed has changed: no connection that is open now carries another request."""

    async def close(self) -> None:
        """End what is under way and close all connections; a second call does nothing."""
