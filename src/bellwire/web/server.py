"""The HTTP server: uvicorn inside an event loop that runs already, signals left alone."""

import asyncio
import contextlib
import ipaddress
import resource
import socket
from typing import Any, Final, cast

import uvicorn
from starlette.types import ASGIApp

from bellwire.config import Row
from bellwire.errors import Fault, InvalidSetting
from bellwire.model.listen_address import ListenAddress
from bellwire.model.listening import Reach
from bellwire.model.network import Listener
from bellwire.service import Bellwire
from bellwire.web.built_in_receiver import BuiltInReceiver
from bellwire.web.connections import HEAD_S, BoundedProtocol
from bellwire.web.forwarded import Forwarded
from bellwire.web.hosts import HostCheck, Hosts
from bellwire.web.site import Site
from bellwire.web.tls import ServerTls

CONNECTIONS_MAX: Final = 10_000
"""At most, and at most half of the files that the system lets this process open: the rest serves the store and the
deliveries."""

WAITING_CONNECTIONS_MAX: Final = 2_048
KEEP_ALIVE_S: Final = 75
"""For which a connection stays open between two requests."""

STOP_S: Final = 5

PLAIN: Final = Reach()

_TICK_S: Final = 1.0
_CANCELLED_S: Final = 1.0


class RunningServer:
    """A server that takes requests until it is stopped. port: the real one, also where any (0) was asked for."""

    def __init__(self, server: uvicorn.Server, listener: socket.socket, tls: ServerTls | None) -> None:
        self._tls = tls
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
            for connection in list(self._server.server_state.connections):
                cast("BoundedProtocol", connection).look()
            if self._tls is not None:
                self._tls.look()
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


async def serve_api(
    service: Bellwire,
    *,
    host: str,
    port: int,
    reach: Reach = PLAIN,
    receiver: BuiltInReceiver | None = None,
    settings: tuple[Row, ...] = (),
) -> RunningServer:
    """Start to answer requests for the service at this address; port 0 takes any free one. settings: that pages show.

    Raises InvalidSetting where the address cannot be listened on, or the certificate not be used.
    """
    tls = None if reach.tls is None else ServerTls(reach.tls)
    hosts = Hosts(ListenAddress(host, port), reach.hosts)
    protocol = _bounded_protocol()
    listener = await _listen(host, port)
    own_host, own_port = listener.getsockname()[:2]
    service.listens_at(Listener(ipaddress.ip_address(own_host.partition("%")[0]), own_port))
    app = Forwarded(HostCheck(Site(service, receiver, settings), hosts), reach.proxies, reach.proxy_header)
    return await serve_on(listener, app, protocol, tls=tls)


async def serve_on(
    listener: socket.socket, app: ASGIApp, protocol: type[BoundedProtocol], *, tls: ServerTls | None = None
) -> RunningServer:
    """Start to answer requests that come to a bound socket."""
    config = uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=WAITING_CONNECTIONS_MAX,
        timeout_keep_alive=KEEP_ALIVE_S,
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    # As server.startup() does it, which cannot bound a handshake.
    listening = await asyncio.get_running_loop().create_server(
        lambda: protocol(config=config, server_state=server.server_state, app_state={}),
        sock=listener,
        ssl=tls.context if tls else None,
        ssl_handshake_timeout=HEAD_S if tls else None,
        backlog=config.backlog,
    )
    server.servers = [listening]
    server.started = True
    return RunningServer(server, listener, tls)


def _bounded_protocol() -> type[BoundedProtocol]:
    files_max = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    unlimited = files_max == resource.RLIM_INFINITY
    connections_max = CONNECTIONS_MAX if unlimited else min(CONNECTIONS_MAX, files_max // 2)
    return type("Connection", (BoundedProtocol,), {"connections_max": connections_max})


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
