"""A small HTTP server that takes webhook requests and answers them as it is told."""

import contextlib
import http.server
import socket
import socketserver
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, Self

import msgspec

BODY_BYTES_MAX: Final = 256 * 1024 * 1024
LINE_BYTES_MAX: Final = 256
IDLE_S: Final = 75
SHUTDOWN_POLL_S: Final = 0.05


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """One request as it came, and the status it is answered with. at_ms: milliseconds since 1970."""

    at_ms: int
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    answered: int

    def lower_case_headers(self) -> dict[str, str]:
        """The headers by name."""
        return {name.lower(): value for name, value in self.headers}


class Receiver:
    """Listens from its creation on and serves within `with`.

    statuses: the answers in turn; the last one repeats. take: called for each POST before it is answered, one call at
    a time, from threads of this object.
    """

    def __init__(
        self,
        address: tuple[str, int],
        take: Callable[[Received], None],
        *,
        statuses: Sequence[int] = (200,),
        delay_s: float = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._take = take
        self._statuses = list(statuses)
        self._delay_s = delay_s
        self._one_at_a_time = threading.Lock()
        self._stopping = threading.Event()
        self._server = _Server(address, self)
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._scheme = "https" if tls else "http"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(SHUTDOWN_POLL_S,), daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        host, port = self._server.server_address[:2]
        name = f"[{host!s}]" if ":" in str(host) else str(host)
        return f"{self._scheme}://{name}:{port}/"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        self._server.server_close()

    def answer(self, target: str, headers: tuple[tuple[str, str], ...], body: bytes) -> int:
        """Hand a request over, wait as long as is asked for, and say which status to answer."""
        with self._one_at_a_time:
            status = self._statuses.pop(0) if len(self._statuses) > 1 else self._statuses[0]
            at_ms = time.time_ns() // 1_000_000
            self._take(Received(at_ms=at_ms, target=target, headers=headers, body=body, answered=status))
        self._stopping.wait(self._delay_s)
        return status


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], receiver: Receiver) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.receiver = receiver
        self._open: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def verify_request(self, request: Any, client_address: object) -> bool:  # noqa: ANN401, ARG002 - as socketserver has it
        """Remember the connection, so that `hang_up` finds it."""
        self._open.add(request)
        return True

    def shutdown_request(self, request: Any) -> None:  # noqa: ANN401 - as socketserver has it
        """Close a connection in good order."""
        self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """End what is under way on every connection."""
        for connection in tuple(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """A connection that broke is the sender's business; anything else is a defect and is shown."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type] # as it was handed to us


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "bellwire-receive"
    sys_version = ""
    timeout = IDLE_S
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        """Take a request and answer it as the receiver was told."""
        try:
            body = self._body()
        except ValueError as fault:
            self.close_connection = True
            self._answer(400, f"{fault}\n")
            return
        status = self.server.receiver.answer(self.path, tuple(self.headers.items()), body)
        self._answer(status, "" if status < 400 else f"bellwire receive was told to answer {status}\n")

    def do_GET(self) -> None:
        """Say what this is."""
        self._answer(405, "this is bellwire receive; it takes POST\n", ("Allow", "POST"))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by the standard library
        """Requests are shown by who takes them."""

    def _answer(self, status: int, text: str, *headers: tuple[str, str]) -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if status not in {204, 304}:
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if body:
            self.wfile.write(body)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return b"".join(self._chunks())
        written = self.headers.get("Content-Length", "0")
        if not (written.isascii() and written.isdigit() and len(written) < 16):
            raise ValueError(f"Content-Length {written!r} is no number")
        return self._exactly(_within_limit(int(written)))

    def _chunks(self) -> Iterator[bytes]:
        """The parts of a chunked body (RFC 9112 §7.1); trailers are read and left."""
        whole = 0
        while True:
            length = int(self.rfile.readline(LINE_BYTES_MAX).split(b";")[0], 16)
            if length == 0:
                break
            whole = _within_limit(whole + length)
            yield self._exactly(length)
            self.rfile.readline(LINE_BYTES_MAX)
        while self.rfile.readline(LINE_BYTES_MAX).strip():
            pass

    def _exactly(self, length: int) -> bytes:
        body = self.rfile.read(length)
        if len(body) < length:
            raise ConnectionResetError
        return body


def _within_limit(length: int) -> int:
    if not 0 <= length <= BODY_BYTES_MAX:
        raise ValueError(f"the body has more than {BODY_BYTES_MAX} bytes")
    return length
