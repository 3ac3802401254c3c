"""Bellwire: the one place that wires the parts; what the web, the command line and a Python program stand on."""

import asyncio
import hashlib
import importlib.metadata
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec

from bellwire.catalogue.loading import load_catalogue
from bellwire.clock import Clock
from bellwire.clocks.system import SystemClock
from bellwire.engine.cataloguer import Cataloguer
from bellwire.engine.clerk import Clerk
from bellwire.engine.dispatcher import Parts
from bellwire.engine.intake import Intake
from bellwire.engine.keyring import Keyring, Unreadable
from bellwire.engine.reader import Shelf
from bellwire.engine.registrar import Registrar
from bellwire.engine.selector import Selector
from bellwire.engine.supervisor import Supervisor
from bellwire.engine.switchboard import Switchboard
from bellwire.engine.tester import Exchange, Tester
from bellwire.errors import Fault, UnknownThing
from bellwire.folder import DataFolder
from bellwire.model.attempt import Attempt, AttemptId
from bellwire.model.cursor import DiscardReason
from bellwire.model.event import FIRST_POSITION, EventId, EventTypeId, LoggedEvent, Published
from bellwire.model.event_type import EventLevel, EventType, TracingLevel
from bellwire.model.status import DeadLetter, ServiceStatus, WebhookStatus
from bellwire.model.webhook import RegisteredWebhook, WebhookId
from bellwire.reporter import Reporter
from bellwire.reporters.log import LogReporter
from bellwire.rules.accepting import PublishedEvent
from bellwire.rules.expiring import Start
from bellwire.rules.validating import Checked
from bellwire.sender import Sender
from bellwire.senders.http import HttpSender
from bellwire.store import AttemptSearch, EventSearch, Store
from bellwire.stores.sqlite.store import open_sqlite_store

VERSION: Final = importlib.metadata.version("bellwire")
ADMIN: Final = "admin"

OVERLAP_MS: Final = 86_400_000
"""For which a replaced signature key goes on signing unless somebody says otherwise: 24 h."""


class Backends(msgspec.Struct, frozen=True, kw_only=True):
    """The parts that reach outside. dice: gives an even chance from 0 to 1."""

    store: Store
    sender: Sender
    clock: Clock
    reporter: Reporter
    keyring: Keyring
    dice: Callable[[], float]


class Bellwire:
    """Durable webhook delivery in one process, over one folder: `async with Bellwire.open(path) as bellwire:`."""

    def __init__(self, backends: Backends) -> None:
        """Wire the parts; nothing runs before start()."""
        store, clock = backends.store, backends.clock
        self._backends = backends
        self._started_at_ms = clock.wall_ms()
        self.catalogue = load_catalogue()
        self._selector = Selector(self.catalogue)
        self._switchboard = Switchboard(self._selector)
        parts = Parts(
            log=store.log,
            ledger=store.ledger,
            sender=backends.sender,
            clock=clock,
            reporter=backends.reporter,
            selector=self._selector,
            shelf=Shelf(),
            keyring=backends.keyring,
            start=Start(at_ms=clock.steady_ms(), log_end=store.log.end),
            dice=backends.dice,
            user_agent=f"Bellwire/{VERSION}",
        )
        self._supervisor = Supervisor(parts, self._switchboard)
        self._intake = Intake(store.log, clock, self.catalogue)
        self._registrar = Registrar(
            store.registry, store.log, clock=clock, catalogue=self.catalogue, supervisor=self._supervisor
        )
        self._cataloguer = Cataloguer(
            store.registry, catalogue=self.catalogue, selector=self._selector, supervisor=self._supervisor
        )
        self._tester = Tester(sender=backends.sender, clock=clock)
        self._clerk = Clerk(store, supervisor=self._supervisor, clock=clock)
        self._token_hashes: set[str] = set()
        self._closing: asyncio.Task[None] | None = None

    @classmethod
    @asynccontextmanager
    async def open(cls, data_dir: Path) -> AsyncIterator["Bellwire"]:
        """Take the folder (made with mode 0700 where it is missing), open the store and deliver until the block ends.

        Raises DataFolderInUse, IncompatibleStore, StorageUnavailable.
        """
        async with AsyncExitStack() as parts:
            folder = DataFolder.claim(data_dir)
            parts.callback(folder.release)
            store = await open_sqlite_store(folder.store_path)
            parts.push_async_callback(store.close)
            sender = HttpSender()
            parts.push_async_callback(sender.close)
            backends = Backends(
                store=store,
                sender=sender,
                clock=SystemClock(),
                reporter=LogReporter(),
                keyring=Keyring(environ=os.environ, forbidden_folder=folder.path),
                dice=random.random,
            )
            bellwire = cls(backends)
            parts.push_async_callback(bellwire.close)
            await bellwire.start()
            await bellwire.admit(ADMIN, folder.admin_token())
            yield bellwire

    async def start(self) -> None:
        """Take up what is stored and begin to deliver; once."""
        registry, log, ledger = self._backends.store.registry, self._backends.store.log, self._backends.store.ledger
        await self._cataloguer.load()
        last_positions = await log.last_positions()
        for type_id in last_positions:
            self._selector.learn(type_id)
        self._token_hashes = set((await registry.token_hashes()).values())
        webhooks = await registry.webhooks()
        self._registrar.load(webhooks)
        log.follow(self._switchboard.logged)
        self._supervisor.start(webhooks, await ledger.cursors(), last_positions)

    async def close(self) -> None:
        """Stop before the block ends: no new events, a last batch for healthy webhooks, 8 s in all.

        A second call waits for the first.
        """
        if self._closing is None:
            self._closing = asyncio.get_running_loop().create_task(self._close())
        await asyncio.shield(self._closing)

    @property
    def stopping(self) -> bool:
        """Whether it was asked to close."""
        return self._closing is not None

    async def publish(self, events: Sequence[PublishedEvent]) -> Published:
        """Take events, all or none, in their order; returns once they are on disk.

        Raises InvalidEvent, ConflictingEvent, Stopping, StorageUnavailable.
        """
        return await self._intake.publish(events)

    async def publish_json(self, body: bytes) -> Published:
        """Take one event, an array of events or `{"events": […]}`, as publish does; also raises MalformedBody."""
        return await self._intake.publish_json(body)

    async def publish_lines(self, body: AsyncIterator[bytes]) -> Published:
        """Take NDJSON in any pieces, in bounded memory; raises InterruptedLines, which says what was taken."""
        return await self._intake.publish_lines(body)

    def webhooks(self) -> tuple[RegisteredWebhook, ...]:
        """The registered webhooks, oldest first."""
        return self._registrar.all()

    def webhook(self, webhook_id: WebhookId) -> RegisteredWebhook:
        """The webhook of that id; raises UnknownThing."""
        return self._registrar.get(webhook_id)

    def check_webhook(self, document: object) -> Checked:
        """What create_webhook would store, and its warnings; raises InvalidObject."""
        return self._registrar.check(document)

    async def create_webhook(self, document: object) -> tuple[RegisteredWebhook, tuple[Fault, ...]]:
        """Register a webhook from the JSON form of a WebHook; returns it with warnings. Raises InvalidObject."""
        webhook, checked = await self._registrar.create(document)
        return webhook, checked.warnings

    async def replace_webhook(
        self, webhook_id: WebhookId, document: object, *, revision: int | None = None
    ) -> tuple[RegisteredWebhook, tuple[Fault, ...]]:
        """Give a webhook another object. revision: the one the edit was made from; raises EditConflict."""
        webhook, checked = await self._registrar.replace(webhook_id, document, revision=revision)
        return webhook, checked.warnings

    async def patch_webhook(
        self, webhook_id: WebhookId, patch: object, *, revision: int | None = None
    ) -> tuple[RegisteredWebhook, tuple[Fault, ...]]:
        """Change members of a webhook's object by a JSON merge patch (RFC 7396)."""
        webhook, checked = await self._registrar.patch(webhook_id, patch, revision=revision)
        return webhook, checked.warnings

    async def delete_webhook(self, webhook_id: WebhookId, *, revision: int | None = None) -> None:
        """Delete a webhook; what waits is discarded."""
        await self._registrar.delete(webhook_id, revision=revision)

    async def rotate_key(
        self, webhook_id: WebhookId, key: object, *, overlap_ms: int = OVERLAP_MS, revision: int | None = None
    ) -> RegisteredWebhook:
        """Give a webhook another signature key, in its JSON form. Until overlap_ms have passed the key before signs
        webhook-signature too. Raises UnknownThing, EditConflict, InvalidObject.
        """
        return await self._registrar.rotate_key(webhook_id, key, overlap_ms=overlap_ms, revision=revision)

    async def test_webhook(self, webhook_id: WebhookId) -> Exchange | Unreadable:
        """Send a webhook.test event now, also while disabled, and show the whole exchange; raises UnknownThing."""
        self._registrar.get(webhook_id)
        return await self._tester.test(self._supervisor[webhook_id])

    async def declare_type(self, type_id: str, *, level: TracingLevel, description: str = "") -> EventType:
        """Declare an own event type, or describe it anew. Raises InvalidObject."""
        return await self._cataloguer.declare(type_id, level=level, description=description)

    async def override_level(self, type_id: EventTypeId, level: EventLevel | None) -> EventType:
        """Set what counts instead of a type's own level, None: its own again; counts at once. Raises UnknownThing."""
        return await self._cataloguer.override(type_id, level)

    def is_shipped_type(self, type_id: EventTypeId) -> bool:
        """Whether the type comes with Bellwire; of such types only the level can be set."""
        return self._cataloguer.is_shipped(type_id)

    async def webhook_status(self, webhook_id: WebhookId) -> WebhookStatus:
        """How a webhook does now; raises UnknownThing."""
        return await self._clerk.status(self._registrar.get(webhook_id))

    async def events(self, search: EventSearch) -> tuple[LoggedEvent, ...]:
        """Logged events, newest first."""
        return await self._backends.store.log.search(search)

    async def event(self, event_id: EventId) -> LoggedEvent:
        """The event of that id; raises UnknownThing."""
        event = await self._backends.store.log.find(event_id)
        if event is None:
            raise UnknownThing("event", event_id)
        return event

    async def attempts(self, search: AttemptSearch) -> tuple[Attempt, ...]:
        """Attempts, newest first."""
        return await self._backends.store.ledger.attempts(search)

    async def attempt(self, attempt_id: str) -> Attempt:
        """The attempt of that id; raises UnknownThing."""
        attempt = await self._backends.store.ledger.attempt(AttemptId(attempt_id))
        if attempt is None:
            raise UnknownThing("attempt", attempt_id)
        return attempt

    async def dead_letters(
        self,
        *,
        webhook_id: WebhookId | None = None,
        reason: DiscardReason | None = None,
        before: tuple[int, int] | None = None,
        limit: int = 100,
    ) -> tuple[DeadLetter, ...]:
        """Discarded events, newest first; before: number and position of the last one of the page before."""
        return await self._clerk.dead_letters(webhook_id=webhook_id, reason=reason, before=before, limit=limit)

    def wanting(self, type_id: EventTypeId) -> int:
        """How many enabled webhooks want events of this type."""
        return self._switchboard.wanting(type_id)

    async def status(self) -> ServiceStatus:
        """How Bellwire does as a whole."""
        webhooks = self._registrar.all()
        return ServiceStatus(
            version=VERSION,
            started_at_ms=self._started_at_ms,
            events_logged=self._backends.store.log.end - FIRST_POSITION,
            webhooks=len(webhooks),
            states=dict(Counter(self._clerk.state(webhook) for webhook in webhooks)),
            store_bytes=self._backends.store.size_bytes(),
        )

    def check_token(self, token: str) -> bool:
        """Whether the token is one of Bellwire's. Only hashes are compared, so time tells nothing about tokens."""
        return hash_token(token) in self._token_hashes

    async def admit(self, name: str, token: str) -> None:
        """Let a token in, under a name; one of the same name is replaced. Only its hash is stored."""
        await self._backends.store.registry.put_token(name, hash_token(token))
        self._token_hashes = set((await self._backends.store.registry.token_hashes()).values())

    async def _close(self) -> None:
        self._intake.close()
        await self._supervisor.stop()
        await self._backends.sender.close()
        await self._backends.store.close()


def hash_token(token: str) -> str:
    """What is kept of a token: tokens have 256 random bits, so one pass of SHA-256 cannot be turned back."""
    return hashlib.sha256(token.encode()).hexdigest()
