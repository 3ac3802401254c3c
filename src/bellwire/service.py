"""Bellwire: the one place that wires the parts; what the web, the command line and a Python program stand on."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec

from bellwire.model.attempt import Attempt
from bellwire.model.cursor import DiscardReason
from bellwire.model.event import EventId, EventTypeId, LoggedEvent
from bellwire.model.event_type import Catalogue
from bellwire.model.webhook import RegisteredWebhook, WebhookId
from bellwire.store import AttemptSearch, EventSearch


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a publish. accepted counts all events that are on disk now, duplicates those of them that were
    known before; ids in the order of the events.
    """

    accepted: int
    duplicates: int
    ids: tuple[EventId, ...]


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One discarded event. number and the event's position make its place in the list of all."""

    number: int
    event: LoggedEvent
    webhook_id: WebhookId
    reason: DiscardReason
    at_ms: int


class WebhookStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How a webhook does. state: healthy, retrying, failing or disabled; since when, and why in words.

    backlog: events waiting. lag_ms: age of the oldest of them. Times in milliseconds since 1970.
    """

    state: str
    since_ms: int
    reason: str
    backlog: int
    lag_ms: int
    delivered: int
    discarded: int
    last_success_at_ms: int | None
    last_failure_at_ms: int | None
    next_attempt_at_ms: int | None


class ServiceStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How Bellwire does as a whole. states: how many webhooks are in each state; store_bytes: the store's files."""

    version: str
    started_at_ms: int
    events_logged: int
    webhooks: int
    states: dict[str, int]
    store_bytes: int


class Bellwire:
    """Durable webhook delivery in one process, over one folder."""

    catalogue: Catalogue

    @classmethod
    async def open(cls, data_dir: Path) -> "Bellwire":
        """Take the folder (created with mode 0700 where it is missing), open the store and start delivering.

        Raises DataFolderInUse, IncompatibleStore, StorageUnavailable.
        """
        raise NotImplementedError

    async def close(self) -> None:
        """Stop as semantics §9 says: no new events, a last batch for healthy webhooks, 8 s in all."""

    async def publish_json(self, body: bytes) -> Published:
        """Take one event, an array of events or `{"events": […]}`, all or none; returns once they are on disk.

        Raises InvalidEvent, ConflictingEvent, Stopping, StorageUnavailable.
        """
        raise NotImplementedError

    async def publish_lines(self, body: AsyncIterator[bytes]) -> Published:
        """Take NDJSON in any pieces, in bounded memory; raises InterruptedLines, which says what was taken."""
        raise NotImplementedError

    def webhooks(self) -> tuple[RegisteredWebhook, ...]:
        """The registered webhooks, oldest first."""
        raise NotImplementedError

    def webhook(self, webhook_id: WebhookId) -> RegisteredWebhook:
        """The webhook of that id; raises UnknownThing."""
        raise NotImplementedError

    async def create_webhook(self, document: dict[str, Any]) -> tuple[RegisteredWebhook, tuple[str, ...]]:
        """Register a webhook from the JSON form of a WebHook; returns it with warnings. Raises InvalidObject."""
        raise NotImplementedError

    async def replace_webhook(
        self, webhook_id: WebhookId, document: dict[str, Any], *, revision: int | None = None
    ) -> tuple[RegisteredWebhook, tuple[str, ...]]:
        """Give a webhook another object. revision: the one the edit was made from; on another EditConflict is raised."""
        raise NotImplementedError

    async def patch_webhook(
        self, webhook_id: WebhookId, patch: dict[str, Any], *, revision: int | None = None
    ) -> tuple[RegisteredWebhook, tuple[str, ...]]:
        """Change members of a webhook's object by a JSON merge patch (RFC 7396)."""
        raise NotImplementedError

    async def delete_webhook(self, webhook_id: WebhookId, *, revision: int | None = None) -> None:
        """Delete a webhook; what waits is discarded."""
        raise NotImplementedError

    async def webhook_status(self, webhook_id: WebhookId) -> WebhookStatus:
        """How a webhook does now."""
        raise NotImplementedError

    async def events(self, search: EventSearch) -> tuple[LoggedEvent, ...]:
        """Logged events, newest first."""
        raise NotImplementedError

    async def event(self, event_id: EventId) -> LoggedEvent:
        """The event of that id; raises UnknownThing."""
        raise NotImplementedError

    async def attempts(self, search: AttemptSearch) -> tuple[Attempt, ...]:
        """Attempts, newest first."""
        raise NotImplementedError

    async def attempt(self, attempt_id: str) -> Attempt:
        """The attempt of that id; raises UnknownThing."""
        raise NotImplementedError

    async def dead_letters(
        self,
        *,
        webhook_id: WebhookId | None = None,
        reason: DiscardReason | None = None,
        before: tuple[int, int] | None = None,
        limit: int = 100,
    ) -> tuple[DeadLetter, ...]:
        """Discarded events, newest first; before: number and position of the last one of the page before."""
        raise NotImplementedError

    async def status(self) -> ServiceStatus:
        """How Bellwire does as a whole."""
        raise NotImplementedError

    async def check_token(self, token: str) -> bool:
        """Whether the token is a valid one; compares in constant time."""
        raise NotImplementedError

    def wanting(self, type_id: EventTypeId) -> int:
        """How many enabled webhooks want events of this type."""
        raise NotImplementedError
