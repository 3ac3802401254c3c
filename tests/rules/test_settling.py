from bellwire.model.attempt import (
    Advance,
    Delivered,
    Drop,
    Failed,
    Gone,
    Halve,
    NextStep,
    Outcome,
    PutAside,
    Refused,
    RetryAt,
    Stop,
    TryNext,
)
from bellwire.model.batch import Batch, BatchId
from bellwire.model.cursor import Cursor, Splitting, in_hand, read_to
from bellwire.model.event import Position
from bellwire.model.positions import Positions, runs_of
from bellwire.model.webhook import WebhookId
from bellwire.rules.settling import REQUESTS_MAX, SMALLER_BATCHES, Settled, end_elsewhere, move_cursor
from builders import make_event

FAILED = Failed("answered 500")
REFUSED = Refused("answered 400", too_large=False)
TOO_LARGE = Refused("answered 413", too_large=True)


def positions(*numbers: int) -> Positions:
    return runs_of(map(Position, numbers))


def cursor_with(*numbers: int, splitting: Splitting | None = None, aside: bool = False) -> Cursor:
    batch = Batch(id=BatchId("b"), members=positions(*numbers), aside=aside)
    return Cursor(
        webhook_id=WebhookId("w"), position=Position(numbers[0]), open=batch, splitting=splitting, since_ms=10
    )


def settle(cursor: Cursor, outcome: Outcome, step: NextStep, *, now_ms: int = 100) -> Settled:
    assert cursor.open is not None
    first = make_event(cursor.open.members[0][0], accepted_at_ms=7)
    return move_cursor(cursor, cursor.open, first, outcome=outcome, step=step, now_ms=now_ms)


def reopened(cursor: Cursor, *numbers: int) -> Cursor:
    """As the planner goes on with the next part."""
    assert cursor.open is None
    splitting = cursor.splitting
    if splitting is not None and splitting.parts:
        assert splitting.parts[0] == positions(*numbers)
        splitting = Splitting(
            parts=splitting.parts[1:],
            requests_left=splitting.requests_left,
            accepted=splitting.accepted,
            refused=splitting.refused,
        )
    opened = cursor_with(*numbers, splitting=splitting)
    return Cursor(
        webhook_id=cursor.webhook_id,
        position=cursor.position,
        open=opened.open,
        splitting=splitting,
        set_aside=cursor.set_aside,
        delivered=cursor.delivered,
        smaller=cursor.smaller,
    )


def test_success_puts_the_cursor_behind_the_batch_and_counts_its_events() -> None:
    moved = settle(cursor_with(5, 6, 9), Delivered(), Advance()).cursor
    assert (moved.position, moved.open, moved.delivered) == (10, None, 3)
    assert (moved.last_success_at_ms, moved.failures, moved.since_ms) == (100, 0, 10)


def test_failure_keeps_the_batch_open_and_counts_failures_in_a_row() -> None:
    once = settle(cursor_with(5, 6, 9), FAILED, RetryAt(109)).cursor
    twice = settle(once, FAILED, RetryAt(300), now_ms=200).cursor
    assert (once.position, once.failures, once.retry_at_ms) == (5, 1, 109)
    assert once.open is not None
    assert (once.open.id, once.open.attempts) == ("b", 1)
    assert (twice.failures, twice.since_ms, twice.last_failure_at_ms) == (2, 100, 200)
    assert twice.failure == "answered 500"


def test_a_success_clears_the_failures_and_begins_a_healthy_time() -> None:
    failed = settle(cursor_with(5), FAILED, RetryAt(109)).cursor
    healed = settle(failed, Delivered(), Advance(), now_ms=300).cursor
    assert (healed.failures, healed.failure, healed.retry_at_ms, healed.since_ms) == (0, "", None, 300)


def test_gone_keeps_the_batch_and_sends_nothing_more() -> None:
    gone = settle(cursor_with(5), Gone("answered 410"), Stop()).cursor
    assert gone.gone
    assert gone.open is not None
    assert gone.failure == "answered 410"


def test_a_dropped_batch_is_discarded_and_the_cursor_stands_behind_it() -> None:
    settled = settle(cursor_with(5, 6), FAILED, Drop(500))
    assert settled.given_up == positions(5, 6)
    assert (settled.cursor.position, settled.cursor.open, settled.cursor.discarded) == (7, None, 2)
    assert settled.cursor.retry_at_ms == 500


def test_a_halved_batch_waits_in_its_halves_at_the_same_place() -> None:
    halved = settle(cursor_with(5, 6, 9), REFUSED, Halve()).cursor
    assert (halved.position, halved.open) == (5, None)
    assert halved.splitting is not None
    assert halved.splitting.parts == (positions(5), positions(6, 9))
    assert halved.splitting.requests_left == REQUESTS_MAX - 1
    assert (in_hand(halved), read_to(halved)) == (3, 10)
    assert halved.failures == 0


def test_a_poison_among_good_ones_is_set_aside_and_the_others_are_delivered() -> None:
    cursor = settle(cursor_with(5, 6), REFUSED, Halve()).cursor
    cursor = settle(reopened(cursor, 5), REFUSED, TryNext(1_100)).cursor
    assert (cursor.position, in_hand(cursor), cursor.set_aside) == (5, 2, ())
    cursor = settle(reopened(cursor, 6), Delivered(), Advance()).cursor
    assert (cursor.position, cursor.splitting, cursor.delivered) == (7, None, 1)
    (aside,) = cursor.set_aside
    assert (aside.position, aside.accepted_at_ms, aside.failures) == (5, 7, 1)


def test_a_poison_behind_an_accepted_part_is_set_aside_at_once() -> None:
    cursor = settle(cursor_with(5, 6), REFUSED, Halve()).cursor
    cursor = settle(reopened(cursor, 5), Delivered(), Advance()).cursor
    assert (cursor.position, in_hand(cursor)) == (6, 1)
    cursor = settle(reopened(cursor, 6), REFUSED, PutAside(1_100)).cursor
    assert [aside.position for aside in cursor.set_aside] == [6]
    assert (cursor.position, cursor.splitting) == (7, None)


def test_a_split_that_fails_leaves_all_that_was_not_accepted_waiting_where_it_was() -> None:
    cursor = settle(cursor_with(5, 6), REFUSED, Halve()).cursor
    cursor = settle(reopened(cursor, 5), REFUSED, TryNext(1_100)).cursor
    cursor = settle(reopened(cursor, 6), REFUSED, RetryAt(999)).cursor
    assert (cursor.position, cursor.open, cursor.splitting, cursor.set_aside) == (5, None, None, ())
    assert (cursor.failures, cursor.retry_at_ms) == (1, 999)


def test_after_413_batches_are_smaller_until_fifty_were_accepted() -> None:
    cursor = settle(cursor_with(*range(1, 9)), TOO_LARGE, Halve()).cursor
    assert cursor.smaller is not None
    assert cursor.smaller.events_max == 4
    cursor = settle(reopened(cursor, 1, 2, 3, 4), TOO_LARGE, Halve()).cursor
    assert cursor.smaller is not None
    assert cursor.smaller.events_max == 2
    for _ in range(SMALLER_BATCHES):
        assert cursor.smaller is not None
        again = cursor_with(1, 2)
        cursor = settle(
            Cursor(webhook_id=again.webhook_id, position=again.position, open=again.open, smaller=cursor.smaller),
            Delivered(),
            Advance(),
        ).cursor
    assert cursor.smaller is None


def test_an_event_set_aside_has_failures_of_its_own_and_leaves_when_it_is_accepted() -> None:
    cursor = settle(cursor_with(5, 6), REFUSED, Halve()).cursor
    cursor = settle(reopened(cursor, 5), Delivered(), Advance()).cursor
    cursor = settle(reopened(cursor, 6), REFUSED, PutAside(1_100)).cursor
    alone = Batch(id=BatchId("c"), members=positions(6), attempts=1, aside=True)
    first = make_event(6)
    tried = move_cursor(cursor, alone, first, outcome=REFUSED, step=RetryAt(777), now_ms=200).cursor
    assert (tried.failures, tried.set_aside[0].failures, tried.set_aside[0].retry_at_ms) == (0, 2, 777)
    done = move_cursor(tried, alone, first, outcome=Delivered(), step=Advance(), now_ms=300).cursor
    assert (done.set_aside, done.delivered, done.position) == ((), 2, 7)


def test_an_endpoint_that_is_gone_says_so_to_an_event_set_aside_too() -> None:
    aside = cursor_with(6, aside=True)
    gone = settle(aside, Gone("answered 410"), Stop()).cursor
    assert (gone.gone, gone.open, gone.failure) == (True, None, "answered 410")


def test_an_endpoint_that_is_gone_for_one_cursor_is_gone_for_the_other() -> None:
    cursor = Cursor(webhook_id=WebhookId("wh-1"), position=Position(4))
    ended = end_elsewhere(cursor, Gone("it answered 410"), now_ms=9)
    assert (ended.gone, ended.failures, ended.failure, ended.since_ms) == (True, 1, "it answered 410", 9)
    assert (ended.position, ended.open) == (4, None)
