"""What holds for every page: crawled from the start page over a service with something of everything in it."""

import re
from collections import Counter
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from bellwire.model.principal import PROGRAM, Scope
from bellwire.rules.granting import PersonWish, TokenWish
from bellwire.service import Bellwire
from bellwire.web.pages.pages import _PAGES
from receivers import Receiver, Reply
from web.endpoints import closed_endpoint, until
from web.pages.parsed import Element, parse
from web.pages.visitor import WEBHOOKS, Visitor

EVIL = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}"
PAGES_MAX = 400
ALIKE = re.compile(r"(?<!/sources/mail)/(?:edit|duplicate)$|^/audit\?(?:by|object)=")
ALIKE_MAX = 2


async def fill(service: Bellwire, receiver: Receiver) -> None:
    """Webhooks in several states, events, attempts, dead letters; with hostile text wherever somebody can put it."""
    receiver.answer_with(
        Reply(status=500, body=EVIL.encode(), headers=(("X-Evil", EVIL), ("Content-Type", "text/html")))
    )
    included: dict[str, object] = {"events": ["auth.success", "evil.type"], "eventsPolicy": "include", "throttle": "0s"}
    await service.declare_type("evil.type", description=EVIL)
    await service.access.tokens.create(TokenWish(name="shop", scopes=(Scope.PUBLISH,)), by=PROGRAM)
    await service.access.people.add(PersonWish(name="nadia", scopes=(Scope.READ,)), by=PROGRAM)
    await service.sources.create({"name": "mail", "allowAnyone": True}, by=PROGRAM)
    headers = {"X-Evil": EVIL}
    failing, _ = await service.create_webhook(
        {"url": f"{receiver.url}/in?q=%22%3E", "name": EVIL[:80], "httpHeaders": headers} | included
    )
    quitted, _ = await service.create_webhook({"url": closed_endpoint(), "name": "Quitted"} | included)
    await service.pause_webhook(quitted.id)
    await service.create_webhook(
        {"url": receiver.url, "signatureKey": {"@type": "EnvironmentVariable", "variableName": "MISSING_KEY"}}
        | included
    )
    await service.create_webhook({"url": "https://example.com", "enable": False, "name": "Off"})
    await service.publish("auth.success", {"evil": EVIL}, id=EVIL)
    await service.publish("evil.type", {EVIL: 1}, id="a/b?c#d")
    await until(lambda: service.webhook_status(failing.id), true=lambda status: status.last_failure_at_ms is not None)
    await service.patch_webhook(quitted.id, {"enable": False})
    await until(lambda: service.account(quitted.id), true=lambda account: account.discarded.get("disabled") == 2)
    await service.patch_webhook(quitted.id, {"enable": True})
    for paused in (True, False):
        await service.replays.create(quitted.id, {"reason": "disabled", "paused": paused})


class Crawled(NamedTuple):
    answer: httpx.Response
    page: Element


async def crawl(visitor: Visitor) -> dict[str, Crawled]:
    """Every page that links lead to from the start page, by its path and query; answers other than 200 are errors.

    Of pages that look alike, types, forms and parts of the audit trail, only a few are opened; the reference of the
    API is no page of these.
    Of large pages that look alike, types and forms, only a few are opened; the API's reference is none of them.
    """
    found: dict[str, Crawled] = {}
    alike: Counter[str] = Counter()
    waiting = ["/", "/account"]  # the latter is linked only where there is a session to be signed out of
    while waiting and len(found) < PAGES_MAX:
        address = waiting.pop()
        like = ALIKE.search(address)
        alike.update([like[0]] if like else [])
        if address in found or (like and alike[like[0]] > ALIKE_MAX):
            continue
        answer = await visitor.client.get(address)
        assert answer.status_code == 200, f"{address}: {answer.status_code}"
        page = parse(answer.text)
        found[address] = Crawled(answer, page)
        types = address.startswith("/event-types/")
        for link in page.every("a"):
            if link.get("type"):  # no page, but text that the API has
                continue
            target = urljoin(f"http://bellwire.test{address}", link["href"])
            assert urlsplit(target).netloc == "bellwire.test", f"{address} leads elsewhere: {target}"
            path = target.removeprefix("http://bellwire.test").partition("#")[0]
            if path != "/docs" and not (types or re.fullmatch(r"/event-types/(?!auth\.|evil\.)\S+", path)):
                waiting.append(path)
    return found


@pytest.fixture
async def pages(service: Bellwire, visitor: Visitor, receiver: Receiver) -> dict[str, Crawled]:
    await fill(service, receiver)
    return await crawl(visitor)


async def test_no_link_is_dead_and_every_page_can_be_reached(pages: dict[str, Crawled]) -> None:
    patterns = {
        path: re.compile(re.sub(r"\{\w+:path\}", ".+", path).replace("{", "(?P<").replace("}", ">[^/]+)"))
        for path, handlers in _PAGES.items()
        if "GET" in handlers
    }
    reached = {urlsplit(address).path for address in pages}
    unreached = [path for path, pattern in patterns.items() if not any(map(pattern.fullmatch, reached))]
    assert unreached == []


async def test_every_page_is_safe_and_whole(pages: dict[str, Crawled]) -> None:
    for address, (answer, page) in pages.items():
        policy = answer.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-store"
        check_page(page, address)


async def test_what_others_wrote_is_shown_and_never_becomes_markup(pages: dict[str, Crawled]) -> None:
    shown = [address for address, (answer, _) in pages.items() if "&lt;script&gt;" in answer.text]
    assert len(shown) > 10
    for address, (answer, page) in pages.items():
        assert [script for script in page.every("script") if script.text] == [], address
        assert page.every("img") == [], address
        assert "49" not in page.one("title").text or "7*7" in answer.text, address
        assert not [element for element in page.every() for name in element.attributes if name.startswith("on")]


async def test_every_form_leads_to_a_page_that_takes_it(pages: dict[str, Crawled], visitor: Visitor) -> None:
    targets = {
        (form.get("method") or "get", form["action"])
        for _, page in pages.values()
        for form in page.every("form")
        if form.get("action")  # else its buttons say where it leads
    }
    assert len(targets) > 10
    for method, action in targets:
        answer = await visitor.client.request("PUT", action)
        assert answer.status_code == 405, f"{method} {action}"
        assert method.upper() in answer.headers["allow"].split(", ")


async def test_secrets_are_on_no_page(visitor: Visitor, receiver: Receiver, service: Bellwire) -> None:
    secrets = {"signatureKey": "key-that-none-may-see", "password": "word-that-none-may-see"}
    await visitor.create(
        receiver.url,
        signatureKey="Value",
        signatureKey__secret=secrets["signatureKey"],
        httpAuth="Basic",
        httpAuth__username="account",
        httpAuth__secret="Value",
        httpAuth__secret__secret=secrets["password"],
        eventsPolicy="include",
        events=["auth.success"],
    )
    await service.publish("auth.success", {})
    await receiver.arrival(1)
    for address, (answer, _) in (await crawl(visitor)).items():
        assert [secret for secret in secrets.values() if secret in answer.text] == [], address


def check_page(page: Element, address: str) -> None:
    """What holds for the markup of every page."""
    assert page.one("html")["lang"] == "en"
    assert len(page.every("h1")) == 1, address
    assert page.one("title").text.endswith("· Bellwire")
    assert [element for element in page.every() if element.get("style") is not None] == [], address
    assert page.every("style") == []
    assert all(script["src"].startswith("/static/") for script in page.every("script"))
    ids = [element["id"] for element in page.every() if element.get("id")]
    assert sorted(ids) == sorted(set(ids)), address
    for label in page.every("label"):
        assert label.get("for") is None or label["for"] in ids, f"{address}: {label['for']}"
    for element in page.every():
        for name in ("aria-describedby", "aria-labelledby", "popovertarget", "list"):
            for target in (element.get(name) or "").split():
                assert target in ids, f"{address}: {name}={target}"
    for anchor in page.every("a"):
        if anchor["href"].startswith("#"):
            assert anchor["href"][1:] in ids, f"{address}: {anchor['href']}"


async def test_pages_without_anything_in_them_say_what_to_do(visitor: Visitor) -> None:
    for address in ("/", WEBHOOKS, "/events", "/attempts", "/dead-letters", "/deadlines", "/replays", "/replays/new"):
        page = await visitor.open(address)
        check_page(page, address)
        assert re.search(r" yet|No dead letters|Nothing waits|No replay|No webhook is enabled", page.text), address
