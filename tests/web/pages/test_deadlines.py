import msgspec

from bellwire.service import Bellwire
from bellwire.web.pages.deadlines import deadlines_of
from bellwire.web.pages.webhook_rows import row_of
from web.endpoints import closed_endpoint
from web.pages.parsed import Element
from web.pages.visitor import WEBHOOKS, Visitor

INCLUDED: dict[str, object] = {"events": ["auth.success"], "eventsPolicy": "include", "throttle": "0s"}


async def waiting(service: Bellwire, **discard_after: str) -> dict[str, str]:
    """The addresses of webhooks that two events wait for each, by their names."""
    addresses = {}
    for name, longest in discard_after.items():
        wish = {"url": closed_endpoint(), "name": name, "discardAfter": longest}
        webhook, _ = await service.create_webhook(wish | INCLUDED)
        addresses[name] = f"{WEBHOOKS}/{webhook.id}"
    for number in range(2):
        await service.publish("auth.success", {"n": number})
    return addresses


def names(page: Element) -> list[str]:
    """The webhooks in the list."""
    return [item.every("a")[0].text for part in page.every("ul", class_="dues") for item in part.every("li")]


async def test_the_soonest_deadline_comes_first_with_how_many_wait_and_when_it_is(
    visitor: Visitor, service: Bellwire
) -> None:
    await waiting(service, Week="7d", Hour="59m", Day="23h")
    page = await visitor.open("/deadlines")
    assert names(page) == ["Hour", "Day", "Week"]
    first = page.one("ul", class_="dues").every("li")[0]
    assert "2 events, the oldest for" in first.text
    assert "The first in 58 min" in first.text
    assert "6 events of 3 webhooks wait" in page.text
    assert names(await visitor.open("/deadlines?within=1d")) == ["Hour", "Day"]
    assert names(await visitor.open("/deadlines?within=1h")) == ["Hour"]
    assert names(await visitor.open("/deadlines?within=x")) == ["Hour", "Day", "Week"]
    assert "Nothing is given up that soon" in (await visitor.open("/deadlines?within=15m")).text
    assert any(link["href"] == "/deadlines" for link in (await visitor.open("/")).every("a"))


async def test_what_is_paused_is_held_and_has_no_deadline(visitor: Visitor, service: Bellwire) -> None:
    addresses = await waiting(service, Hour="1h", Day="1d")
    page = await visitor.open("/deadlines")
    pause = page.one("form", action=f"{addresses['Hour']}/pause")
    await visitor.send(pause)
    page = await visitor.open("/deadlines")
    assert names(page) == ["Day"]
    assert "2 events: Hour (2)" in page.one("section", **{"aria-labelledby": "h-held"}).text


async def test_without_anything_that_waits_there_is_no_deadline(visitor: Visitor, service: Bellwire) -> None:
    await service.create_webhook({"url": closed_endpoint()} | INCLUDED)
    assert "Nothing waits that has a deadline" in (await visitor.open("/deadlines")).text


async def test_a_deadline_that_has_passed_is_now_and_not_before(service: Bellwire) -> None:
    webhook, _ = await service.create_webhook({"url": closed_endpoint(), "name": "Late"} | INCLUDED)
    status, lately = await service.webhook_status(webhook.id), service.figures.lately()
    assert deadlines_of([row_of(webhook, status, lately)], now_ms=7) == []
    late = msgspec.structs.replace(status, backlog=3, first_deadline_ms=status.now_ms - 50)
    (found,) = deadlines_of([row_of(webhook, late, lately)], now_ms=7)
    assert (found.left_ms, found.at_ms) == (0, 7)
