import pytest

from bellwire.model.webhook import WebhookId
from bellwire.service import Bellwire
from bellwire.store import AttemptSearch
from receivers import Receiver, Reply
from web.endpoints import until
from web.pages.parsed import Element
from web.pages.visitor import WEBHOOKS, Visitor

INCLUDED: dict[str, object] = {"events": ["auth.success", "smtp.ehlo"], "eventsPolicy": "include", "throttle": "0s"}
SPACED = " a <b> "
"""An id with outer white space, which is its publisher's right."""


async def given_up(service: Bellwire, receiver: Receiver, *names: str) -> list[WebhookId]:
    """The ids of webhooks that gave up three events each as they were disabled, and are enabled again."""
    receiver.answer_with(Reply(status=500))
    made = [(await service.create_webhook({"url": receiver.url, "name": name} | INCLUDED))[0].id for name in names]
    for type_id, event_id in (("auth.success", SPACED), ("auth.success", "two"), ("smtp.ehlo", "three")):
        await service.publish(type_id, {}, id=event_id)
    for webhook_id in made:
        await service.patch_webhook(webhook_id, {"enable": False})
    await until(service.dead_letters, true=lambda letters: len(letters) == 3 * len(made))
    for webhook_id in made:
        await service.patch_webhook(webhook_id, {"enable": True})
    receiver.answer_with(Reply())
    return made


def events_of(page: Element) -> list[str]:
    """The types in the list."""
    return [row.one("th").one("a").text for body in page.every("tbody") for row in body.every("tr")]


def choices(page: Element) -> list[str]:
    return [box["value"] for box in page.every("input", name="letter")]


async def test_dead_letters_are_found_by_reason_type_and_time_of_all_webhooks_and_of_one(
    visitor: Visitor, service: Bellwire, receiver: Receiver
) -> None:
    one, _ = await given_up(service, receiver, "One", "Other")
    for address, times in (("/dead-letters", 2), (f"{WEBHOOKS}/{one}/dead-letters", 1)):
        form = (await visitor.open(address)).one("form", class_="dlbar")
        every = ["smtp.ehlo", "auth.success", "auth.success"]
        asked = [
            ({}, every),
            ({"type": "auth.*"}, every[1:]),
            ({"type": "smtp.ehlo", "reason": "disabled", "since": "1h"}, every[:1]),
            ({"reason": "expired"}, []),
            ({"until": "1h"}, []),
        ]
        for wish, found in asked:
            assert events_of(await visitor.send(form, code=200, **wish)) == found * times
        page = await visitor.send(form, code=200, type="auth.succes", since="soon")
        assert "did you mean auth.success?" in page.one(id="e-type").text
        assert "is no time" in page.one(id="e-since").text
        assert "Nothing was searched" in page.text
        assert page.one("input", name="since")["value"] == "soon"


async def test_those_that_were_chosen_are_counted_first_and_then_delivered_again_by_a_replay_for_each_webhook(
    visitor: Visitor, service: Bellwire, receiver: Receiver
) -> None:
    one, other = await given_up(service, receiver, "One", "Other")
    page = await visitor.open("/dead-letters")
    chosen = [f"{one} {SPACED}", f"{other} two", f"{other} three"]
    assert set(chosen) < set(choices(page))
    page = await visitor.send(page.one("form", id="pick"), code=200, letter=chosen)
    facts = {fact.one("dt").text: fact.one("dd").text for fact in page.one("dl").every("div")}
    assert facts == {"One": "1 event", "Other": "2 events"}
    assert service.replays.all(None) == ()
    form = page.one("form", action="/dead-letters/replay")
    assert form.one("button").text == "Deliver 3 events to 2 webhooks"
    page = await visitor.send(form, code=422, rate="0")
    assert "must be events a second" in page.one(id="e-rate").text
    form = page.one("form", action="/dead-letters/replay")
    assert await visitor.send(form, rate="500") == "/replays"
    assert "3 events for 2 webhooks" in (await visitor.open("/replays")).one(id="toasts").text
    begun = {replay.webhook_id: replay for replay in service.replays.all(None)}
    assert {webhook_id: set(replay.wish.ids) for webhook_id, replay in begun.items()} == {
        one: {SPACED},
        other: {"two", "three"},
    }
    assert {replay.rate_per_s for replay in begun.values()} == {500}


async def test_all_that_match_are_delivered_again_for_one_reason(
    visitor: Visitor, service: Bellwire, receiver: Receiver
) -> None:
    made = await given_up(service, receiver, "One", "Other")
    await service.create_webhook({"url": receiver.url, "name": "Never lost any"} | INCLUDED)
    page = await visitor.open("/dead-letters?type=auth.*")
    (link,) = [link["href"] for link in page.one("p", class_="hint").every("a")]
    assert link == "/dead-letters/replay?reason=disabled&type=auth.%2A"
    page = await visitor.open("/dead-letters?reason=disabled&type=auth.*")
    link = next(link["href"] for link in page.every("a") if link.text == "Deliver all of these again…")
    form = (await visitor.open(link)).one("form", action="/dead-letters/replay")
    assert form.one("button").text == "Deliver 4 events to 2 webhooks"
    assert await visitor.send(form) == "/replays"
    assert {replay.webhook_id for replay in service.replays.all(None)} == set(made)
    page = await visitor.open("/dead-letters/replay?reason=expired")
    assert "Nothing to deliver" in page.text
    for query, told in (("", "choose one"), ("reason=disabled&since=x", "is no time"), ("reason=x", "choose one")):
        page = await visitor.open(f"/dead-letters/replay?{query}", code=422)
        assert told in page.one(class_="errs").text


async def test_what_cannot_be_delivered_again_is_named_and_does_not_keep_the_rest(
    visitor: Visitor, service: Bellwire, receiver: Receiver
) -> None:
    one, other, gone = await given_up(service, receiver, "One", "Other", "Gone")
    await service.patch_webhook(other, {"enable": False})
    await service.delete_webhook(gone)
    page = await visitor.open("/dead-letters")
    assert not [choice for choice in choices(page) if choice.startswith(gone)]
    letters = [f"{webhook_id} two" for webhook_id in (one, other, gone)]
    page = await visitor.send(page.one("form", id="pick"), code=200, letter=letters)
    assert "the webhook is deleted" in page.one("dl").text
    page = await visitor.send(page.one("form", action="/dead-letters/replay"), code=422)
    text = page.one("main").text
    assert "Begun: 1 event for 1 webhook" in text
    assert "Other : the webhook is disabled" in text
    assert f"{gone} : the webhook is deleted" in text
    assert [replay.webhook_id for replay in service.replays.all(None)] == [one]


async def test_without_a_choice_nothing_is_delivered(visitor: Visitor, service: Bellwire, receiver: Receiver) -> None:
    await given_up(service, receiver, "One")
    form = (await visitor.open("/dead-letters")).one("form", id="pick")
    assert await visitor.send(form) == "/dead-letters"
    assert "Nothing was chosen" in (await visitor.open("/dead-letters")).one(id="toasts").text
    page = await visitor.send(form, code=200, letter=["no-such-webhook two", ""])
    assert "the webhook is deleted" in page.text
    assert page.every("form", action="/dead-letters/replay") == []


async def test_further_pages_keep_what_is_asked_for(visitor: Visitor, service: Bellwire, receiver: Receiver) -> None:
    receiver.answer_with(Reply(status=500))
    webhook, _ = await service.create_webhook({"url": receiver.url} | INCLUDED)
    for number in range(230):
        await service.publish("auth.success" if number % 2 else "smtp.ehlo", {}, id=f"event-{number}")
    await service.patch_webhook(webhook.id, {"enable": False})
    await until(service.dead_letters, true=lambda letters: len(letters) == 100)
    address, found, pages = "/dead-letters?type=smtp.ehlo&reason=disabled", list[str](), 0
    while address:
        page = await visitor.open(address)
        found += events_of(page)
        pages += 1
        links = [link["href"] for link in page.every("a", class_="btn") if link.text == "Older"]
        address = f"/dead-letters{links[0].removeprefix('/dead-letters')}" if links else ""
    assert found == ["smtp.ehlo"] * 115
    assert pages == 2


@pytest.mark.parametrize("place", ["attempt", "event"])
async def test_events_of_an_attempt_and_an_event_by_itself_are_delivered_again(
    visitor: Visitor, service: Bellwire, receiver: Receiver, place: str
) -> None:
    webhook, _ = await service.create_webhook({"url": receiver.url, "name": "Archive"} | INCLUDED)
    await service.publish_json(
        b'[{"type":"auth.success","data":{},"id":" a "},{"type":"smtp.ehlo","data":{},"id":"b"}]'
    )
    attempt, *_ = await until(lambda: service.attempts(AttemptSearch()), true=bool)
    address = f"/attempts/{attempt.id}" if place == "attempt" else "/events/b"
    page = await visitor.open(address)
    link = next(link["href"] for link in page.every("a") if link.text.casefold().startswith("deliver again"))
    page = await visitor.open(link)
    begin = page.one("form", action=f"{WEBHOOKS}/{webhook.id}/replay")
    assert (await visitor.send(begin)).startswith("/replays/")
    (replay,) = service.replays.all(None)
    assert set(replay.wish.ids) == ({" a ", "b"} if place == "attempt" else {"b"})
    await service.patch_webhook(webhook.id, {"events": ["auth.failed"]})
    assert "cannot be told" in (await visitor.open(f"/attempts/{attempt.id}/replay", code=409)).text
