from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog

from bellwire import Bellwire
from receivers import Receiver


@pytest.fixture(autouse=True)
def structlog_as_it_comes() -> Iterator[None]:
    """No other test's settings, as in a program that does not know structlog."""
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()


@pytest.fixture
async def bellwire(tmp_path: Path) -> AsyncIterator[Bellwire]:
    async with Bellwire.open(tmp_path / "data") as bellwire:
        yield bellwire


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver
