"""One connection to the HTTP server, within limits: of bytes, of headers, and of time."""

import asyncio
import http
from typing import Final, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from bellwire.model.webhook import KIB
from bellwire.web.problems import Problem, problem_response

HEAD_BYTES_MAX: Final = 64 * KIB
HEADERS_MAX: Final = 100

HEAD_S: Final = 10
"""For a whole head, from the connection or the head's first byte on; for what is left of a body that was answered
before its end; and for a TLS handshake."""

BODY_STALL_S: Final = 60
"""Without a byte of a body that is not complete."""


_STATUS_LINE: Final = b"HTTP/1.1 "


class HeadKeeper:
    """What uvicorn writes an answer to: keeps its head until the body begins, so that both leave in one packet.

    A head whose body does not begin in the same turn of the event loop leaves by itself.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._head = b""
        self.is_closing = transport.is_closing

    def write(self, written: bytes) -> None:
        """Write it, or keep it where it is a head."""
        if self._head:
            written, self._head = self._head + written, b""
        elif written.startswith(_STATUS_LINE):
            self._head = written
            self._loop.call_soon(self.flush)
            return
        self._transport.write(written)

    def flush(self) -> None:
        """Write what is kept."""
        if self._head:
            self._transport.write(self._head)
            self._head = b""

    def close(self) -> None:
        """Close the connection behind what is written."""
        self.flush()
        self._transport.close()


class BoundedProtocol(HttpToolsProtocol):
    """Closes a connection that sends HEAD_BYTES_MAX (of a head, a chunk's head, trailers) without being done with it,
    more than HEADERS_MAX headers, or too slowly.

    The parser keeps all of these in memory, before anybody has shown a token. What is no request is answered by a
    problem document, as everything else. look() has to be called about once a second.
    """

    connections_max = 0
    _unfinished_bytes = 0
    _head_since: float | None = None
    _body_since: float | None = None
    _problem: Problem | None = None

    def connection_made(self, transport: object) -> None:
        """Begin to wait for a head, unless there are too many connections already."""
        super().connection_made(transport)  # type: ignore[arg-type] # asyncio says BaseTransport
        self._answers = HeadKeeper(self.transport, self.loop)
        self._head_since = self.loop.time()
        if len(self.connections) > self.connections_max:
            self.transport.abort()

    def look(self) -> None:
        """End the connection if its client has had enough time."""
        now = self.loop.time()
        if self.transport.is_closing():
            return
        if self.flow.read_paused:  # it is we who do not read
            self._head_since = self._head_since and now
            self._body_since = self._body_since and now
        elif self._head_since is not None and now - self._head_since > HEAD_S:
            self._end_slow_head()
        elif self._body_since is not None:
            answered = self.cycle.response_complete
            if answered and now - self._body_since > HEAD_S:
                self.transport.close()
            elif not answered and now - self._body_since > BODY_STALL_S:
                self._refuse(Problem(status=408, detail=f"nothing of the body has come for {BODY_STALL_S} s"))

    def data_received(self, data: bytes) -> None:
        """Parse what came."""
        self._unfinished_bytes += len(data)
        super().data_received(data)
        if self._unfinished_bytes > HEAD_BYTES_MAX and not self.transport.is_closing():
            self._refuse(Problem(status=431, detail=f"the head of a request may have {HEAD_BYTES_MAX // KIB} KiB"))

    def on_message_begin(self) -> None:
        """Told by the parser."""
        super().on_message_begin()
        if self._head_since is None:
            self._head_since = self.loop.time()

    def on_headers_complete(self) -> None:
        """Told by the parser."""
        if len(self.headers) > HEADERS_MAX:
            self._problem = Problem(status=431, detail=f"a request may have {HEADERS_MAX} headers")
            raise ValueError  # the parser stops, and send_400_response is called
        self._head_since = None
        self._body_since = self.loop.time()
        super().on_headers_complete()
        self.cycle.transport = cast("asyncio.Transport", self._answers)

    def on_body(self, body: bytes) -> None:
        """Told by the parser."""
        self._unfinished_bytes = 0
        if not self.cycle.response_complete:
            self._body_since = self.loop.time()
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Told by the parser."""
        self._unfinished_bytes = 0
        self._body_since = None
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no request."""
        self._refuse(self._problem or Problem(status=400, detail=msg))

    def _end_slow_head(self) -> None:
        if self._unfinished_bytes:
            self._refuse(Problem(status=408, detail=f"the head of a request has to come within {HEAD_S} s"))
        else:
            self.transport.close()

    def _refuse(self, problem: Problem) -> None:
        cycle = cast("object", self.cycle)
        if cycle is not None and self.cycle.response_started and not self.cycle.response_complete:
            self.transport.abort()  # in the midst of an answer there is no room for another
            return
        answer = problem_response(problem)
        status = f"HTTP/1.1 {problem.status} {http.HTTPStatus(problem.status).phrase}".encode()
        headers = (b"%b: %b" % header for header in (*self.server_state.default_headers, *answer.raw_headers))
        self.transport.write(b"\r\n".join([status, *headers, b"connection: close", b"", bytes(answer.body)]))
        self.transport.close()
