"""The replay lanes: the replays of one webhook that have not ended."""

import asyncio

from bellwire.engine.lane import STORAGE_PAUSE_MS, Lane
from bellwire.engine.parts import Parts
from bellwire.engine.terms import Terms
from bellwire.errors import StorageUnavailable
from bellwire.model.cursor import Cursor, ReplayId
from bellwire.model.event import Position
from bellwire.model.replay import Replay, ReplayEnd
from bellwire.model.webhook import RegisteredWebhook


class ReplayLanes:
    """In the order of their turns: the one that sent longest ago is first."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._lanes: dict[ReplayId, Lane] = {}

    def __getitem__(self, replay_id: ReplayId) -> Lane:
        """Raises KeyError for a replay that has ended."""
        return self._lanes[replay_id]

    def all(self) -> tuple[Lane, ...]:
        """Each lane."""
        return tuple(self._lanes.values())

    def add(self, replay: Replay, webhook: RegisteredWebhook, cursor: Cursor) -> None:
        """Take up a replay where its cursor stands."""
        terms = Terms(webhook, self._parts.selector, clock=self._parts.clock, start=self._parts.start, replay=replay)
        self._lanes = {replay.id: Lane(cursor, terms, self._parts), **self._lanes}

    def cancel_all(self, because: str) -> None:
        """End all of them with the next advance."""
        for lane in self._lanes.values():
            lane.cancel(because)

    async def advance(self) -> None:
        """Advance each; those that are done or were cancelled end."""
        for replay_id, lane in list(self._lanes.items()):
            await lane.advance()
            if lane.cancelled_because or lane.is_done:
                await self._end(replay_id, lane)

    def ready(self, *, not_before_ms: int, now_ms: int) -> Lane | None:
        """The one whose turn it is among those that may send now. not_before_ms: none of them may before that."""
        if not_before_ms > now_ms:
            return None
        return next((lane for lane in self._lanes.values() if _may_send(lane, now_ms)), None)

    def due_ms(self, *, not_before_ms: int | None) -> list[int]:
        """When something is to be done. not_before_ms: none of them may send before that, or (None) at all."""
        times: list[int | None] = [lane.due_ms for lane in self._lanes.values()]
        if not_before_ms is not None:
            sending = (lane.sends_at_ms for lane in self._lanes.values())
            times += [max(at_ms, not_before_ms) for at_ms in sending if at_ms is not None]
        return [at_ms for at_ms in times if at_ms is not None]

    def served(self, lane: Lane) -> None:
        """It had its turn; the others come first now."""
        for replay_id, each in list(self._lanes.items()):
            if each is lane:
                self._lanes[replay_id] = self._lanes.pop(replay_id)

    def needs_from(self) -> list[tuple[ReplayId, Position]]:
        """Which of them still need a part of the log, and where that part begins."""
        needing = ((replay_id, lane.needs_from) for replay_id, lane in self._lanes.items())
        return [(replay_id, position) for replay_id, position in needing if position is not None]

    async def _end(self, replay_id: ReplayId, lane: Lane) -> None:
        """Store that it has ended and what became of its events; while storage refuses, nothing else is done."""
        parts = self._parts
        cursor, waiting = await lane.standing()
        end = ReplayEnd(
            at_ms=parts.clock.steady_ms(),
            delivered=cursor.delivered,
            discarded_for=cursor.discarded_for,
            cancelled=waiting,
        )
        ended: Replay | None = None
        while ended is None:
            try:
                ended = await parts.book.end(replay_id, end, cancelled_because=lane.cancelled_because)
            except StorageUnavailable as problem:
                parts.reporter.storage_failed(cursor.webhook_id, problem)
                pause_until_ms = parts.clock.steady_ms() + STORAGE_PAUSE_MS
                await parts.clock.wait(asyncio.Event(), until_ms=pause_until_ms)
        del self._lanes[replay_id]
        lane.retire()
        parts.reporter.replay_ended(ended)


def _may_send(lane: Lane, now_ms: int) -> bool:
    return lane.sends_at_ms is not None and lane.sends_at_ms <= now_ms
