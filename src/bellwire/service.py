"""Bellwire: the one place that wires the parts; what the web, the command line and a Python program stand on."""

import asyncio
import importlib.metadata
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import Final

from bellwire.backends import Backends, delivery_parts, open_backends
from bellwire.catalogue.loading import load_catalogue
from bellwire.engine.announcer import Announcer
from bellwire.engine.cataloguer import Cataloguer
from bellwire.engine.checker import Checker
from bellwire.engine.chronicler import Chronicler
from bellwire.engine.clerk import Clerk
from bellwire.engine.coroner import Coroner
from bellwire.engine.doorkeeper import Doorkeeper
from bellwire.engine.event_finder import EventFinder
from bellwire.engine.explainer import Explainer
from bellwire.engine.gatekeeper import Gatekeeper
from bellwire.engine.inspector import Inspector
from bellwire.engine.intake import Intake
from bellwire.engine.keyring import ANYWHERE
from bellwire.engine.pruner import Pruner
from bellwire.engine.recorder import Recorder
from bellwire.engine.registrar import Edited, Registrar, Safeguards
from bellwire.engine.relayer import Relayer
from bellwire.engine.replayer import Replayer
from bellwire.engine.sampler import Sampler
from bellwire.engine.selector import Selector
from bellwire.engine.source_registrar import SourceRegistrar
from bellwire.engine.supervisor import Supervisor
from bellwire.engine.switchboard import Switchboard
from bellwire.engine.tester import Tested, Tester
from bellwire.engine.token_issuer import ADMIN
from bellwire.engine.watchdog import Watchdog
from bellwire.errors import UnknownThing
from bellwire.home import Home
from bellwire.model.access_limits import DEFAULT_ACCESS, AccessLimits
from bellwire.model.attempt import Attempt, AttemptId
from bellwire.model.event import FIRST_POSITION, EventId, EventTypeId, LoggedEvent, Published
from bellwire.model.event_type import EventLevel, EventType, TracingLevel
from bellwire.model.limits import DEFAULT_LIMITS, Limits
from bellwire.model.network import DEFAULT_POLICY, Listener, NetworkPolicy
from bellwire.model.principal import PROGRAM, Principal, Scope
from bellwire.model.secrecy import Secrecy
from bellwire.model.status import Account, Explanation, ServiceStatus, WebhookStatus
from bellwire.model.webhook import RegisteredWebhook, WebhookId
from bellwire.rules.permitting import check_scope
from bellwire.rules.reading_cloudevents import Message
from bellwire.rules.rotating import OVERLAP_MS
from bellwire.rules.validating import Checked
from bellwire.rules.writing_events import Event, write_event
from bellwire.rules.writing_webhooks import Key, Written, json_form, read_level, write_key
from bellwire.store import AttemptSearch, EventSearch

VERSION: Final = importlib.metadata.version("bellwire")
USER_AGENT: Final = f"Bellwire/{VERSION}"


class Bellwire:
    """Durable webhook delivery in one process, over one folder: `async with Bellwire.open(path) as bellwire:`."""

    def __init__(
        self, backends: Backends, limits: Limits = DEFAULT_LIMITS, access: AccessLimits = DEFAULT_ACCESS
    ) -> None:
        """Wire the parts; nothing runs before start(). access: tokens, people, sessions and the audit trail."""
        store, clock, reporter = backends.store, backends.clock, backends.reporter
        self._backends = backends
        self._started_at_ms = clock.wall_ms()
        self.limits = limits
        self.catalogue = load_catalogue()
        self._selector = Selector(self.catalogue)
        self.switchboard = Switchboard(self._selector)
        self._announcer = Announcer(store.log, clock=clock, reporter=backends.reporter)
        parts = delivery_parts(backends, selector=self._selector, announcer=self._announcer, user_agent=USER_AGENT)
        self.live = parts.broadcaster
        self._supervisor = supervisor = Supervisor(parts, self.switchboard)
        self._watchdog = Watchdog(supervisor, clock=clock)
        self.figures = Recorder(store, parts.meter, supervisor=supervisor, clock=clock, reporter=reporter)
        self._doorkeeper = Doorkeeper(store, supervisor=supervisor, clock=clock, reporter=reporter, limits=limits)
        self._pruner = Pruner(
            store, self._doorkeeper, supervisor=supervisor, clock=clock, reporter=reporter, limits=limits
        )
        self._intake = Intake(store.log, self._doorkeeper, clock=clock, catalogue=self.catalogue, pacer=parts.pacer)
        self.access = Gatekeeper(store.directory, clock=clock, announce=self._announcer.announce, limits=access)
        auditor = self.access.auditor
        safeguards = Safeguards(
            vault=backends.vault, guard=backends.guard, secrecy=backends.keyring.secrecy, auditor=auditor
        )
        self._registrar = Registrar(store, safeguards, clock=clock, catalogue=self.catalogue, supervisor=supervisor)
        self._cataloguer = Cataloguer(
            store, auditor, clock=clock, catalogue=self.catalogue, selector=self._selector, supervisor=supervisor
        )
        self.sources = SourceRegistrar(store.registry, safeguards, clock=clock)
        self.relayer = Relayer(self._intake, self.sources, parts)
        self._tester = Tester(parts)
        self.inspector = Inspector(parts, self._tester, registrar=self._registrar, supervisor=supervisor)
        self.replays = Replayer(parts, self._doorkeeper, auditor, registrar=self._registrar, supervisor=supervisor)
        self.checks = Checker(parts, backends.guard, registrar=self._registrar, supervisor=supervisor)
        self.sampler = Sampler(store.log, clock=clock)
        self.explainer = Explainer(store, parts.book, supervisor=supervisor, catalogue=self.catalogue)
        self._clerk = Clerk(parts, supervisor=supervisor)
        self.finder = EventFinder(store.log, self._selector, registrar=self._registrar)
        self.coroner = Coroner(store)
        self.dead_letters = self.coroner.dead_letters
        self.chronicler = Chronicler(store.journal, self._registrar)
        self._closing: asyncio.Task[None] | None = None

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        data_dir: str | PathLike[str],
        *,
        limits: Limits = DEFAULT_LIMITS,
        network: NetworkPolicy = DEFAULT_POLICY,
        secrecy: Secrecy = ANYWHERE,
        access: AccessLimits = DEFAULT_ACCESS,
    ) -> AsyncIterator["Bellwire"]:
        """Take the folder (made with mode 0700 where it is missing), open the store and deliver until the block ends.

        network: which addresses may be delivered to. secrecy: where the key of secrets is. It belongs to the running
        event loop and to this process. Raises DataFolderInUse, InvalidSetting for a key that cannot be used,
        IncompatibleStore, StorageUnavailable.
        """
        async with open_backends(Path(data_dir), secrecy=secrecy, network=network) as (folder, keys, backends):
            bellwire = cls(backends, limits, access)
            try:
                await bellwire.start()
                keys.forget_older()
                await bellwire.access.tokens.admit(ADMIN, folder.admin_token(), by=PROGRAM)
                yield bellwire
            finally:
                await bellwire.close()

    async def start(self) -> None:
        """Take up what is stored and begin to deliver; once."""
        self._home = Home()
        log, ledger = self._backends.store.log, self._backends.store.ledger
        await self._cataloguer.load()
        last_positions = await log.last_positions()
        for type_id in last_positions:
            self._selector.learn(type_id)
        await self.access.load()
        await self.sources.load(self._backends.reporter)
        webhooks = await self._backends.vault.take_up(self._backends.store.registry, self._backends.reporter)
        self._registrar.load(webhooks)
        await self.replays.load()
        log.follow(self.switchboard.logged)
        self.live.start(self._registrar.all, self._clerk.state)
        self._supervisor.start(webhooks, await ledger.cursors(), last_positions)
        await self._doorkeeper.start()
        self._announcer.start(self._intake.announce)
        self._pruner.start()
        await self.figures.start()
        self._watchdog.start()
        self.access.start()

    async def close(self) -> None:
        """Stop before the block ends: no new events, a last batch for healthy webhooks, 8 s in all.

        A second call waits for the first. In a forked child it does nothing.
        """
        if not self._home.is_here:
            return
        if self._closing is None:
            self._closing = asyncio.get_running_loop().create_task(self._close())
        await asyncio.shield(self._closing)

    @property
    def stopping(self) -> bool:
        """Whether it was asked to close."""
        return self._closing is not None

    async def publish(
        self,
        type: str,  # noqa: A002 - the page's name of the member
        data: Mapping[str, object],
        *,
        id: str | None = None,  # noqa: A002 - the page's name of the member
        created_at: datetime | str | None = None,
    ) -> EventId:
        """Take one event, see Event; returns its id once it is on disk. An id that is known, with the same type and
        data, is acknowledged and stored once. Raises InvalidEvent, ConflictingEvent, Stopping, StorageUnavailable.
        """
        return (await self.publish_all([Event(type, data, id, created_at)])).ids[0]

    async def publish_all(self, events: Iterable[Event]) -> Published:
        """Take events as publish does, all or none, in their order. Errors say which one they are about."""
        self._home.check_loop()
        return await self._intake.publish([write_event(event, index=index) for index, event in enumerate(events)])

    def publish_from_thread(
        self,
        type: str,  # noqa: A002 - as in publish
        data: Mapping[str, object],
        *,
        id: str | None = None,  # noqa: A002 - as in publish
        created_at: datetime | str | None = None,
    ) -> EventId:
        """Like publish, for threads other than the event loop's: blocks until the event is on disk."""
        return self._home.call(lambda: self.publish(type, data, id=id, created_at=created_at))

    async def publish_json(self, body: bytes, *, by: Principal = PROGRAM) -> Published:
        """Take one event, an array of events or `{"events": […]}`, as publish does; also raises MalformedBody and
        ForbiddenType.
        """
        return await self._intake.publish_json(body, by=by)

    async def publish_cloudevents(self, message: Message, *, by: Principal = PROGRAM) -> Published:
        """Take the CloudEvents of a message, as publish_json does."""
        return await self._intake.publish_cloudevents(message, by=by)

    async def publish_lines(self, body: AsyncIterator[bytes], *, by: Principal = PROGRAM) -> Published:
        """Take NDJSON in any pieces, in bounded memory; raises InterruptedLines, which says what was taken."""
        return await self._intake.publish_lines(body, by=by)

    def webhooks(self) -> tuple[RegisteredWebhook, ...]:
        """The registered webhooks, oldest first."""
        self._home.check()
        return self._registrar.all()

    def webhook(self, webhook_id: WebhookId) -> RegisteredWebhook:
        """The webhook of that id; raises UnknownThing."""
        self._home.check()
        return self._registrar.get(webhook_id)

    def check_webhook(self, webhook: Written, *, by: Principal = PROGRAM) -> Checked:
        """What create_webhook would store, and its warnings; raises InvalidObject."""
        return self._registrar.check(json_form(webhook), by=by)

    async def create_webhook(self, webhook: Written, *, by: Principal = PROGRAM) -> Edited:
        """Register another webhook; it gets what is published from now on. Raises InvalidObject with every fault; and
        Forbidden, as every call does that changes something and is made by whom that was not granted to.
        """
        self._home.check_loop()
        registered, checked = await self._registrar.create(json_form(webhook), by=by)
        return Edited(registered, checked.warnings)

    async def replace_webhook(
        self, webhook_id: WebhookId, webhook: Written, *, revision: int | None = None, by: Principal = PROGRAM
    ) -> Edited:
        """Give a webhook another object. revision: the one the edit was made from; raises EditConflict."""
        registered, checked = await self._registrar.replace(webhook_id, json_form(webhook), revision=revision, by=by)
        return Edited(registered, checked.warnings)

    async def patch_webhook(
        self,
        webhook_id: WebhookId,
        patch: Mapping[str, object],
        *,
        revision: int | None = None,
        by: Principal = PROGRAM,
    ) -> Edited:
        """Change members of a webhook's object by a JSON merge patch (RFC 7396), as in `{"enable": False}`."""
        registered, checked = await self._registrar.patch(webhook_id, json_form(patch), revision=revision, by=by)
        return Edited(registered, checked.warnings)

    async def delete_webhook(
        self, webhook_id: WebhookId, *, revision: int | None = None, by: Principal = PROGRAM
    ) -> None:
        """Delete a webhook; what waits is discarded."""
        await self._registrar.delete(webhook_id, revision=revision, by=by)

    async def pause_webhook(
        self, webhook_id: WebhookId, *, revision: int | None = None, by: Principal = PROGRAM
    ) -> RegisteredWebhook:
        """Send nothing more and keep what waits; paused time does not count against discardAfter."""
        return await self._registrar.pause(webhook_id, revision=revision, by=by)

    async def resume_webhook(
        self, webhook_id: WebhookId, *, revision: int | None = None, by: Principal = PROGRAM
    ) -> RegisteredWebhook:
        """Send again, at once, what is paused, gone or waits for its backoff."""
        return await self._registrar.resume(webhook_id, revision=revision, by=by)

    async def rotate_key(
        self,
        webhook_id: WebhookId,
        key: Key,
        *,
        overlap_ms: int = OVERLAP_MS,
        revision: int | None = None,
        by: Principal = PROGRAM,
    ) -> RegisteredWebhook:
        """Give a webhook another signature key; text is short for a Value. Until overlap_ms have passed the key before
        signs webhook-signature too. Raises UnknownThing, EditConflict, InvalidObject.
        """
        return await self._registrar.rotate_key(
            webhook_id, write_key(key), overlap_ms=overlap_ms, revision=revision, by=by
        )

    async def test_webhook(self, webhook_id: WebhookId, *, by: Principal = PROGRAM) -> Tested:
        """Send a webhook.test event now, also while disabled, and show the whole exchange; raises UnknownThing."""
        self._home.check()
        check_scope(by, Scope.WRITE)
        self._registrar.get(webhook_id)
        return await self._tester.test(self._supervisor[webhook_id])

    async def declare_type(
        self,
        type_id: str,
        *,
        level: TracingLevel | str = TracingLevel.INFO,
        description: str = "",
        by: Principal = PROGRAM,
    ) -> EventType:
        """Declare an own event type, so that webhooks can list it, or describe it anew. Raises InvalidObject."""
        return await self._cataloguer.declare(type_id, level=read_level(level), description=description, by=by)

    async def put_type(self, event_type: EventType, *, by: Principal = PROGRAM) -> EventType:
        """Store an own event type as it is, its override included. Raises InvalidObject."""
        return await self._cataloguer.put(event_type, by=by)

    async def declare_types(self, types: Iterable[EventType], *, by: Principal = PROGRAM) -> None:
        """Declare own event types, those that are known just so left alone. Raises InvalidObject."""
        await self._cataloguer.declare_all(types, by=by)

    async def override_level(
        self, type_id: EventTypeId, level: EventLevel | None, *, by: Principal = PROGRAM
    ) -> EventType:
        """Set what counts instead of a type's own level, None: its own again; counts at once. Raises UnknownThing."""
        return await self._cataloguer.override(type_id, level, by=by)

    def is_shipped_type(self, type_id: EventTypeId) -> bool:
        """Whether the type comes with Bellwire; of such types only the level can be set."""
        return self._cataloguer.is_shipped(type_id)

    async def webhook_status(self, webhook_id: WebhookId) -> WebhookStatus:
        """How a webhook does now; raises UnknownThing."""
        self._home.check()
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

    async def account(self, webhook_id: WebhookId) -> Account:
        """What became of the events that a webhook wanted since it exists; raises UnknownThing."""
        return await self._clerk.account(self._registrar.get(webhook_id))

    async def explain(self, event_id: EventId, webhook_id: WebhookId | None = None) -> tuple[Explanation, ...]:
        """Why an event did or did not reach a webhook, or (None) each of them; raises UnknownThing."""
        event = await self.event(event_id)
        webhooks = self._registrar.all() if webhook_id is None else (self._registrar.get(webhook_id),)
        return await self.explainer.explain(event, webhooks)

    async def attempts(self, search: AttemptSearch) -> tuple[Attempt, ...]:
        """Attempts, newest first."""
        return await self._backends.store.ledger.attempts(search)

    async def attempt(self, attempt_id: str) -> Attempt:
        """The attempt of that id; raises UnknownThing."""
        attempt = await self._backends.store.ledger.attempt(AttemptId(attempt_id))
        if attempt is None:
            raise UnknownThing("attempt", attempt_id)
        return attempt

    async def status(self) -> ServiceStatus:
        """How Bellwire does as a whole."""
        self._home.check()
        return ServiceStatus(
            version=VERSION,
            started_at_ms=self._started_at_ms,
            events_logged=self._backends.store.log.end - FIRST_POSITION,
            webhooks=len(self._registrar.all()),
            states=self.live.states(),
            store_bytes=self._backends.store.size_bytes(),
            room=self._doorkeeper.room,
            restarts=self._supervisor.restarts,
            announcements_lost=self._announcer.lost,
        )

    def listens_at(self, listener: Listener) -> None:
        """Never deliver to this place, where Bellwire itself takes requests."""
        self._backends.guard.listens_at(listener)
        self._backends.sender.drop_connections()

    async def _close(self) -> None:
        self._intake.close()
        await self.access.stop()
        await self._watchdog.stop()
        await self._announcer.stop()
        await self._pruner.stop()
        await self._supervisor.stop()
        await self.figures.stop()
        await self.live.close()
        await self._backends.sender.close()
        await self._backends.store.close()
