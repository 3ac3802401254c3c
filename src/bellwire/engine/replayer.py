"""The replayer: begins, edits and cancels replays, and says how they do."""

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from bellwire.engine.auditor import Auditor
from bellwire.engine.dispatcher import Dispatcher
from bellwire.engine.doorkeeper import Doorkeeper
from bellwire.engine.lane import Lane
from bellwire.engine.parts import Parts
from bellwire.engine.registrar import Registrar
from bellwire.engine.replay_book import ReplayBook
from bellwire.engine.replay_finder import ReplayFinder
from bellwire.engine.supervisor import Supervisor
from bellwire.errors import Fault, InvalidObject
from bellwire.model.audit import Action, AuditEntry
from bellwire.model.cursor import Cursor, ReplayId
from bellwire.model.principal import PROGRAM, Principal, Scope
from bellwire.model.replay import (
    UNENDED_MAX,
    Replay,
    ReplayPreview,
    ReplayState,
    ReplayStatus,
    ReplayWish,
)
from bellwire.model.webhook import RegisteredWebhook, WebhookId
from bellwire.rules.auditing import replay_changes
from bellwire.rules.pacing import left_s
from bellwire.rules.permitting import check_scope
from bellwire.rules.reading_replays import read_replay_edit, read_wish


class Replayer:
    """A replay is an older cursor; it is the webhook's dispatcher that moves it."""

    def __init__(
        self,
        parts: Parts,
        doorkeeper: Doorkeeper,
        auditor: Auditor,
        *,
        registrar: Registrar,
        supervisor: Supervisor,
    ) -> None:
        self._parts = parts
        self._book: ReplayBook = parts.book
        self._auditor = auditor
        self._registrar = registrar
        self._supervisor = supervisor
        self._catalogue = parts.selector.catalogue
        self._finder = ReplayFinder(parts, doorkeeper)

    async def load(self) -> None:
        """Take over what is stored; before the supervisor starts."""
        await self._book.load()

    async def preview(
        self, webhook_id: WebhookId, document: dict[str, object], *, by: Principal = PROGRAM
    ) -> ReplayPreview:
        """What a replay would deliver now. Raises UnknownThing, InvalidObject, Forbidden."""
        check_scope(by, Scope.WRITE)
        webhook = self._registrar.get(webhook_id)
        wish = self._read(document)
        async with self._supervisor.keeping_settled(self._parts.log.begin):
            return (await self._finder.find(webhook, wish)).preview

    async def create(
        self, webhook_id: WebhookId, document: dict[str, object], *, by: Principal = PROGRAM
    ) -> ReplayStatus:
        """Deliver again, beside live delivery: `{"since": "2h"}`, `{"fromPosition": 1}`, `{"ids": […]}` or `{"reason":
        "expired"}`; with until, types, rate (events a second) and paused beside it.

        Raises UnknownThing, InvalidObject, StorageUnavailable; and Forbidden, as edit and cancel do.
        """
        check_scope(by, Scope.WRITE)
        webhook = self._registrar.get(webhook_id)
        wish = self._read(document)
        async with self._supervisor.keeping_settled(self._parts.log.begin):
            found = await self._finder.find(webhook, wish)
            await self._finder.check_room(found)
            async with self._registrar.standing_still():
                webhook = self._registrar.get(webhook_id)
                self._check_webhook(webhook)
                cursor = replace(found.cursor, filter_revision=webhook.filter_revision)
                audit = self._entry(by, Action.REPLAY_CREATE, None, found.replay)
                await self._book.add(found.replay, cursor, audit=audit)
                self._supervisor[webhook_id].add_replay(found.replay, cursor)
        return await self.status(found.replay)

    async def edit(self, replay_id: ReplayId, document: dict[str, object], *, by: Principal = PROGRAM) -> ReplayStatus:
        """Change `rate` (None: as fast as the endpoint takes them) or `paused` of a replay.

        Raises UnknownThing, InvalidObject, StorageUnavailable.
        """
        check_scope(by, Scope.WRITE)
        edit, now_ms = read_replay_edit(document), self._parts.clock.steady_ms()

        def change(replay: Replay) -> Replay:
            if edit.rate_per_s is not msgspec.UNSET:
                replay = replace(replay, rate_per_s=edit.rate_per_s, counted_from_ms=now_ms)
            if edit.paused is True and replay.paused_at_ms is None:
                replay = replace(replay, paused_at_ms=now_ms)
            if edit.paused is False and replay.paused_at_ms is not None:
                replay = replace(replay, paused_at_ms=None, counted_from_ms=now_ms)
            return replay

        replay = self._book.get(replay_id)
        if replay.end is not None or replay.cancelled_because:
            raise InvalidObject((Fault("", "the replay has ended and is changed no more; begin another one"),))
        return await self.status(await self._change(replay, change, Action.REPLAY_EDIT, by=by))

    async def cancel(self, replay_id: ReplayId, *, by: Principal = PROGRAM) -> ReplayStatus:
        """Send nothing more of a replay; the request in flight is settled by its answer. One that has ended stays as it
        is. Raises UnknownThing, StorageUnavailable.
        """
        check_scope(by, Scope.WRITE)

        def change(replay: Replay) -> Replay:
            return replace(replay, cancelled_because=replay.cancelled_because or "cancelled by an operator")

        replay = self._book.get(replay_id)
        return await self.status(await self._change(replay, change, Action.REPLAY_CANCEL, by=by))

    def get(self, replay_id: ReplayId) -> Replay:
        """Raises UnknownThing."""
        return self._book.get(replay_id)

    def all(self, webhook_id: WebhookId | None) -> tuple[Replay, ...]:
        """Of one webhook, or of all; the newest first. Raises UnknownThing."""
        return self._book.all(None if webhook_id is None else self._registrar.get(webhook_id).id)

    async def status(self, replay: Replay) -> ReplayStatus:
        """How a replay does now."""
        if replay.end is None:
            dispatcher = self._supervisor[replay.webhook_id]
            lane = dispatcher.replay_lane(replay.id)
            cursor, waiting = await lane.standing()
            replay = self._book.get(replay.id)  # it may have ended meanwhile
            if replay.end is None:
                return _status(replay, dispatcher, lane, cursor, waiting=waiting)
        end = replay.end
        return ReplayStatus(
            replay=replay,
            state=ReplayState.CANCELLED if replay.cancelled_because else ReplayState.DONE,
            reason=replay.cancelled_because,
            delivered=end.delivered,
            waiting=0,
            discarded=end.discarded_for,
            cancelled=end.cancelled,
            measured_per_s=None,
            left_s=None,
            next_attempt_at_ms=None,
        )

    def _read(self, document: dict[str, object]) -> ReplayWish:
        return read_wish(document, catalogue=self._catalogue, now_ms=self._parts.clock.steady_ms())

    async def _change(
        self, replay: Replay, change: Callable[[Replay], Replay], action: Action, *, by: Principal
    ) -> Replay:
        if replay.end is not None:
            return replay
        dispatcher = self._supervisor[replay.webhook_id]
        with dispatcher.held():
            edited = await self._book.edit(
                replay.id, change, entry=lambda before, after: self._entry(by, action, before, after)
            )
            if edited.end is None:
                dispatcher.apply_replay(edited)
        return edited

    def _entry(self, by: Principal, action: Action, before: Replay | None, after: Replay) -> AuditEntry:
        return self._auditor.entry(by, action, after.id, replay_changes(before, after))

    def _check_webhook(self, webhook: RegisteredWebhook) -> None:
        if not webhook.object.enable:
            message = f"the webhook is disabled; enable it first: bellwire webhook enable {webhook.id}"
            raise InvalidObject((Fault("", message),))
        if len(self._book.unended(webhook.id)) >= UNENDED_MAX:
            message = f"the webhook has {UNENDED_MAX} replays that have not ended; wait for one, or cancel one"
            raise InvalidObject((Fault("", message),))


def _status(replay: Replay, dispatcher: Dispatcher, lane: Lane, cursor: Cursor, *, waiting: int) -> ReplayStatus:
    """Of a replay that has not ended."""
    paused = replay.paused_at_ms is not None
    state = ReplayState.PAUSED if paused else ReplayState.RUNNING
    reason = "paused by an operator" if paused else _why_waiting(dispatcher, cursor)
    measured = lane.measured_per_s()
    return ReplayStatus(
        replay=replay,
        state=ReplayState.CANCELLED if lane.cancelled_because else state,
        reason=lane.cancelled_because or reason,
        delivered=cursor.delivered,
        waiting=waiting,
        discarded=cursor.discarded_for,
        cancelled=0,
        measured_per_s=measured,
        left_s=None if paused or reason else left_s(waiting, rate_per_s=replay.rate_per_s, measured_per_s=measured),
        next_attempt_at_ms=cursor.retry_at_ms if cursor.failures and not paused else None,
    )


def _why_waiting(dispatcher: Dispatcher, cursor: Cursor) -> str:
    """Why the replay does not go on; empty where it does."""
    live = dispatcher.cursor
    if dispatcher.webhook.paused_at_ms is not None:
        return "the webhook is paused"
    if live.gone:
        return f"the endpoint wants nothing more: {live.failure}"
    if live.blocked is not None:
        return live.blocked.reason
    if cursor.failures:
        return cursor.failure
    return f"live delivery goes first, and it fails: {live.failure}" if live.failures else ""
