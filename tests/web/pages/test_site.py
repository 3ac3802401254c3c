import gzip
from pathlib import Path

import httpx
import pytest

from bellwire.model.access_limits import AccessLimits
from bellwire.service import Bellwire
from bellwire.web.site import Site
from bellwire.web.static_files import StaticFiles
from web.expecting import expect_problem
from web.pages.parsed import parse
from web.pages.visitor import WEBHOOKS, Visitor


async def test_the_api_answers_beside_the_pages_in_its_own_way(visitor: Visitor) -> None:
    missing = await visitor.client.get("/v1/webhooks/none", headers={"Accept": "text/html"})
    expect_problem(missing, 404, kind="unknown-webhook")
    assert (await visitor.client.get("/healthz")).json() == {"status": "ok"}


async def test_a_browser_is_told_on_a_page_that_there_is_nothing_and_a_program_by_a_problem(visitor: Visitor) -> None:
    page = await visitor.open("/nothing/here", code=404)
    assert page.one("h1").text == "Not Found"
    expect_problem(await visitor.client.get("/nothing/here", headers={"Accept": "application/json"}), 404)


async def test_whoever_does_not_show_who_they_are_sees_nothing(service: Bellwire) -> None:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=Site(service)), base_url="http://bellwire.test"
    ) as client:
        for address in ("/", WEBHOOKS, "/events/x", f"{WEBHOOKS}/new"):
            answer = await client.get(address, headers={"Accept": "text/html"})
            assert answer.status_code in {303, 401}
            assert "webhook" not in parse(answer.text).text.lower() or answer.status_code == 401


async def test_wrong_tokens_are_counted_at_pages_too(visitor: Visitor) -> None:
    wrong = {"Authorization": "Bearer bw_wrong"}
    statuses = [(await visitor.client.get("/", headers=wrong)).status_code for _ in range(12)]
    assert statuses == [401] * 10 + [429] * 2
    await visitor.open("/")


async def test_who_calls_too_often_is_shown_no_more_pages(tmp_path: Path) -> None:
    async with Bellwire.open(tmp_path, access=AccessLimits(requests_per_second=1, requests_burst=2)) as service:
        headers = {"Authorization": f"Bearer {(tmp_path / 'admin.token').read_text().strip()}", "Accept": "text/html"}
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=Site(service)), base_url="http://bellwire.test", headers=headers
        ) as client:
            statuses = [(await client.get("/about")).status_code for _ in range(3)]
            assert statuses == [200, 200, 429]
            assert int((await client.get("/")).headers["retry-after"]) >= 1


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
async def test_a_form_of_another_site_changes_nothing(visitor: Visitor, headers: dict[str, str]) -> None:
    webhook = await visitor.create("https://example.com")
    answer = await visitor.client.post(f"{webhook}/delete", data={"back": "list"}, headers=headers)
    assert answer.status_code == 403
    await visitor.open(webhook)


async def test_a_form_of_another_kind_or_size_is_refused(visitor: Visitor) -> None:
    address = f"{WEBHOOKS}/preview"
    assert (await visitor.client.post(address, json={"url": "x"})).status_code == 415
    assert (await visitor.client.post(address, data={"url": "x" * 3_000_000})).status_code == 413
    many = "&".join(f"events={number}" for number in range(30_000))
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await visitor.client.post(address, content=many, headers=kind)).status_code == 413


async def test_files_are_kept_for_ever_under_an_address_that_their_content_makes(visitor: Visitor) -> None:
    page = await visitor.open("/about")
    style = page.one("link", rel="stylesheet")["href"]
    answer = await visitor.client.get(style, headers={"Authorization": "", "Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-encoding"] == "gzip"
    plain = await visitor.client.get(style, headers={"Accept-Encoding": "identity"})
    assert plain.content == answer.content
    assert (await visitor.client.get(style.replace("app.css", "none.css"))).status_code == 404
    assert (await visitor.client.get(style.replace("app.css", "%2e%2e/%2e%2e/app.py"))).status_code == 404
    assert (await visitor.client.post(style)).status_code == 405


def test_every_address_in_the_styles_leads_to_a_file() -> None:
    static = StaticFiles()
    for name in (
        "fonts/inter-ui.woff2",
        "fonts/jbmono-ui.woff2",
        "icons.svg",
        "logo.svg",
        "js/form.js",
        "js/picker.js",
    ):
        assert static.address(name).endswith(name)
    with pytest.raises(KeyError):
        static.address("js/none.js")


async def test_pages_are_packed_where_the_browser_takes_that(visitor: Visitor) -> None:
    async with visitor.client.stream("GET", f"{WEBHOOKS}/new", headers={"Accept-Encoding": "gzip"}) as answer:
        packed = b"".join([piece async for piece in answer.aiter_raw()])
    assert len(packed) < 70_000
    assert len(gzip.decompress(packed)) > 5 * len(packed)
    assert "Accept-Encoding" in answer.headers["vary"]


async def test_the_theme_is_kept_in_the_browser_and_leads_back_to_the_page(visitor: Visitor) -> None:
    form = (await visitor.open("/events")).one("form", action="/appearance")
    assert await visitor.send(form, theme="dark") == "/events"
    assert (await visitor.open("/events")).one("html")["data-theme"] == "dark"
    assert await visitor.send(form, theme="dark", back="//evil.example") == "/"
    assert await visitor.send(form, theme="<b>", back="https://evil.example/") == "/"
    assert (await visitor.open("/events")).one("html")["data-theme"] == "dark"


async def test_what_goes_wrong_inside_becomes_a_page(visitor: Visitor, service: Bellwire) -> None:
    await service.close()
    answer = await visitor.client.get("/events")
    assert answer.status_code in {500, 503}
    assert parse(answer.text).one("h1").text
