from collections.abc import AsyncIterator

import pytest

from bellwire.stores.memory import MemoryStore
from engine.manual_clock import ManualClock
from engine.world import World


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World(MemoryStore(), ManualClock())
    await made.bellwire.start()
    yield made
    await made.bellwire.close()
