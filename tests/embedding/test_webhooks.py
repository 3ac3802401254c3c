from datetime import timedelta
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from bellwire import (
    Basic,
    Bellwire,
    EditConflict,
    EnvironmentVariable,
    EventPolicy,
    Exchange,
    File,
    InvalidObject,
    TracingLevel,
    UnknownThing,
    Value,
    WebHook,
    WebhookId,
)
from bellwire.model.webhook import MIB
from embedding.looking import events_of
from receivers import Receiver, Reply

URL = "https://example.com/hook"
FIRST = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SECOND = "whsec_c2Vjb25kLXNlY29uZC1zZWNvbmQtc2Vjb25k"


async def test_a_webhook_is_written_with_names_and_values_of_python(bellwire: Bellwire) -> None:
    await bellwire.declare_type("shop.order-paid")
    created = await bellwire.create_webhook(
        WebHook(
            url=URL,
            name="Orders",
            events=(name for name in ("shop.order-paid",)),
            events_policy=EventPolicy.INCLUDE,
            timeout=timedelta(seconds=5),
            throttle=250,
            discard_after="2h",
            signature_key=EnvironmentVariable("HOOK_KEY"),
            http_auth=Basic("account", Value("password")),
            http_headers={"X-Shop": "17"},
            level="info",
            max_batch_bytes="2MiB",
        )
    )
    webhook = created.webhook.object
    assert (webhook.name, webhook.events, webhook.events_policy) == (
        "Orders",
        ("shop.order-paid",),
        EventPolicy.INCLUDE,
    )
    assert (webhook.timeout_ms, webhook.throttle_ms, webhook.discard_after_ms) == (5_000, 250, 7_200_000)
    assert webhook.signature_key == EnvironmentVariable("HOOK_KEY")
    assert webhook.http_auth == Basic("account", Value("password"))
    assert (webhook.http_headers, webhook.level, webhook.max_batch_bytes) == (
        {"X-Shop": "17"},
        TracingLevel.INFO,
        2 * MIB,
    )
    assert bellwire.webhooks() == (created.webhook,)
    assert bellwire.webhook(created.webhook.id) == created.webhook


async def test_everything_that_is_wrong_is_told_at_once_and_nothing_is_registered(bellwire: Bellwire) -> None:
    with pytest.raises(InvalidObject) as caught:
        await bellwire.create_webhook(
            WebHook(url="ftp://example.com", events=["shop.order-payed"], timeout=timedelta(days=1), level="loud")
        )
    assert {fault.path for fault in caught.value.faults} == {"url", "events/0", "timeout", "level"}
    assert bellwire.webhooks() == ()


async def test_the_json_form_is_taken_as_text_bytes_or_mapping(bellwire: Bellwire) -> None:
    text = '{"url": "https://example.com/hook", "throttle": "5s"}'
    for written in (text, text.encode(), {"url": URL, "throttle": "5s"}):
        created = await bellwire.create_webhook(WebHook.from_json(written))
        assert (created.webhook.object.url, created.webhook.object.throttle_ms) == (URL, 5_000)


async def test_what_is_odd_is_told_and_can_be_asked_before(bellwire: Bellwire) -> None:
    odd = WebHook(url=URL, events=["auth.success", "auth.success"], events_policy="include")
    (warning,) = bellwire.check_webhook(odd).warnings
    assert (await bellwire.create_webhook(odd)).warnings == (warning,)
    assert warning.path == "events/1"


async def test_a_webhook_is_replaced_patched_and_deleted(bellwire: Bellwire) -> None:
    webhook_id = (await bellwire.create_webhook(WebHook(url=URL, lossy=True))).webhook.id
    replaced = await bellwire.replace_webhook(webhook_id, WebHook(url=f"{URL}/2"), revision=1)
    assert (replaced.webhook.object.lossy, replaced.webhook.revision) == (False, 2)
    with pytest.raises(EditConflict):
        await bellwire.patch_webhook(webhook_id, {"enable": False}, revision=1)
    patched = await bellwire.patch_webhook(webhook_id, {"throttle": timedelta(seconds=2)}, revision=2)
    assert (patched.webhook.object.url, patched.webhook.object.throttle_ms) == (f"{URL}/2", 2_000)
    await bellwire.delete_webhook(webhook_id)
    with pytest.raises(UnknownThing):
        bellwire.webhook(webhook_id)


async def test_a_rotated_key_signs_beside_the_one_before(bellwire: Bellwire, receiver: Receiver) -> None:
    created = await bellwire.create_webhook(WebHook(url=receiver.url, signature_key=FIRST))
    rotated = await bellwire.rotate_key(created.webhook.id, SECOND)
    assert rotated.object.signature_key == Value(SECOND)
    await bellwire.publish("shop.order-paid", {"order": 17})
    (request,) = await receiver.arrival(1)
    for key in (FIRST, SECOND):
        Webhook(key).verify(request.body, dict(request.headers))


async def test_a_test_shows_the_exchange_and_the_status_how_it_does(bellwire: Bellwire) -> None:
    with Receiver(Reply(status=202)) as receiver:
        webhook_id = (await bellwire.create_webhook(WebHook(url=receiver.url))).webhook.id
        exchange = await bellwire.test_webhook(webhook_id)
        assert isinstance(exchange, Exchange)
        assert events_of(*receiver.requests)[0]["type"] == "webhook.test"
    assert (await bellwire.webhook_status(webhook_id)).state == "healthy"
    assert (await bellwire.status()).webhooks == 1


async def test_an_own_type_is_declared_with_its_level(bellwire: Bellwire) -> None:
    declared = await bellwire.declare_type("shop.order-paid", level="warn", description="Paid.")
    assert (declared.level, declared.description) == (TracingLevel.WARN, "Paid.")
    assert bellwire.catalogue.current(declared.id) == declared
    with pytest.raises(InvalidObject):
        await bellwire.declare_type("shop.order-paid", level="loud")


async def test_an_unknown_webhook_is_named(bellwire: Bellwire) -> None:
    with pytest.raises(UnknownThing, match="no webhook 'nobody'"):
        await bellwire.webhook_status(WebhookId("nobody"))


async def test_no_secret_shows_in_what_is_registered_or_written(bellwire: Bellwire, tmp_path: Path) -> None:
    written = WebHook(
        url=URL, signature_key="my-secret-key", http_auth=Basic("account", Value("pass-word")), http_headers={"A": "b"}
    )
    created = await bellwire.create_webhook(written)
    assert "my-secret-key" not in repr((written, created))
    assert "pass-word" not in repr((written, created))
    from_file = await bellwire.create_webhook(WebHook(url=URL, signature_key=File(str(tmp_path / "key"))))
    assert from_file.webhook.object.signature_key == File(str(tmp_path / "key"))
