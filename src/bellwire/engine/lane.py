"""A lane: one cursor and its way through the log; what is decided for it is written in one place only."""

import asyncio
from collections.abc import Sequence
from itertools import islice
from typing import Final

import msgspec
from msgspec.structs import replace

from bellwire.engine.parts import Parts
from bellwire.engine.planner import Planner
from bellwire.engine.reader import Reader
from bellwire.engine.terms import Terms
from bellwire.errors import StorageUnavailable
from bellwire.model.attempt import Attempt, Outcome, Refused
from bellwire.model.batch import Batch
from bellwire.model.cursor import Blockage, Cursor, CursorMove, Discard, DiscardReason, in_hand, read_to
from bellwire.model.event import LoggedEvent, Position
from bellwire.model.replay import Replay
from bellwire.model.webhook import RegisteredWebhook
from bellwire.rules.journalling import NotedMove, note_move
from bellwire.rules.pacing import SECOND_MS
from bellwire.rules.retrying import Situation, next_step
from bellwire.rules.settling import move_cursor

STORAGE_PAUSE_MS: Final = 1_000
"""Between two tries of a write that storage refused; nothing is sent meanwhile."""

SKIPPED_UNSAID_MAX: Final = 10_000
"""Positions that a cursor passes without a wanted event before that alone is worth a write."""


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What an attempt made of the cursor, to be stored with it."""

    cursor: Cursor
    discards: tuple[Discard, ...] = ()
    attempt: Attempt | None = None


class Lane:
    """Decides, then writes: `advance` stores what the last attempt made of the cursor together with what comes next."""

    def __init__(self, cursor: Cursor, terms: Terms, parts: Parts) -> None:
        self._cursor = cursor
        self._heading = cursor
        self._made: Made | None = None
        self._terms = terms
        self._parts = parts
        self._reader = Reader(parts.log, parts.shelf, terms, position=read_to(cursor))
        self._planner = Planner(terms, self._reader)
        self._planning_from: Position | None = None
        self._paced_from = (terms.now_ms(), cursor.delivered)

    @property
    def replay(self) -> Replay | None:
        """The replay as it is now; None in the lane of live delivery."""
        return self._terms.replay

    @property
    def cancelled_because(self) -> str:
        """Why nothing more is to be sent; empty where it goes on."""
        return "" if self.replay is None else self.replay.cancelled_because

    @property
    def is_done(self) -> bool:
        """Whether nothing waits, as far as is stored."""
        return self._planner.needs_from(self._cursor) is None

    @property
    def cursor(self) -> Cursor:
        """Where it stands: as stored, or as it is being stored just now."""
        return self._heading

    @property
    def waits_from(self) -> Position:
        """Where the first event stands that waits, but for those set aside; else the end of the log."""
        return self._planner.waits_from(self._heading)

    @property
    def needs_from(self) -> Position | None:
        """Where the part of the log begins that may still be needed; None: nothing waits.

        What a plan has taken in hand is needed until the plan is stored.
        """
        return self._planner.needs_from(self._cursor) if self._planning_from is None else self._planning_from

    @property
    def held(self) -> int:
        """How many waiting events are held in memory."""
        return self._reader.held

    def offer(self, events: Sequence[LoggedEvent]) -> None:
        """Wanted events were logged."""
        self._reader.offer(events)

    def rest(self) -> None:
        """Nothing waits up to the end of the log, as somebody found out: read on from there."""
        self._reader.rest()

    def retire(self) -> None:
        """Let go of what is held in memory; another lane takes over."""
        self._reader.seek(self._cursor.position)

    def apply(self, webhook: RegisteredWebhook) -> None:
        """The webhook was edited: from the next plan on it counts as it is now."""
        if webhook.filter_revision != self._terms.webhook.filter_revision:
            self._planner.refilter(webhook.past_filters[-1].until)
        self._terms.webhook = webhook

    def apply_replay(self, replay: Replay) -> None:
        """The replay was edited; one that was cancelled stays so."""
        because = self.cancelled_because or replay.cancelled_because
        if self._terms.is_replay_paused and replay.paused_at_ms is None:
            self._planner.hurry(back=False)
        self._terms.replay = replace(replay, cancelled_because=because)
        self._paced_from = (self._terms.now_ms(), self._heading.delivered)

    def cancel(self, because: str) -> None:
        """Send nothing more for the replay."""
        if self.replay is not None:
            self.apply_replay(replace(self.replay, cancelled_because=because))

    def hurry(self, *, back: bool) -> None:
        """See Planner.hurry."""
        self._planner.hurry(back=back)

    def stop(self, outcome: Outcome) -> None:
        """See Planner.stop."""
        self._planner.stop(outcome)

    def refilter(self, since: Position) -> None:
        """See Planner.refilter."""
        self._planner.refilter(since)

    def finish(self) -> None:
        """The service stops: see Window.finish."""
        self._planner.finish()

    async def advance(self) -> None:
        """Store what the last attempt made of the cursor, and what follows from it and from the time."""
        made = self._made or Made(cursor=self._cursor)
        self._planning_from = self._planner.needs_from(self._cursor) or self._parts.log.end
        plan = await self._planner.plan(made.cursor)
        await self._write(plan.cursor, made.discards + plan.discards, made.attempt)
        self._made = self._planning_from = None

    @property
    def due_ms(self) -> int | None:
        """When it is to be advanced again; None: not before something happens."""
        return self._planner.due_ms(self._cursor)

    @property
    def sends_at_ms(self) -> int | None:
        """When its open batch may be sent; None: not before something happens."""
        return self._planner.sends_at_ms(self._cursor)

    @property
    def attempt_due_ms(self) -> int | None:
        """See Planner.attempt_due_ms."""
        return self._planner.attempt_due_ms(self._heading)

    @property
    def first_deadline_ms(self) -> int | None:
        """See Planner.first_deadline_ms."""
        return self._planner.first_deadline_ms(self._heading)

    def blocked(self, reason: str) -> None:
        """Its open batch cannot be sent safely; the next advance stores that."""
        known = self._cursor.blocked
        blockage = Blockage(reason=reason, since_ms=self._terms.wall_ms() if known is None else known.since_ms)
        self._made = Made(cursor=replace(self._cursor, blocked=blockage))

    def unblocked(self) -> None:
        """What could not be sent safely can be; the next advance stores that."""
        if self._cursor.blocked is not None:
            self._made = Made(cursor=replace(self._cursor, blocked=None))

    async def events_of(self, batch: Batch) -> tuple[LoggedEvent, ...]:
        """The events of its open batch."""
        return await self._planner.events_of(batch)

    async def attempted(self, batch: Batch, first: LoggedEvent, attempt: Attempt) -> None:
        """Decide what the attempt of its open batch makes of the cursor; the next advance stores it."""
        cursor = replace(self._cursor, blocked=None)
        alone = isinstance(attempt.outcome, Refused) and attempt.events == 1
        now_ms = self._terms.now_ms()
        situation = Situation(
            webhook=self._terms.object,
            cursor=cursor,
            batch=batch,
            followed=alone and await self._planner.followed(),
            deadline_ms=self._terms.deadline_ms(first, cursor),
            now_ms=now_ms,
            dice=self._parts.dice(),
        )
        step = next_step(attempt.outcome, situation)
        if self.replay is not None:
            first = replace(first, accepted_at_ms=now_ms)  # its deadline, where it is set aside, counts from now
        settled = move_cursor(cursor, batch, first, outcome=attempt.outcome, step=step, now_ms=now_ms)
        discards: tuple[Discard, ...] = ()
        if settled.given_up:
            discard = Discard(
                webhook_id=cursor.webhook_id,
                reason=DiscardReason.LOSSY,
                at_ms=self._terms.wall_ms(),
                members=settled.given_up,
            )
            discards = (discard,)
        moved = settled.cursor
        if self.replay is not None and moved.gone:  # it is the webhook that is gone: see Dispatcher
            moved = replace(moved, gone=False)
        self._made = Made(cursor=moved, discards=discards, attempt=attempt)

    async def standing(self) -> tuple[Cursor, int]:
        """The cursor, and how many events waited when it stood there: in hand, set aside, and in the log."""
        cursor = self._heading
        if self._reader.caught_up:
            return cursor, in_hand(cursor) + self._reader.held
        before = self._planner.horizon(cursor)
        start = max(read_to(cursor), self._reader.position)
        return cursor, in_hand(cursor) + await self._reader.count(start, before=before)

    def measured_per_s(self) -> float | None:
        """Events delivered a second since the lane was begun or its replay was edited; None where none was."""
        since_ms, before = self._paced_from
        delivered, passed_ms = self._heading.delivered - before, self._terms.now_ms() - since_ms
        return delivered * SECOND_MS / passed_ms if delivered and passed_ms else None

    def deadline_ms(self, event: LoggedEvent) -> int:
        """When the event is given up, if it waits that long."""
        return self._terms.deadline_ms(event, self._heading)

    async def first(self, count: int) -> tuple[LoggedEvent, ...]:
        """The first events that wait, so many at most."""
        while not self._reader.held and not self._reader.caught_up:
            await self._reader.fill()
        return tuple(islice(self._reader.waiting(), count))

    async def oldest(self) -> LoggedEvent | None:
        """The event that has waited longest, but for those set aside."""
        batch = self._heading.open
        if batch is not None:
            return (await self._parts.log.fetch(batch.members))[0]
        return next(iter(self._reader.waiting()), None)

    async def _write(self, after: Cursor, discards: tuple[Discard, ...], attempt: Attempt | None) -> None:
        """Store what was decided, with the attempt that led to it; while storage refuses, nothing else is done."""
        before = self._cursor
        noted = self._note(before, after)
        self._heading = after = noted.cursor
        if attempt is None and not discards and self._goes_without_saying(before, after):
            self._cursor = after
            return
        after = replace(after, revision=before.revision + 1)
        move = CursorMove(before=before, after=after, discards=discards, changes=noted.changes)
        while True:
            try:
                await (self._parts.ledger.skip(move) if attempt is None else self._parts.ledger.settle(move, attempt))
                break
            except StorageUnavailable as problem:
                self._parts.reporter.storage_failed(after.webhook_id, problem)
                pause_until_ms = self._terms.now_ms() + STORAGE_PAUSE_MS
                await self._parts.clock.wait(asyncio.Event(), until_ms=pause_until_ms)
        self._cursor = self._heading = after
        self._planner.must_be_said = False
        if self.replay is None:
            self._parts.announcer.moved(self._terms.webhook, move)
        self._parts.broadcaster.settled(move, attempt)
        self._parts.meter.settled(after.webhook_id, attempt, discards)
        if attempt is not None:
            self._parts.reporter.attempt_settled(attempt)
        for discard in discards:
            self._parts.reporter.events_discarded(discard)

    def _note(self, before: Cursor, after: Cursor) -> NotedMove:
        """What is to be journalled of the webhook's state: live delivery makes it, not a replay beside it."""
        if self.replay is not None:
            return NotedMove(cursor=after, changes=())
        return note_move(before, after, at_ms=self._terms.wall_ms())

    def _goes_without_saying(self, before: Cursor, after: Cursor) -> bool:
        """Whether only unwanted events were passed, so few that reading them again costs less than a write."""
        if self._planner.must_be_said:
            return False
        few = after.position - before.position <= SKIPPED_UNSAID_MAX and after.position < self._planner.horizon(after)
        return after == before or (few and replace(after, position=before.position) == before)
