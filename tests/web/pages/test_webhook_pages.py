import shlex
import subprocess
from pathlib import Path

import pytest

from bellwire.model.principal import PROGRAM, Scope
from bellwire.model.webhook import WebhookId
from bellwire.rules.granting import TokenWish
from bellwire.rules.signing import sign_body
from bellwire.service import Bellwire
from bellwire.store import AttemptSearch
from bellwire.web.pages.webhook_keys import SNIPPETS
from receivers import Receiver, Reply
from web.endpoints import closed_endpoint, until
from web.pages.parsed import Element
from web.pages.visitor import WEBHOOKS, Visitor

INCLUDED: dict[str, object] = {"events": ["auth.success"], "eventsPolicy": "include", "throttle": "0s"}


async def failing(service: Bellwire, receiver: Receiver, reply: Reply, **members: object) -> str:
    """The address of a webhook whose endpoint has answered so, once."""
    receiver.answer_with(reply)
    webhook, _ = await service.create_webhook({"url": f"{receiver.url}/in"} | INCLUDED | members)
    await service.publish("auth.success", {"accountName": "jané"}, id="event-1")
    await until(lambda: service.attempts(AttemptSearch(webhook_id=webhook.id)), true=bool)
    return f"{WEBHOOKS}/{webhook.id}"


async def test_the_list_says_state_reason_and_backlog_and_is_searched_and_narrowed(
    visitor: Visitor, service: Bellwire, receiver: Receiver
) -> None:
    await failing(service, receiver, Reply(status=503), name="Broken")
    await service.create_webhook({"url": "https://fine.example/in", "name": "Fine"})
    page = await visitor.open(WEBHOOKS)
    first, second = page.one("tbody").every("tr")
    assert first.text.startswith("Retrying Broken")
    assert "answered 503 Service Unavailable, since" in first.text
    assert "1 oldest" in first.text
    assert second.text.startswith("Healthy Fine")
    form = page.one("form", id="filters")
    assert len((await visitor.send(form, q="FINE.ex", code=200)).one("tbody").every("tr")) == 1
    assert len((await visitor.send(form, state="retrying", code=200)).one("tbody").every("tr")) == 1
    assert [row.text[:7] for row in (await visitor.send(form, sort="name", code=200)).one("tbody").every("tr")] == [
        "Retryin",
        "Healthy",
    ]
    assert "No webhook matches" in (await visitor.send(form, q="zzz", state="gone", code=200)).text


async def test_health_explains_what_fails_and_what_to_do(
    visitor: Visitor, service: Bellwire, receiver: Receiver
) -> None:
    moved = Reply(status=301, headers=(("Location", "https://new.example/in"),))
    page = await visitor.open(await failing(service, receiver, moved))
    assert "answered 301" in page.text
    assert "set its URL to https://new.example/in" in page.text
    assert "Waiting 1 Discarded 0 Wanted 1" in page.text
    assert "left before it is discarded" in page.text
    whole = next(link for link in page.every("a") if link.text == "See the whole exchange")
    assert "location: https://new.example/in" in (await visitor.open(whole["href"])).one(id="exchange").text


async def test_an_attempt_shows_the_exchange_and_its_command_repeats_the_request(
    visitor: Visitor, service: Bellwire, receiver: Receiver
) -> None:
    key = {"signatureKey": {"@type": "Value", "secret": "my-secret-key"}}
    auth = {"httpAuth": {"@type": "Bearer", "bearerToken": {"@type": "Value", "secret": "token"}}}
    headers = {"httpHeaders": {"X-Odd": 'it\'s $HOME `id` "x"'}}
    address = await failing(service, receiver, Reply(status=500, body=b"oops"), **key, **auth, **headers)
    page = await visitor.open(f"{address}/attempts")
    exchange = page.one(id="exchange")
    assert "500 Internal Server Error" in exchange.text
    assert "oops" in exchange.text
    assert "Authorization: Bearer ****" in exchange.text
    first = receiver.requests[0]
    command = "".join(child for child in page.one(id="curl").children if isinstance(child, str))
    before = len(receiver.requests)
    subprocess.run(["bash", "-c", f"{command} --silent --output /dev/null"], check=True, timeout=20)  # noqa: ASYNC221 - the receiver has threads of its own
    repeated = next(one for one in receiver.requests[before:] if one.header("User-Agent") == first.header("User-Agent"))
    assert repeated.body == first.body
    assert repeated.header("X-Signature") == first.header("X-Signature") == sign_body("my-secret-key", first.body)
    assert repeated.header("X-Odd") == first.header("X-Odd")
    assert "token" not in shlex.split(command)


async def test_who_may_only_read_sees_no_chosen_header_and_no_signature(
    visitor: Visitor, service: Bellwire, receiver: Receiver
) -> None:
    key = {"signatureKey": {"@type": "Value", "secret": "my-secret-key"}}
    headers = {"httpHeaders": {"X-Colour": "dark-blue"}}
    address = await failing(service, receiver, Reply(status=500), **key, **headers)
    signature = receiver.requests[0].header("X-Signature")
    assert signature is not None
    wish = TokenWish(name="looking", scopes=(Scope.READ,))
    _, secret = await service.access.tokens.create(wish, by=PROGRAM)
    pages = (f"{address}/attempts", f"{address}/edit", address)
    attempt = (await visitor.open(pages[0])).every("a", class_="lnk")[-1]["href"]
    for page in (*pages, attempt):
        answer = await visitor.client.get(page, headers={"Authorization": f"Bearer {secret}"})
        assert answer.status_code == 200
        assert "dark-blue" not in answer.text
        assert signature not in answer.text
    assert "dark-blue" in (await visitor.client.get(attempt)).text


async def test_headers_of_an_edited_webhook_are_not_passed_off_as_what_was_sent(
    visitor: Visitor, service: Bellwire, receiver: Receiver
) -> None:
    address = await failing(service, receiver, Reply(status=500))
    attempt = (await visitor.open(f"{address}/attempts")).every("a", class_="lnk")[-1]["href"]
    assert "has been edited since" not in (await visitor.open(attempt)).text
    webhook_id = WebhookId(address.rsplit("/", 1)[1])
    await service.patch_webhook(webhook_id, {"httpHeaders": {"X-New": "1"}})
    assert "has been edited since" in (await visitor.open(attempt)).text
    await service.patch_webhook(webhook_id, {"events": ["smtp.ehlo"]})
    assert "can no longer be shown" in (await visitor.open(attempt)).text
    await service.delete_webhook(webhook_id)
    assert "deleted" in (await visitor.open(attempt)).text


async def test_disabling_says_what_would_be_lost_and_pausing_instead_keeps_it(
    visitor: Visitor, service: Bellwire, receiver: Receiver
) -> None:
    address = await failing(service, receiver, Reply(status=500))
    asked = await visitor.open(f"{address}/disable")
    assert "1 event that waits will be discarded" in asked.text
    pause, disable = asked.one("section", class_="ask").every("form")
    assert await visitor.send(pause) == address
    page = await visitor.open(address)
    assert "is paused 1 event and all that comes is kept" in page.one(id="toasts").text
    assert "Nothing is discarded while it is paused" in page.text
    assert page.one(id="toasts").text not in (await visitor.open(address)).one(id="toasts").text
    resume = page.one("form", action=f"{address}/resume")
    assert await visitor.send(resume) == address
    assert await visitor.send(disable) == address
    await until(service.dead_letters, true=bool)
    page = await visitor.open(f"{address}/dead-letters")
    assert "auth.success" in page.one("tbody").text
    assert "it waited when the webhook was disabled" in page.one("tbody").text
    assert await visitor.send((await visitor.open(address)).one("form", action=f"{address}/enable")) == address


async def test_deleting_names_what_is_lost_and_twice_is_as_good_as_once(
    visitor: Visitor, service: Bellwire, receiver: Receiver
) -> None:
    address = await failing(service, receiver, Reply(status=500))
    asked = await visitor.open(f"{address}/delete")
    assert "1 waiting event" in asked.text
    form = asked.one("section", class_="ask").one("form")
    assert await visitor.send(form) == WEBHOOKS
    assert await visitor.send(form) == WEBHOOKS
    assert service.webhooks() == ()
    await visitor.open(address, code=404)


async def test_a_pasted_signature_is_checked_with_the_stored_key(
    visitor: Visitor, service: Bellwire, receiver: Receiver
) -> None:
    address = await signed(service, receiver)
    request = receiver.requests[0]
    form = (await visitor.open(f"{address}/verify")).one("form", action=f"{address}/verify")
    body = request.body.decode()

    async def told(**fields: str) -> str:
        page: Element = await visitor.send(form, code=200, **fields)
        return page.one(class_="verdict").text

    assert "is right" in await told(body=body, signature=request.header("X-Signature"))
    assert "does not fit" in await told(body=body.replace("jané", "jane"), signature=request.header("X-Signature"))
    assert "another form of this body" in await told(body=f"{body}\r\n", signature=request.header("X-Signature"))
    standard = request.header("webhook-signature")
    assert "are needed" in await told(body=body, signature=standard)
    both = {"message_id": request.header("webhook-id"), "timestamp": request.header("webhook-timestamp")}
    assert "is right" in await told(body=body, signature=standard, **both)
    assert "No signature was given" in await told(body=body, signature=" ")
    assert "too long" in await told(body=body, signature="x" * 5000)


async def signed(service: Bellwire, receiver: Receiver) -> str:
    """The address of a webhook with a key that has sent one request."""
    key: dict[str, object] = {"signatureKey": {"@type": "Value", "secret": "my-secret-key"}}
    webhook, _ = await service.create_webhook({"url": receiver.url} | INCLUDED | key)
    await service.publish("auth.success", {"accountName": "jané"})
    await receiver.arrival(1)
    return f"{WEBHOOKS}/{webhook.id}"


@pytest.mark.parametrize("language", ["python", "shell"])
async def test_the_code_for_receivers_accepts_what_is_sent(
    service: Bellwire, receiver: Receiver, tmp_path: Path, language: str
) -> None:
    await signed(service, receiver)
    request = receiver.requests[0]
    (tmp_path / "body.json").write_bytes(request.body)
    if language == "shell":
        made = subprocess.run(  # noqa: ASYNC221 - nothing else runs meanwhile
            ["bash", "-c", SNIPPETS["shell"]],
            cwd=tmp_path,
            env={"KEY": "my-secret-key", "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=True,
        )
        assert made.stdout.strip() == request.header("X-Signature")
        return
    names: dict[str, object] = {}
    exec(SNIPPETS["python"], names)  # noqa: S102 - it is what receivers are told to run
    check = names["is_from_bellwire"]
    assert callable(check)
    assert check(request.body, request.header("X-Signature"), "my-secret-key")
    assert not check(request.body + b" ", request.header("X-Signature"), "my-secret-key")


async def test_a_key_that_is_made_is_shown_once_and_signs_the_next_request(
    visitor: Visitor, service: Bellwire, receiver: Receiver
) -> None:
    address = await signed(service, receiver)
    form = (await visitor.open(f"{address}/rotate-key")).one("form", action=f"{address}/rotate-key")
    page = await visitor.send(form, code=200, kind="made", overlap="1d")
    key = page.one(id="new-key").text
    assert key.startswith("whsec_")
    assert key not in (await visitor.open(f"{address}/edit")).text
    await service.publish("auth.success", {"n": 2})
    request = (await receiver.arrival(2))[1]
    assert request.header("X-Signature") == sign_body(key, request.body)
    assert len(request.header("webhook-signature").split()) == 2
    page = await visitor.send(form, code=422, kind="given", key="")
    assert page.one(id="e-signatureKey").text
    assert await visitor.send(form, kind="given", key="by-hand") == f"{address}/verify"


async def test_a_webhook_without_a_key_says_that_its_requests_are_not_signed(visitor: Visitor) -> None:
    webhook = await visitor.create("https://example.com")
    assert "carry no signature" in (await visitor.open(f"{webhook}/verify")).text


async def test_a_test_says_why_nothing_was_sent_or_nobody_answered(visitor: Visitor, service: Bellwire) -> None:
    blocked, _ = await service.create_webhook(
        {"url": "https://example.com", "signatureKey": {"@type": "EnvironmentVariable", "variableName": "NO_KEY"}}
    )
    page = await visitor.open(f"{WEBHOOKS}/{blocked.id}")
    page = await visitor.send(page.one("form", action=f"{WEBHOOKS}/{blocked.id}/test"), code=200)
    assert "NO_KEY is not set" in page.one(id="exchange").text
    nobody, _ = await service.create_webhook({"url": closed_endpoint()})
    page = await visitor.open(f"{WEBHOOKS}/{nobody.id}")
    page = await visitor.send(page.one("form", action=f"{WEBHOOKS}/{nobody.id}/test"), code=200)
    assert "Nothing takes connections" in page.one(id="exchange").text
