"""The planner: where a webhook's cursor should stand next, what is given up on the way, and when something is due."""

from collections.abc import Callable, Sequence
from itertools import takewhile

import msgspec
import uuid_utils
from msgspec.structs import replace

from bellwire.clock import Clock
from bellwire.engine.reader import Reader
from bellwire.engine.selector import Selector
from bellwire.model.batch import Batch, BatchId
from bellwire.model.cursor import Cursor, Discard, DiscardReason
from bellwire.model.event import LoggedEvent, Position
from bellwire.model.positions import runs_of
from bellwire.model.webhook import CatchUp, Gap, RegisteredWebhook
from bellwire.rules.batching import count_fitting
from bellwire.rules.expiring import Start, deadline_ms


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
        self._window_end = reader.position
        self._reread_from: Position | None = None
        self._hurry = False
        self._last_batches: int | None = None

    def apply(self, webhook: RegisteredWebhook, *, hurry: bool) -> None:
        """The webhook was edited: from the next plan on it counts as it is now. hurry: a waiting backoff ends."""
        if webhook.filter_revision != self._webhook.filter_revision:
            self.refilter()
        self._webhook = webhook
        self._hurry = self._hurry or hurry

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

    async def plan(self, cursor: Cursor) -> Plan:
        """What should be stored next. Looks at no more of the log than one batch."""
        if self._hurry:
            self._hurry = False
            cursor = replace(cursor, retry_at_ms=None)
        if cursor.open is not None and await self._must_close(cursor, cursor.open):
            cursor = replace(cursor, open=None)
            self._reread_from = cursor.position
        if cursor.open is not None:
            return Plan(cursor=cursor)
        if self._reread_from is not None:
            self._reader.seek(max(cursor.position, self._reread_from))
            cursor = replace(cursor, filter_revision=self._webhook.filter_revision)
            self._reread_from = None
        await self._reader.fill(self._webhook.object)
        gap = self._gap_ahead(cursor)
        if gap is not None:
            return self._leave_to(gap, cursor)
        plan = self._give_up(cursor, self._deadline_reached, DiscardReason.EXPIRED)
        return Plan(cursor=self._open_batch(plan.cursor), discards=plan.discards)

    def due_ms(self, cursor: Cursor) -> int | None:
        """When something is to be done, at the latest the first deadline; None: nothing before something happens."""
        if (gap := self._gap_ahead(cursor)) is not None:
            return self._clock.steady_ms() if self._reader.position < gap.since else None
        if self._last_batches is not None:
            return self._clock.steady_ms() if cursor.open is not None and not cursor.failures else None
        if cursor.open is not None:
            deadlines = [self._deadline_ms(event) for event in self._open_events[:1]]
            return min(cursor.retry_at_ms or 0, *deadlines) if deadlines else cursor.retry_at_ms or 0
        for event in self._reader.waiting():
            return min(self._batch_due_ms(cursor), self._deadline_ms(event))
        return None if self._reader.caught_up else self._clock.steady_ms()

    async def events_of(self, batch: Batch) -> tuple[LoggedEvent, ...]:
        """The open batch's events, from the log if it was opened before this process began."""
        if not self._open_events or self._open_events[0].position != batch.members[0][0]:
            self._open_events = await self._log.fetch(batch.members)
        return self._open_events

    async def _must_close(self, cursor: Cursor, batch: Batch) -> bool:
        if batch.filter_revision != self._webhook.filter_revision or self._gap_ahead(cursor) is not None:
            return True
        events = await self.events_of(batch)
        return self._deadline_reached(events[0]) or not self._wants_all(events)

    def _wants_all(self, events: Sequence[LoggedEvent]) -> bool:
        types = self._selector.types(self._webhook.object)
        return all(event.type in types for event in events)

    def _leave_to(self, gap: Gap, cursor: Cursor) -> Plan:
        """Give up what waited when the webhook was disabled; then go on behind the gap, if it was enabled again."""
        plan = self._give_up(cursor, lambda event: event.position < gap.since, DiscardReason.DISABLED)
        if self._reader.position < gap.since:
            return plan
        self._reader.seek(max(self._reader.position, gap.since) if gap.until is None else gap.until)
        return Plan(cursor=replace(plan.cursor, position=self._reader.position), discards=plan.discards)

    def _give_up(self, cursor: Cursor, is_doomed: Callable[[LoggedEvent], bool], reason: DiscardReason) -> Plan:
        doomed = self._reader.take(sum(1 for _ in takewhile(is_doomed, self._reader.waiting())))
        moved = replace(cursor, position=self._reader.position, discarded=cursor.discarded + len(doomed))
        if not doomed:
            return Plan(cursor=moved)
        discard = Discard(
            webhook_id=cursor.webhook_id,
            reason=reason,
            at_ms=self._clock.wall_ms(),
            members=runs_of(event.position for event in doomed),
        )
        return Plan(cursor=moved, discards=(discard,))

    def _open_batch(self, cursor: Cursor) -> Cursor:
        """Cut the next batch, if events wait and the throttle allows."""
        if not self._reader.held or self._batch_due_ms(cursor) > self._clock.steady_ms() or not self._may_open(cursor):
            return cursor
        if not self._in_window():
            self._window_end = self._log.end
            cursor = replace(cursor, window_opened_at_ms=self._clock.steady_ms())
        webhook = self._webhook.object
        in_window = takewhile(lambda event: event.position < self._window_end, self._reader.waiting())
        fitting = count_fitting(in_window, events_max=webhook.max_batch_events, body_bytes_max=webhook.max_batch_bytes)
        self._open_events = self._reader.take(fitting)
        batch = Batch(
            id=BatchId(str(uuid_utils.uuid7())),
            members=runs_of(event.position for event in self._open_events),
            filter_revision=self._webhook.filter_revision,
        )
        return replace(cursor, position=self._open_events[0].position, open=batch)

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
        return self._deadline_ms(event) <= self._clock.steady_ms()

    def _deadline_ms(self, event: LoggedEvent) -> int:
        return deadline_ms(event, self._webhook.object, self._start)
