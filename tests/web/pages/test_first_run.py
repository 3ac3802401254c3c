"""From no webhook to the first delivery, and the built-in receiver that can be at its end."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx

from bellwire.model.network import NetworkPolicy
from bellwire.model.received import Answering, Proof, Received
from bellwire.service import Bellwire
from bellwire.web.built_in_receiver import BODY_BYTES_MAX, BODY_KEPT_BYTES_MAX, REQUESTS_KEPT_MAX, BuiltInReceiver
from bellwire.web.loopback import serve_on_loopback
from bellwire.web.site import Site
from receivers import Receiver, Reply
from web.endpoints import until
from web.pages.parsed import Element
from web.pages.visitor import WEBHOOKS, Visitor


def form_to(page: Element, action: str) -> Element:
    return page.one("form", action=action)


def done(page: Element) -> list[bool]:
    return ["done" in (step.get("class") or "") for step in page.one("ol", class_="steps").every("li")]


async def test_the_first_run_leads_to_a_delivery_and_ticks_itself_off(visitor: Visitor) -> None:
    page = await visitor.open("/")
    assert done(page) == [False, False, False]
    assert await visitor.send(form_to(page, "/receiver/webhook")) == "/"
    page = await visitor.open("/")
    assert done(page) == [True, False, False]
    assert await visitor.send(form_to(page, "/first-run/event")) == "/"
    page = await until(lambda: visitor.open("/"), true=lambda page: "with 200 OK" in page.text)
    assert done(page) == [True, True, True]
    told = page.one(class_="first").text
    assert "The signature is right" in told
    assert "jane.doe@example.com" in told
    await visitor.send(form_to(page, "/first-run/close"))
    assert (await visitor.open("/")).every("ol", class_="steps") == []


async def test_a_first_delivery_that_fails_says_why_and_what_to_do(visitor: Visitor, receiver: Receiver) -> None:
    receiver.answer_with(Reply(status=401))
    await visitor.create(receiver.url, eventsPolicy="include", events=["smtp.ehlo"])
    await visitor.send(form_to(await visitor.open("/"), "/first-run/event"))
    page = await until(lambda: visitor.open("/"), true=lambda page: "wants other credentials" in page.text)
    assert done(page) == [True, True, False]


async def test_where_something_was_delivered_nobody_is_led(
    visitor: Visitor, service: Bellwire, receiver: Receiver
) -> None:
    webhook, _ = await service.create_webhook({"url": receiver.url, "level": "trace"})
    await service.publish("auth.success", {})
    await until(lambda: service.webhook_status(webhook.id), true=lambda status: status.delivered == 1)
    assert (await visitor.open("/")).every("ol", class_="steps") == []


async def test_the_form_takes_the_built_in_receiver_for_an_endpoint(
    visitor: Visitor, built_in: BuiltInReceiver
) -> None:
    form = (await visitor.open(f"{WEBHOOKS}/new")).one("form", id="wf")
    page = await visitor.send(form, to=f"{WEBHOOKS}/built-in", code=200)
    assert page.one(id="f-url")["value"] == built_in.url
    made = await visitor.send(page.one("form", id="wf"))
    assert made.startswith(WEBHOOKS)
    assert [webhook.object.url for webhook in built_in.senders()] == [built_in.url]


async def test_it_answers_as_it_is_told(visitor: Visitor, service: Bellwire, built_in: BuiltInReceiver) -> None:
    await visitor.send(form_to(await visitor.open("/receiver"), "/receiver/webhook"))
    (webhook,) = service.webhooks()
    for answer, state in ((Answering.FAILING, "retrying"), (Answering.GONE, "gone")):
        await visitor.send(form_to(await visitor.open("/receiver"), "/receiver/answer"), answer=answer.value)
        await service.publish("auth.success", {})
        await service.resume_webhook(webhook.id)
        status = await until(lambda: service.webhook_status(webhook.id), true=lambda status: status.state != "healthy")
        if answer is Answering.GONE:
            status = await until(lambda: service.webhook_status(webhook.id), true=lambda status: status.state == "gone")
        assert status.state == state
    assert {one.answered for one in built_in.received} == {500, 410}
    page = await visitor.open("/receiver")
    assert "410 Gone" in page.text
    assert "The signature is right" in page.text
    await visitor.send(form_to(page, "/receiver/clear"))
    assert built_in.received == ()


async def test_a_slow_answer_ends_when_it_is_told_otherwise(built_in: BuiltInReceiver) -> None:
    url = await built_in.open()
    built_in.answer_by(Answering.SLOW)
    async with httpx.AsyncClient(trust_env=False) as client:
        asked = await _begun(client, url, built_in)
        assert built_in.received[0].answered is None
        built_in.answer_by(Answering.GONE)
        assert (await asked).status_code == 410


def _received(built_in: BuiltInReceiver) -> Callable[[], Awaitable[tuple[Received, ...]]]:
    async def read() -> tuple[Received, ...]:
        return built_in.received

    return read


async def _begun(client: httpx.AsyncClient, url: str, built_in: BuiltInReceiver) -> asyncio.Task[httpx.Response]:
    asked = asyncio.create_task(client.post(url, content=b"{}"))
    await until(_received(built_in), true=bool)
    return asked


async def test_who_has_sent_a_request_is_told_by_signature_not_by_what_it_says(
    visitor: Visitor, built_in: BuiltInReceiver
) -> None:
    url = await built_in.open()
    async with httpx.AsyncClient(trust_env=False) as client:
        await client.post(url, content=b"{}")
        await visitor.send(form_to(await visitor.open("/receiver"), "/receiver/webhook"))
        await client.post(url, content=b"{}", headers={"X-Signature": "made up"})
        await client.post(url, content=b"{}")
    assert [one.proof for one in built_in.received] == [Proof.UNSIGNED, Proof.WRONG, Proof.UNKNOWN_SENDER]


async def test_it_keeps_little_and_shows_no_credentials(visitor: Visitor, built_in: BuiltInReceiver) -> None:
    url = await built_in.open()
    async with httpx.AsyncClient(trust_env=False) as client:
        assert (await client.post(url, content=b"x" * (BODY_BYTES_MAX + 1))).status_code == 413
        for _ in range(REQUESTS_KEPT_MAX + 5):
            await client.post(url, content=b"x" * 100_000, headers={"Authorization": "Bearer not-to-be-shown"})
    assert len(built_in.received) == REQUESTS_KEPT_MAX
    assert {len(one.body) for one in built_in.received} == {BODY_KEPT_BYTES_MAX}
    assert "not-to-be-shown" not in (await visitor.open("/receiver")).text


async def test_nothing_can_be_read_from_it_and_no_other_name_leads_to_it(built_in: BuiltInReceiver) -> None:
    url = await built_in.open()
    async with httpx.AsyncClient(trust_env=False) as client:
        assert (await client.get(url)).status_code == 405
        assert (await client.post(url, headers={"Host": "evil.example"})).status_code == 421
        assert (await client.get(httpx.URL(url).copy_with(path="/v1/webhooks"))).status_code == 405
    assert built_in.received == ()


async def test_it_is_reached_under_the_network_policy_like_any_other_endpoint(tmp_path: Path) -> None:
    for policy in (NetworkPolicy(public_only=True), NetworkPolicy.of(deny=["127.0.0.0/8"])):
        async with Bellwire.open(tmp_path, network=policy) as service:
            receiver = BuiltInReceiver(service, serve_on_loopback)
            token = (tmp_path / "admin.token").read_text().strip()
            transport = httpx.ASGITransport(app=Site(service, receiver))
            headers = {"Authorization": f"Bearer {token}", "Accept": "text/html"}
            async with httpx.AsyncClient(transport=transport, base_url="http://bellwire.test", headers=headers) as one:
                answer = await one.post("/receiver/webhook")
                assert answer.status_code == 409
                assert "The settings forbid requests" in answer.text
            assert service.webhooks() == ()
            await receiver.close()


async def test_after_a_restart_it_listens_where_its_webhooks_expect_it(
    visitor: Visitor, service: Bellwire, built_in: BuiltInReceiver
) -> None:
    await visitor.send(form_to(await visitor.open("/receiver"), "/receiver/webhook"))
    url = built_in.url
    await built_in.close()
    again = BuiltInReceiver(service, serve_on_loopback)
    await again.resume()
    assert again.url == url
    await again.close()


async def test_it_does_not_listen_before_somebody_asks_for_it(built_in: BuiltInReceiver) -> None:
    await built_in.resume()
    assert built_in.url == ""
