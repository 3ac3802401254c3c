"""The supervisor: one dispatcher per webhook, running while it has something to do, and begun anew if it fails."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from typing import Final

from bellwire.engine.dispatcher import Dispatcher
from bellwire.engine.parts import Parts
from bellwire.engine.switchboard import Switchboard
from bellwire.model.cursor import Cursor, CursorKey, ReplayId, in_hand, key_of
from bellwire.model.event import EventTypeId, Position
from bellwire.model.status import Restart, Restarts
from bellwire.model.webhook import RegisteredWebhook, WebhookId

RESTART_PAUSE_MS: Final = 1_000
"""Before a dispatcher that failed is started again."""

STOP_MS: Final = 7_500
"""For requests in flight and the last batches of healthy webhooks; of 8 s that stopping may take in all, the rest is
left for closing the store."""


class Supervisor:
    """Owns the dispatchers and their tasks. What is done again and again is done only for those that are astir: they
    were called, and not found idle since. removal: held by whoever removes events, from asking what is needed on.
    restarts: of dispatchers that failed or made no progress.
    """

    def __init__(self, parts: Parts, switchboard: Switchboard) -> None:
        self._parts = parts
        self._switchboard = switchboard
        self._dispatchers: dict[WebhookId, Dispatcher] = {}
        self._tasks: dict[WebhookId, asyncio.Task[None]] = {}
        self._astir: set[WebhookId] = set()
        self._restarting: set[WebhookId] = set()
        self._called = self._call  # one for all of them
        self._brought_to = Position(0)
        self._kept: list[Position] = []
        self.removal = asyncio.Lock()
        self._stopped = False
        self.restarts = Restarts()

    def __getitem__(self, webhook_id: WebhookId) -> Dispatcher:
        """The dispatcher of a webhook; raises KeyError for an unknown or a wholly deleted one."""
        return self._dispatchers[webhook_id]

    def start(
        self,
        webhooks: Iterable[RegisteredWebhook],
        cursors: Iterable[Cursor],
        last_positions: dict[EventTypeId, Position],
    ) -> None:
        """Take up the webhooks where their cursors stand; only those for which something may wait begin to run.

        last_positions: of each type's last event, so that nothing of the log needs to be read for the others.
        """
        by_key = {key_of(cursor): cursor for cursor in cursors}
        replays = self._parts.book.unended_by_webhook()
        idle_from: dict[frozenset[EventTypeId], Position] = {}
        for webhook in webhooks:
            cursor = by_key[CursorKey(webhook.id)]
            types = self._parts.selector.types(webhook.object)
            if types not in idle_from:
                idle_from[types] = max(
                    (last_positions[name] for name in types & last_positions.keys()), default=Position(0)
                )
            waits = _may_wait(webhook, cursor, idle_from=idle_from[types])
            if webhook.deleted and not waits and webhook.id not in replays:
                continue
            dispatcher = self._add(webhook, cursor)
            if waits:
                dispatcher.wake()
            else:
                dispatcher.rest()
            for replay in replays.get(webhook.id, ()):
                dispatcher.add_replay(replay, by_key[CursorKey(replay.id)])

    def add(self, webhook: RegisteredWebhook, cursor: Cursor) -> None:
        """Take up a webhook that was just registered."""
        dispatcher = self._add(webhook, cursor)
        if cursor.position == self._parts.log.end:
            dispatcher.rest()
        else:
            dispatcher.wake()
        self._parts.broadcaster.changed()

    def apply(self, webhook: RegisteredWebhook) -> None:
        """A webhook was edited, enabled, disabled or deleted; it counts from now on."""
        self._dispatchers[webhook.id].apply(webhook)
        self._connect(self._dispatchers[webhook.id])
        self._parts.broadcaster.changed()

    @contextmanager
    def held(self) -> Iterator[dict[WebhookId, Position]]:
        """While a change of the catalogue is being stored, no dispatcher begins anything that may contradict it. Gives
        the place from where on it counts for each.
        """
        with ExitStack() as holds:
            yield {name: holds.enter_context(one.held()) for name, one in list(self._dispatchers.items())}

    def refilter(self, since: Mapping[WebhookId, Position]) -> None:
        """The catalogue has changed, and with it perhaps what any webhook wants; since: what held() gave."""
        self._switchboard.refilter()
        for webhook_id, dispatcher in self._dispatchers.items():
            dispatcher.refilter(since.get(webhook_id, dispatcher.waits_from))
        self._parts.broadcaster.changed()

    @contextmanager
    def keeping(self, position: Position) -> Iterator[None]:
        """The log is needed from there on, for a webhook that is just being stored."""
        self._kept.append(position)
        try:
            yield
        finally:
            self._kept.remove(position)

    @asynccontextmanager
    async def keeping_settled(self, position: Position) -> AsyncIterator[None]:
        """As keeping, though the events there may be settled already and about to be removed."""
        async with self.removal:
            self._kept.append(position)
        try:
            yield
        finally:
            self._kept.remove(position)

    @property
    def needs_from(self) -> Position | None:
        """Where the part of the log begins that any webhook may still need; None: nothing waits."""
        needed = (dispatcher.needs_from for dispatcher in self.astir())
        return min([*self._kept, *(position for position in needed if position is not None)], default=None)

    def holders(self) -> list[tuple[RegisteredWebhook, ReplayId | None, Position]]:
        """Who still needs a part of the log, and where that part begins: webhooks (None) and their replays; an idle
        webhook needs none.
        """
        return [
            (dispatcher.webhook, replay_id, position)
            for dispatcher in self.astir()
            for replay_id, position in dispatcher.holds_from()
        ]

    def bring_forward(self, begin: Position) -> None:
        """Let the cursors of idle webhooks pass what was removed, so that a restart does not begin before the log."""
        if begin == self._brought_to:
            return
        self._brought_to = begin
        for dispatcher in [each for each in self._dispatchers.values() if each.cursor.position < begin]:
            if dispatcher.enabled and dispatcher.webhook.paused_at_ms is None and dispatcher.is_idle:
                dispatcher.wake()

    async def forget_replays(self) -> None:
        """Forget replays that ended long ago, or are too many. Raises StorageUnavailable."""
        await self._parts.book.prune(now_ms=self._parts.clock.steady_ms())

    def is_astir(self, webhook_id: WebhookId) -> bool:
        """Whether something may wait for the webhook."""
        return webhook_id in self._astir

    def watched(self) -> list[Dispatcher]:
        """Those that may have something to do, though the call was lost that should have told them."""
        return [one for webhook_id, one in self._dispatchers.items() if webhook_id in self._astir or one.holds_events]

    def astir(self) -> list[Dispatcher]:
        """Those that may have something to do, or need a part of the log."""
        return [self._dispatchers[webhook_id] for webhook_id in self._astir]

    def restart(self, dispatcher: Dispatcher, reason: str) -> None:
        """Begin a dispatcher anew from what is stored: what it waits for is cut off, its open batch is sent again.

        It must wait for an answer or for its time, see Dispatcher.expected_ms.
        """
        webhook_id = dispatcher.webhook.id
        if self._stopped:
            return
        dispatcher.give_way()
        self._note_restart(webhook_id, reason)
        self._parts.reporter.dispatcher_restarted(webhook_id, reason)
        task = self._tasks.get(webhook_id)
        if task is None:
            self._tasks[webhook_id] = asyncio.get_running_loop().create_task(self._drive(webhook_id, dispatcher))
        else:
            self._restarting.add(webhook_id)
            task.cancel()

    async def stop(self) -> None:
        """Give healthy webhooks a last batch, let requests in flight end, then cut off what is left; once."""
        if self._stopped:
            return
        for dispatcher in self.astir():
            dispatcher.finish()
        self._stopped = True
        running = [task for task in self._tasks.values() if not task.done()]
        if running:
            _, late = await asyncio.wait(running, timeout=STOP_MS / 1000)
            for task in late:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    def _add(self, webhook: RegisteredWebhook, cursor: Cursor) -> Dispatcher:
        dispatcher = Dispatcher(webhook, cursor, self._parts, self._called)
        self._dispatchers[webhook.id] = dispatcher
        self._connect(dispatcher)
        return dispatcher

    def _connect(self, dispatcher: Dispatcher) -> None:
        if dispatcher.enabled:
            self._switchboard.connect(dispatcher.webhook.id, dispatcher)
        else:
            self._switchboard.disconnect(dispatcher.webhook.id)

    def _call(self, dispatcher: Dispatcher) -> None:
        """Let a dispatcher run, unless it does."""
        webhook_id = dispatcher.webhook.id
        self._astir.add(webhook_id)
        if webhook_id not in self._tasks and not self._stopped:
            self._tasks[webhook_id] = asyncio.get_running_loop().create_task(self._drive(webhook_id))

    def _note_restart(self, webhook_id: WebhookId, reason: str) -> None:
        last = Restart(webhook_id=webhook_id, at_ms=self._parts.clock.wall_ms(), reason=reason)
        self.restarts = Restarts(count=self.restarts.count + 1, last=last)

    async def _drive(self, webhook_id: WebhookId, failed: Dispatcher | None = None) -> None:
        """Run a dispatcher to its rest. Nothing waits between that and forgetting the task, so that no call is lost.

        failed: one that another has to take the place of first.
        """
        while True:
            try:
                if failed is not None:
                    await self._begin_anew(failed)
                    failed = None
                await self._dispatchers[webhook_id].run()
                break
            except asyncio.CancelledError:
                if webhook_id not in self._restarting:
                    raise
                self._restarting.discard(webhook_id)
                failed = self._dispatchers[webhook_id]
            except Exception as problem:  # noqa: BLE001 - whatever is wrong with one webhook must not end the others
                self._note_restart(webhook_id, f"it failed: {problem!r}")
                self._parts.reporter.dispatcher_failed(webhook_id, problem)
                failed = self._dispatchers[webhook_id]
                await self._parts.clock.wait(asyncio.Event(), until_ms=self._parts.clock.steady_ms() + RESTART_PAUSE_MS)
        if self._dispatchers[webhook_id].webhook.deleted:
            del self._dispatchers[webhook_id]
            self._astir.discard(webhook_id)
        elif self._dispatchers[webhook_id].is_idle:
            self._astir.discard(webhook_id)
        del self._tasks[webhook_id]

    async def _begin_anew(self, failed: Dispatcher) -> None:
        """Put another dispatcher in the place of one that failed, from what is stored."""
        webhook_id, cursors = failed.webhook.id, dict[CursorKey, Cursor]()
        while True:
            replays = self._parts.book.unended(webhook_id)
            if all(key in cursors for key in (webhook_id, *(replay.id for replay in replays))):
                break
            cursors = {key_of(cursor): cursor for cursor in await self._parts.ledger.cursors()}
            await failed.freed()
        failed.retire()
        dispatcher = self._add(failed.webhook, cursors[CursorKey(webhook_id)])
        for replay in replays:
            dispatcher.add_replay(replay, cursors[CursorKey(replay.id)])
        self._parts.broadcaster.changed()


def _may_wait(webhook: RegisteredWebhook, cursor: Cursor, *, idle_from: Position) -> bool:
    """Whether something may wait at a start. idle_from: where the last event of a type stands that is wanted."""
    if in_hand(cursor):
        return True
    if webhook.gaps and webhook.gaps[-1].until is None and webhook.gaps[-1].since <= cursor.position:
        return False
    return idle_from >= cursor.position
