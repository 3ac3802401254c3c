from collections.abc import Mapping
from typing import Literal
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped] # it brings no types
from playwright.sync_api import Browser, Page, expect

from browser.place import EVIL, WEBHOOKS, Place

HEIGHT = 900
NARROWEST = 320
PARTS = 8
"""So that several processes can share the pages."""

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"], "resultTypes": ["violations"]}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}, "resultTypes": ["violations"]}
CONTEXT = {"exclude": [[".list fieldset:nth-of-type(n+4)"]]}
"""Of the event picker three groups stand for the others, which look alike and take seconds."""

Theme = Literal["light", "dark"]
LOOKS: tuple[tuple[int, Theme, Mapping[str, object]], ...] = (
    (1440, "light", RULES),
    (1440, "dark", COLOURS),
    (390, "dark", RULES),
    (390, "light", COLOURS),
)
"""Width and theme, and what is looked for: a theme changes colours only."""

UNMARKED = """[...document.querySelectorAll("a[aria-current=page], [role=switch]")]
    .filter(element => element.checkVisibility() && !["outlineStyle", "borderBottomStyle"]
        .some(name => getComputedStyle(element)[name] !== "none"))
    .map(element => `not marked without its colours: ${element.outerHTML.slice(0, 150)}`)"""
"""Where a state is told by a background alone, which forced colours take away."""


def addresses(place: Place) -> list[str]:
    """Each kind of page once, those with most on them."""
    with place.site.api() as api:
        attempt = api.get("/v1/attempts", params={"webhook": place.failing}).json()["items"][0]["id"]
        replay = api.get("/v1/replays").json()["items"][0]["id"]
    failing, healthy, evil = (f"{WEBHOOKS}/{one}" for one in (place.failing, place.healthy, place.evil))
    return [
        *("/", WEBHOOKS, f"{WEBHOOKS}?q=nothing-like-it", "/events", "/events?type=no.such", f"/events/{quote(EVIL)}"),
        *("/attempts", f"/attempts/{attempt}", "/dead-letters", "/event-types?group=auth", "/about", "/none"),
        *("/tail", "/tail?type=no.such&webhook=none&data=x", "/receiver"),
        *("/search", "/search?q=refusing", "/search?q=zzz"),
        *("/event-types/auth.success", failing, f"{failing}/attempts", f"{failing}/disable", f"{failing}/delete"),
        *(f"{WEBHOOKS}/{place.slow}/dead-letters", f"{healthy}/verify", f"{healthy}/rotate-key"),
        *("/tokens", "/tokens/new", "/tokens/admin", "/tokens/shop/revoke", "/settings/telemetry/metrics"),
        *(
            f"{failing}/history",
            f"{healthy}/history",
            f"{failing}/check",
            f"{evil}/history",
            "/audit",
            "/audit?since=x",
        ),
        *("/people", "/people/new", "/people/nadia", "/people/nadia/remove", "/sessions", "/account"),
        *("/sources", "/sources/new", "/sources/mail", "/sources/mail/edit", "/sources/mail/rotate"),
        "/sources/mail/delete",
        *(f"{healthy}/edit", evil, "/replays", f"{WEBHOOKS}/{place.slow}/replay?reason=expired"),
        *("/replays/new", f"/replays/{replay}", f"{WEBHOOKS}/{place.slow}/replay"),
        *(
            "/dead-letters/replay?reason=expired",
            "/dead-letters?type=no.such",
            f"/attempts/{attempt}/replay",
            "/deadlines",
        ),
        *("/publish?type=auth.success", f"/publish?like={quote(EVIL)}"),
    ]


@pytest.mark.parametrize("part", range(PARTS))
def test_axe_finds_nothing_and_nothing_is_wider_than_the_window(chromium: Browser, place: Place, part: int) -> None:
    with place.tab(chromium) as tab:
        found = [trouble for address in addresses(place)[part::PARTS] for trouble in looked_at(tab.open(address))]
    assert "\n".join(found) == ""


def test_axe_finds_nothing_where_people_sign_in(chromium: Browser, place: Place) -> None:
    found = []
    with place.tab(chromium, signed_in=False) as tab:
        for address in ("/sign-in", "/sign-in/link?code=x", "/sign-in/link"):
            tab.page.goto(address)
            found += looked_at(tab.page)
        tab.page.goto("/sign-in")
        tab.page.get_by_label("Name").fill("nobody")
        tab.page.get_by_label("Password").fill("anything")
        tab.page.get_by_role("button", name="Sign in").click()
        expect(tab.page.get_by_role("alert")).to_be_visible()
        found += looked_at(tab.page)
    assert "\n".join(found) == ""


def looked_at(page: Page) -> list[str]:
    """What is wrong with the page that is open, in any of the looks."""
    found = []
    page.evaluate("for (const each of document.querySelectorAll('.same details')) each.open = true")
    for width, theme, rules in LOOKS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        page.emulate_media(color_scheme=theme)
        violations = Axe().run(page, context=CONTEXT, options=rules).response["violations"]
        found += [f"{one['id']} {one['nodes'][0]['html'][:150]}" for one in violations]
        found += wider_than_the_window(page)
    page.set_viewport_size({"width": NARROWEST, "height": HEIGHT})
    page.emulate_media(forced_colors="active")
    found += wider_than_the_window(page)
    found += page.evaluate(UNMARKED)
    page.emulate_media(forced_colors="none", color_scheme="light")
    page.set_viewport_size({"width": 1440, "height": HEIGHT})
    return [f"{page.url}: {trouble}" for trouble in found]


def wider_than_the_window(page: Page) -> list[str]:
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [f"{wider} px wider than the window"] if wider > 0 else []
