"""The chronicler: tells what was changed of a webhook, and what its state became."""

from bellwire.engine.registrar import Registrar
from bellwire.errors import UnknownThing
from bellwire.model.change import NumberedChange
from bellwire.model.webhook import WebhookId
from bellwire.store import ChangeSearch, Journal


class Chronicler:
    """Reads the journal; changes nothing."""

    def __init__(self, journal: Journal, registrar: Registrar) -> None:
        self._journal = journal
        self._registrar = registrar

    async def changes(
        self, webhook_id: WebhookId, *, before: int | None = None, limit: int = 100
    ) -> tuple[NumberedChange, ...]:
        """Changes of a webhook, newest first, also of a deleted one as long as they are kept.

        before: the number of the last one of the page before. Raises UnknownThing.
        """
        found = await self._journal.changes(ChangeSearch(subject=webhook_id, before=before, limit=limit))
        if not found and all(webhook.id != webhook_id for webhook in self._registrar.all()):
            raise UnknownThing("webhook", webhook_id)
        return found
