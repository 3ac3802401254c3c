import pytest

from bellwire.model.event import EventId
from bellwire.model.principal import PROGRAM, Scope
from bellwire.rules.granting import TokenWish
from bellwire.service import Bellwire
from bellwire.web.pages.publish_form import body_of, template_of
from bellwire.web.pages.visit import Fields
from receivers import Receiver
from web.endpoints import until
from web.pages.parsed import Element
from web.pages.visitor import Visitor


async def form_of(visitor: Visitor, address: str = "/publish") -> Element:
    return (await visitor.open(address)).one("form", id="pub")


async def test_an_event_is_published_by_the_form_and_its_way_is_shown(
    visitor: Visitor, service: Bellwire, receiver: Receiver
) -> None:
    await service.create_webhook({"url": receiver.url, "name": "Archive", "throttle": "0s"})
    form = await form_of(visitor)
    address = await visitor.send(form, type="auth.success", data='{"n": 1.10, "big": 332248442443137537}')
    page = await visitor.open(address)
    assert "auth.success is published" in page.one(id="toasts").text
    event = await service.event(EventId(address.removeprefix("/events/")))
    assert event.encoded.endswith(b'"data":{"n":1.10,"big":332248442443137537}}')
    await until(lambda: visitor.open(address), true=lambda page: "Archive delivered" in page.one("main").text)


async def test_an_id_that_is_known_already_is_told_and_a_conflict_stands_at_its_field(visitor: Visitor) -> None:
    form = await form_of(visitor)
    address = await visitor.send(form, type="shop.paid", data="{}", id="order 7")
    assert address == "/events/order%207"
    assert await visitor.send(form, type="shop.paid", data="{ }", id="order 7") == address
    assert "known already" in (await visitor.open(address)).one(id="toasts").text
    page = await visitor.send(form, code=409, type="shop.paid", data='{"n":1}', id="order 7")
    assert "already taken" in page.one(id="e-id").text


@pytest.mark.parametrize(
    ("field", "written", "told"),
    [
        ("type", "Paid", "lower case with a dot"),
        ("type", "bellwire.webhook-failing", "only Bellwire itself"),
        ("type", "", "lower case with a dot"),
        ("data", '{\n "ä": 1,\n "b": x}', "is not JSON: invalid character, in line 3 at character 7"),
        ("data", "", "is not JSON"),
        ("data", "[1]", "is not a JSON object"),
        ("data", '"' + "x" * 1024 * 1024 + '"', "is not a JSON object"),
        ("data", '{"x":"' + "x" * 1024 * 1024 + '"}', "at most"),
        ("id", "a\x01b", "control characters"),
        ("createdAt", "<yesterday>", "is not an RFC 3339 time"),
    ],
)
async def test_what_is_wrong_is_told_at_its_field_and_nothing_written_is_lost(
    visitor: Visitor, service: Bellwire, field: str, written: str, told: str
) -> None:
    form = await form_of(visitor)
    page = await visitor.send(form, code=422, **{"type": "shop.paid", "data": "{}", field: written})
    assert told in page.one(id=f"e-{field}").text
    assert page.one(class_="errs").one("a")["href"] == f"#f-{field}"
    kept = page.one(id=f"f-{field}")
    assert (kept.text if field == "data" else kept["value"]) == " ".join(written.split())
    assert (await service.status()).events_logged == 0


async def test_a_form_cannot_add_members_through_its_data() -> None:
    body = body_of(Fields({"type": ['x.y","id":"z'], "data": ['{"a":\r\n1}']}))
    assert body == b'{"type":"x.y\\",\\"id\\":\\"z","data":{"a":1}}'


async def test_a_type_is_described_and_its_keys_are_filled_in(visitor: Visitor, service: Bellwire) -> None:
    page = await visitor.open("/publish?type=auth.success")
    assert "accountName" in page.one(id="f-data").text
    assert "A user or device signed in" in page.one(id="about").text
    assert template_of("auth.success", service.catalogue).startswith('{\n  "accountName": "",\n')
    assert template_of("no.such", service.catalogue) == "{}"
    form = page.one("form", id="pub")
    page = await visitor.send(form, to="/publish/look", code=200, type="account.over-quota", data="{}")
    assert page.one(id="f-type")["value"] == "account.over-quota"
    assert "Former name of limit.quota" in page.one(id="about").text
    page = await visitor.send(form, to="/publish/look", code=200, type="auth.succes")
    assert "is not known yet" in page.one(id="about").text
    assert "Did you mean auth.success?" in page.one(id="about").text
    page = await visitor.send(form, to="/publish/look", code=200, type="Paid")
    assert "is no event type" in page.one(id="about").text


async def test_every_template_is_an_event_that_can_be_published(service: Bellwire) -> None:
    types = [type_id for type_id in service.catalogue.ids() if not type_id.startswith("bellwire.")]
    forms = [Fields({"type": [name], "data": [template_of(name, service.catalogue)]}) for name in types]
    published = await service.publish_json(b"[%b]" % b",".join(map(body_of, forms)))
    assert published.accepted == len(types)


async def test_who_would_get_it_is_told_also_of_a_type_never_seen(visitor: Visitor, service: Bellwire) -> None:
    url = "https://example.com"
    await service.create_webhook({"url": url, "name": "Everything"})
    await service.create_webhook({"url": url, "name": "Listed", "events": ["auth.success"], "eventsPolicy": "include"})
    await service.create_webhook({"url": url, "name": "Errors only", "level": "error"})
    await service.create_webhook({"url": url, "name": "Switched off", "enable": False})
    paused, _ = await service.create_webhook({"url": url, "name": "Held"})
    await service.pause_webhook(paused.id)

    async def getting(type_id: str) -> list[str]:
        about = (await visitor.open(f"/publish?type={type_id}")).one(id="about")
        return sorted(link.text for item in about.every("li") for link in item.every("a"))

    assert await getting("auth.success") == ["Everything", "Held", "Listed"]
    assert await getting("shop.never-seen") == ["Everything", "Held"]
    assert await getting("smtp.raw-input") == []
    answer = await visitor.client.post(
        "/publish/look", data={"type": "auth.success"}, headers={"HX-Request": "true", "HX-Request-Type": "partial"}
    )
    assert answer.text.startswith('<div id="about"')
    assert "it waits there" in answer.text


async def test_an_event_like_another_begins_with_its_type_and_data(visitor: Visitor, service: Bellwire) -> None:
    await service.publish("shop.paid", {"<b>": 1, "n": 2}, id="a/b?c")
    page = await visitor.open("/events/a/b%3Fc")
    link = next(link["href"] for link in page.every("a") if link.text == "Publish one like it")
    form = await form_of(visitor, link)
    assert form.one("input", name="type")["value"] == "shop.paid"
    assert form.one("textarea").text == '{ "<b>": 1, "n": 2 }'
    assert await visitor.send(form) != "/events/a/b%3Fc"
    assert (await visitor.client.get("/publish?like=none")).status_code == 404


async def test_publishing_needs_its_scope_and_no_other(visitor: Visitor, service: Bellwire) -> None:
    wishes = {
        "reader": (Scope.READ,),
        "writer": (Scope.WRITE,),
        "publisher": (Scope.READ, Scope.PUBLISH),
    }
    codes = {}
    for name, scopes in wishes.items():
        _, secret = await service.access.tokens.create(TokenWish(name=name, scopes=scopes), by=PROGRAM)
        headers = {"Authorization": f"Bearer {secret}"}
        shown = await visitor.client.get("/publish", headers=headers)
        sent = await visitor.client.post("/publish", headers=headers, data={"type": "shop.paid", "data": "{}"})
        events = await visitor.client.get("/events", headers=headers)
        codes[name] = (shown.status_code, sent.status_code, "Publish an event" in events.text)
    assert codes == {
        "reader": (403, 403, False),
        "writer": (403, 403, False),
        "publisher": (200, 303, True),
    }
