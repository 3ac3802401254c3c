from bellwire.service import Bellwire
from bellwire.web.pages.webhook_history import ROWS_MAX
from receivers import Receiver, Reply
from web.endpoints import until
from web.pages.conftest import Arrive
from web.pages.parsed import Element
from web.pages.visitor import WEBHOOKS, Visitor

INCLUDED: dict[str, object] = {"events": ["auth.success"], "eventsPolicy": "include", "throttle": "0s"}


def rows(page: Element) -> list[str]:
    return [each.text for each in page.one("ol", class_="hist").every("li")]


async def edited(visitor: Visitor, url: str) -> str:
    """A webhook that was created and then edited, by the administrator's token."""
    key = {"signatureKey": {"@type": "Value", "secret": "first-secret"}}
    api = visitor.client
    made = (await api.post("/v1/webhooks", json={"url": url} | INCLUDED | key)).json()
    another = {"signatureKey": {"@type": "Value", "secret": "second-secret"}}
    changes = {"events": ["auth.failed"], "timeout": "10s", "httpHeaders": {"X-Team": "dark-blue"}}
    assert (await api.patch(f"/v1/webhooks/{made['id']}", json=changes | another)).status_code == 200
    return f"{WEBHOOKS}/{made['id']}"


async def test_administrators_see_who_changed_what_into_what_but_no_secret(visitor: Visitor) -> None:
    address = await edited(visitor, "https://example.com/in")
    page = await visitor.open(f"{address}/history")
    rotated, changed, created = rows(page)
    assert rotated.startswith("Key replaced by admin")
    assert changed.startswith("Edited by admin (token, from 127.0.0.1)")
    assert "events \N{MINUS SIGN} auth.success + auth.failed" in changed
    assert "timeout 30s → 10s" in changed
    assert "httpHeaders + X-Team" in changed
    assert created.startswith("Created by admin")
    assert "url https://example.com/in" in created
    assert not any(secret in page.text for secret in ("first-secret", "second-secret", "dark-blue"))


async def test_others_see_what_was_changed_and_how_the_filter_was_but_no_names_and_values(
    visitor: Visitor, arrive: Arrive
) -> None:
    address = await edited(visitor, "https://example.com/in")
    page = await (await arrive("read")).open(f"{address}/history")
    _, changed, created = rows(page)
    assert changed.startswith(
        "Edited events \N{MINUS SIGN} auth.success + auth.failed timeout changed httpHeaders changed"
    )
    assert "admin" not in changed + created
    assert page.every("a", href=f"/audit?object={address.rsplit('/', 1)[1]}") == []


async def test_what_the_state_became_is_told_with_its_reason(
    visitor: Visitor, service: Bellwire, receiver: Receiver
) -> None:
    receiver.answer_with(Reply(status=410))
    webhook, _ = await service.create_webhook({"url": receiver.url} | INCLUDED)
    await service.publish("auth.success", {})
    await until(lambda: service.chronicler.changes(webhook.id), true=lambda changes: len(changes) == 2)
    await service.pause_webhook(webhook.id)
    await service.patch_webhook(webhook.id, {"enable": False})
    disabled, paused, gone, _ = rows(await visitor.open(f"{WEBHOOKS}/{webhook.id}/history"))
    assert gone.startswith("Gone answered 410")
    assert paused.startswith("Paused by program (program)")
    assert disabled.startswith("Disabled by program (program) What waited was discarded.")


async def test_a_deleted_webhook_still_has_its_history_and_an_unknown_one_none(
    visitor: Visitor, service: Bellwire
) -> None:
    webhook, _ = await service.create_webhook({"url": "https://example.com/in", "name": "Mail archive"})
    await service.delete_webhook(webhook.id)
    page = await visitor.open(f"{WEBHOOKS}/{webhook.id}/history")
    assert page.one("h1").text == "A deleted webhook"
    assert rows(page)[0].startswith("Deleted by program")
    await visitor.open(f"{WEBHOOKS}/none/history", code=404)


async def test_the_history_is_paged(visitor: Visitor, service: Bellwire) -> None:
    webhook, _ = await service.create_webhook({"url": "https://example.com/in"})
    for number in range(ROWS_MAX):
        await service.patch_webhook(webhook.id, {"name": f"name {number}"})
    page = await visitor.open(f"{WEBHOOKS}/{webhook.id}/history")
    assert len(rows(page)) == ROWS_MAX
    older = page.one("nav", class_="more").one("a")["href"]
    page = await visitor.open(older)
    assert [row[:7] for row in rows(page)] == ["Created"]
    assert page.one("nav", class_="more").one("a").text == "Newest"
    await visitor.open(f"{WEBHOOKS}/{webhook.id}/history?before=none")
