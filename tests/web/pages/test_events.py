import pytest

from bellwire.engine import event_finder
from bellwire.model.event import EventTypeId
from bellwire.service import Bellwire
from bellwire.web.pages import event_types, events
from bellwire.web.pages.attempt_rows import LOOKED_AT_MAX, gather
from bellwire.web.pages.events import types_like
from bellwire.web.pages.showing import show_bytes, show_span
from receivers import Receiver
from web.endpoints import until
from web.pages.visitor import Visitor


async def test_events_are_found_by_type_pattern_time_and_id(visitor: Visitor, service: Bellwire) -> None:
    await service.publish("auth.success", {"n": 1}, id="a b/ü?#")
    await service.publish("smtp.ehlo", {"n": 2})
    form = (await visitor.open("/events")).one("form", class_="evbar")

    async def found(**asked: str) -> list[str]:
        page = await visitor.send(form, code=200, **asked)
        return [row.every("th")[0].text for body in page.every("tbody") for row in body.every("tr")]

    assert await found() == ["smtp.ehlo", "auth.success"]
    assert await found(type="auth.*") == ["auth.success"]
    assert await found(type="auth.success", since="1h") == ["auth.success"]
    assert await found(until="1h") == []
    assert await found(type="auth.succes") == []
    page = await visitor.send(form, code=200, type="auth.succes", since="yesterday", id="none")
    assert "did you mean auth.success?" in page.one(id="e-type").text
    assert "is no time" in page.one(id="e-since").text
    assert "there is no event" in page.one(id="e-id").text
    answer = await visitor.client.get("/events", params={"id": "a b/ü?#"})
    assert answer.status_code == 303
    assert (await visitor.open(answer.headers["location"])).one("h1").text == "auth.success"


async def test_events_are_found_by_a_value_of_their_data_and_by_the_webhook_that_wants_them(
    visitor: Visitor, service: Bellwire, monkeypatch: pytest.MonkeyPatch
) -> None:
    wish: dict[str, object] = {"url": "http://127.0.0.1:9/", "eventsPolicy": "include", "enable": False}
    first, _ = await service.create_webhook(wish | {"events": ["auth.success"], "name": "Sign-ins"})
    for name in ("Twin", "twin"):
        await service.create_webhook(wish | {"events": ["auth.failed"], "name": name})
    for name in ("jane", "john"):
        await service.publish("auth.success", {"accountName": name})
        await service.publish("auth.failed", {"accountName": name})
    form = (await visitor.open("/events")).one("form", class_="evbar")
    assert [option["value"] for option in form.one(id="hooks").every("option")] == ["Sign-ins", "Twin", "twin"]

    async def found(**asked: str) -> list[str]:
        page = await visitor.send(form, code=200, **asked)
        return [row.every("td")[2].text for body in page.every("tbody") for row in body.every("tr")]

    assert await found(where="accountName = jane") == ['{"accountName":"jane"}'] * 2
    assert await found(where="accountName=jane", webhook="sign-ins") == ['{"accountName":"jane"}']
    assert len(await found(webhook=first.id)) == 2
    page = await visitor.send(form, code=200, where="jane", webhook="Twin")
    assert "write key=value" in page.one(id="e-where").text
    assert "several webhooks" in page.one(id="e-webhook").text
    page = await visitor.send(form, code=200, webhook="none")
    assert "there is no such webhook" in page.one(id="e-webhook").text
    monkeypatch.setattr(event_finder, "EVENTS_LOOKED_MAX", 50)
    await service.publish_json(b"[%b]" % b",".join([b'{"type":"smtp.ehlo","data":{}}'] * 60))
    page = await visitor.open("/events?where=accountName%3Djane&type=")
    assert "None among the" in page.text
    (further,) = [link["href"] for link in page.every("a") if link.text == "Look further back"]
    assert "jane" in (await visitor.open(further)).one("tbody").text


async def test_older_events_are_on_further_pages_and_none_is_left_out(visitor: Visitor, service: Bellwire) -> None:
    ids = [f"event-{number}" for number in range(120)]
    for event_id in ids:
        await service.publish("auth.success", {}, id=event_id)
    seen: list[str] = []
    address = "/events"
    while address:
        page = await visitor.open(address)
        seen += [row.one("a")["href"].removeprefix("/events/") for row in page.one("tbody").every("tr")]
        address = next((link["href"] for link in page.every("a", class_="btn") if link.text == "Older"), "")
    assert seen == ids[::-1]


async def test_an_event_tells_its_way_to_each_webhook(visitor: Visitor, service: Bellwire, receiver: Receiver) -> None:
    included: dict[str, object] = {"events": ["auth.success"], "eventsPolicy": "include"}
    await service.create_webhook({"url": receiver.url, "name": "Wants it"} | included)
    await service.create_webhook({"url": receiver.url, "name": "Does not", "level": "error"})
    missing = {"signatureKey": {"@type": "EnvironmentVariable", "variableName": "NO_KEY"}}
    await service.create_webhook({"url": receiver.url, "name": "Cannot"} | included | missing)
    event_id = await service.publish("auth.success", {"n": 332248442443137537})
    page = await until(
        lambda: visitor.open(f"/events/{event_id}"),
        true=lambda page: "see the attempt" in page.text and "NO_KEY is not set" in page.text,
    )
    assert "Wants it delivered" in page.text
    assert "Does not not wanted auth.success has level info, the webhook wants error and graver" in page.text
    assert "332248442443137537" in page.one(id="json").text
    await visitor.open(next(link["href"] for link in page.every("a") if link.text == "see the attempt"))


async def test_many_webhooks_are_on_further_pages_of_an_event_and_of_its_type(
    visitor: Visitor, service: Bellwire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "FATES_MAX", 2)
    monkeypatch.setattr(event_types, "WANTING_MAX", 2)
    for name, level in (("a", "error"), ("d", "info"), ("c", "info"), ("b", "info")):
        await service.create_webhook({"url": "http://127.0.0.1:9/", "name": name, "level": level})
    event_id = await service.publish("auth.success", {})

    async def names(address: str, part: str) -> list[str]:
        seen: list[str] = []
        further = ""
        for _ in range(5):
            page = await visitor.open(address + further)
            seen += [row.one("a").text for row in page.one("ul", class_=part).every("li")]
            further = next((link["href"] for link in page.every("a", class_="btn") if link.text == "Next"), "")
            if not further:
                break
        return seen

    assert await names(f"/events/{event_id}", "fates") == ["b", "c", "d", "a"]
    assert await names("/event-types/auth.success", "dots") == ["b", "c", "d"]


async def test_a_type_of_ones_own_is_declared_described_anew_and_given_another_level(
    visitor: Visitor, service: Bellwire
) -> None:
    form = (await visitor.open("/event-types")).one(id="declare").one("form")
    page = await visitor.send(form, code=422, id="Paid", description="x")
    assert page.one(id="f-id")["value"] == "Paid"
    assert "lower case with a dot" in page.one(id="e-id").text
    address = await visitor.send(form, id="shop.paid", level="warn", description="Somebody paid.")
    page = await visitor.open(address)
    assert "Somebody paid." in page.text
    level, describe = page.one("main").every("form")
    assert await visitor.send(level, level="disable") == address
    assert service.catalogue.is_disabled(EventTypeId("shop.paid"))
    assert await visitor.send(level, level="") == address
    assert service.catalogue.level(EventTypeId("shop.paid")).value == "warn"
    await visitor.send(describe, level="error", description="Paid.")
    assert service.catalogue.level(EventTypeId("shop.paid")).value == "error"


async def test_types_are_searched_and_narrowed(visitor: Visitor, service: Bellwire) -> None:
    await service.declare_type("shop.paid")
    form = (await visitor.open("/event-types")).one("form", id="filters")

    async def found(**asked: str) -> list[str]:
        page = await visitor.send(form, code=200, **asked)
        return [row.one("a").text for body in page.every("tbody") for row in body.every("tr")]

    assert await found(kind="own") == ["shop.paid"]
    assert "auth.failure" in await found(group="auth", kind="former")
    assert await found(q="shop PAID", level="info", kind="current") == ["shop.paid"]
    assert await found(q="zzz") == []
    await visitor.open("/event-types/no.such", code=404)


def test_a_pattern_means_former_names_too(service: Bellwire) -> None:
    assert {"auth.failed", "auth.failure"} <= types_like("auth.fail*", service.catalogue)
    assert types_like("auth.*", service.catalogue) > types_like("auth.success", service.catalogue)
    assert types_like("x" * 200, service.catalogue) == frozenset()


async def test_looking_for_failed_attempts_is_bounded_and_can_go_on(visitor: Visitor) -> None:
    asked: list[int] = []

    async def fetch(_before: object, count: int) -> list[object]:
        asked.append(count)
        return []

    assert await gather(fetch, shown="failed", before=None, rows_max=50) == ([], None)  # type: ignore[arg-type] # nothing is found, so nothing has a type
    assert asked == [51]
    assert LOOKED_AT_MAX >= 1000
    assert "No such attempt" in (await visitor.open("/attempts?show=failed")).text


@pytest.mark.parametrize(
    ("length_ms", "shown"),
    [
        *((0, "0 ms"), (0.42, "0.4 ms"), (250, "250 ms"), (1000, "1 s"), (1500, "1.5 s"), (90_000, "1 min 30 s")),
        *((5_400_000, "1 h 30 min"), (86_400_000, "1 d"), (86_460_000, "1 d"), (7 * 86_400_000, "7 d")),
    ],
)
def test_lengths_of_time_are_told_in_two_units_at_most(length_ms: float, shown: str) -> None:
    assert show_span(length_ms) == shown


def test_sizes_are_told_with_one_decimal_at_most() -> None:
    assert [show_bytes(size) for size in (0, 512, 1536, 2**20, 2**30)] == ["0 B", "512 B", "1.5 KiB", "1 MiB", "1 GiB"]
