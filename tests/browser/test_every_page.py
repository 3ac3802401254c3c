from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped] # it brings no types
from playwright.sync_api import Browser

from browser.place import EVIL, WEBHOOKS, Place

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"], "resultTypes": ["violations"]}
PARTS = {"exclude": [[".list fieldset:nth-of-type(n+4)"]]}
"""Of the event picker three groups stand for the others, which look alike and take seconds."""

LOOKS = [(theme, width) for theme in ("light", "dark") for width in (1440, 390)]


def addresses(place: Place) -> list[str]:
    """Each kind of page once, those with most on them."""
    with place.site.api() as api:
        attempt = api.get("/v1/attempts", params={"webhook": place.failing}).json()["items"][0]["id"]
    failing, healthy, evil = (f"{WEBHOOKS}/{one}" for one in (place.failing, place.healthy, place.evil))
    return [
        *("/", WEBHOOKS, f"{WEBHOOKS}?q=nothing-like-it", "/events", "/events?type=no.such", f"/events/{quote(EVIL)}"),
        *("/attempts", f"/attempts/{attempt}", "/dead-letters", "/event-types?group=auth", "/about", "/none"),
        *("/event-types/auth.success", failing, f"{failing}/attempts", f"{failing}/disable", f"{failing}/delete"),
        *(f"{WEBHOOKS}/{place.slow}/dead-letters", f"{healthy}/verify", f"{healthy}/rotate-key"),
        *(f"{healthy}/edit", evil),
    ]


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_axe_finds_nothing_and_nothing_is_wider_than_the_window(
    chromium: Browser, place: Place, theme: str, width: int
) -> None:
    found = []
    with place.tab(chromium, theme=theme, width=width) as tab:
        for address in addresses(place):
            page = tab.open(address)
            wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if wider > 0:
                found.append(f"{address}: {wider} px wider than the window")
            violations = Axe().run(page, context=PARTS, options=RULES).response["violations"]
            found += [f"{address}: {one['id']} {one['nodes'][0]['html'][:150]}" for one in violations]
    assert "\n".join(found) == ""


def test_all_pages_fit_a_window_of_320_px(chromium: Browser, place: Place) -> None:
    wide = []
    with place.tab(chromium, width=320) as tab:
        for address in addresses(place):
            page = tab.open(address)
            if page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") > 0:
                wide.append(address)
    assert wide == []
