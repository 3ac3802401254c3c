"""What was stored in clear leaves no trace: in the file, in its WAL, in free pages."""

import asyncio
import os
from pathlib import Path

import apsw
import msgspec
import pytest
from msgspec.structs import replace

from bellwire.engine.vault import Vault
from bellwire.errors import StorageUnavailable
from bellwire.model.cursor import Cursor
from bellwire.model.event import Position
from bellwire.model.secret import Value
from bellwire.model.secrets_key import SecretsKey
from bellwire.model.webhook import Basic, RegisteredWebhook, WebhookId
from bellwire.store import Store
from bellwire.stores.sqlite.connection import open_writer
from bellwire.stores.sqlite.migrating import migrate, schema_steps
from bellwire.stores.sqlite.store import open_sqlite_store
from bellwire.stores.sqlite.wiping import wipe
from builders import make_audit_entry, make_registered_webhook, make_webhook

MARKER = b"plain-marker"
VAULT = Vault([SecretsKey(bytes(32))])
SECRETS_STEP = next(index for index, step in enumerate(schema_steps()) if "leavings" in step)


async def add(store: Store, webhook: RegisteredWebhook) -> None:
    cursor = Cursor(webhook_id=webhook.id, position=Position(1))
    await store.registry.add_webhook(webhook, cursor, audit=make_audit_entry())


def clear(number: int, *, long: bool = False) -> RegisteredWebhook:
    """A webhook of the time before secrets were sealed; a long one takes pages of its own."""
    headers = {f"X-{name}": f"{MARKER.decode()}-{name}" * 20 for name in range(40)} if long else {}
    webhook = make_webhook(
        signature_key=Value(f"{MARKER.decode()}-key"),
        http_auth=Basic("account", Value(f"{MARKER.decode()}-password")),
        http_headers=headers,
    )
    return make_registered_webhook(webhook, id=WebhookId(f"wh-{number:03}"))


def write_old_file(path: Path) -> None:
    """As it was left: 20 webhooks stand there in clear, and others did before, in parts that are free now."""
    path.touch(0o600)
    connection = open_writer(path)
    migrate(connection, schema_steps()[:SECRETS_STEP])
    for number in range(40):
        webhook = clear(number, long=number % 2 == 1)
        row = (webhook.id, 1, msgspec.json.encode(webhook).decode())
        connection.execute("INSERT INTO webhooks VALUES (?, ?, ?)", row)
        cursor = msgspec.json.encode(Cursor(webhook_id=webhook.id, position=Position(1))).decode()
        connection.execute("INSERT INTO cursors VALUES (?, 0, ?)", (webhook.id, cursor))
    connection.execute("DELETE FROM webhooks WHERE id >= 'wh-020'")
    connection.close()


def traces(folder: Path, what: bytes = MARKER) -> list[str]:
    return sorted(file.name for file in folder.iterdir() if what in file.read_bytes())


@pytest.fixture
def old_file(path: Path) -> Path:
    write_old_file(path)
    assert traces(path.parent) == [path.name]
    return path


async def test_what_an_earlier_version_left_in_clear_is_sealed_and_wiped_out_at_the_first_opening(
    old_file: Path,
) -> None:
    store = await open_sqlite_store(old_file)
    opened = await VAULT.open_all(store.registry)
    assert traces(old_file.parent) != []
    await store.registry.wipe()
    assert traces(old_file.parent) == []  # with the companions, while all is open
    assert opened.webhooks == tuple(clear(number, long=number % 2 == 1) for number in range(20))
    await store.close()
    assert traces(old_file.parent) == []


async def test_a_crash_between_sealing_and_wiping_leaves_the_wiping_to_the_next_start(old_file: Path) -> None:
    reading = apsw.Connection(str(old_file))  # whoever reads keeps the WAL from being emptied
    reading.execute("BEGIN; SELECT count(*) FROM webhooks").fetchall()
    store = await open_sqlite_store(old_file)
    await VAULT.open_all(store.registry)
    with pytest.raises(StorageUnavailable, match="could not be wiped: another program reads it"):
        await store.registry.wipe()
    assert not any(VAULT.needs_sealing(webhook) for webhook in await store.registry.webhooks())
    reading.close()
    await store.close()
    connection = apsw.Connection(str(old_file))
    assert connection.execute("SELECT count(*) FROM leavings").get == 1
    connection.close()
    store = await open_sqlite_store(old_file)
    await VAULT.open_all(store.registry)
    await store.registry.wipe()
    assert traces(old_file.parent) == []
    await store.close()


async def test_rewriting_leaves_nothing_of_the_form_before(path: Path) -> None:
    store = await open_sqlite_store(path)
    webhooks = [clear(number, long=number % 2 == 1) for number in range(20)]
    for webhook in webhooks:
        await store.registry.add_webhook(
            webhook, Cursor(webhook_id=webhook.id, position=Position(1)), audit=make_audit_entry()
        )
    assert traces(path.parent) != []
    await store.registry.rewrite_webhooks([VAULT.seal(webhook) for webhook in webhooks])
    await store.registry.wipe()
    assert traces(path.parent) == []
    await store.close()
    assert traces(path.parent) == []


async def test_edits_leave_nothing_of_what_they_replace_in_the_file(path: Path) -> None:
    store = await open_sqlite_store(path)
    before = clear(1, long=True)
    await store.registry.add_webhook(
        before, Cursor(webhook_id=before.id, position=Position(1)), audit=make_audit_entry()
    )
    await store.registry.replace_webhook(replace(before, object=make_webhook(), revision=2), audit=make_audit_entry())
    await store.close()
    assert traces(path.parent) == []


def test_a_new_file_has_nothing_to_be_wiped(path: Path) -> None:
    path.touch(0o600)
    connection = open_writer(path)
    migrate(connection, schema_steps())
    assert connection.execute("SELECT count(*) FROM leavings").get == 0
    connection.close()


async def test_a_file_that_cannot_be_written_is_told_as_such(old_file: Path) -> None:
    await (await open_sqlite_store(old_file)).close()
    connection = apsw.Connection(str(old_file))
    connection.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageUnavailable, match="could not be wiped"):
        await asyncio.to_thread(wipe, old_file, is_rewritten=False)
    connection.execute("ROLLBACK")
    connection.close()
    assert os.access(old_file, os.W_OK)
