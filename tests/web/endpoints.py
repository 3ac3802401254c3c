"""Endpoints of webhooks, and waiting for what is delivered to them."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

WAIT_S_MAX: Final = 20

T = TypeVar("T")


def closed_endpoint() -> str:
    """The URL of an endpoint that refuses connections."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/in"


async def until(read: Callable[[], Awaitable[T]], *, true: Callable[[T], bool]) -> T:
    """What read gives once that is true; a TimeoutError after WAIT_S_MAX."""
    async with asyncio.timeout(WAIT_S_MAX):
        while True:
            value = await read()
            if true(value):
                return value
            await asyncio.sleep(0)
