import pytest

from bellwire.model.cursor import DiscardReason
from bellwire.service import Bellwire
from receivers import Receiver, Reply
from web.endpoints import until
from web.pages.visitor import WEBHOOKS, Visitor

INCLUDED: dict[str, object] = {"events": ["auth.success"], "eventsPolicy": "include", "throttle": "0s"}


async def with_dead_letters(service: Bellwire, receiver: Receiver) -> str:
    """The address of a webhook that gave two events up as it was disabled, and is enabled again."""
    receiver.answer_with(Reply(status=500))
    webhook, _ = await service.create_webhook({"url": receiver.url, "name": "Archive"} | INCLUDED)
    await service.publish("auth.success", {"n": 1}, id="first")
    await service.publish("auth.success", {"n": 2}, id="second")
    await receiver.arrival(1)
    await service.patch_webhook(webhook.id, {"enable": False})
    await until(service.dead_letters, true=lambda letters: len(letters) == 2)
    receiver.answer_with(Reply())
    await service.patch_webhook(webhook.id, {"enable": True})
    return f"{WEBHOOKS}/{webhook.id}"


async def test_dead_letters_are_shown_first_and_then_delivered_again(
    visitor: Visitor, service: Bellwire, receiver: Receiver
) -> None:
    address = await with_dead_letters(service, receiver)
    page = await visitor.open(f"{address}/dead-letters")
    page = await visitor.open(next(link["href"] for link in page.every("a") if link.text == "Deliver again…"))
    assert "2 events" in page.one("section", **{"aria-labelledby": "h-what"}).text
    before = len(receiver.requests)
    begin = page.one("form", method="post", action=f"{address}/replay")
    assert await visitor.send(begin) == "/replays"
    await receiver.arrival(before + 1)
    page = await until(lambda: visitor.open("/replays"), true=lambda page: "Done" in page.one("main").text)
    assert "Archive" in page.one("main").text
    assert "2 of 2 events delivered" in page.one("main").text
    assert [form["action"] for form in page.one("main").every("form")] == []


async def test_a_replay_is_paused_resumed_and_cancelled(
    visitor: Visitor, service: Bellwire, receiver: Receiver
) -> None:
    address = await with_dead_letters(service, receiver)
    await service.replays.create(
        service.webhooks()[0].id, {"reason": DiscardReason.DISABLED.value, "rate": 0.001, "paused": True}
    )
    told = []
    for action in ("resume", "pause", "cancel"):
        page = await visitor.open("/replays")
        form = next(one for one in page.one("main").every("form") if one["action"].endswith(f"/{action}"))
        assert await visitor.send(form) == "/replays"
        told.append((await visitor.open("/replays")).one(id="toasts").text)
    assert [text.split("  ")[0][:22] for text in told] == [
        "The replay goes on",
        "The replay is paused I",
        "The replay is cancelle",
    ]
    page = await visitor.open("/replays")
    assert "Cancelled : cancelled by an operator" in page.one("main").text
    assert page.one("main").every("form") == []
    assert (await visitor.client.get(f"{address}/replay")).status_code == 200


@pytest.mark.parametrize("field", ["since", "until", "rate"])
@pytest.mark.parametrize("written", ["<soon>", "nan", "-1"])
async def test_what_cannot_be_read_is_told_at_its_field(
    visitor: Visitor, service: Bellwire, field: str, written: str
) -> None:
    webhook, _ = await service.create_webhook({"url": "https://example.com"})
    address = f"{WEBHOOKS}/{webhook.id}/replay"
    form = (await visitor.open(address)).one("form", action=address)
    page = await visitor.send(form, code=422, **{field: written})
    assert page.one(id=f"e-{field}").text
    assert page.one("input", name=field)["value"] == written
    answer = await visitor.client.post(address, data={"reason": "expired", field: written})
    assert answer.status_code == 422
    assert service.replays.all(None) == ()
