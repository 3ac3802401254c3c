"""Search as a page without scripts, and as the palette asks for it."""

from bellwire.model.principal import PROGRAM, Scope
from bellwire.service import Bellwire
from bellwire.store import AttemptSearch
from receivers import Receiver
from web.endpoints import until
from web.pages.conftest import Arrive
from web.pages.parsed import Element, parse
from web.pages.visitor import WEBHOOKS, Visitor

PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}
EVIL = "\"'><script>alert(1)</script>"


async def options(visitor: Visitor, text: str) -> list[Element]:
    """What the palette gets."""
    answer = await visitor.client.get("/search", params={"q": text}, headers=PARTIAL)
    assert answer.status_code == 200
    return parse(answer.text).every(role="option")


def links(page: Element) -> list[str]:
    return [link["href"] for link in page.one("main").every("a")]


async def test_every_entry_of_the_navigation_and_every_button_new_can_be_found(visitor: Visitor) -> None:
    page = await visitor.open("/search")
    entries = [link["href"] for link in page.one("nav", id="side").every("a") if link["href"] != "#"]
    assert sorted(set(entries) - set(links(page))) == [], "add them to PLACES in src/bellwire/web/pages/finding.py"


async def test_what_is_found_leads_to_pages_that_are_there(visitor: Visitor) -> None:
    for address in links(await visitor.open("/search")):
        answer = await visitor.client.get(address.partition("#")[0])
        assert answer.status_code == 200, address


async def test_an_event_and_an_attempt_are_found_by_their_ids(
    visitor: Visitor, service: Bellwire, receiver: Receiver
) -> None:
    webhook, _ = await service.create_webhook(
        {"url": receiver.url, "name": "Mine", "events": ["auth.success"], "eventsPolicy": "include"}
    )
    await service.publish("auth.success", {}, id=EVIL)
    search = AttemptSearch(webhook_id=webhook.id)
    (attempt,) = await until(lambda: service.attempts(search), true=lambda attempts: len(attempts) == 1)
    (event,) = await options(visitor, f" {EVIL} ")
    await visitor.open(event["href"])
    assert event.text == f"Event auth.success {EVIL}"
    found = await options(visitor, attempt.id)
    assert (found[0]["href"], found[0].one("span").text) == (f"/attempts/{attempt.id}", "Attempt at Mine")


async def test_an_action_that_changes_something_is_a_form_and_does_it(visitor: Visitor, service: Bellwire) -> None:
    webhook, _ = await service.create_webhook({"url": "https://example.com", "name": EVIL})
    form = (await visitor.open("/search?q=pause+example.com")).one("form", action=f"{WEBHOOKS}/{webhook.id}/pause")
    assert await visitor.send(form) == f"{WEBHOOKS}/{webhook.id}"
    assert (await service.webhook_status(webhook.id)).state == "paused"
    (option,) = [each for each in await options(visitor, "resume example") if each.tag == "button"]
    assert option["formaction"] == f"{WEBHOOKS}/{webhook.id}/resume"


async def test_nobody_is_offered_what_they_may_not_do(arrive: Arrive, service: Bellwire) -> None:
    await service.create_webhook({"url": "https://example.com", "name": "Mine"}, by=PROGRAM)
    reader = await arrive(Scope.READ.value)
    page = await reader.open("/search")
    assert not {"/tokens", "/tokens/new", f"{WEBHOOKS}/new", "/receiver"} & set(links(page))
    page = await reader.open("/search?q=mine")
    assert page.one("main").every("form", method="post") == []
    for address in links(page):
        assert (await reader.client.get(address)).status_code == 200, address


async def test_nothing_found_says_what_to_try(visitor: Visitor) -> None:
    page = await visitor.open("/search?q=" + "zzz" * 100)
    assert "Nothing is called so." in page.one("main").text
    assert await options(visitor, "zzz") == []
