import base64
from collections.abc import Sequence
from pathlib import Path

import apsw
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bellwire.engine.vault import NONCE_BYTES, Vault
from bellwire.model.cursor import Cursor
from bellwire.model.event import Position
from bellwire.model.secret import MASK, Value
from bellwire.model.secrets_key import SecretsKey
from bellwire.model.source import RegisteredSource, Source, SourceName
from bellwire.model.webhook import Basic, Bearer, RegisteredWebhook, WebhookId
from bellwire.reporters.log import LogReporter
from bellwire.rules.sealing import secrets_of
from bellwire.store import Store
from bellwire.stores.memory import MemoryStore
from bellwire.stores.sqlite.store import open_sqlite_store
from builders import make_audit_entry, make_registered_webhook, make_webhook

KEY, OTHER = SecretsKey(bytes(range(32))), SecretsKey(bytes(32))
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=50).filter(lambda text: text != MASK)


async def add(store: Store, webhook: RegisteredWebhook) -> None:
    cursor = Cursor(webhook_id=webhook.id, position=Position(1))
    await store.registry.add_webhook(webhook, cursor, audit=make_audit_entry())


def webhook(key: str = "signature", password: str = "password", header: str = "value") -> RegisteredWebhook:
    sound = make_webhook(
        signature_key=Value(key), http_auth=Basic("account", Value(password)), http_headers={"X-A": header}
    )
    return make_registered_webhook(sound)


@given(TEXT, TEXT, TEXT)
def test_what_is_sealed_opens_again_and_is_not_readable_meanwhile(key: str, password: str, header: str) -> None:
    vault = Vault([KEY])
    sealed = vault.seal(webhook(key, password, header))
    assert set(secrets_of(sealed).values()) == {MASK}
    assert vault.open(sealed) == webhook(key, password, header)
    assert not vault.needs_sealing(sealed)


def test_nothing_that_is_stored_holds_a_secret() -> None:
    stored = msgspec.json.encode(Vault([KEY]).seal(webhook("k-marker", "p-marker", "h-marker")))
    assert b"marker" not in stored
    assert b"a2" + base64.b64encode(b"marker")[2:] not in stored


def test_each_sealing_draws_a_nonce_of_its_own() -> None:
    vault = Vault([KEY])
    tokens = [token for _ in range(100) for token in vault.seal(webhook()).sealed.values()]
    nonces = {base64.b64decode(token.split(".")[2])[:NONCE_BYTES] for token in tokens}
    assert len(nonces) == len(tokens) == 300


def test_a_sealed_secret_opens_at_no_other_place_and_in_no_other_webhook() -> None:
    vault = Vault([KEY])
    sealed = vault.seal(webhook())
    tokens = sealed.sealed
    swapped = replace(
        sealed,
        sealed=tokens
        | {"signatureKey/secret": tokens["httpAuth/secret"], "httpAuth/secret": tokens["signatureKey/secret"]},
    )
    assert secrets_of(vault.open(swapped)) == {
        "signatureKey/secret": MASK,
        "httpAuth/secret": MASK,
        "httpHeaders/x-a": "value",
    }
    elsewhere = vault.open(replace(sealed, id=WebhookId("wh-2")))
    assert set(secrets_of(elsewhere).values()) == {MASK}


@pytest.mark.parametrize("token", ["", "plain", "1.x", "1.x.!!", "2.k.AAAA", "1.k.AAAA"])
def test_what_is_no_sealed_secret_stays_closed_and_as_it_is(token: str) -> None:
    vault = Vault([KEY])
    damaged = replace(vault.seal(webhook()), sealed={"signatureKey/secret": token})
    opened = vault.open(damaged)
    assert secrets_of(opened)["signatureKey/secret"] == MASK
    assert opened.sealed == {"signatureKey/secret": token}
    assert vault.seal(opened).sealed["signatureKey/secret"] == token


def test_a_changed_byte_is_noticed() -> None:
    vault = Vault([KEY])
    sealed = vault.seal(webhook())
    form, key_id, encoded = sealed.sealed["signatureKey/secret"].split(".")
    content = bytearray(base64.b64decode(encoded))
    content[-1] ^= 1
    changed = f"{form}.{key_id}.{base64.b64encode(content).decode()}"
    opened = vault.open(replace(sealed, sealed=sealed.sealed | {"signatureKey/secret": changed}))
    assert secrets_of(opened)["signatureKey/secret"] == MASK


def test_older_keys_open_and_the_first_one_seals() -> None:
    old, both, new = Vault([OTHER]), Vault([KEY, OTHER]), Vault([KEY])
    sealed = old.seal(webhook())
    assert both.open(sealed) == webhook()
    assert both.needs_sealing(sealed)
    assert new.open(both.seal(both.open(sealed))) == webhook()
    assert not both.needs_sealing(both.seal(webhook()))


def test_a_lost_key_keeps_what_it_sealed_for_the_day_it_is_back() -> None:
    lost, present = Vault([OTHER]), Vault([KEY])
    sealed = lost.seal(webhook())
    opened = present.open(sealed)
    assert not present.needs_sealing(sealed)
    again = present.seal(replace(opened, object=replace(opened.object, signature_key=Value("written anew"))))
    assert again.sealed["httpAuth/secret"] == sealed.sealed["httpAuth/secret"]
    back = Vault([KEY, OTHER]).open(again)
    assert back == webhook(key="written anew")


async def test_what_is_stored_in_clear_or_by_an_older_key_is_stored_anew_when_all_is_opened() -> None:
    store, vault = MemoryStore(), Vault([KEY, OTHER])
    clear = webhook()
    older = Vault([OTHER]).seal(replace(webhook("second"), id=WebhookId("wh-2")))
    strange = Vault([SecretsKey(b"x" * 32)]).seal(replace(webhook("third"), id=WebhookId("wh-3")))
    for each in (clear, older, strange):
        await store.registry.add_webhook(
            each, Cursor(webhook_id=each.id, position=Position(1)), audit=make_audit_entry()
        )
    opened = await vault.open_all(store.registry)
    assert [secrets_of(each)["signatureKey/secret"] for each in opened.webhooks] == ["signature", "second", MASK]
    assert opened.unread == ("wh-3",)
    stored = await store.registry.webhooks()
    assert stored[2] == strange
    assert all(set(secrets_of(each).values()) == {MASK} for each in stored)
    assert Vault([KEY]).open(stored[0]) == clear
    assert Vault([KEY]).open(stored[1]).sealed == {}


class Heard(LogReporter):
    """Remembers what was reported besides."""

    def __init__(self) -> None:
        super().__init__()
        self.unread: list[Sequence[WebhookId]] = []
        self.problems: list[Exception] = []

    def secrets_unread(self, webhook_ids: Sequence[WebhookId]) -> None:
        super().secrets_unread(webhook_ids)
        self.unread.append(webhook_ids)

    def wiping_failed(self, problem: Exception) -> None:
        super().wiping_failed(problem)
        self.problems.append(problem)


async def test_a_start_reports_the_webhooks_whose_secrets_no_key_opens_and_goes_on() -> None:
    store, reporter = MemoryStore(), Heard()
    lost = Vault([OTHER]).seal(webhook())
    deleted = replace(Vault([OTHER]).seal(replace(webhook(), id=WebhookId("wh-2"))), deleted=True)
    for each in (lost, deleted):
        await store.registry.add_webhook(
            each, Cursor(webhook_id=each.id, position=Position(1)), audit=make_audit_entry()
        )
    taken = await Vault([KEY]).take_up(store.registry, reporter)
    assert len(taken) == 2
    assert reporter.unread == [("wh-1",)]
    assert reporter.problems == []


async def test_a_file_that_cannot_be_wiped_now_is_reported_and_keeps_no_server_from_starting(tmp_path: Path) -> None:
    path, reporter = tmp_path / "bellwire.db", Heard()
    store = await open_sqlite_store(path)
    await store.registry.add_webhook(
        webhook(), Cursor(webhook_id=webhook().id, position=Position(1)), audit=make_audit_entry()
    )
    reading = apsw.Connection(str(path))
    reading.execute("BEGIN; SELECT count(*) FROM webhooks").fetchall()
    taken = await Vault([KEY]).take_up(store.registry, reporter)
    reading.close()
    await store.close()
    assert taken == (webhook(),)
    assert [str(problem) for problem in reporter.problems] == [
        f"{path} could not be wiped: another program reads it; end that one"
    ]


async def test_the_secrets_of_sources_are_sealed_and_bound_to_their_source_too() -> None:
    store, vault = MemoryStore(), Vault([KEY, OTHER])
    sound = Source(name=SourceName("mail"), signature_key=Value("key"), http_auth=Bearer(Value("token")))
    source = RegisteredSource(object=sound, created_at_ms=1, updated_at_ms=1)
    older = Vault([OTHER]).seal(replace(source, object=replace(sound, name=SourceName("older"))))
    for each in (source, older):
        await store.registry.put_source(each, audit=make_audit_entry())
    opened = await vault.open_sources(store.registry)
    assert [secrets_of(each) for each in opened] == [
        {"signatureKey/secret": "key", "httpAuth/bearerToken": "token"},
        {"signatureKey/secret": "key", "httpAuth/bearerToken": "token"},
    ]
    stored = await store.registry.sources()
    assert all(set(secrets_of(each).values()) == {MASK} for each in stored)
    assert [Vault([KEY]).open(each) for each in stored] == list(opened)
    moved = replace(stored[0], object=stored[1].object)
    assert set(secrets_of(vault.open(moved)).values()) == {MASK}
    assert await Vault([SecretsKey(b"x" * 32)]).open_sources(store.registry) == stored
