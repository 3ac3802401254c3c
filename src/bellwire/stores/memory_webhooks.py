"""The webhooks of a store that lives in memory."""

from collections.abc import Sequence

from bellwire.errors import EditConflict
from bellwire.model.audit import AuditEntry
from bellwire.model.change import Change
from bellwire.model.cursor import Cursor, CursorKey, key_of
from bellwire.model.webhook import RegisteredWebhook, WebhookId
from bellwire.stores.gate import Gate
from bellwire.stores.memory_directory import MemoryDirectory
from bellwire.stores.memory_journal import MemoryJournal


class MemoryWebhooks:
    """The part of the registry that has the webhooks, by their ids. first_cursors: those they were added with."""

    def __init__(self, gate: Gate, journal: MemoryJournal, directory: MemoryDirectory) -> None:
        self.first_cursors: dict[CursorKey, Cursor] = {}
        self._gate = gate
        self._journal = journal
        self._directory = directory
        self._webhooks: dict[WebhookId, RegisteredWebhook] = {}

    async def webhooks(self) -> tuple[RegisteredWebhook, ...]:
        """All of them in the order of their ids."""
        self._gate.check()
        return tuple(self._webhooks[webhook_id] for webhook_id in sorted(self._webhooks))

    async def add_webhook(
        self, webhook: RegisteredWebhook, cursor: Cursor, changes: Sequence[Change] = (), *, audit: AuditEntry
    ) -> None:
        """Register a webhook together with its first cursor."""
        self._gate.check()
        if webhook.id in self._webhooks:
            raise EditConflict(f"there is a webhook {webhook.id!r} already; replace it, or add one of another id")
        self._webhooks[webhook.id] = webhook
        self.first_cursors[key_of(cursor)] = cursor
        self._journal.add(changes)
        self._directory.record(audit)

    async def replace_webhook(
        self, webhook: RegisteredWebhook, changes: Sequence[Change] = (), *, audit: AuditEntry
    ) -> None:
        """Store an edit."""
        self._gate.check()
        stored = self._webhooks.get(webhook.id)
        if stored is None or stored.revision != webhook.revision - 1:
            raise EditConflict(f"webhook {webhook.id!r} was changed since it was read; read it and repeat the edit")
        self._webhooks[webhook.id] = webhook
        self._journal.add(changes)
        self._directory.record(audit)

    async def rewrite_webhooks(self, webhooks: Sequence[RegisteredWebhook]) -> None:
        """Store webhooks in another form."""
        self._gate.check()
        for webhook in webhooks:
            stored = self._webhooks.get(webhook.id)
            if stored is None or stored.revision != webhook.revision:
                raise EditConflict(f"webhook {webhook.id!r} was changed since it was read; read it and repeat")
        self._webhooks |= {webhook.id: webhook for webhook in webhooks}

    async def wipe(self) -> None:
        """Nothing is left of what was rewritten."""
        self._gate.check()
