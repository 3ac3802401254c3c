"""The replay book: every replay that is kept, running or ended, as it is stored."""

import asyncio
from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from bellwire.errors import UnknownThing
from bellwire.model.audit import AuditEntry
from bellwire.model.cursor import Cursor, ReplayId
from bellwire.model.limits import DAY_MS
from bellwire.model.positions import NOWHERE
from bellwire.model.replay import Replay, ReplayEnd
from bellwire.model.webhook import WebhookId
from bellwire.store import Replays

ENDED_MAX: Final = 1_000
"""Replays that have ended and are kept: the newest."""

ENDED_KEPT_MS: Final = 30 * DAY_MS

ENDED_RUNS_MAX: Final = 1_000
"""Of a replay that has ended an explicit set is kept if it has no more runs; it serves explanations only."""


class ReplayBook:
    """Stores one change at a time, so that none undoes another; a replay that has ended is changed no more."""

    def __init__(self, replays: Replays) -> None:
        self._stored = replays
        self._replays: dict[ReplayId, Replay] = {}
        self._one_at_a_time = asyncio.Lock()

    async def load(self) -> None:
        """Take over what is stored."""
        self._replays = {replay.id: replay for replay in await self._stored.all()}

    def get(self, replay_id: ReplayId) -> Replay:
        """Raises UnknownThing."""
        replay = self._replays.get(replay_id)
        if replay is None:
            raise UnknownThing("replay", replay_id)
        return replay

    def all(self, webhook_id: WebhookId | None = None) -> tuple[Replay, ...]:
        """Of one webhook, or of all; the newest first."""
        kept = reversed(self._replays.values())
        return tuple(replay for replay in kept if webhook_id in (None, replay.webhook_id))

    def unended(self, webhook_id: WebhookId) -> tuple[Replay, ...]:
        """Those of a webhook that have not ended, the oldest first."""
        return tuple(replay for replay in reversed(self.all(webhook_id)) if replay.end is None)

    def unended_by_webhook(self) -> dict[WebhookId, list[Replay]]:
        """Those of all webhooks that have not ended, the oldest first."""
        found: dict[WebhookId, list[Replay]] = {}
        for replay in self._replays.values():
            if replay.end is None:
                found.setdefault(replay.webhook_id, []).append(replay)
        return found

    async def add(self, replay: Replay, cursor: Cursor, *, audit: AuditEntry) -> None:
        """Store another one, with its first cursor. Raises StorageUnavailable."""
        async with self._one_at_a_time:
            await self._stored.add(replay, cursor, audit=audit)
            self._replays[replay.id] = replay

    async def edit(
        self,
        replay_id: ReplayId,
        change: Callable[[Replay], Replay],
        *,
        entry: Callable[[Replay, Replay], AuditEntry],
    ) -> Replay:
        """Store what the change makes of a replay, unless it has ended. Raises UnknownThing, StorageUnavailable.

        entry: makes that of the audit trail, from the replay before and after.
        """
        async with self._one_at_a_time:
            replay = self.get(replay_id)
            edited = replay if replay.end is not None else change(replay)
            if edited != replay:
                await self._stored.put(edited, audit=entry(replay, edited))
                self._replays[replay_id] = edited
            return edited

    async def end(self, replay_id: ReplayId, end: ReplayEnd, *, cancelled_because: str) -> Replay:
        """Store that a replay has ended. Raises StorageUnavailable."""
        async with self._one_at_a_time:
            replay = self.get(replay_id)
            part = replay.part
            if part.positions is not None and len(part.positions) > ENDED_RUNS_MAX:
                part = replace(part, positions=NOWHERE)
            ended = replace(replay, end=end, cancelled_because=cancelled_because, part=part)
            await self._stored.end(ended)
            self._replays[replay_id] = ended
            return ended

    async def prune(self, *, now_ms: int) -> None:
        """Forget replays that ended long ago, or are too many. Raises StorageUnavailable."""
        async with self._one_at_a_time:
            ended = [(replay, replay.end.at_ms) for replay in self.all() if replay.end is not None]
            old = [replay.id for replay, at_ms in ended if at_ms + ENDED_KEPT_MS <= now_ms]
            doomed = {*old, *(replay.id for replay, _ in ended[ENDED_MAX:])}
            if doomed:
                await self._stored.remove(sorted(doomed))
                for replay_id in doomed:
                    del self._replays[replay_id]
