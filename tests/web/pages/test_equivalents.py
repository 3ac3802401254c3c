import shlex
from urllib.parse import quote, urlsplit

import pytest

from bellwire.service import Bellwire
from web.pages.conftest import Arrive
from web.pages.visitor import WEBHOOKS, Visitor

AWKWARD = """-x "'; $(reboot) `id` é?&#/x"""


async def named_on(visitor: Visitor, address: str) -> list[list[str]]:
    """The words of every command and call that a page names, as a shell would take them."""
    same = (await visitor.open(address)).one("footer", id="same")
    return [shlex.split(code.text) for code in same.every("code") if code.get("id")]


async def test_commands_and_calls_have_the_ids_of_the_page_whatever_is_in_them(
    visitor: Visitor, service: Bellwire
) -> None:
    await service.publish("auth.success", {}, id=AWKWARD)
    (link,) = (await visitor.open("/events")).every("a", href="/events/" + quote(AWKWARD))
    read, command, why = await named_on(visitor, link["href"])
    assert command == ["bellwire", "why", "--", AWKWARD]
    for call, wanted in ((read, '"id":'), (why, '"items":')):
        assert call[:3] == ["curl", "-H", "Authorization: Bearer $BELLWIRE_TOKEN"]
        address = urlsplit(call[-1])
        assert f"{address.scheme}://{address.netloc}" == "http://bellwire.test"
        answer = await visitor.client.get(address.path)
        assert answer.status_code == 200
        assert wanted in answer.text


async def test_what_a_list_is_narrowed_to_is_named_too_and_patterns_as_their_types(visitor: Visitor) -> None:
    command, call = await named_on(visitor, "/events?type=auth.b*&since=15m")
    assert command == ["bellwire", "events", "--type", "auth.banned", "--since", "15m"]
    answer = await visitor.client.get(call[-1])
    assert answer.status_code == 200
    command, call = (await named_on(visitor, "/event-types?q=a+b&group=smtp"))[:2]
    assert command == ["bellwire", "event-types", "--text", "a b", "--group", "smtp"]
    assert (await visitor.client.get(call[-1])).status_code == 200


async def test_calls_of_a_webhook_do_what_they_say(visitor: Visitor) -> None:
    page = await visitor.create("https://example.com")
    webhook_id = page.rpartition("/")[2]
    words = await named_on(visitor, page)
    assert all(any(webhook_id in word for word in each) for each in words)
    (enable,) = [each for each in words if "PATCH" in each]
    body = enable[enable.index("-d") + 1]
    answer = await visitor.client.patch(enable[-1], content=body, headers={"Content-Type": "application/json"})
    assert answer.json()["enable"] is True


async def test_who_may_only_read_is_named_only_what_reads(arrive: Arrive, service: Bellwire) -> None:
    webhook, _ = await service.create_webhook({"url": "https://example.com"})
    reader = await arrive("read")
    words = await named_on(reader, f"{WEBHOOKS}/{webhook.id}")
    assert [each for each in words if each[0] == "curl"]
    assert [each for each in words if "-X" in each] == []


@pytest.mark.parametrize("address", ["/none", "/attempts/none"])
async def test_a_page_about_nothing_names_nothing(visitor: Visitor, address: str) -> None:
    page = await visitor.open(address, code=404)
    assert page.one("footer", id="same").text == ""
