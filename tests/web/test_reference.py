import re
import shutil
from collections.abc import AsyncIterator

import httpx
import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped] # it has no types
from playwright.async_api import Browser, ConsoleMessage, Page, Request, async_playwright

from bellwire.service import Bellwire
from bellwire.web.app import OPERATIONS
from bellwire.web.server import serve_api

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
OPEN_ALL = "document.querySelectorAll('details').forEach(each => { each.open = true })"
LOOKED_AT = [[".about"], ["#publishEvents"], ["#createWebhook"], ["#schema-WrittenWebhook"]]
"""For axe, which takes minutes for the whole page; the others are made by the same templates."""


@pytest.fixture
async def docs_url(service: Bellwire) -> AsyncIterator[str]:
    server = await serve_api(service, host="127.0.0.1", port=0)
    yield f"http://127.0.0.1:{server.port}/docs"
    await server.stop()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as programs:
        browser = await programs.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


async def test_every_operation_has_its_place_and_every_link_leads_somewhere(client: httpx.AsyncClient) -> None:
    page = (await client.get("/docs")).text
    places = set(re.findall(r' id="([^"]+)"', page))
    assert {operation.id for operation in OPERATIONS.values()} <= places
    assert set(re.findall(r'href="#([^"]+)"', page)) - places == set()
    assert "my-secret-key" in page
    assert "<script" not in page


async def test_the_page_is_not_sent_again_to_who_has_it(client: httpx.AsyncClient) -> None:
    tag = (await client.get("/docs")).headers["etag"]
    assert (await client.get("/docs", headers={"If-None-Match": tag})).status_code == 304


@pytest.mark.skipif(CHROMIUM is None, reason="this machine has no Chromium")
@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
async def test_the_page_loads_nothing_fits_and_is_accessible(
    browser: Browser, docs_url: str, scheme: str, width: int
) -> None:
    context = await browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light"
    )
    page = await context.new_page()
    asked: list[str] = []
    complaints: list[str] = []

    def note_request(request: Request) -> None:
        asked.append(request.url)

    def note_message(message: ConsoleMessage) -> None:
        complaints.append(message.text)

    page.on("request", note_request)
    page.on("console", note_message)
    await page.goto(docs_url)
    await _expect_fonts(page)
    await page.evaluate(OPEN_ALL)
    assert await page.evaluate("document.documentElement.scrollWidth") == width
    found = await Axe().run(page, context={"include": LOOKED_AT})
    assert found.violations_count == 0, found.generate_report()
    assert [url for url in asked if url != docs_url and not url.startswith("data:")] == []
    assert complaints == []


async def _expect_fonts(page: Page) -> None:
    await page.evaluate("document.fonts.ready")
    assert await page.evaluate("[...document.fonts].filter(font => font.status === 'loaded').length") == 2
