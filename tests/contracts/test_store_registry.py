import pytest
from msgspec.structs import replace

from bellwire.errors import EditConflict, StorageUnavailable
from bellwire.model.cursor import Cursor
from bellwire.model.event import EventTypeId, Position
from bellwire.model.event_type import EventType, TracingLevel
from bellwire.model.secret import EnvironmentVariable, File, Value
from bellwire.model.source import RegisteredSource, Source, SourceName
from bellwire.model.webhook import Basic, Bearer, EventPolicy, Gap, WebhookId
from bellwire.store import Store
from builders import make_audit_entry, make_registered_webhook, make_webhook

AUDIT = make_audit_entry()

RICH = make_webhook(
    events=(EventTypeId("auth.success"),),
    events_policy=EventPolicy.INCLUDE,
    signature_key=Value("schlüssel"),
    http_auth=Basic(username="u", secret=File("/etc/secret")),
    http_headers={"X-My-Header": "my-value"},
    level=TracingLevel.WARN,
)


def cursor(webhook_id: str) -> Cursor:
    return Cursor(webhook_id=WebhookId(webhook_id), position=Position(1))


async def test_webhooks_come_back_as_they_were_stored_in_the_order_of_their_ids(store: Store) -> None:
    second = make_registered_webhook(RICH, id=WebhookId("wh-2"), gaps=(Gap(Position(1), Position(2)), Gap(Position(5))))
    bearer = make_webhook(http_auth=Bearer(EnvironmentVariable("TOKEN")))
    first = make_registered_webhook(bearer, id=WebhookId("wh-1"), deleted=True)
    await store.registry.add_webhook(second, cursor("wh-2"), audit=AUDIT)
    await store.registry.add_webhook(first, cursor("wh-1"), audit=AUDIT)
    assert await store.registry.webhooks() == (first, second)
    assert await store.ledger.cursors() == (cursor("wh-1"), cursor("wh-2"))


async def test_a_webhook_id_is_given_once(store: Store) -> None:
    await store.registry.add_webhook(make_registered_webhook(), cursor("wh-1"), audit=AUDIT)
    with pytest.raises(EditConflict, match="wh-1"):
        await store.registry.add_webhook(make_registered_webhook(RICH), cursor("wh-1"), audit=AUDIT)
    assert await store.registry.webhooks() == (make_registered_webhook(),)


async def test_an_edit_replaces_the_webhook(store: Store) -> None:
    await store.registry.add_webhook(make_registered_webhook(), cursor("wh-1"), audit=AUDIT)
    edited = make_registered_webhook(RICH, revision=2)
    await store.registry.replace_webhook(edited, audit=AUDIT)
    assert await store.registry.webhooks() == (edited,)


@pytest.mark.parametrize("revision", [1, 3])
async def test_an_edit_of_another_revision_is_refused(store: Store, revision: int) -> None:
    await store.registry.add_webhook(make_registered_webhook(), cursor("wh-1"), audit=AUDIT)
    with pytest.raises(EditConflict, match="wh-1"):
        await store.registry.replace_webhook(make_registered_webhook(RICH, revision=revision), audit=AUDIT)
    assert await store.registry.webhooks() == (make_registered_webhook(),)


async def test_an_edit_of_an_unknown_webhook_is_refused(store: Store) -> None:
    with pytest.raises(EditConflict, match="wh-1"):
        await store.registry.replace_webhook(make_registered_webhook(revision=2), audit=AUDIT)


async def test_webhooks_are_rewritten_all_at_the_revisions_that_they_have(store: Store) -> None:
    first, second = make_registered_webhook(), make_registered_webhook(RICH, id=WebhookId("wh-2"), revision=1)
    for webhook in (first, second):
        await store.registry.add_webhook(webhook, cursor(webhook.id), audit=make_audit_entry())
    other = make_registered_webhook(make_webhook(name="other"))
    with pytest.raises(EditConflict, match="wh-2"):
        await store.registry.rewrite_webhooks([other, replace(second, revision=2)])
    with pytest.raises(EditConflict, match="wh-3"):
        await store.registry.rewrite_webhooks([other, replace(second, id=WebhookId("wh-3"))])
    assert await store.registry.webhooks() == (first, second)
    sealed = replace(second, sealed={"signatureKey/secret": "1.k.AAAA"})
    await store.registry.rewrite_webhooks([other, sealed])
    await store.registry.rewrite_webhooks([])
    await store.registry.wipe()
    await store.registry.wipe()
    assert await store.registry.webhooks() == (other, sealed)


async def test_declared_types_are_kept_and_replaced_by_their_id(store: Store) -> None:
    first, second = (
        EventType(id=EventTypeId(type_id), level=TracingLevel.INFO, description="") for type_id in ("a.b", "c.d")
    )
    louder = EventType(id=EventTypeId("a.b"), level=TracingLevel.ERROR, description="It broke.")
    await store.registry.declare_types([second, first], audit=AUDIT)
    await store.registry.declare_types([], audit=AUDIT)
    await store.registry.declare_types([louder], audit=AUDIT)
    assert await store.registry.declared_types() == (louder, second)


async def test_sources_are_kept_replaced_and_removed_by_their_name(store: Store) -> None:
    second, first = (
        RegisteredSource(
            object=Source(name=SourceName(name), signature_key=key, http_auth=Basic("hook", File("/etc/secret"))),
            created_at_ms=1,
            updated_at_ms=2,
        )
        for name, key in (("mail-2", Value("schlüssel")), ("mail-1", EnvironmentVariable("KEY")))
    )
    edited = RegisteredSource(
        object=Source(name=SourceName("mail-2"), allow_anyone=True, enable=False), created_at_ms=1, updated_at_ms=3
    )
    for source in (second, first):
        await store.registry.put_source(source, audit=AUDIT)
    assert await store.registry.sources() == (first, second)
    await store.registry.put_source(edited, audit=AUDIT)
    assert await store.registry.sources() == (first, edited)
    await store.registry.remove_source(SourceName("mail-1"), audit=AUDIT)
    await store.registry.remove_source(SourceName("mail-1"), audit=AUDIT)
    assert await store.registry.sources() == (edited,)


async def test_calls_after_close_say_that_the_store_is_closed(store: Store) -> None:
    await store.close()
    with pytest.raises(StorageUnavailable, match="closed"):
        await store.registry.webhooks()
    with pytest.raises(StorageUnavailable, match="closed"):
        await store.registry.declare_types([], audit=AUDIT)
