import base64
import json
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given
from standardwebhooks import Webhook

from bellwire.catalogue.loading import load_catalogue
from bellwire.model.secret import MASK
from bellwire.model.webhook import WebhookId
from bellwire.rules.presenting import present_webhook
from bellwire.rules.signing import sign_body
from bellwire.rules.validating import read_webhook
from bellwire.service import Bellwire
from bellwire.web.pages.form_fields import document_of, fields_of
from builders import make_registered_webhook
from receivers import Receiver, Reply
from web.pages.parsed import Element
from web.pages.visitor import WEBHOOKS, Visitor

PAGE = Path(__file__).resolve().parents[2] / "data" / "webhooks-page.json"
BY_HAND: dict[str, Any] = {
    "eventsPolicy": "include",
    "events": ["auth.success", "store.ingest"],
    "signatureKey": "Value",
    "signatureKey__secret": "my-secret-key",
    "header__name": ["", "X-My-Header"],
    "header__value": ["", "my-value"],
    "httpAuth": "Basic",
    "httpAuth__username": "account",
    "httpAuth__secret": "Value",
    "httpAuth__secret__secret": "password",
}
CATALOGUE = load_catalogue()
SECRETS = st.one_of(
    st.builds(
        lambda text: {"@type": "Value", "secret": text},
        st.text("abc-*", min_size=1, max_size=9).filter(lambda text: text != MASK),
    ),
    st.builds(lambda name: {"@type": "EnvironmentVariable", "variableName": name}, st.just("HOOK_KEY")),
    st.builds(lambda path: {"@type": "File", "filePath": path}, st.just("/run/secrets/hook")),
)
DOCUMENTS = st.fixed_dictionaries(
    {
        "url": st.sampled_from(["https://example.com/hook", "http://127.0.0.1:9/?a=b"]),
        "events": st.lists(st.sampled_from(["auth.success", "store.ingest", "smtp.ehlo"]), min_size=1, unique=True),
        "timeout": st.integers(100, 900_000),
        "throttle": st.integers(0, 900),
        "discardAfter": st.integers(1000, 365 * 86_400_000),
        "maxBatchBytes": st.integers(1024, 64 * 1024 * 1024),
        "maxBatchEvents": st.integers(1, 10_000),
        "lossy": st.booleans(),
        "enable": st.booleans(),
        "allowInvalidCerts": st.booleans(),
        "signatureKey": SECRETS | st.just({"@type": "None"}),
        "httpAuth": st.one_of(
            st.just({"@type": "Unauthenticated"}),
            st.builds(lambda secret: {"@type": "Basic", "username": "account", "secret": secret}, SECRETS),
            st.builds(lambda token: {"@type": "Bearer", "bearerToken": token}, SECRETS),
        ),
        "httpHeaders": st.dictionaries(st.sampled_from(["X-A", "X-B"]), st.sampled_from(["1", "two words"])),
        "eventsPolicy": st.sampled_from(["include", "exclude"]),
        "catchUp": st.sampled_from(["fast", "throttled"]),
    },
    optional={"level": st.sampled_from(["error", "warn", "info", "debug", "trace"])},
)


async def test_the_example_of_the_documentation_can_be_made_by_hand(visitor: Visitor, service: Bellwire) -> None:
    by_hand = await visitor.create("https://example.com/webhook", **BY_HAND)
    by_api, _ = await service.create_webhook(json.loads(PAGE.read_bytes()))
    made = service.webhook(WebhookId(by_hand.rsplit("/", 1)[1]))
    assert made.object == by_api.object
    assert (await visitor.open(by_hand)).one("div", id="toasts").text.startswith("example.com is created")


@given(document=DOCUMENTS)
def test_what_a_form_shows_is_what_it_stores(document: dict[str, Any]) -> None:
    stored = read_webhook(document, catalogue=CATALOGUE).webhook
    written = document_of(fields_of(present_webhook(stored)))
    again = read_webhook(written, catalogue=CATALOGUE, stored=make_registered_webhook(stored)).webhook
    assert again == stored


async def test_all_faults_are_told_at_once_each_at_its_field_with_a_summary_that_leads_there(visitor: Visitor) -> None:
    form = (await visitor.open(f"{WEBHOOKS}/new")).one("form", id="wf")
    page = await visitor.send(
        form,
        to=WEBHOOKS,
        code=422,
        url="ftp://example.com",
        timeout="soon",
        signatureKey="Value",
        header__name=["Host", "X-A", "X-A"],
        header__value=["h", "1", "2"],
        throttle="7",
        discardAfter="",
    )
    summary = page.one(class_="errs")
    assert [link["href"] for link in summary.every("a")] == ["#f-httpHeaders"]
    page = await visitor.send(
        page.one("form", id="wf"), to=WEBHOOKS, code=422, header__name=["Host", "X-A"], header__value=["h", "1"]
    )
    summary = page.one(class_="errs")
    assert {link["href"] for link in summary.every("a")} == {
        "#f-url",
        "#f-timeout",
        "#f-signatureKey",
        "#f-httpHeaders",
    }
    assert page.one(id="f-url")["aria-invalid"] == "true"
    assert page.one(id="f-url")["value"] == "ftp://example.com"
    assert "soon" in page.one(id="e-timeout").text
    assert "Host" in page.one(id="e-httpHeaders").text
    assert page.one(id="f-throttle")["value"] == "7"


async def test_stored_secrets_are_not_shown_and_are_kept_unless_replaced(
    visitor: Visitor, service: Bellwire, receiver: Receiver
) -> None:
    webhook = await visitor.create(receiver.url, **BY_HAND)
    form = (await visitor.open(f"{webhook}/edit")).one("form", id="wf")
    assert form.one("input", name="signatureKey.secret")["value"] == ""
    assert await visitor.send(form, to=webhook, throttle="2") == webhook
    kept = service.webhook(WebhookId(webhook.rsplit("/", 1)[1])).object
    assert msgspec.to_builtins(kept.signature_key) == {"@type": "Value", "secret": "my-secret-key"}
    form = (await visitor.open(f"{webhook}/edit")).one("form", id="wf")
    await visitor.send(form, to=webhook, signatureKey__secret="another", httpAuth="Unauthenticated")
    replaced = service.webhook(WebhookId(webhook.rsplit("/", 1)[1])).object
    assert msgspec.to_builtins(replaced.signature_key) == {"@type": "Value", "secret": "another"}
    assert replaced.throttle_ms == 2000


async def test_an_edit_that_somebody_else_has_overtaken_is_not_lost_and_overwrites_only_on_request(
    visitor: Visitor, service: Bellwire
) -> None:
    webhook = await visitor.create("https://example.com", eventsPolicy="exclude")
    webhook_id = WebhookId(webhook.rsplit("/", 1)[1])
    form = (await visitor.open(f"{webhook}/edit")).one("form", id="wf")
    await service.patch_webhook(webhook_id, {"timeout": "9s", "lossy": True})
    page = await visitor.send(form, to=webhook, code=409, name="Mine", lossy="on")
    told = page.one(class_="errs").text
    assert "Name, Timeout" in told
    assert "Lossy" not in told
    assert service.webhook(webhook_id).object.name != "Mine"
    assert await visitor.send(page.one("form", id="wf"), to=webhook) == webhook
    assert service.webhook(webhook_id).object.name == "Mine"


async def test_the_preview_is_the_request_that_would_be_sent_and_verifies_independently(visitor: Visitor) -> None:
    form = (await visitor.open(f"{WEBHOOKS}/new")).one("form", id="wf")
    page = await visitor.send(form, to=f"{WEBHOOKS}/preview", code=200, url="https://example.com/webhook", **BY_HAND)
    assert page.one(id="est-types").text == "2"
    shown = page.one("pre", **{"aria-label": "Request preview"})
    lines = raw_text(shown).split("\n")
    headers = dict(line.split(": ", 1) for line in lines[1:] if ": " in line and not line.startswith("{"))
    body = lines[-1]
    assert lines[0] == "POST https://example.com/webhook"
    assert headers["X-Signature"] == sign_body("my-secret-key", body.encode())
    assert headers["Authorization"] == "Basic ****"
    assert headers["X-My-Header"] == "my-value"
    key = "whsec_" + base64.b64encode(b"my-secret-key").decode()
    Webhook(key).verify(body, {name: headers[name] for name in headers if name.startswith("webhook-")})


async def test_a_test_of_the_form_shows_the_whole_exchange_and_stores_nothing(
    visitor: Visitor, service: Bellwire, receiver: Receiver
) -> None:
    receiver.answer_with(Reply(status=403, body=b"who are you?"))
    form = (await visitor.open(f"{WEBHOOKS}/new")).one("form", id="wf")
    page = await visitor.send(form, to=f"{WEBHOOKS}/test", code=200, url=f"{receiver.url}/in")
    exchange = page.one(id="exchange").text
    assert "403 Forbidden" in exchange
    assert "who are you?" in exchange
    assert "check authentication and key" in exchange
    assert b"webhook.test" in receiver.requests[0].body
    assert service.webhooks() == ()
    page = await visitor.send(form, to=f"{WEBHOOKS}/test", code=200, url="nowhere")
    assert "Correct the form first" in page.one(id="tested").text


async def test_a_part_is_sent_to_a_script_that_asks_for_one(visitor: Visitor) -> None:
    for action, part in (("preview", "preview"), ("test", "tested")):
        answer = await visitor.client.post(
            f"{WEBHOOKS}/{action}",
            data={"url": "nowhere"},
            headers={"HX-Request": "true", "HX-Request-Type": "partial"},
        )
        assert answer.text.lstrip().startswith(f'<div id="{part}"')
        assert "Endpoint URL" in answer.text


async def test_a_copy_has_everything_but_the_secrets(visitor: Visitor, service: Bellwire) -> None:
    webhook = await visitor.create("https://example.com/webhook", **BY_HAND)
    form = (await visitor.open(f"{webhook}/duplicate")).one("form", id="wf")
    assert form["action"] == WEBHOOKS
    page = await visitor.send(form, code=422)
    assert page.one(id="e-signatureKey").text
    copy = await visitor.send(
        page.one("form", id="wf"), signatureKey__secret="other-key", httpAuth__secret__secret="other-word"
    )
    made = service.webhook(WebhookId(copy.rsplit("/", 1)[1])).object
    first = service.webhook(WebhookId(webhook.rsplit("/", 1)[1])).object
    assert (made.url, made.events, made.http_headers) == (first.url, first.events, first.http_headers)
    assert made.name == "Copy of example.com"


async def test_every_name_of_an_event_type_can_be_picked(visitor: Visitor, service: Bellwire) -> None:
    form = (await visitor.open(f"{WEBHOOKS}/new")).one("form", id="wf")
    offered = {box["value"] for box in form.every("input", name="events")}
    assert offered == set(service.catalogue.ids())


@pytest.mark.parametrize("action", ["preview", "test"])
async def test_a_form_about_a_webhook_that_is_gone_says_so(visitor: Visitor, action: str) -> None:
    answer = await visitor.client.post(f"{WEBHOOKS}/{action}", data={"url": "https://a.example", "id": "none"})
    assert answer.status_code == 404


def raw_text(element: Element) -> str:
    """The text with its line ends."""
    return "".join(child if isinstance(child, str) else raw_text(child) for child in element.children)


async def test_the_form_says_how_often_events_come_and_what_the_endpoint_will_get(
    visitor: Visitor, service: Bellwire
) -> None:
    for _ in range(3):
        await service.publish("auth.success", {})
    await service.publish("auth.failed", {})
    page = await visitor.open(f"{WEBHOOKS}/new")
    rows = {row.one("input")["value"]: row.one(class_="rr").text for row in page.every("label", class_="ev")}
    assert (rows["auth.success"], rows["auth.failed"], rows["store.ingest"]) == ("3 /h", "1 /h", "\N{EN DASH}")
    form = page.one("form", id="wf")
    fields = {"url": "https://example.com", "eventsPolicy": "include", "events": ["auth.success"]}
    page = await visitor.send(form, to=f"{WEBHOOKS}/preview", code=200, **fields)
    told = page.one(class_="est").text
    assert "Events 3 an hour" in told
    assert "Batch 1 event" in told
    assert "100 %" in told
    assert "newest 4 events" in told
    page = await visitor.send(form, to=f"{WEBHOOKS}/preview", code=200, **(fields | {"events": ["store.ingest"]}))
    assert "None of them is for this webhook" in page.one(class_="est").text
