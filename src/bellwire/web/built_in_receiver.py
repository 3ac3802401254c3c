"""A receiver on this machine to try webhooks with: takes what is posted, checks its signatures, answers as it is told.

It listens on a loopback port of its own, and only once somebody has asked for it. Requests reach it as they reach any
other endpoint, by the same sender and under the same network policy; and whatever is sent to it can only be looked at.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, Protocol
from urllib.parse import urlsplit

import msgspec
import structlog
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from bellwire.engine.keyring import Unreadable
from bellwire.model.attempt import Request
from bellwire.model.duration import DurationMs
from bellwire.model.received import Answering, Proof, Received
from bellwire.model.webhook import MIB, RegisteredWebhook
from bellwire.rules.checking_signatures import SignatureCheck, Signed
from bellwire.rules.masking import masked_request
from bellwire.service import Bellwire
from bellwire.web.bodies import BodiesInHand, BodyReader, Head, head_of
from bellwire.web.problems import ClientGone, Refused

HOST: Final = "127.0.0.1"
PATH: Final = "/built-in-receiver"

REQUESTS_KEPT_MAX: Final = 50
BODY_BYTES_MAX: Final = 4 * MIB
"""Of a body that is taken; a larger one is answered with 413."""

BODY_KEPT_BYTES_MAX: Final = 16 * 1024
HEADERS_KEPT_BYTES_MAX: Final = 16 * 1024

SLOW_S: Final = 60
"""How long a slow answer takes, unless the sender gives up before or it is told to answer otherwise."""

STOP_S: Final = 1

_STATUSES: Final = {Answering.ACCEPTING: 200, Answering.FAILING: 500, Answering.GONE: 410, Answering.SLOW: 200}
_RIGHT: Final = frozenset({SignatureCheck.RIGHT, SignatureCheck.PREVIOUS_KEY})

_log: Final = structlog.get_logger(__name__)


class Listening(Protocol):
    """A server that listens; see web/server.py."""

    port: int

    async def stop(self, *, within_s: float) -> None:
        """Take no more requests, and end."""


Serve = Callable[[ASGIApp, int], Awaitable[Listening]]
"""Listen on HOST at a port, 0 for any free one; raises OSError."""


class BuiltInReceiver:
    """The receiver of one service. answering: how it answers from now on, see answer_by."""

    def __init__(self, service: Bellwire, serve: Serve) -> None:
        self._service = service
        self._serve = serve
        self._in_hand = BodiesInHand()
        self._received: dict[int, Received] = {}
        self._count = 0
        self._released = asyncio.Event()
        self._opening = asyncio.Lock()
        self._server: Listening | None = None
        self.answering = Answering.ACCEPTING

    @property
    def url(self) -> str:
        """Where it takes requests; empty while it does not listen."""
        return "" if self._server is None else f"http://{HOST}:{self._server.port}{PATH}"

    @property
    def received(self) -> tuple[Received, ...]:
        """What came last, newest first."""
        return tuple(reversed(self._received.values()))

    def of_message(self, message_id: str) -> Received | None:
        """The last request that had this webhook-id."""
        return next((one for one in self.received if one.message_id == message_id), None)

    def senders(self) -> tuple[RegisteredWebhook, ...]:
        """The webhooks that deliver to it, wherever it listens now."""
        return tuple(webhook for webhook in self._service.webhooks() if _leads_here(webhook))

    async def resume(self) -> None:
        """Listen where webhooks that were made for it expect it; where that is not possible, their attempts say so."""
        ports = {urlsplit(webhook.object.url).port for webhook in self.senders()} - {None}
        if ports:
            try:
                await self.open(port=max(filter(None, ports)))
            except OSError as problem:
                _log.warning("built-in receiver cannot listen", problem=str(problem))

    async def open(self, *, port: int = 0) -> str:
        """Listen, if it does not yet, and return the URL; raises OSError where the port is taken."""
        async with self._opening:
            if self._server is None:
                self._server = await self._serve(self, port)
        return self.url

    async def close(self) -> None:
        """Stop listening; what waits for an answer is let go."""
        self._released.set()
        async with self._opening:
            if self._server is not None:
                await self._server.stop(within_s=STOP_S)
                self._server = None

    def answer_by(self, answering: Answering) -> None:
        """Answer so from now on, also what waits for a slow answer."""
        self.answering = answering
        self._released.set()
        self._released = asyncio.Event()

    def clear(self) -> None:
        """Forget what came."""
        self._received.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        answer = _refusal(scope, self._server.port if self._server else 0)
        if answer is None:
            try:
                answer = await self._take(scope, receive)
            except Refused as refused:
                answer = PlainTextResponse(f"{refused.problem.detail}\n", refused.problem.status)
            except ClientGone:
                return
        await answer(scope, receive, send)

    async def _take(self, scope: Scope, receive: Receive) -> Response:
        number = await self._read(scope, receive)
        answering = self.answering
        if answering is Answering.SLOW:
            await self._wait(receive)
            answering = self.answering
        status = _STATUSES[answering]
        if number in self._received:
            self._received[number] = msgspec.structs.replace(self._received[number], answered=status)
        return PlainTextResponse(f"the built-in receiver was told to answer {status}\n", status)

    async def _read(self, scope: Scope, receive: Receive) -> int:
        """Read and keep a request; its number."""
        head = head_of(scope)
        reader = BodyReader(head, receive, self._in_hand)
        try:
            return self._keep(scope, head, await reader.whole(bytes_max=BODY_BYTES_MAX))
        finally:
            reader.close()

    def _keep(self, scope: Scope, head: Head, body: bytes) -> int:
        target = scope["path"] + (f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else "")
        sender, proof = self._proof(target, head, body)
        self._count += 1
        self._received[self._count] = Received(
            number=self._count,
            at_ms=time.time_ns() // 1_000_000,
            target=target,
            headers=_shown_headers(scope),
            body=body[:BODY_KEPT_BYTES_MAX],
            body_bytes=len(body),
            proof=proof,
            webhook_id=sender.id if sender else None,
            message_id=_text(head, b"webhook-id"),
        )
        while len(self._received) > REQUESTS_KEPT_MAX:
            del self._received[next(iter(self._received))]
        return self._count

    def _proof(self, target: str, head: Head, body: bytes) -> tuple[RegisteredWebhook | None, Proof]:
        """Who has sent it by its URL, and whether each signature that came is that webhook's."""
        senders = [webhook for webhook in self.senders() if _target_of(webhook) == target]
        proofs = [(sender, self._checked(sender, head, body)) for sender in senders]
        found = next((one for one in proofs if one[1] is Proof.VERIFIED), None)
        return found or next(iter(proofs), (None, Proof.UNKNOWN_SENDER))

    def _checked(self, sender: RegisteredWebhook, head: Head, body: bytes) -> Proof:
        signatures = [_text(head, name) for name in (b"x-signature", b"webhook-signature") if name in head]
        if not signatures:
            return Proof.UNSIGNED
        text = body.decode(errors="replace")
        ident, timestamp = _text(head, b"webhook-id"), _text(head, b"webhook-timestamp")
        checks = [
            self._service.inspector.check_signature(
                sender.id, Signed(body=text, signature=signature, message_id=ident, timestamp=timestamp)
            )
            for signature in signatures
        ]
        if any(isinstance(check, Unreadable) for check in checks):
            return Proof.NO_KEY
        return Proof.VERIFIED if _RIGHT.issuperset(checks) else Proof.WRONG

    async def _wait(self, receive: Receive) -> None:
        """Until it is told otherwise, the sender gives up (ClientGone), or SLOW_S have passed."""
        gone = asyncio.ensure_future(receive())
        released = asyncio.ensure_future(self._released.wait())
        try:
            await asyncio.wait({gone, released}, timeout=SLOW_S, return_when=asyncio.FIRST_COMPLETED)
            if gone.done():
                raise ClientGone
        finally:
            gone.cancel()
            released.cancel()
            await asyncio.gather(gone, released, return_exceptions=True)


def _refusal(scope: Scope, port: int) -> Response | None:
    """For whoever looks by with a browser, or was led here under another name."""
    host = _text(head_of(scope), b"host")
    if host not in {f"{HOST}:{port}", f"localhost:{port}"}:
        return PlainTextResponse(f"this is {HOST}:{port}\n", 421)
    if scope["method"] != "POST":
        return PlainTextResponse("this is the built-in receiver of Bellwire; it takes POST\n", 405, {"Allow": "POST"})
    return None


def _shown_headers(scope: Scope) -> tuple[tuple[str, str], ...]:
    """Within HEADERS_KEPT_BYTES_MAX, of credentials only their scheme."""
    kept: list[tuple[str, str]] = []
    room = HEADERS_KEPT_BYTES_MAX
    for name, value in scope["headers"]:
        room -= len(name) + len(value)
        if room < 0:
            break
        kept.append((name.decode("latin-1"), value.decode("latin-1")))
    whole = Request(url="", headers=tuple(kept), body=b"", timeout_ms=DurationMs(0), allow_invalid_certs=False)
    return masked_request(whole).headers


def _leads_here(webhook: RegisteredWebhook) -> bool:
    parts = urlsplit(webhook.object.url)
    return parts.scheme == "http" and parts.hostname in {HOST, "localhost"} and parts.path == PATH


def _target_of(webhook: RegisteredWebhook) -> str:
    parts = urlsplit(webhook.object.url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _text(head: Head, name: bytes) -> str:
    return head.get(name, b"").decode("latin-1")
