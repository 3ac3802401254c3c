"""What type checkers make of the public names: mypy checks these functions, nothing calls them."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypedDict, assert_type

from bellwire import (
    Account,
    AddressRefused,
    Attempt,
    AttemptSearch,
    Basic,
    Bearer,
    Bellwire,
    BellwireHandler,
    Checked,
    DeadLetter,
    Edited,
    EnvironmentVariable,
    Event,
    EventId,
    EventPolicy,
    EventSearch,
    EventType,
    Exchange,
    Explanation,
    Fault,
    File,
    LoggedEvent,
    Published,
    RegisteredWebhook,
    ServiceStatus,
    TracingLevel,
    Unreadable,
    Value,
    WebHook,
    WebhookId,
    WebhookStatus,
)


class Order(TypedDict):
    order: int


async def opening(path: Path) -> None:
    opened: AbstractAsyncContextManager[Bellwire] = Bellwire.open("data")
    assert_type(await opened.__aenter__(), Bellwire)
    async with Bellwire.open(path) as bellwire, BellwireHandler(bellwire, level="INFO") as handler:
        assert_type(bellwire, Bellwire)
        assert_type(handler, BellwireHandler)
        assert_type(await handler.drain(), None)


async def publishing(bellwire: Bellwire, order: Order, counts: dict[str, int]) -> None:
    assert_type(await bellwire.publish("shop.order-paid", {"order": 17, "lines": [1, "two"]}), EventId)
    assert_type(await bellwire.publish("shop.order-paid", order, id="o-1", created_at=datetime.now(UTC)), EventId)
    assert_type(await bellwire.publish_all([Event("shop.order-paid", counts)]), Published)
    assert_type(bellwire.publish_from_thread("shop.order-paid", counts, created_at="2026-01-31T08:00:00Z"), EventId)


async def webhooks(bellwire: Bellwire, events: set[str]) -> None:
    written = WebHook(url="https://example.com", events=events, timeout=timedelta(seconds=5), throttle=0)
    assert_type(written, WebHook)
    assert_type(WebHook.from_json("{}"), WebHook)
    WebHook(url="u", events_policy=EventPolicy.INCLUDE, signature_key=File("/run/key"), http_auth=Bearer(Value("t")))
    WebHook(url="u", events_policy="include", signature_key="text", http_auth=Basic("u", EnvironmentVariable("V")))
    assert_type(bellwire.check_webhook(written), Checked)
    created = await bellwire.create_webhook(written)
    assert_type(created, Edited)
    assert_type(created.webhook, RegisteredWebhook)
    assert_type(created.warnings, tuple[Fault, ...])
    assert_type(created.webhook.id, WebhookId)
    assert_type(await bellwire.replace_webhook(created.webhook.id, {"url": "u"}, revision=1), Edited)
    assert_type(await bellwire.patch_webhook(created.webhook.id, {"enable": False}), Edited)
    assert_type(await bellwire.rotate_key(created.webhook.id, "text", overlap_ms=0), RegisteredWebhook)
    assert_type(await bellwire.delete_webhook(created.webhook.id), None)
    assert_type(await bellwire.test_webhook(created.webhook.id), Exchange | Unreadable | AddressRefused)
    assert_type(bellwire.webhooks(), tuple[RegisteredWebhook, ...])
    assert_type(bellwire.webhook(WebhookId("w")), RegisteredWebhook)


async def looking(bellwire: Bellwire, webhook: RegisteredWebhook) -> None:
    assert_type(await bellwire.declare_type("shop.order-paid", level="warn"), EventType)
    assert_type(await bellwire.declare_type("shop.order-paid", level=TracingLevel.WARN), EventType)
    assert_type(await bellwire.events(EventSearch(limit=10)), tuple[LoggedEvent, ...])
    assert_type(await bellwire.event(EventId("e")), LoggedEvent)
    attempts: Sequence[Attempt] = await bellwire.attempts(AttemptSearch(webhook_id=webhook.id))
    assert_type(await bellwire.attempt(attempts[0].id), Attempt)
    assert_type(await bellwire.dead_letters(webhook_id=webhook.id), tuple[DeadLetter, ...])
    assert_type(await bellwire.account(webhook.id), Account)
    assert_type(await bellwire.explain(EventId("a"), webhook.id), tuple[Explanation, ...])
    assert_type(await bellwire.webhook_status(webhook.id), WebhookStatus)
    assert_type(await bellwire.status(), ServiceStatus)


def mistakes(bellwire: Bellwire) -> None:
    """Each of these is refused; a type: ignore that is not needed is an error of its own."""
    WebHook()  # type: ignore[call-arg] # a webhook has a url
    WebHook("https://example.com")  # type: ignore[call-arg] # by keyword only
    WebHook(url="u", timeout=1.5)  # type: ignore[arg-type] # whole milliseconds
    WebHook(url="u", eventsPolicy="include")  # type: ignore[call-arg] # names are those of Python
    Basic("account", "password")  # type: ignore[arg-type] # a secret says where it is
    bellwire.publish_from_thread("shop.order-paid", [1])  # type: ignore[arg-type] # data is a mapping
    bellwire.webhook("w")  # type: ignore[arg-type] # ids of different things are different types
