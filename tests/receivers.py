"""A receiver of webhooks on a real socket: records what comes, answers as told, or misbehaves.

    with Receiver() as receiver:                      # answers 200 to everything
        ...                                           # send to receiver.url, or receiver.url + "/any/path"
        receiver.wait_for(1)                          # in an async test: await receiver.arrival(1)
        assert receiver.requests[0].body == b"…"

    Receiver(Reply(status=500), Reply())              # first 500, then 200; the last one answers all that follow
    Receiver(lambda connection: connection.reset())   # whatever a function of the Connection does
    Receiver(Reply(hold=event))                       # not before the threading.Event is set, or the receiver closed
    Receiver(tls=server_tls(trustme.CA()))            # over TLS, receiver.url begins with https

It runs in threads of its own, so it serves tests with an event loop and without, and other processes too.
"""

import asyncio
import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Final, Self

import msgspec
import trustme

WAIT_S_MAX: Final = 10.0
HEADER_BYTES_MAX: Final = 1024 * 1024


class ReceivedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request as it came. headers: in their order, as written. at: time.monotonic(). connection: 1, 2, …"""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    at: float
    connection: int

    def header(self, name: str) -> str:
        """The value of the only header of that name; a KeyError when it came never, or twice."""
        values = [value for given, value in self.headers if given.lower() == name.lower()]
        if len(values) != 1:
            raise KeyError(f"{name} came {len(values)} times")
        return values[0]


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer in good order, with Content-Length unless the headers say otherwise."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    hold: threading.Event | None = None
    close: bool = False


class Connection:
    """What a misbehaving script works with. Everything it waits for ends when the receiver is closed."""

    def __init__(self, sock: socket.socket, *, number: int, closing: threading.Event) -> None:
        self.number = number
        self.closing = closing
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sock = sock
        self._pending = bytearray()

    def send(self, *pieces: bytes, pause_s: float = 0.0) -> None:
        """Send piece by piece, pausing after each."""
        for piece in pieces:
            self._sock.sendall(piece)
            if pause_s and self.closing.wait(pause_s):
                return

    def receive(self) -> bytes:
        """The next bytes; empty once the other side has closed."""
        return self._sock.recv(256 * 1024)

    def wait_closed(self) -> None:
        """Wait until the other side closes the connection."""
        while self.receive():
            pass

    def begin(self, tls: ssl.SSLContext | None) -> None:
        """Shake hands."""
        if tls is not None:
            self._sock = tls.wrap_socket(self._sock, server_side=True)

    def close(self) -> None:
        """Close in good order."""
        self._sock.close()

    def reset(self) -> None:
        """Close with a TCP reset."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._sock.close()

    def read_request(self) -> ReceivedRequest | None:
        """The next request, whole; None when the other side closed before or in the midst of it."""
        head = self._take_until(b"\r\n\r\n")
        if head is None:
            return None
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _version = first.split(" ")
        headers = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))
        length = int(next((value for name, value in headers if name.lower() == "content-length"), "0"))
        body = self._take(length)
        if body is None:
            return None
        return ReceivedRequest(
            method=method, target=target, headers=headers, body=body, at=time.monotonic(), connection=self.number
        )

    def shut(self) -> None:
        """Wake whoever waits on the socket, from another thread."""
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self._sock, socket.SHUT_RDWR)

    def _take_until(self, end: bytes) -> bytes | None:
        while (found := self._pending.find(end)) < 0:
            if len(self._pending) > HEADER_BYTES_MAX or not self._read_more():
                return None
        head = self._take(found + len(end))
        return None if head is None else head.removesuffix(end)

    def _take(self, count: int) -> bytes | None:
        while len(self._pending) < count:
            if not self._read_more():
                return None
        taken = bytes(self._pending[:count])
        del self._pending[:count]
        return taken

    def _read_more(self) -> bool:
        piece = self.receive()
        self._pending += piece
        return bool(piece)


Script = Reply | Callable[[Connection], object]
"""A function is called once the request was read, `on_connect` at once; the connection ends when it returns."""


class Receiver:
    """See the module. requests: all that came whole, in their order; connections: how many were opened."""

    def __init__(
        self,
        *scripts: Script,
        tls: ssl.SSLContext | None = None,
        on_connect: Callable[[Connection], object] | None = None,
        host: str = "127.0.0.1",
        url_host: str | None = None,
        port: int = 0,
    ) -> None:
        """Listen at once. url_host: the name to put in `url` in place of the address. port: 0 for any that is free."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, port), family=family, backlog=512)
        shown = url_host or (f"[{host}]" if family == socket.AF_INET6 else host)
        self.port = int(self._listener.getsockname()[1])
        self.url = f"{'https' if tls else 'http'}://{shown}:{self.port}"
        self._scripts = list(scripts) or [Reply()]
        self._tls = tls
        self._on_connect = on_connect
        self._closing = threading.Event()
        self._changed = threading.Condition()
        self._requests: list[ReceivedRequest] = []
        self._open: set[Connection] = set()
        self._opened = 0
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    @property
    def requests(self) -> tuple[ReceivedRequest, ...]:
        """See the class."""
        with self._changed:
            return tuple(self._requests)

    @property
    def connections(self) -> int:
        """See the class."""
        with self._changed:
            return self._opened

    @property
    def open_connections(self) -> int:
        """How many connections are open now."""
        with self._changed:
            return len(self._open)

    def answer_with(self, *scripts: Script) -> None:
        """Answer the requests from now on in this way."""
        with self._changed:
            self._scripts = list(scripts)

    def wait_for(self, count: int) -> tuple[ReceivedRequest, ...]:
        """Wait until that many requests have come, and return all; an AssertionError after WAIT_S_MAX."""
        self.wait_until(lambda: len(self._requests) >= count)
        return self.requests

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition on this receiver holds; an AssertionError after WAIT_S_MAX."""
        with self._changed:
            held = self._changed.wait_for(condition, timeout=WAIT_S_MAX)
        assert held, f"not within {WAIT_S_MAX} s; {len(self._requests)} requests, {self._opened} connections came"

    async def arrival(self, count: int) -> tuple[ReceivedRequest, ...]:
        """Like wait_for, while the event loop goes on."""
        return await asyncio.to_thread(self.wait_for, count)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Like wait_until, while the event loop goes on."""
        await asyncio.to_thread(self.wait_until, condition)

    def close(self) -> None:
        """Stop listening and cut all connections; a second call does nothing."""
        self._closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
        with self._changed:
            for connection in self._open:
                connection.shut()
        for thread in self._threads:
            thread.join(WAIT_S_MAX)
            assert not thread.is_alive(), "a script of the receiver did not end"
        self._listener.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, name="receiver", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            with self._changed:
                self._opened += 1
                number = self._opened
                self._changed.notify_all()
            self._start(partial(self._serve, Connection(sock, number=number, closing=self._closing)))

    def _serve(self, connection: Connection) -> None:
        with self._changed:
            self._open.add(connection)
            if self._closing.is_set():
                connection.shut()
        try:
            with contextlib.suppress(OSError):  # the other side may go at any time, and fail to shake hands
                connection.begin(self._tls)
                self._converse(connection)
        finally:
            connection.close()
            with self._changed:
                self._open.remove(connection)
                self._changed.notify_all()

    def _converse(self, connection: Connection) -> None:
        if self._on_connect is not None:
            self._on_connect(connection)
            return
        while (request := connection.read_request()) is not None:
            script = self._take(request)
            if not isinstance(script, Reply):
                script(connection)
                return
            if script.hold is not None:
                self._wait_for_release(script.hold)
            connection.send(_encoded(script))
            if script.close:
                return

    def _take(self, request: ReceivedRequest) -> Script:
        with self._changed:
            self._requests.append(request)
            self._changed.notify_all()
            return self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]

    def _wait_for_release(self, hold: threading.Event) -> None:
        while not hold.wait(0.01) and not self._closing.is_set():
            pass


def server_tls(authority: trustme.CA, *names: str, version: ssl.TLSVersion | None = None) -> ssl.SSLContext:
    """What a receiver needs to speak TLS under these names (127.0.0.1 and localhost when none is given)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if version is not None:
        context.minimum_version = context.maximum_version = version
    authority.issue_cert(*(names or ("127.0.0.1", "localhost"))).configure_cert(context)
    return context


def _encoded(reply: Reply) -> bytes:
    headers = reply.headers
    if not any(name.lower() in {"content-length", "transfer-encoding"} for name, _ in headers):
        headers = (*headers, ("Content-Length", str(len(reply.body))))
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"HTTP/1.1 {reply.status} Said so\r\n{lines}\r\n".encode("latin-1") + reply.body
