"""Webhooks, sources and event types in SQLite."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final, assert_never

import apsw
import msgspec

from bellwire.errors import EditConflict
from bellwire.model.audit import AuditEntry
from bellwire.model.change import Change
from bellwire.model.cursor import Cursor
from bellwire.model.event_type import EventType
from bellwire.model.source import RegisteredSource, SourceName
from bellwire.model.webhook import RegisteredWebhook, WebhookId
from bellwire.stores.sqlite.audit_trail import add_entry
from bellwire.stores.sqlite.connection import rows_of
from bellwire.stores.sqlite.journal import ChangeWriter
from bellwire.stores.sqlite.readers import Readers
from bellwire.stores.sqlite.statements import statement
from bellwire.stores.sqlite.wiping import wipe
from bellwire.stores.sqlite.writer import Writer, Written

_LIST_WEBHOOKS: Final = statement("list_webhooks")
_FIND_WEBHOOK_REVISION: Final = statement("find_webhook_revision")
_PUT_WEBHOOK: Final = statement("put_webhook")
_PUT_CURSORS: Final = statement("put_cursors")
_LIST_DECLARED_TYPES: Final = statement("list_declared_types")
_PUT_DECLARED_TYPES: Final = statement("put_declared_types")
_LIST_SOURCES: Final = statement("list_sources")
_PUT_SOURCE: Final = statement("put_source")
_REMOVE_SOURCE: Final = statement("remove_source")
_SET_SECURE_DELETE: Final = statement("set_secure_delete")
_UNSET_SECURE_DELETE: Final = statement("unset_secure_delete")


class AddWebhook(msgspec.Struct, frozen=True):
    """One call of add_webhook."""

    webhook: RegisteredWebhook
    cursor: Cursor
    changes: Sequence[Change]
    audit: AuditEntry


class ReplaceWebhook(msgspec.Struct, frozen=True):
    """One call of replace_webhook."""

    webhook: RegisteredWebhook
    changes: Sequence[Change]
    audit: AuditEntry


class RewriteWebhooks(msgspec.Struct, frozen=True):
    """One call of rewrite_webhooks."""

    webhooks: Sequence[RegisteredWebhook]


class DeclareTypes(msgspec.Struct, frozen=True):
    """One call of declare_types."""

    types: Sequence[EventType]
    changes: Sequence[Change]
    audit: AuditEntry


class PutSource(msgspec.Struct, frozen=True):
    """One call of put_source."""

    source: RegisteredSource
    audit: AuditEntry


class RewriteSources(msgspec.Struct, frozen=True):
    """One call of rewrite_sources."""

    sources: Sequence[RegisteredSource]


class RemoveSource(msgspec.Struct, frozen=True):
    """One call of remove_source."""

    name: SourceName
    audit: AuditEntry


RegistryChange = AddWebhook | ReplaceWebhook | DeclareTypes | PutSource | RemoveSource
RegistryWork = RegistryChange | RewriteWebhooks | RewriteSources


class RegistryWriter:
    """Lives in the writer's thread. Edits are rare: each is a few statements of its own."""

    def __init__(self, connection: apsw.Connection, change_writer: ChangeWriter) -> None:
        self._connection = connection
        self._change_writer = change_writer

    def write(self, works: Sequence[RegistryWork]) -> Written:
        """Write the edits in their order; nothing that they replace stays readable in a free part of the file."""
        rows_of(self._connection, _SET_SECURE_DELETE)
        try:
            return Written([self._write(work) for work in works])
        finally:
            rows_of(self._connection, _UNSET_SECURE_DELETE)

    def _write(self, work: RegistryWork) -> EditConflict | None:
        match work:
            case RewriteWebhooks(webhooks):
                return self._rewrite(webhooks)
            case RewriteSources(sources):
                self._put_sources(sources)
                return None
            case _:
                return self._change(work)

    def _change(self, work: RegistryChange) -> EditConflict | None:
        """Make a change, and enter it in the audit trail."""
        match work:
            case AddWebhook(webhook, cursor, changes, _):
                if self._revision(webhook.id) is not None:
                    return EditConflict(f"there is a webhook {webhook.id!r} already; replace it, or add another id")
                self._put(webhook)
                self._connection.execute(_PUT_CURSORS, (apsw.carray((_json_of(cursor),)),))
                self._change_writer.add(changes)
            case ReplaceWebhook(webhook, changes, _):
                if self._revision(webhook.id) != webhook.revision - 1:
                    return EditConflict(
                        f"webhook {webhook.id!r} was changed since it was read; read it and repeat the edit"
                    )
                self._put(webhook)
                self._change_writer.add(changes)
            case DeclareTypes(types, changes, _):
                self._declare(types)
                self._change_writer.add(changes)
            case PutSource(source, _):
                self._put_sources([source])
            case RemoveSource(name, _):
                self._connection.execute(_REMOVE_SOURCE, (name,))
            case _:
                assert_never(work)
        add_entry(self._connection, work.audit)
        return None

    def _put_sources(self, sources: Sequence[RegisteredSource]) -> None:
        for source in sources:
            self._connection.execute(_PUT_SOURCE, (source.object.name, _json_of(source)))

    def _declare(self, types: Sequence[EventType]) -> None:
        if types:
            self._connection.execute(
                _PUT_DECLARED_TYPES, (apsw.carray(tuple([_json_of(event_type) for event_type in types])),)
            )

    def _rewrite(self, webhooks: Sequence[RegisteredWebhook]) -> EditConflict | None:
        for webhook in webhooks:
            if self._revision(webhook.id) != webhook.revision:
                return EditConflict(f"webhook {webhook.id!r} was changed since it was read; read it and repeat")
        for webhook in webhooks:
            self._put(webhook)
        return None

    def _revision(self, webhook_id: WebhookId) -> int | None:
        for (revision,) in rows_of(self._connection, _FIND_WEBHOOK_REVISION, webhook_id):
            return int(revision)
        return None

    def _put(self, webhook: RegisteredWebhook) -> None:
        self._connection.execute(_PUT_WEBHOOK, (webhook.id, webhook.revision, _json_of(webhook)))


class SqliteRegistry:
    """The registry as the event loop sees it."""

    def __init__(self, path: Path, writer: Writer, registry_writer: RegistryWriter, readers: Readers) -> None:
        self._path = path
        self._is_rewritten = False
        self._writer = writer
        self._registry_writer = registry_writer
        self._readers = readers

    async def webhooks(self) -> tuple[RegisteredWebhook, ...]:
        """All of them in the order of their ids, the deleted ones included."""
        return await self._readers.read(_webhooks)

    async def add_webhook(
        self, webhook: RegisteredWebhook, cursor: Cursor, changes: Sequence[Change] = (), *, audit: AuditEntry
    ) -> None:
        """Register a webhook together with its first cursor; raises EditConflict where its id is taken."""
        await self._write(AddWebhook(webhook, cursor, tuple(changes), audit))

    async def replace_webhook(
        self, webhook: RegisteredWebhook, changes: Sequence[Change] = (), *, audit: AuditEntry
    ) -> None:
        """Store an edit; raises EditConflict."""
        await self._write(ReplaceWebhook(webhook, tuple(changes), audit))

    async def rewrite_webhooks(self, webhooks: Sequence[RegisteredWebhook]) -> None:
        """Store webhooks in another form."""
        await self._write(RewriteWebhooks(tuple(webhooks)))
        self._is_rewritten = True

    async def wipe(self) -> None:
        """Leave nothing in the files of what was rewritten, nor of what an earlier version has overwritten."""
        await asyncio.to_thread(wipe, self._path, is_rewritten=self._is_rewritten)
        self._is_rewritten = False

    async def declared_types(self) -> tuple[EventType, ...]:
        """The types that were declared, in the order of their ids."""
        return await self._readers.read(_declared_types)

    async def declare_types(
        self, types: Sequence[EventType], changes: Sequence[Change] = (), *, audit: AuditEntry
    ) -> None:
        """Add types, or replace those of the same id."""
        await self._write(DeclareTypes(tuple(types), tuple(changes), audit))

    async def sources(self) -> tuple[RegisteredSource, ...]:
        """The registered sources in the order of their names."""
        return await self._readers.read(_sources)

    async def put_source(self, source: RegisteredSource, *, audit: AuditEntry) -> None:
        """Add a source, or replace the one of that name."""
        await self._write(PutSource(source, audit))
        self._is_rewritten = True

    async def rewrite_sources(self, sources: Sequence[RegisteredSource]) -> None:
        """Store sources in another form."""
        await self._write(RewriteSources(tuple(sources)))
        self._is_rewritten = True

    async def remove_source(self, name: SourceName, *, audit: AuditEntry) -> None:
        """Remove the source of that name."""
        await self._write(RemoveSource(name, audit))

    async def _write(self, work: RegistryWork) -> None:
        await self._writer.write(self._registry_writer, work)


def _webhooks(connection: apsw.Connection) -> tuple[RegisteredWebhook, ...]:
    decoder = msgspec.json.Decoder(RegisteredWebhook)
    return tuple([decoder.decode(webhook) for (webhook,) in connection.execute(_LIST_WEBHOOKS)])


def _declared_types(connection: apsw.Connection) -> tuple[EventType, ...]:
    decoder = msgspec.json.Decoder(EventType)
    return tuple([decoder.decode(event_type) for (event_type,) in connection.execute(_LIST_DECLARED_TYPES)])


def _sources(connection: apsw.Connection) -> tuple[RegisteredSource, ...]:
    decoder = msgspec.json.Decoder(RegisteredSource)
    return tuple([decoder.decode(source) for (source,) in connection.execute(_LIST_SOURCES)])


def _json_of(struct: msgspec.Struct) -> str:
    return msgspec.json.encode(struct).decode()
