"""Every test here runs on both event loops that Bellwire may run on."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Mapping

import pytest
import uvloop

from bellwire.senders.http import HttpSender
from senders.requesting import allow_all


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture
async def sender() -> AsyncIterator[HttpSender]:
    made = HttpSender(allow_all)
    yield made
    await made.close()


@pytest.fixture
def free_port() -> Callable[[str], int]:
    """Finds a port of an address at which nobody listens."""

    def find(host: str) -> int:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.bind((host, 0))
            return int(probe.getsockname()[1])

    return find
