"""The planner: where a webhook's cursor should stand next, what is given up on the way, and when something is due."""

from collections.abc import Callable, Sequence
from itertools import islice, takewhile

import msgspec
import uuid_utils
from msgspec.structs import replace

from bellwire.clock import Clock
from bellwire.engine.reader import Reader
from bellwire.engine.selector import Selector
from bellwire.model.batch import Batch, BatchId
from bellwire.model.cursor import Cursor, Discard, DiscardReason, SetAside, Splitting, counted
from bellwire.model.event import LoggedEvent, Position
from bellwire.model.positions import NOWHERE, Positions, runs_of
from bellwire.model.webhook import CatchUp, Gap, RegisteredWebhook
from bellwire.rules.batching import count_fitting
from bellwire.rules.expiring import Start, deadline_ms
from bellwire.rules.retrying import FAILING_FROM


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A cursor as it should be stored next, and the discards that go with it."""

    cursor: Cursor
    discards: tuple[Discard, ...] = ()


class Planner:
    """Decides and writes nothing; of what it remembers, all can be found again from the stored cursor and the log."""

    def __init__(
        self, webhook: RegisteredWebhook, reader: Reader, selector: Selector, *, clock: Clock, start: Start
    ) -> None:
        self._webhook = webhook
        self._reader = reader
        self._log = reader.log
        self._selector = selector
        self._clock = clock
        self._start = start
        self._open_events: tuple[LoggedEvent, ...] = ()
        self._open_members = NOWHERE
        self._was_splitting = False
        self._window_end = reader.position
        self._reread_from: Position | None = None
        self._hurry = False
        self._back = False
        self._last_batches: int | None = None

    def apply(self, webhook: RegisteredWebhook, *, hurry: bool, back: bool) -> None:
        """The webhook was edited: from the next plan on it counts as it is now.

        hurry: a waiting backoff ends. back: an endpoint that was gone is tried again.
        """
        if webhook.filter_revision != self._webhook.filter_revision:
            self.refilter()
        self._webhook = webhook
        self._hurry = self._hurry or hurry
        self._back = self._back or back

    def waits_from(self, cursor: Cursor) -> Position:
        """Where the first event stands that waits, or the end of the log: before it, everything is decided."""
        has_batch = (cursor.open is not None and not cursor.open.aside) or cursor.splitting is not None
        return cursor.position if has_batch else self._reader.position

    def refilter(self) -> None:
        """What is wanted has changed: what waits goes by it; what was passed as unwanted before stays passed."""
        if self._reread_from is None:
            self._reread_from = self._reader.position

    def finish(self) -> None:
        """The service stops: one last batch without waiting for the throttle, if the endpoint is healthy."""
        self._last_batches = 1

    @property
    def finishing(self) -> bool:
        """Whether the service stops."""
        return self._last_batches is not None

    def horizon(self, cursor: Cursor) -> Position:
        """Where the stretch of the log ends in which events may wait."""
        gap = self._gap_ahead(cursor)
        return self._log.end if gap is None else gap.since

    def needs_from(self, cursor: Cursor) -> Position | None:
        """Where the part of the log begins that may still be read for this webhook; None: nothing waits."""
        places = [aside.position for aside in cursor.set_aside]
        gap = self._gap_ahead(cursor)
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
        if self._hurry or self._back:
            cursor = replace(cursor, retry_at_ms=None, gone=cursor.gone and not self._back)
            self._hurry = self._back = False
        plan = self._review_aside(cursor)
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
        await self._reader.fill(self._webhook.object)
        rest = self._settle_waiting(cursor)
        return Plan(cursor=rest.cursor, discards=plan.discards + rest.discards)

    def due_ms(self, cursor: Cursor) -> int | None:
        """When something is to be done, at the latest the first deadline; None: nothing before something happens."""
        now_ms = self._clock.steady_ms()
        if (gap := self._gap_ahead(cursor)) is not None:
            return now_ms if self._reader.position < gap.since else None
        if self._webhook.paused_at_ms is not None:
            return None
        if self._last_batches is not None:
            return now_ms if cursor.open is not None and not cursor.failures else None
        times = [self._aside_deadline_ms(aside) for aside in cursor.set_aside]
        if cursor.open is not None:
            times += [self._deadline_ms(event) for event in self._open_events[:1]]
            times += [] if cursor.gone else [cursor.retry_at_ms or 0]
        elif cursor.splitting is not None:
            times.append(now_ms)
        else:
            times += self._waiting_times(cursor)
        return min(times, default=None)

    async def events_of(self, batch: Batch) -> tuple[LoggedEvent, ...]:
        """The open batch's events, from the log if they are not those that were cut last."""
        if self._open_members != batch.members:
            self._open_events = await self._log.fetch(batch.members)
            self._open_members = batch.members
        return self._open_events

    async def followed(self) -> bool:
        """Whether an event waits behind those in hand."""
        await self._reader.fill(self._webhook.object)
        return self._reader.held > 0

    def deadline_of(self, event: LoggedEvent) -> int:
        """When the event is given up."""
        return self._deadline_ms(event)

    def _waiting_times(self, cursor: Cursor) -> list[int]:
        """When something is to be done about events that wait in the log or were set aside."""
        times = [] if cursor.gone or cursor.failures else [aside.retry_at_ms for aside in cursor.set_aside]
        if not self._reader.held and not self._reader.caught_up:
            times.append(self._clock.steady_ms())
        for event in islice(self._reader.waiting(), 1):
            times.append(self._deadline_ms(event))
            times += [] if cursor.gone else [self._batch_due_ms(cursor)]
        return times

    async def _must_close(self, cursor: Cursor) -> bool:
        """Whether the batch in hand, whole or in parts, is no longer what it was cut as."""
        if cursor.open is None and cursor.splitting is None:
            return False
        if cursor.filter_revision != self._webhook.filter_revision or self._gap_ahead(cursor) is not None:
            return True
        if cursor.open is None or cursor.open.aside:
            return False
        events = await self.events_of(cursor.open)
        return self._deadline_reached(events[0]) or not self._wants_all(events)

    def _reread(self, cursor: Cursor) -> Cursor:
        """If what waits has to be looked at anew, stand at the first of it."""
        revision = self._webhook.filter_revision
        if self._reread_from is None and cursor.filter_revision == revision:
            return cursor
        self._reader.seek(max(cursor.position, self._reread_from or cursor.position))
        self._reread_from = None
        return replace(cursor, filter_revision=revision)

    def _wants_all(self, events: Sequence[LoggedEvent]) -> bool:
        types = self._selector.types(self._webhook.object)
        return all(event.type in types for event in events)

    def _review_aside(self, cursor: Cursor) -> Plan:
        """Give up what was set aside and has waited too long; forget what is wanted no longer."""
        if not cursor.set_aside:
            return Plan(cursor=cursor)
        types = self._selector.types(self._webhook.object)
        gap = self._gap_ahead(cursor)
        wanted = tuple(aside for aside in cursor.set_aside if aside.type in types)
        doomed = [aside for aside in wanted if gap is not None or self._is_over(self._aside_deadline_ms(aside))]
        left = tuple(aside for aside in wanted if aside not in doomed)
        if cursor.open is not None and cursor.open.aside and left != cursor.set_aside:
            cursor = replace(cursor, open=None)
        reason = DiscardReason.REFUSED if gap is None else DiscardReason.DISABLED
        return self._discard(replace(cursor, set_aside=left), [aside.position for aside in doomed], reason)

    def _settle_waiting(self, cursor: Cursor) -> Plan:
        """Give up what must be given up of the events that wait, and cut the next batch of the others."""
        gap = self._gap_ahead(cursor)
        if gap is not None:
            return self._leave_to(gap, cursor)
        paused = self._webhook.paused_at_ms is not None
        if cursor.splitting is not None:
            return Plan(cursor=cursor if paused else self._open_part(cursor, cursor.splitting))
        cursor = replace(cursor, position=self._reader.position)
        if paused:
            return Plan(cursor=cursor)
        plan = self._give_up(cursor, self._deadline_reached, DiscardReason.EXPIRED)
        cursor = plan.cursor
        if self._is_dropping(cursor):
            older = self._drop_older(cursor)
            plan = Plan(cursor=older.cursor, discards=plan.discards + older.discards)
            cursor = plan.cursor
        if cursor.gone:
            return plan
        return replace(plan, cursor=self._open_aside(cursor) or self._open_batch(cursor))

    def _leave_to(self, gap: Gap, cursor: Cursor) -> Plan:
        """Give up what waited when the webhook was disabled; then go on behind the gap, if it was enabled again."""
        plan = self._give_up(cursor, lambda event: event.position < gap.since, DiscardReason.DISABLED)
        if self._reader.position < gap.since:
            return plan
        self._reader.seek(max(self._reader.position, gap.since) if gap.until is None else gap.until)
        return Plan(cursor=replace(plan.cursor, position=self._reader.position), discards=plan.discards)

    def _give_up(self, cursor: Cursor, is_doomed: Callable[[LoggedEvent], bool], reason: DiscardReason) -> Plan:
        return self._give_up_first(cursor, sum(1 for _ in takewhile(is_doomed, self._reader.waiting())), reason)

    def _give_up_first(self, cursor: Cursor, count: int, reason: DiscardReason) -> Plan:
        doomed = self._reader.take(count)
        moved = replace(cursor, position=self._reader.position)
        return self._discard(moved, [event.position for event in doomed], reason)

    def _discard(self, cursor: Cursor, positions: Sequence[Position], reason: DiscardReason) -> Plan:
        if not positions:
            return Plan(cursor=cursor)
        members = runs_of(sorted(positions))
        discard = Discard(webhook_id=cursor.webhook_id, reason=reason, at_ms=self._clock.wall_ms(), members=members)
        return Plan(cursor=counted(cursor, reason, len(positions)), discards=(discard,))

    def _is_dropping(self, cursor: Cursor) -> bool:
        """Whether an attempt is due at an endpoint that fails, for a webhook that then wants the newest events only."""
        failing = self._webhook.object.lossy and cursor.failures >= FAILING_FROM
        return failing and (cursor.retry_at_ms or 0) <= self._clock.steady_ms()

    def _drop_older(self, cursor: Cursor) -> Plan:
        """All but the newest batch; while more is to be read from the log, all that is held."""
        keep = 0
        if self._reader.caught_up:
            newest = reversed(tuple(self._reader.waiting()))
            webhook = self._webhook.object
            keep = count_fitting(newest, events_max=self._events_max(cursor), body_bytes_max=webhook.max_batch_bytes)
        return self._give_up_first(cursor, self._reader.held - keep, DiscardReason.LOSSY)

    def _open_part(self, cursor: Cursor, splitting: Splitting) -> Cursor:
        """The next part of a batch that was refused; or, behind a single refused event, the one that follows."""
        if splitting.parts:
            part, *later = splitting.parts
            return replace(cursor, open=self._batch(part), splitting=replace(splitting, parts=tuple(later)))
        if not self._reader.held:
            return replace(cursor, splitting=None)
        self._keep_open(self._reader.take(1))
        return replace(cursor, open=self._batch(self._open_members))

    def _open_aside(self, cursor: Cursor) -> Cursor | None:
        """An event that was set aside and whose time has come; not while the endpoint fails altogether."""
        if cursor.failures or self._last_batches is not None:
            return None
        now_ms = self._clock.steady_ms()
        due = [aside for aside in cursor.set_aside if aside.retry_at_ms <= now_ms]
        if not due:
            return None
        oldest = min(due, key=lambda aside: aside.retry_at_ms)
        batch = self._batch(runs_of([oldest.position]))
        return replace(cursor, open=replace(batch, attempts=oldest.failures, aside=True), retry_at_ms=None)

    def _keep_open(self, events: tuple[LoggedEvent, ...]) -> None:
        self._open_events = events
        self._open_members = runs_of(event.position for event in events)

    def _batch(self, members: Positions) -> Batch:
        return Batch(id=BatchId(str(uuid_utils.uuid7())), members=members)

    def _events_max(self, cursor: Cursor) -> int:
        events_max = self._webhook.object.max_batch_events
        return events_max if cursor.smaller is None else min(events_max, cursor.smaller.events_max)

    def _open_batch(self, cursor: Cursor) -> Cursor:
        """Cut the next batch, if events wait and the throttle allows."""
        if not self._reader.held or self._batch_due_ms(cursor) > self._clock.steady_ms() or not self._may_open(cursor):
            return cursor
        if not self._in_window():
            self._window_end = self._log.end
            cursor = replace(cursor, window_opened_at_ms=self._clock.steady_ms())
        webhook = self._webhook.object
        in_window = takewhile(lambda event: event.position < self._window_end, self._reader.waiting())
        fitting = count_fitting(in_window, events_max=self._events_max(cursor), body_bytes_max=webhook.max_batch_bytes)
        self._keep_open(self._reader.take(fitting))
        return replace(cursor, position=self._open_events[0].position, open=self._batch(self._open_members))

    def _may_open(self, cursor: Cursor) -> bool:
        if self._last_batches is None:
            return True
        self._last_batches, left = 0, self._last_batches
        return left > 0 and not cursor.failures

    def _batch_due_ms(self, cursor: Cursor) -> int:
        """When the next batch may be cut: at once after a quiet time, else a throttle after the last window, and after
        a backoff.
        """
        retry_at_ms = cursor.retry_at_ms or 0
        if cursor.window_opened_at_ms is None or self._last_batches is not None or self._in_window():
            return retry_at_ms
        return max(retry_at_ms, cursor.window_opened_at_ms + self._webhook.object.throttle_ms)

    def _in_window(self) -> bool:
        return self._webhook.object.catch_up is CatchUp.FAST and self._reader.position < self._window_end

    def _gap_ahead(self, cursor: Cursor) -> Gap | None:
        for gap in self._webhook.gaps:
            if gap.until is None or gap.until > cursor.position:
                return gap
        return None

    def _deadline_reached(self, event: LoggedEvent) -> bool:
        return self._is_over(self._deadline_ms(event))

    def _is_over(self, deadline_ms: int) -> bool:
        """Whether a deadline has passed; while the webhook is paused, none does."""
        return self._webhook.paused_at_ms is None and deadline_ms <= self._clock.steady_ms()

    def _deadline_ms(self, event: LoggedEvent) -> int:
        return deadline_ms(event.position, event.accepted_at_ms, self._webhook, self._start)

    def _aside_deadline_ms(self, aside: SetAside) -> int:
        return deadline_ms(aside.position, aside.accepted_at_ms, self._webhook, self._start)
