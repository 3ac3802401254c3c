"""The discarder: gives up what has waited too long, and what is not to be sent any more."""

from collections.abc import Callable, Sequence
from itertools import takewhile

from msgspec.structs import replace

from bellwire.engine.plan import Plan
from bellwire.engine.reader import Reader
from bellwire.engine.terms import Terms
from bellwire.model.cursor import Cursor, Discard, DiscardReason, counted
from bellwire.model.event import LoggedEvent, Position
from bellwire.model.positions import runs_of
from bellwire.model.webhook import Gap
from bellwire.rules.batching import count_fitting
from bellwire.rules.retrying import FAILING_FROM


class Discarder:
    """Takes from the reader what it gives up; the plan says what has to be stored."""

    def __init__(self, terms: Terms, reader: Reader) -> None:
        self._terms = terms
        self._reader = reader

    def review_aside(self, cursor: Cursor) -> Plan:
        """Give up what was set aside and has waited too long; forget what is wanted no longer."""
        if not cursor.set_aside:
            return Plan(cursor=cursor)
        terms = self._terms
        types, gap = terms.types, terms.gap_ahead(cursor)
        wanted = tuple(aside for aside in cursor.set_aside if aside.type in types)
        doomed = [aside for aside in wanted if gap is not None or terms.is_over(terms.aside_deadline_ms(aside))]
        left = tuple(aside for aside in wanted if aside not in doomed)
        if cursor.open is not None and cursor.open.aside and left != cursor.set_aside:
            cursor = replace(cursor, open=None)
        reason = DiscardReason.REFUSED if gap is None else DiscardReason.DISABLED
        return self._discard(replace(cursor, set_aside=left), [aside.position for aside in doomed], reason)

    def leave_to(self, gap: Gap, cursor: Cursor) -> Plan:
        """Give up what waited when the webhook was disabled; then go on behind the gap, if it was enabled again."""
        plan = self._give_up(cursor, lambda event: event.position < gap.since, DiscardReason.DISABLED)
        if self._reader.position < gap.since:
            return plan
        self._reader.seek(max(self._reader.position, gap.since) if gap.until is None else gap.until)
        return Plan(cursor=replace(plan.cursor, position=self._reader.position), discards=plan.discards)

    def review_waiting(self, cursor: Cursor) -> Plan:
        """Give up what has waited too long, and what a lossy webhook drops."""
        terms = self._terms
        plan = self._give_up(
            cursor, lambda event: terms.is_over(terms.deadline_ms(event, cursor)), DiscardReason.EXPIRED
        )
        if not self._is_dropping(plan.cursor):
            return plan
        older = self._drop_older(plan.cursor)
        return Plan(cursor=older.cursor, discards=plan.discards + older.discards)

    def _give_up(self, cursor: Cursor, is_doomed: Callable[[LoggedEvent], bool], reason: DiscardReason) -> Plan:
        return self._give_up_first(cursor, sum(1 for _ in takewhile(is_doomed, self._reader.waiting())), reason)

    def _give_up_first(self, cursor: Cursor, count: int, reason: DiscardReason) -> Plan:
        if not count:
            return Plan(cursor=cursor)
        doomed = self._reader.take(count)
        moved = replace(cursor, position=self._reader.position)
        return self._discard(moved, [event.position for event in doomed], reason)

    def _discard(self, cursor: Cursor, positions: Sequence[Position], reason: DiscardReason) -> Plan:
        if not positions:
            return Plan(cursor=cursor)
        members = runs_of(sorted(positions))
        discard = Discard(
            webhook_id=cursor.webhook_id,
            reason=reason,
            at_ms=self._terms.wall_ms(),
            members=members,
            replay_id=cursor.replay_id,
        )
        return Plan(cursor=counted(cursor, reason, len(positions)), discards=(discard,))

    def _is_dropping(self, cursor: Cursor) -> bool:
        """Whether an attempt is due at an endpoint that fails, for a webhook that then wants the newest events only."""
        failing = self._terms.object.lossy and cursor.failures >= FAILING_FROM
        return failing and (cursor.retry_at_ms or 0) <= self._terms.now_ms()

    def _drop_older(self, cursor: Cursor) -> Plan:
        """All but the newest batch; while more is to be read from the log, all that is held."""
        keep = 0
        if self._reader.caught_up:
            newest = reversed(tuple(self._reader.waiting()))
            bytes_max = self._terms.object.max_batch_bytes
            keep = count_fitting(newest, events_max=self._terms.events_max(cursor), body_bytes_max=bytes_max)
        return self._give_up_first(cursor, self._reader.held - keep, DiscardReason.LOSSY)
