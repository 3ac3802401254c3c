import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from journeys.site import Site
from receivers import Receiver


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings come from whoever runs the tests."""
    for name in os.environ:
        if name.startswith("BELLWIRE_"):
            monkeypatch.delenv(name)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A fresh folder with a server that listens."""
    with contextlib.closing(Site(tmp_path / "data")) as site:
        site.start()
        yield site


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver
