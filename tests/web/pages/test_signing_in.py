"""Who sees the pages in a browser, and what they may do there."""

from urllib.parse import parse_qs, urlsplit

import pytest

from bellwire.service import Bellwire
from bellwire.web.pages.pages import _PAGES
from web.pages.conftest import PASSWORD, Arrive
from web.pages.parsed import Element
from web.pages.visitor import WEBHOOKS, Visitor

OWN = ("/appearance", "/account/password", "/account/end-others", "/sessions/s/end")
"""What concerns the visitor alone."""

INCLUDED: dict[str, object] = {"events": ["auth.success"], "eventsPolicy": "include"}


async def a_webhook(service: Bellwire) -> str:
    """The address of a webhook that was made outside the pages."""
    webhook, _ = await service.create_webhook({"url": "https://example.com/in", "name": "Mail archive"} | INCLUDED)
    return f"{WEBHOOKS}/{webhook.id}"


def every_address(webhook: str) -> list[tuple[str, str]]:
    """The methods and addresses of all pages, about that webhook."""
    webhook_id = webhook.rsplit("/", 1)[1]
    names = {
        "{webhook_id}": webhook_id,
        "{event_id:path}": "e",
        "{attempt_id}": "a",
        "{replay_id}": "r",
        "{type_id}": "auth.success",
        "{token_name}": "t",
        "{person_name}": "p",
        "{session_id}": "s",
        "{source_name}": "u",
    }
    addresses = []
    for path, handlers in _PAGES.items():
        address = path
        for name, value in names.items():
            address = address.replace(name, value)
        addresses += [(method, address) for method in handlers]
    return addresses


async def test_whoever_asks_for_a_page_signs_in_first_and_is_led_back_to_it(
    visitor: Visitor, browser: Visitor, service: Bellwire
) -> None:
    webhook = await a_webhook(service)
    await visitor.client.post("/v1/people", json={"name": "nadia", "scopes": ["read"], "password": PASSWORD})
    wanted = f"{webhook}/attempts?show=failed"
    answer = await browser.client.get(wanted)
    assert answer.status_code == 303
    assert "Mail archive" not in answer.text
    asked = urlsplit(answer.headers["location"])
    assert (asked.path, parse_qs(asked.query)) == ("/sign-in", {"next": [wanted]})
    form = (await browser.open(answer.headers["location"])).one("form")
    assert await browser.send(form, name="nadia", password=PASSWORD) == wanted
    assert (await browser.open(wanted)).one("h1").text == "Mail archive"


async def test_without_a_session_no_page_is_shown_and_no_form_is_taken(browser: Visitor, service: Bellwire) -> None:
    webhook = await a_webhook(service)
    before = service.webhooks()
    for method, address in every_address(webhook):
        answer = await browser.client.request(method, address)
        assert answer.status_code == 303, f"{method} {address}"
        assert answer.headers["location"].startswith("/sign-in?next=")
    assert service.webhooks() == before


async def test_a_form_without_a_session_leads_back_to_where_it_stood(browser: Visitor) -> None:
    headers = {"Referer": f"http://bellwire.test{WEBHOOKS}?q=mail"}
    answer = await browser.client.post(f"{WEBHOOKS}/x/pause", headers=headers)
    assert parse_qs(urlsplit(answer.headers["location"]).query) == {"next": [f"{WEBHOOKS}?q=mail"]}


async def test_a_script_without_a_session_is_told_to_load_the_page_to_sign_in(browser: Visitor) -> None:
    headers = {"HX-Request": "true", "Referer": f"http://bellwire.test{WEBHOOKS}/new"}
    answer = await browser.client.post(f"{WEBHOOKS}/preview", data={"url": "https://example.com"}, headers=headers)
    assert answer.status_code == 204
    asked = urlsplit(answer.headers["hx-redirect"])
    assert (asked.path, parse_qs(asked.query)) == ("/sign-in", {"next": [f"{WEBHOOKS}/new"]})


async def test_a_form_of_the_session_is_taken_and_the_same_without_its_token_is_not(
    arrive: Arrive, service: Bellwire
) -> None:
    browser, webhook = await arrive("write"), await a_webhook(service)
    pause = (await browser.open(webhook)).one("form", action=f"{webhook}/pause")
    for token in (None, "", "x" * 43):
        page = await browser.send(pause, code=403, csrf_token=token)
        assert "CSRF token" in page.one("main").text
    assert (await service.webhook_status(service.webhooks()[0].id)).state == "healthy"
    assert await browser.send(pause) == webhook
    assert (await service.webhook_status(service.webhooks()[0].id)).state == "paused"


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
async def test_another_sites_page_changes_nothing_even_with_the_token(
    arrive: Arrive, service: Bellwire, headers: dict[str, str]
) -> None:
    browser, webhook = await arrive("write"), await a_webhook(service)
    delete = (await browser.open(f"{webhook}/delete")).one("section", class_="ask").one("form")
    browser.client.headers.update(headers)
    await browser.send(delete, code=403)
    assert len(service.webhooks()) == 1


async def test_who_may_only_read_sees_every_page_and_changes_nothing(arrive: Arrive, service: Bellwire) -> None:
    browser, webhook = await arrive("read"), await a_webhook(service)
    await service.publish("auth.success", {}, id="e")
    before, types = service.webhooks(), len(service.catalogue)
    token = (await browser.open("/")).one("form", action="/sign-out").one("input")["value"]
    for method, address in every_address(webhook):
        if method == "POST" and not address.startswith(OWN):
            answer = await browser.client.post(address, data={"csrf_token": token})
            assert answer.status_code == 403, address
            assert "this needs the scope" in answer.text
    assert service.webhooks() == before
    assert len(service.catalogue) == types


async def test_who_may_only_read_is_offered_nothing_else_and_told_why(arrive: Arrive, service: Bellwire) -> None:
    browser, webhook = await arrive("read"), await a_webhook(service)
    await service.declare_type("shop.paid")
    seen = ["/", "/events", "/attempts", "/dead-letters", "/about", "/event-types", "/event-types/shop.paid", WEBHOOKS]
    seen += [webhook + part for part in ("", "/attempts", "/dead-letters", "/verify", "/edit")]
    for address in seen:
        page = await browser.open(address)
        assert offered(page) == [], address
        assert "may read, not change" in page.one("form", class_="who").text
        for link in page.every("a"):
            assert not link["href"].endswith(("/new", "/duplicate", "/delete", "/disable", "/rotate-key", "/replay")), (
                address
            )
    assert (await browser.open(WEBHOOKS)).one("button", role="switch").get("disabled") is not None
    page = await browser.open(f"{webhook}/edit")
    assert page.one("input", name="url")["value"] == "https://example.com/in"
    assert "you need the scope write" in page.text
    for part in ("delete", "disable", "duplicate", "rotate-key", "replay"):
        assert "the scope write" in (await browser.open(f"{webhook}/{part}", code=403)).text


def offered(page: Element) -> list[str]:
    """Where forms of the page lead that change something and can be sent."""
    forms = [form for form in page.every("form", method="post") if not form.every("fieldset", class_="whole")]
    return [form["action"] for form in forms if form["action"] not in {"/appearance", "/sign-out"}]


async def test_who_may_not_even_read_is_told_so_and_can_sign_out(arrive: Arrive) -> None:
    browser = await arrive("publish")
    for address in ("/", WEBHOOKS, "/events"):
        page = await browser.open(address, code=403)
        assert "this needs the scope read; the person 'nadia' has publish" in page.one("main").text
    sign_out = (await browser.open("/", code=403)).one("form", action="/sign-out")
    assert await browser.send(sign_out) == "/sign-in"


async def test_the_page_says_who_is_signed_in_and_signing_out_ends_it(arrive: Arrive) -> None:
    browser = await arrive("write")
    form = (await browser.open("/")).one("form", action="/sign-out")
    assert form.text == "nadia Sign out"
    assert (await browser.client.post("/sign-out")).status_code == 403
    await browser.open("/")
    cookies = dict(browser.client.cookies)
    assert await browser.send(form) == "/sign-in"
    browser.client.cookies.update(cookies)
    assert (await browser.client.get("/")).status_code == 303


async def test_a_wrong_token_gets_no_page(browser: Visitor) -> None:
    browser.client.headers["Authorization"] = "Bearer none"
    for address in ("/", WEBHOOKS):
        page = await browser.open(address, code=401)
        assert "the token is not one of this service" in page.one("main").text


async def test_the_theme_may_be_chosen_by_everybody(arrive: Arrive) -> None:
    browser = await arrive("read")
    form = (await browser.open("/about")).one("form", action="/appearance")
    assert await browser.send(form, theme="dark") == "/about"
    assert (await browser.open("/about")).one("html")["data-theme"] == "dark"
