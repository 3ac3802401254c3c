"""Where does the cursor stand after this attempt?"""

from typing import assert_never

from msgspec.structs import replace

from bellwire.model.attempt import Advance, Delivered, Failed, NextStep, Outcome, RetryAt
from bellwire.model.batch import Batch
from bellwire.model.cursor import Cursor
from bellwire.model.positions import behind, count_of


def move_cursor(cursor: Cursor, batch: Batch, *, outcome: Outcome, step: NextStep, now_ms: int) -> Cursor:
    """The cursor's state after its open batch was attempted; now_ms: when the outcome was known."""
    moved = _remember_health(cursor, outcome, now_ms=now_ms)
    match step:
        case Advance():
            return replace(
                moved,
                position=behind(batch.members),
                open=None,
                retry_at_ms=None,
                delivered=cursor.delivered + count_of(batch.members),
            )
        case RetryAt(at_ms=at_ms):
            return replace(moved, open=replace(batch, attempts=batch.attempts + 1), retry_at_ms=at_ms)
    assert_never(step)


def _remember_health(cursor: Cursor, outcome: Outcome, *, now_ms: int) -> Cursor:
    match outcome:
        case Delivered():
            since_ms = now_ms if cursor.failures else cursor.since_ms
            return replace(cursor, failures=0, failure="", since_ms=since_ms, last_success_at_ms=now_ms)
        case Failed(reason=reason):
            since_ms = cursor.since_ms if cursor.failures else now_ms
            return replace(
                cursor, failures=cursor.failures + 1, failure=reason, since_ms=since_ms, last_failure_at_ms=now_ms
            )
    assert_never(outcome)
