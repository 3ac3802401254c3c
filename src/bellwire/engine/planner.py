"""The planner: where a cursor should stand next, and when something is due."""

from collections.abc import Sequence
from itertools import islice

import uuid_utils
from msgspec.structs import replace

from bellwire.engine.discarder import Discarder
from bellwire.engine.plan import Plan
from bellwire.engine.reader import Reader
from bellwire.engine.terms import Terms
from bellwire.engine.window import Window
from bellwire.model.attempt import Outcome
from bellwire.model.batch import Batch, BatchId
from bellwire.model.cursor import Cursor, Splitting
from bellwire.model.event import LoggedEvent, Position
from bellwire.model.positions import NOWHERE, Positions, runs_of
from bellwire.rules.settling import end_elsewhere


class Planner:
    """Decides and writes nothing; of what it remembers, all can be found again from the stored cursor and the log."""

    def __init__(self, terms: Terms, reader: Reader) -> None:
        self._terms = terms
        self._reader = reader
        self._log = reader.log
        self._window = Window(terms, reader)
        self._discarder = Discarder(terms, reader)
        self._open_events: tuple[LoggedEvent, ...] = ()
        self._open_members = NOWHERE
        self._was_splitting = False
        self._reread_from: Position | None = None
        self._hurry = False
        self._back = False
        self._stopped_by: Outcome | None = None
        self.must_be_said = False

    def hurry(self, *, back: bool) -> None:
        """A waiting backoff ends with the next plan. back: an endpoint that was gone is tried again."""
        self._hurry = True
        self._back = self._back or back

    def stop(self, outcome: Outcome) -> None:
        """The endpoint said to another cursor's batch that it wants nothing more."""
        self._stopped_by = outcome

    def refilter(self, since: Position) -> None:
        """What is wanted has changed: what waits goes by it; what was passed before `since` as unwanted stays so."""
        places = (self._reader.position, since, self._reread_from)
        self._reread_from = min(place for place in places if place is not None)

    def finish(self) -> None:
        """The service stops: see Window.finish."""
        self._window.finish()

    def waits_from(self, cursor: Cursor) -> Position:
        """Where the first event stands that waits, or the end of the log: before it, everything is decided."""
        has_batch = (cursor.open is not None and not cursor.open.aside) or cursor.splitting is not None
        return cursor.position if has_batch else self._reader.position

    def horizon(self, cursor: Cursor) -> Position:
        """Where the stretch of the log ends in which events may wait."""
        gap = self._terms.gap_ahead(cursor)
        return self._reader.end if gap is None else gap.since

    def needs_from(self, cursor: Cursor) -> Position | None:
        """Where the part of the log begins that may still be read for this cursor; None: nothing waits."""
        places = [aside.position for aside in cursor.set_aside]
        gap = self._terms.gap_ahead(cursor)
        if cursor.open is not None or cursor.splitting is not None:
            places.append(cursor.position)
        elif self._reread_from is not None:
            places.append(min(self._reread_from, self._reader.position))
        elif gap is not None:
            places += [self._reader.position] if self._reader.position < gap.since or gap.until is not None else []
        elif self._reader.held or not self._reader.caught_up:
            places.append(self._reader.position)
        return min(places, default=None)

    async def plan(self, cursor: Cursor) -> Plan:
        """What should be stored next. Looks at no more of the log than one batch."""
        if self._hurry:
            cursor = replace(cursor, retry_at_ms=None, gone=cursor.gone and not self._back)
            self._hurry = self._back = False
        if self._stopped_by is not None:
            cursor = end_elsewhere(cursor, self._stopped_by, now_ms=self._terms.now_ms())
            self._stopped_by = None
        plan = self._discarder.review_aside(cursor)
        cursor = plan.cursor
        if await self._must_close(cursor):
            cursor = replace(cursor, open=None, splitting=None)
            self._reread_from = cursor.position
        elif self._was_splitting and cursor.splitting is None:
            self._reread_from = cursor.position
        self._was_splitting = cursor.splitting is not None
        if cursor.open is not None:
            return replace(plan, cursor=cursor)
        self._keep_open(())
        if cursor.splitting is None:
            cursor = self._reread(cursor)
        if not self._terms.is_replay_paused:
            await self._reader.fill()
        rest = self._settle_waiting(cursor)
        return Plan(cursor=rest.cursor, discards=plan.discards + rest.discards)

    def due_ms(self, cursor: Cursor) -> int | None:
        """When it is to be planned again, at the latest at the first deadline; None: not before something happens."""
        now_ms = self._terms.now_ms()
        if (gap := self._terms.gap_ahead(cursor)) is not None:
            return now_ms if self._reader.position < gap.since else None
        if self._terms.paused or self._window.finishing:
            return None
        times = [self._terms.aside_deadline_ms(aside) for aside in cursor.set_aside]
        if cursor.open is not None:
            times += [self._terms.deadline_ms(event, cursor) for event in self._open_events[:1]]
        elif cursor.splitting is not None:
            times.append(now_ms)
        else:
            times += self._waiting_times(cursor)
        return min(times, default=None)

    def sends_at_ms(self, cursor: Cursor) -> int | None:
        """When the open batch may be sent; None: not before something happens."""
        if cursor.open is None or cursor.gone or self._terms.paused or self._terms.gap_ahead(cursor) is not None:
            return None
        if self._window.finishing:
            return None if cursor.failures else 0
        return cursor.retry_at_ms or 0

    def attempt_due_ms(self, cursor: Cursor) -> int | None:
        """When the next attempt is made, if nothing happens before; None: nothing is to be sent."""
        if self._terms.gap_ahead(cursor) is not None or self._terms.paused or cursor.gone:
            return None
        times = [] if cursor.failures else [aside.retry_at_ms for aside in cursor.set_aside]
        if cursor.open is not None or cursor.splitting is not None:
            times.append(cursor.retry_at_ms or 0)
        elif self._reader.held or not self._reader.caught_up:
            times.append(self._window.due_ms(cursor))
        return max(min(times), self._terms.now_ms()) if times else None

    def first_deadline_ms(self, cursor: Cursor) -> int | None:
        """When the first event is given up, if it waits that long; None: none is known to wait, or none is given up."""
        if self._terms.paused or self._terms.gap_ahead(cursor) is not None:
            return None
        deadlines = [self._terms.aside_deadline_ms(aside) for aside in cursor.set_aside]
        waiting = self._open_events if cursor.open is not None and not cursor.open.aside else self._reader.waiting()
        deadlines += [self._terms.deadline_ms(event, cursor) for event in islice(waiting, 1)]
        return min(deadlines, default=None)

    async def events_of(self, batch: Batch) -> tuple[LoggedEvent, ...]:
        """The open batch's events, from the log if they are not those that were cut last."""
        if self._open_members != batch.members:
            self._open_events = await self._log.fetch(batch.members)
            self._open_members = batch.members
        return self._open_events

    async def followed(self) -> bool:
        """Whether an event waits behind those in hand."""
        await self._reader.fill()
        return self._reader.held > 0

    def _waiting_times(self, cursor: Cursor) -> list[int]:
        """When something is to be done about events that wait in the log or were set aside."""
        times = [] if cursor.gone or cursor.failures else [aside.retry_at_ms for aside in cursor.set_aside]
        if self._reread_from is not None or (not self._reader.held and not self._reader.caught_up):
            times.append(self._terms.now_ms())
        for event in islice(self._reader.waiting(), 1):
            times.append(self._terms.deadline_ms(event, cursor))
            times += [] if cursor.gone else [self._window.due_ms(cursor)]
        return times

    async def _must_close(self, cursor: Cursor) -> bool:
        """Whether the batch in hand, whole or in parts, is no longer what it was cut as."""
        if cursor.open is None and cursor.splitting is None:
            return False
        revision = self._terms.webhook.filter_revision
        if cursor.filter_revision != revision or self._terms.gap_ahead(cursor) is not None:
            return True
        if cursor.open is None or cursor.open.aside:
            return False
        events = await self.events_of(cursor.open)
        return self._terms.is_over(self._terms.deadline_ms(events[0], cursor)) or not self._wants_all(events)

    def _reread(self, cursor: Cursor) -> Cursor:
        """If what waits has to be looked at anew, stand at the first of it."""
        revision = self._terms.webhook.filter_revision
        if self._reread_from is None and cursor.filter_revision == revision:
            return cursor
        self._reader.seek(max(cursor.position, self._reread_from or cursor.position))
        self._reread_from = None
        # What was passed by other levels must stay passed after a crash too, though nothing else is worth a write.
        self.must_be_said = True
        return replace(cursor, filter_revision=revision)

    def _wants_all(self, events: Sequence[LoggedEvent]) -> bool:
        types = self._terms.types
        return all(event.type in types for event in events)

    def _settle_waiting(self, cursor: Cursor) -> Plan:
        """Give up what must be given up of the events that wait, and cut the next batch of the others."""
        gap = self._terms.gap_ahead(cursor)
        if gap is not None:
            return self._discarder.leave_to(gap, cursor)
        if cursor.splitting is not None:
            return Plan(cursor=cursor if self._terms.paused else self._open_part(cursor, cursor.splitting))
        cursor = replace(cursor, position=self._reader.position)
        if self._terms.paused:
            return Plan(cursor=cursor)
        plan = self._discarder.review_waiting(cursor)
        if plan.cursor.gone:
            return plan
        return replace(plan, cursor=self._open_aside(plan.cursor) or self._open_batch(plan.cursor))

    def _open_part(self, cursor: Cursor, splitting: Splitting) -> Cursor:
        """The next part of a batch that was refused; or, behind a single refused event, the one that follows."""
        if splitting.parts:
            part, *later = splitting.parts
            return replace(cursor, open=_batch(part), splitting=replace(splitting, parts=tuple(later)))
        if not self._reader.held:
            self._reread_from = cursor.position
            return replace(cursor, splitting=None)
        self._keep_open(self._reader.take(1))
        return replace(cursor, open=_batch(self._open_members))

    def _open_aside(self, cursor: Cursor) -> Cursor | None:
        """An event that was set aside and whose time has come; not while the endpoint fails altogether."""
        if cursor.failures or self._window.finishing:
            return None
        now_ms = self._terms.now_ms()
        due = [aside for aside in cursor.set_aside if aside.retry_at_ms <= now_ms]
        if not due:
            return None
        oldest = min(due, key=lambda aside: aside.retry_at_ms)
        batch = _batch(runs_of([oldest.position]))
        return replace(cursor, open=replace(batch, attempts=oldest.failures, aside=True), retry_at_ms=None)

    def _open_batch(self, cursor: Cursor) -> Cursor:
        """The next batch, if one may be cut now."""
        cursor, events = self._window.take(cursor)
        if not events:
            return cursor
        self._keep_open(events)
        return replace(cursor, position=events[0].position, open=_batch(self._open_members))

    def _keep_open(self, events: tuple[LoggedEvent, ...]) -> None:
        self._open_events = events
        self._open_members = runs_of(event.position for event in events)


def _batch(members: Positions) -> Batch:
    return Batch(id=BatchId(str(uuid_utils.uuid7())), members=members)
