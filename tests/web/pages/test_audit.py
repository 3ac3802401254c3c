import pytest

from bellwire.model.audit import Action
from bellwire.service import Bellwire
from bellwire.web.pages.audit import DEEDS, ROWS_MAX
from web.pages.conftest import PASSWORD, Arrive
from web.pages.parsed import Element, values_of
from web.pages.visitor import WEBHOOKS, Visitor


def rows(page: Element) -> list[str]:
    return [each.text for each in page.one("ol", class_="hist").every("li")]


async def test_every_entry_tells_who_did_what_to_what_and_leads_there(visitor: Visitor, service: Bellwire) -> None:
    webhook, _ = await service.create_webhook({"url": "https://example.com/in", "name": "Mail archive"})
    await visitor.client.patch(f"/v1/webhooks/{webhook.id}", json={"timeout": "10s"})
    await visitor.client.post("/v1/people", json={"name": "nadia", "scopes": ["read"], "password": PASSWORD})
    page = await visitor.open("/audit")
    added, edited, created, _ = rows(page)
    assert added.startswith("admin added the person nadia scopes read password set; it is never shown")
    assert edited.startswith("admin edited the webhook Mail archive timeout 30s → 10s")
    assert edited.endswith("token, from 127.0.0.1 only this")
    assert created.startswith("program created the webhook Mail archive")
    assert PASSWORD not in page.text
    assert page.every("a", href=f"{WEBHOOKS}/{webhook.id}/history")
    await service.delete_webhook(webhook.id)
    page = await visitor.open("/audit")
    assert rows(page)[0].startswith(f"program deleted the webhook {webhook.id}")
    await visitor.open(page.every("a", href=f"{WEBHOOKS}/{webhook.id}/history")[0]["href"])


async def test_the_trail_is_narrowed_by_who_what_when_and_to_what(visitor: Visitor, service: Bellwire) -> None:
    first, _ = await service.create_webhook({"url": "https://example.com/in"})
    await visitor.client.post(f"/v1/webhooks/{first.id}/pause")
    form = (await visitor.open("/audit")).one("form", action="/audit")
    for narrowed, count in (
        ({"by": "admin"}, 1),
        ({"by": "program"}, 2),
        ({"action": "webhook.pause"}, 1),
        ({"object": first.id}, 2),
        ({"object": first.id, "by": "program"}, 1),
        ({"since": "1h"}, 3),
    ):
        page = await visitor.send(form, code=200, **narrowed)
        assert len(rows(page)) == count, narrowed
        assert values_of(page.one("form", action="/audit")) == {
            name: [narrowed.get(name, "")] for name in ("by", "action", "since", "until", "object")
        }
    for nothing in ({"until": "1h"}, {"by": "nobody"}):
        assert "No such entry" in (await visitor.send(form, code=200, **nothing)).text


@pytest.mark.parametrize(("field", "written"), [("since", "soon"), ("until", "99"), ("action", "no-such")])
async def test_what_cannot_be_searched_for_is_told_at_its_field(visitor: Visitor, field: str, written: str) -> None:
    page = await visitor.open(f"/audit?{field}={written}")
    assert page.one(id=f"e-{field}").text
    assert "Nothing was searched" in page.text


async def test_the_trail_is_paged(visitor: Visitor, service: Bellwire) -> None:
    webhook, _ = await service.create_webhook({"url": "https://example.com/in"})
    for number in range(ROWS_MAX):
        await service.patch_webhook(webhook.id, {"name": f"name {number}"})
    page = await visitor.open("/audit?by=program")
    assert len(rows(page)) == ROWS_MAX
    page = await visitor.open(page.one("nav", class_="more").one("a")["href"])
    assert len(rows(page)) == 2
    assert page.one("input", id="f-by")["value"] == "program"
    assert len(rows(await visitor.open(page.one("nav", class_="more").one("a")["href"]))) == ROWS_MAX


async def test_only_administrators_see_the_trail_and_are_led_to_it(visitor: Visitor, arrive: Arrive) -> None:
    assert (await visitor.open("/")).every("a", href="/audit")
    browser = await arrive("write")
    assert (await browser.open("/")).every("a", href="/audit") == []
    assert "needs the scope admin" in (await browser.open("/audit", code=403)).one("main").text


def test_every_action_has_words() -> None:
    assert set(DEEDS) == set(Action)
