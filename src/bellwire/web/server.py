"""The HTTP server: uvicorn inside an event loop that runs already, signals left alone."""

import asyncio
import contextlib
import http
import ipaddress
import socket
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from bellwire.errors import Fault, InvalidSetting
from bellwire.model.network import Listener
from bellwire.model.webhook import KIB
from bellwire.service import Bellwire
from bellwire.web.app import Api
from bellwire.web.problems import Problem, problem_response

CONNECTIONS_MAX: Final = 10_000
WAITING_CONNECTIONS_MAX: Final = 2_048
HEAD_BYTES_MAX: Final = 64 * KIB
KEEP_ALIVE_S: Final = 75
STOP_S: Final = 5

_TICK_S: Final = 1.0
_CANCELLED_S: Final = 1.0


class RunningServer:
    """A server that takes requests until it is stopped. port: the real one, also where any (0) was asked for."""

    def __init__(self, server: uvicorn.Server, listener: socket.socket) -> None:
        self.host, self.port = listener.getsockname()[:2]
        self._server = server
        self._listener = listener
        self._stopping = asyncio.Event()
        self._serving = asyncio.create_task(self._serve(), name="http-server")

    async def stop(self, *, within_s: float = STOP_S) -> None:
        """Take no more connections, finish the requests in hand within this time, then close; again it does nothing."""
        if not self._stopping.is_set():
            self._server.config.timeout_graceful_shutdown = max(0, int(within_s))
            self._stopping.set()
        await asyncio.shield(self._serving)

    async def _serve(self) -> None:
        while not self._stopping.is_set():
            await self._server.on_tick(0)  # keeps the Date header right
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_TICK_S):
                    await self._stopping.wait()
        await self._server.shutdown(sockets=[self._listener])
        # What did not finish in time was cancelled: let it end, so that nothing is left over.
        state = self._server.server_state
        if state.tasks:
            await asyncio.wait(state.tasks, timeout=_CANCELLED_S)
        for connection in list(state.connections):
            connection.transport.abort()


async def serve_api(service: Bellwire, *, host: str, port: int) -> RunningServer:
    """Start to answer requests for the service at this address; port 0 takes any free one.

    Raises InvalidSetting where the address cannot be listened on.
    """
    listener = await _listen(host, port)
    config = uvicorn.Config(
        Api(service),
        http=_BoundedProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=CONNECTIONS_MAX,
        backlog=WAITING_CONNECTIONS_MAX,
        timeout_keep_alive=KEEP_ALIVE_S,
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listener])
    host, port = listener.getsockname()[:2]
    service.listens_at(Listener(ipaddress.ip_address(host.partition("%")[0]), port))
    return RunningServer(server, listener)


class _BoundedProtocol(HttpToolsProtocol):
    """Closes a connection that sends HEAD_BYTES_MAX (of a head, a chunk's head, trailers) without being done with it.

    The parser keeps all of these in memory, before anybody has shown a token. What is no request is answered by a
    problem document, as everything else.
    """

    _unfinished_bytes = 0

    def data_received(self, data: bytes) -> None:
        self._unfinished_bytes += len(data)
        super().data_received(data)
        if self._unfinished_bytes > HEAD_BYTES_MAX and not self.transport.is_closing():
            self._refuse(Problem(status=431, detail=f"the head of a request may have {HEAD_BYTES_MAX // KIB} KiB"))

    def on_body(self, body: bytes) -> None:
        self._unfinished_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._unfinished_bytes = 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        self._refuse(Problem(status=400, detail=msg))

    def _refuse(self, problem: Problem) -> None:
        answer = problem_response(problem)
        status = f"HTTP/1.1 {problem.status} {http.HTTPStatus(problem.status).phrase}".encode()
        headers = (b"%b: %b" % header for header in (*self.server_state.default_headers, *answer.raw_headers))
        self.transport.write(b"\r\n".join([status, *headers, b"connection: close", b"", bytes(answer.body)]))
        self.transport.close()


async def _listen(host: str, port: int) -> socket.socket:
    written = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        found: list[Any] = await asyncio.get_running_loop().getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        family, kind, protocol, _, address = found[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.setblocking(False)
            listener.bind(address)
        except BaseException:
            listener.close()
            raise
    except (OSError, UnicodeError) as error:
        message = f"{written} cannot be listened on ({error}); choose another address or end what uses it"
        raise InvalidSetting(f"listen: {message}", faults=(Fault("listen", message),)) from error
    return listener
