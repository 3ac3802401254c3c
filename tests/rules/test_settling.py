from bellwire.model.attempt import Advance, Delivered, Failed, RetryAt
from bellwire.model.batch import Batch, BatchId
from bellwire.model.cursor import Cursor
from bellwire.model.event import Position
from bellwire.model.positions import runs_of
from bellwire.model.webhook import WebhookId
from bellwire.rules.settling import move_cursor

BATCH = Batch(id=BatchId("b"), members=runs_of(map(Position, (5, 6, 9))), filter_revision=1)
CURSOR = Cursor(webhook_id=WebhookId("w"), position=Position(5), open=BATCH, since_ms=10)


def fail(cursor: Cursor, now_ms: int) -> Cursor:
    assert cursor.open is not None
    return move_cursor(cursor, cursor.open, outcome=Failed("answered 500"), step=RetryAt(now_ms + 9), now_ms=now_ms)


def test_success_puts_the_cursor_behind_the_batch_and_counts_its_events() -> None:
    moved = move_cursor(CURSOR, BATCH, outcome=Delivered(), step=Advance(), now_ms=100)
    assert (moved.position, moved.open, moved.delivered) == (10, None, 3)
    assert (moved.last_success_at_ms, moved.failures, moved.since_ms) == (100, 0, 10)


def test_failure_keeps_the_batch_open_and_counts_failures_in_a_row() -> None:
    once = fail(CURSOR, 100)
    twice = fail(once, 200)
    assert (once.position, once.failures, once.retry_at_ms) == (5, 1, 109)
    assert once.open is not None
    assert (once.open.id, once.open.attempts) == ("b", 1)
    assert (twice.failures, twice.since_ms, twice.last_failure_at_ms) == (2, 100, 200)
    assert twice.failure == "answered 500"


def test_a_success_clears_the_failures_and_begins_a_healthy_time() -> None:
    failed = fail(fail(CURSOR, 100), 200)
    assert failed.open is not None
    healed = move_cursor(failed, failed.open, outcome=Delivered(), step=Advance(), now_ms=300)
    assert (healed.failures, healed.failure, healed.retry_at_ms, healed.since_ms) == (0, "", None, 300)
