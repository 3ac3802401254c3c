"""A server beside the API, on a loopback port of its own and with limits of its own."""

import socket
from typing import Final

from starlette.types import ASGIApp

from bellwire.web.built_in_receiver import HOST
from bellwire.web.connections import BoundedProtocol
from bellwire.web.server import RunningServer, serve_on

CONNECTIONS_MAX: Final = 32


class _Connection(BoundedProtocol):
    connections_max = CONNECTIONS_MAX


async def serve_on_loopback(app: ASGIApp, port: int) -> RunningServer:
    """Start to answer requests on HOST; port 0 takes any free one. Raises OSError."""
    listener = socket.create_server((HOST, port))
    listener.setblocking(False)
    return await serve_on(listener, app, _Connection)
