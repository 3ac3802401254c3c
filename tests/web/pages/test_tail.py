"""Live tail, as its page and its script ask for it."""

import httpx
import pytest

from bellwire.service import Bellwire
from bellwire.web.pages.tail import FIRST_ROWS, NEW_ROWS_MAX
from web.pages.parsed import Element, parse
from web.pages.test_every_page import EVIL
from web.pages.visitor import WEBHOOKS, Visitor

PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


async def since(visitor: Visitor, position: str, query: str = "") -> Element:
    """What the script gets."""
    answer = await visitor.client.get(f"/tail?after={position}{query}", headers=PARTIAL)
    assert answer.status_code == httpx.codes.OK
    return parse(answer.text).one("tbody")


async def publish(service: Bellwire, count: int, type_id: str = "auth.success") -> None:
    for number in range(count):
        await service.publish(type_id, {"n": number, "evil": EVIL})


async def test_without_scripts_the_newest_are_there_and_can_be_loaded_again(
    visitor: Visitor, service: Bellwire
) -> None:
    page = await visitor.open("/tail")
    assert page.one("main").one(class_="none").text.startswith("Waiting for events.")
    await publish(service, FIRST_ROWS + 1)
    page = await visitor.open("/tail?type=auth.*")
    assert len(page.one("tbody").every("tr")) == FIRST_ROWS
    assert page.one("tbody").every("td", class_="dat")[0].text.startswith(f'{{"n":{FIRST_ROWS}')
    (reload,) = [link for link in page.every("a") if link.text == "Reload"]
    assert "type=auth.%2A" in reload["href"]


async def test_the_script_gets_each_event_once(visitor: Visitor, service: Bellwire) -> None:
    section = (await visitor.open("/tail")).one("section", class_="tail")
    await publish(service, 2)
    come = await since(visitor, section["data-tail"])
    assert [len(come.every("tr")), come["data-skipped"]] == [2, "0"]
    assert (await since(visitor, come["data-next"])).every("tr") == []


async def test_too_many_leave_a_gap_that_is_told(visitor: Visitor, service: Bellwire) -> None:
    section = (await visitor.open("/tail")).one("section", class_="tail")
    await publish(service, NEW_ROWS_MAX + 30)
    come = await since(visitor, section["data-tail"])
    assert come["data-skipped"] == "30"
    rows = come.every("tr")
    assert len(rows) == NEW_ROWS_MAX + 1
    assert rows[-1].text == "30 events skipped: too fast to show"


async def test_a_place_that_is_none_gets_the_newest(visitor: Visitor, service: Bellwire) -> None:
    await publish(service, 3)
    for position in ("", "x", "9" * 30, "9" * 18, "-1"):
        assert len((await since(visitor, position)).every("tr")) == 3


async def test_types_level_webhook_and_data_narrow_on_the_server(visitor: Visitor, service: Bellwire) -> None:
    webhook, _ = await service.create_webhook(
        {"url": "https://example.com", "name": "Mine", "events": ["auth.failed"], "eventsPolicy": "include"}
    )
    await service.publish("auth.success", {"who": {"name": "jane"}})
    await service.publish("auth.failed", {"who": {"name": "joe"}})
    for query, expected in (
        ("type=auth.success", ["auth.success"]),
        ("type=auth.*", ["auth.failed", "auth.success"]),
        ("type=auth.*&data=who.name+%3D+jane", ["auth.success"]),
        ("webhook=mine", ["auth.failed"]),
        (f"webhook={webhook.id}", ["auth.failed"]),
        ("level=error", []),
        ("level=nothing", ["auth.failed", "auth.success"]),
    ):
        page = await visitor.open(f"/tail?{query}")
        assert [row.one("a").text for row in page.one("tbody").every("tr")] == expected, query
    page = await visitor.open("/tail?webhook=mine")
    assert page.one("main").one("a", href=f"{WEBHOOKS}/{webhook.id}").text == "Mine"
    assert f"--webhook {webhook.id}" in page.one("footer", id="same").text


@pytest.mark.parametrize(
    ("query", "field", "told"),
    [
        ("type=auth.sucess", "type", "did you mean auth.success"),
        ("webhook=none", "webhook", "there is no webhook 'none'"),
        ("webhook=twice", "webhook", "2 webhooks are called so"),
        ("data=x", "data", "accountName=jane"),
    ],
)
async def test_what_cannot_be_read_is_told_at_its_field_and_nothing_is_shown(
    visitor: Visitor, service: Bellwire, query: str, field: str, told: str
) -> None:
    for _ in range(2):
        await service.create_webhook({"url": "https://example.com", "name": "Twice"})
    await publish(service, 1)
    page = await visitor.open(f"/tail?{query}")
    assert told in page.one(id=f"e-{field}").text
    assert page.every("section", class_="tail") == []
    assert "Nothing is shown." in page.one("main").text
    assert (await since(visitor, "1", f"&{query}")).every("tr") == []
