from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bellwire.store import Store
from bellwire.stores.memory import MemoryStore
from bellwire.stores.sqlite.store import open_sqlite_store


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """Every back end in turn, empty."""
    opened: Store = MemoryStore() if request.param == "memory" else await open_sqlite_store(tmp_path / "bellwire.db")
    yield opened
    await opened.close()
