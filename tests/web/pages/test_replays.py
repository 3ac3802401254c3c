from typing import Any

import pytest

from bellwire.model.cursor import DiscardReason
from bellwire.service import Bellwire
from bellwire.web.pages.replay_form import kind_asked
from bellwire.web.pages.visit import Fields
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
    page = await visitor.open(page.one("section", class_="dl").one("a", class_="btn")["href"])
    assert "2 events" in page.one("section", **{"aria-labelledby": "h-what"}).text
    before = len(receiver.requests)
    begin = page.one("form", method="post", action=f"{address}/replay")
    replay = await visitor.send(begin)
    await receiver.arrival(before + 1)
    page = await until(lambda: visitor.open(replay), true=lambda page: "Done" in page.one("main").text)
    assert page.one("h1").text == "Replay to Archive"
    assert "Delivered 2 of 2" in page.one("main").text
    assert [form["action"] for form in page.one("main").every("form")] == []
    page = await visitor.open("/replays")
    assert page.one("main").one("h2").one("a")["href"] == replay
    assert "2 of 2 events delivered" in page.one("main").text


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


async def test_the_page_of_a_replay_shows_what_it_does_and_takes_another_rate(
    visitor: Visitor, service: Bellwire, receiver: Receiver
) -> None:
    await with_dead_letters(service, receiver)
    receiver.answer_with(Reply(status=503))
    wish: dict[str, object] = {"reason": "disabled", "types": ["auth.success"], "rate": 1_000}
    replay = (await service.replays.create(service.webhooks()[0].id, wish)).replay
    address = f"/replays/{replay.id}"
    page = await until(lambda: visitor.open(address), true=lambda page: page.every("tbody") != [])
    text = page.one("main").text
    assert "Delivers again: dead letters for the reason disabled of auth.success" in text
    assert "Running: answered 503" in text
    assert "Delivered 0 of 2" in text
    assert "The next attempt is due" in text
    assert "Service Unavailable" in page.one("tbody").text
    rate = page.one("form", action=f"{address}/rate")
    assert rate.one("input", name="rate")["value"] == "1000"
    page = await visitor.send(rate, code=422, rate="<fast>")
    assert "must be events a second" in page.one(id="e-rate").text
    assert page.one("input", name="rate")["value"] == "<fast>"
    assert await visitor.send(rate, rate="0.5") == address
    assert service.replays.get(replay.id).rate_per_s == 0.5
    assert "At most 0.5 events a second" in (await visitor.open(address)).one(id="toasts").text
    assert await visitor.send(rate, rate="") == address
    assert service.replays.get(replay.id).rate_per_s is None
    health = await visitor.open(f"{WEBHOOKS}/{service.webhooks()[0].id}")
    assert health.one("section", **{"aria-labelledby": "h-rep"}).one("li").one("a")["href"] == address
    for action in ("pause", "resume", "cancel"):
        page = await visitor.open(address)
        assert await visitor.send(page.one("form", action=f"{address}/{action}")) == address
    page = await visitor.open(address)
    assert "Cancelled: cancelled by an operator" in page.one("main").text
    assert page.one("main").every("form") == []


async def test_a_replay_is_begun_by_time_by_position_and_by_ids_with_types_and_a_rate(
    visitor: Visitor, service: Bellwire, receiver: Receiver
) -> None:
    address = await with_dead_letters(service, receiver)
    await service.publish("auth.success", {}, id=" outer space ")
    await receiver.arrival(2)
    page = await visitor.open("/replays/new")
    answer = await visitor.client.get("/replays/new", params={"webhook": page.one("select").one("option")["value"]})
    form = (await visitor.open(answer.headers["location"])).one("form", class_="kinds")
    asked: list[tuple[dict[str, Any], str]] = [
        ({"kind": "since", "since": "1h", "types": "auth.success", "rate": "50"}, "3 events"),
        ({"kind": "since", "since": "1h", "until": "1h"}, "until"),
        ({"kind": "fromPosition", "fromPosition": "2", "paused": "on"}, "2 events"),
        ({"kind": "ids", "ids": "first\r\n\r\n  none \r\n"}, "1 event ; 1 more is no longer retained"),
        ({"kind": "ids", "id": [" outer space ", "first"]}, "2 events"),
    ]
    for wish, told in asked:
        if told == "until":
            assert "not after since" in (await visitor.send(form, code=422, **wish)).one(id="e-until").text
            continue
        page = await visitor.send(form, code=200, **wish)
        assert page.one("section", **{"aria-labelledby": "h-what"}).text.startswith(f"What it would deliver {told}")
        await visitor.send(page.one("form", action=f"{address}/replay"))
    begun = [replay.wish for replay in reversed(service.replays.all(None))]
    assert [wish.from_position for wish in begun] == [None, 2, None, None]
    assert [wish.ids for wish in begun] == [(), (), ("first", "none"), (" outer space ", "first")]
    assert [wish.rate_per_s for wish in begun] == [50, None, None, None]
    assert [wish.paused for wish in begun] == [False, True, False, False]
    assert begun[0].types == ("auth.success",)


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        ({}, None),
        ({"kind": ["no such"]}, None),
        ({"kind": ["ids"], "reason": ["expired"]}, "ids"),
        ({"reason": ["expired"], "since": ["1d"]}, "reason"),
        ({"since": ["1d"]}, "since"),
        ({"fromPosition": ["7"]}, "fromPosition"),
        ({"id": ["a"]}, "ids"),
    ],
)
def test_a_link_need_not_say_what_kind_of_replay_it_asks_for(asked: dict[str, list[str]], kind: str | None) -> None:
    assert kind_asked(Fields(asked)) == kind


@pytest.mark.parametrize(
    ("kind", "field", "written"),
    [
        *(
            (kind, field, written)
            for kind in ("reason", "since")
            for field in ("since", "until", "rate")
            for written in ("<soon>", "nan", "-1")
        ),
        *(("fromPosition", "fromPosition", written) for written in ("", "<1>", "0", "²", "9" * 20)),
        ("since", "since", ""),
        ("ids", "ids", ""),
        ("ids", "ids", "x" * 129),
        ("reason", "types", "auth.succes"),
    ],
)
async def test_what_cannot_be_read_is_told_at_its_field(
    visitor: Visitor, service: Bellwire, kind: str, field: str, written: str
) -> None:
    webhook, _ = await service.create_webhook({"url": "https://example.com"})
    address = f"{WEBHOOKS}/{webhook.id}/replay"
    form = (await visitor.open(address)).one("form", class_="kinds")
    page = await visitor.send(form, code=422, **{"kind": kind, field: written})
    assert page.one(id=f"e-{field}").text
    kept = page.one(id=f"r-{field}")
    assert (kept.text if kept.tag == "textarea" else kept["value"]) == written
    answer = await visitor.client.post(address, data={"kind": kind, "reason": "expired", field: written})
    assert answer.status_code == 422
    assert service.replays.all(None) == ()
