from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import httpx
import pytest

from bellwire.service import Bellwire
from bellwire.web.built_in_receiver import BuiltInReceiver
from bellwire.web.loopback import serve_on_loopback
from bellwire.web.site import Site
from receivers import Receiver
from web.pages.visitor import Visitor

PASSWORD = "correct horse battery"

Arrive = Callable[..., Awaitable[Visitor]]


@pytest.fixture
async def built_in(service: Bellwire) -> AsyncIterator[BuiltInReceiver]:
    receiver = BuiltInReceiver(service, serve_on_loopback)
    yield receiver
    await receiver.close()


@pytest.fixture
async def visitor(service: Bellwire, token: str, built_in: BuiltInReceiver) -> AsyncIterator[Visitor]:
    """Somebody with the administrator's token who visits the pages in this process, without scripts."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=Site(service, built_in)),
        base_url="http://bellwire.test",
        headers={"Authorization": f"Bearer {token}", "Accept": "text/html"},
    ) as client:
        yield Visitor(client)


@pytest.fixture
async def browser(service: Bellwire) -> AsyncIterator[Visitor]:
    """A browser without scripts of somebody who has not signed in."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=Site(service)),
        base_url="http://bellwire.test",
        headers={"Accept": "text/html"},
    ) as client:
        yield Visitor(client)


@pytest.fixture
def arrive(visitor: Visitor, browser: Visitor) -> Arrive:
    """Signs nadia in by her password; she has these scopes."""

    async def sign_in(*scopes: str) -> Visitor:
        person = {"name": "nadia", "scopes": scopes, "password": PASSWORD}
        assert (await visitor.client.post("/v1/people", json=person)).status_code == 201
        form = (await browser.open("/sign-in")).one("form")
        assert await browser.send(form, name="nadia", password=PASSWORD) == "/"
        return browser

    return sign_in


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver
