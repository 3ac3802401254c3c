"""A server beside the API, on a loopback port of its own and with limits of its own."""

import asyncio
import socket
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from bellwire.web.built_in_receiver import HOST
from bellwire.web.connections import BoundedProtocol
from bellwire.web.server import RunningServer

CONNECTIONS_MAX: Final = 32


class _Connection(BoundedProtocol):
    connections_max = CONNECTIONS_MAX


async def serve_on_loopback(app: ASGIApp, port: int) -> RunningServer:
    """Start to answer requests on HOST; port 0 takes any free one. Raises OSError."""
    listener = socket.create_server((HOST, port))
    listener.setblocking(False)
    config = uvicorn.Config(
        app,
        http=_Connection,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    listening = await asyncio.get_running_loop().create_server(
        lambda: _Connection(config=config, server_state=server.server_state, app_state={}), sock=listener
    )
    server.servers = [listening]
    server.started = True
    return RunningServer(server, listener, None)
