from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from bellwire.folder import ADMIN_FILE
from bellwire.service import Bellwire
from bellwire.web.app import Api
from web.conforming import expect_described


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Bellwire]:
    async with Bellwire.open(tmp_path) as service:
        yield service


@pytest.fixture
def token(service: Bellwire, tmp_path: Path) -> str:
    """The administrator's, which the service has left in its folder."""
    assert not service.stopping
    return (tmp_path / ADMIN_FILE).read_text().strip()


@pytest.fixture
def api(service: Bellwire) -> Api:
    return Api(service)


@pytest.fixture
async def client(api: Api, token: str) -> AsyncIterator[httpx.AsyncClient]:
    """Calls the API in this process, with a valid token. Every answer must be as it is described."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=api),
        base_url="http://bellwire.test",
        headers={"Authorization": f"Bearer {token}"},
        event_hooks={"response": [expect_described]},
    ) as client:
        yield client
