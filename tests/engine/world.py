"""A whole Bellwire on a clock that a test moves, with a sender that a test scripts."""

import asyncio

import msgspec

from bellwire.backends import Backends
from bellwire.engine.guard import Guard
from bellwire.engine.keyring import Keyring
from bellwire.engine.vault import Vault
from bellwire.model.access_limits import DEFAULT_ACCESS, AccessLimits
from bellwire.model.attempt import Answer, Response, Timings
from bellwire.model.cursor import Cursor
from bellwire.model.event import Position, Published, WebhookEvent
from bellwire.model.limits import DEFAULT_LIMITS, Limits
from bellwire.model.network import DEFAULT_POLICY, NetworkPolicy
from bellwire.model.secrets_key import SecretsKey
from bellwire.model.webhook import WebhookId
from bellwire.reporter import Reporter
from bellwire.reporters.log import LogReporter
from bellwire.service import Bellwire
from bellwire.store import Store
from builders import make_document
from engine.manual_clock import ManualClock
from engine.scripted_sender import Script, ScriptedSender

ROUNDS_MAX = 500
KEY = SecretsKey(bytes(range(32)))


class Body(msgspec.Struct):
    events: list[WebhookEvent]


class Delivery(msgspec.Struct, frozen=True):
    """One request as its receiver sees it."""

    url: str
    webhook_id: str
    event_ids: tuple[str, ...]
    body: bytes
    at_ms: int


class World:
    """Its store outlives it, so that another one can begin where this one was cut off."""

    def __init__(
        self,
        store: Store,
        clock: ManualClock,
        *scripts: Script,
        environ: dict[str, str] | None = None,
        limits: Limits = DEFAULT_LIMITS,
        reporter: Reporter | None = None,
        network: NetworkPolicy = DEFAULT_POLICY,
        access: AccessLimits = DEFAULT_ACCESS,
    ) -> None:
        self.store = store
        self.clock = clock
        self.sender = ScriptedSender(clock, *scripts)
        self.bellwire = Bellwire(
            Backends(
                store=store,
                sender=self.sender,
                clock=clock,
                reporter=LogReporter() if reporter is None else reporter,
                keyring=Keyring(environ={} if environ is None else environ, forbidden_folder=None),
                guard=Guard(network),
                vault=Vault([KEY]),
                dice=lambda: 1.0,
            ),
            limits,
            access,
        )

    async def cut_off(self) -> None:
        """End it as kill -9 would: nothing is finished, and what it would still do is not done."""
        supervisor = self.bellwire._supervisor
        supervisor._stopped = True
        bellwire = self.bellwire
        routines = (each._routine for each in (bellwire._pruner, bellwire._watchdog, bellwire.figures))
        others = (bellwire._announcer._task, *(routine._task for routine in routines))
        tasks = [*supervisor._tasks.values(), *(task for task in others if task is not None)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def create(self, **members: object) -> WebhookId:
        """Register a webhook that wants auth.success, unless told otherwise."""
        webhook, _ = await self.bellwire.create_webhook(make_document(**members))
        return webhook.id

    async def publish(self, *event_ids: str, type_id: str = "auth.success") -> Published:
        """Publish events of one type in one call."""
        events = [{"id": event_id, "type": type_id, "data": {}} for event_id in event_ids]
        return await self.bellwire.publish_json(msgspec.json.encode(events))

    async def pass_time(self, by_ms: int = 0) -> None:
        """Let time pass, and everything happen that follows from it."""
        await self.clock.advance(by_ms, settle=self.settle)

    async def settle(self) -> None:
        """Let everything happen that happens without time passing."""
        before: object = None
        for _ in range(ROUNDS_MAX):
            now = await self._trace()
            if now == before:
                return
            before = now
        raise AssertionError("this does not come to rest: something is done again and again without time passing")

    async def _trace(self) -> object:
        for _ in range(30):
            await asyncio.sleep(0)
        # A write is applied after all that were called before it, so this waits for them.
        await self.store.ledger.remove_discards(before=Position(0))
        for _ in range(30):
            await asyncio.sleep(0)
        cursors = await self.store.ledger.cursors()
        revisions = [cursor.revision for cursor in cursors]
        log = self.store.log
        return len(self.sender.sent), len(self.sender.in_flight), revisions, log.begin, log.end

    def deliveries(self, url: str | None = None) -> list[Delivery]:
        """Every request that was sent, or those to one url."""
        return [
            Delivery(
                url=sent.request.url,
                webhook_id=dict(sent.request.headers)["webhook-id"],
                event_ids=tuple(event.id for event in msgspec.json.decode(sent.request.body, type=Body).events),
                body=sent.request.body,
                at_ms=sent.at_ms,
            )
            for sent in self.sender.sent
            if url in (None, sent.request.url)
        ]

    def sent_ids(self) -> list[tuple[str, ...]]:
        """The event ids of each request."""
        return [delivery.event_ids for delivery in self.deliveries()]

    async def cursor(self, webhook_id: WebhookId) -> Cursor:
        """That of live delivery, as it is stored."""
        cursors = await self.store.ledger.cursors()
        return {cursor.webhook_id: cursor for cursor in cursors if cursor.replay_id is None}[webhook_id]


def answer(status: int, *headers: tuple[str, str]) -> Response:
    """An answer with nothing in its body."""
    return Answer(status=status, headers=headers, body=b"", timings=Timings(total_us=1))
