from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from bellwire.service import Bellwire
from bellwire.web.site import Site
from receivers import Receiver
from web.pages.visitor import Visitor


@pytest.fixture
async def visitor(service: Bellwire, token: str) -> AsyncIterator[Visitor]:
    """Somebody with the administrator's token who visits the pages in this process, without scripts."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=Site(service)),
        base_url="http://bellwire.test",
        headers={"Authorization": f"Bearer {token}", "Accept": "text/html"},
    ) as client:
        yield Visitor(client)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver
