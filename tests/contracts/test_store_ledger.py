import asyncio

import msgspec
import pytest

from bellwire.errors import StaleCursor, StorageUnavailable
from bellwire.model.attempt import (
    Answer,
    Attempt,
    AttemptId,
    Delivered,
    Failed,
    Gone,
    NoAnswer,
    Outcome,
    Refused,
    Response,
    RetryLater,
    Timings,
    Trouble,
)
from bellwire.model.batch import Batch, BatchId
from bellwire.model.cursor import Cursor, CursorMove, Discard, DiscardReason
from bellwire.model.duration import DurationMs
from bellwire.model.event import Position
from bellwire.model.positions import Positions
from bellwire.model.webhook import WebhookId
from bellwire.store import AttemptSearch, DiscardSearch, Store
from builders import make_audit_entry, make_new_event, make_registered_webhook

MEMBERS = Positions(((Position(1), Position(3)), (Position(7), Position(7))))
ANSWER = Answer(status=200, headers=(("server", "x"),), body=b"\x00\xff", timings=Timings(total_us=5))


async def add_webhook(store: Store, webhook_id: str = "wh-1") -> Cursor:
    cursor = Cursor(webhook_id=WebhookId(webhook_id), position=Position(1))
    await store.registry.add_webhook(make_registered_webhook(id=cursor.webhook_id), cursor, audit=make_audit_entry())
    return cursor


def move(before: Cursor, *discards: Discard, position: int = 9) -> CursorMove:
    after = msgspec.structs.replace(before, position=Position(position), revision=before.revision + 1)
    return CursorMove(before=before, after=after, discards=discards)


def attempt(number: int, webhook_id: str = "wh-1", response: Response = ANSWER) -> Attempt:
    return Attempt(
        id=AttemptId(f"attempt-{number}"),
        webhook_id=WebhookId(webhook_id),
        batch_id=BatchId("batch"),
        number=1,
        at_ms=number,
        first=Position(1),
        last=Position(2),
        events=2,
        body_bytes=100,
        response=response,
        outcome=Delivered() if isinstance(response, Answer) else Failed("no answer"),
    )


def discard(webhook_id: str = "wh-1", reason: DiscardReason = DiscardReason.EXPIRED, at_ms: int = 1) -> Discard:
    return Discard(webhook_id=WebhookId(webhook_id), reason=reason, at_ms=at_ms, members=MEMBERS)


async def test_a_skip_moves_the_cursor_and_records_the_discards(store: Store) -> None:
    before = await add_webhook(store)
    made = move(before, discard(at_ms=1), discard(at_ms=2))
    await store.ledger.skip(made)
    assert await store.ledger.cursors() == (made.after,)
    listed = await store.ledger.discards(DiscardSearch())
    assert [(one.number, one.discard) for one in listed] == [(2, discard(at_ms=2)), (1, discard(at_ms=1))]


async def test_an_open_batch_is_kept_with_the_cursor(store: Store) -> None:
    before = await add_webhook(store)
    batch = Batch(id=BatchId("b"), members=MEMBERS, attempts=3)
    after = msgspec.structs.replace(before, revision=1, open=batch, failures=3, failure="no answer", retry_at_ms=7)
    await store.ledger.skip(CursorMove(before=before, after=after))
    assert await store.ledger.cursors() == (after,)


async def test_a_settle_moves_the_cursor_and_records_the_attempt(store: Store) -> None:
    before = await add_webhook(store)
    no_answer = NoAnswer(trouble=Trouble.TLS, detail="expired", timings=Timings(connect_us=3, total_us=5))
    first, second = move(before), attempt(2, response=no_answer)
    await store.ledger.settle(first, attempt(1))
    await store.ledger.settle(move(first.after, position=12), second)
    assert [cursor.position for cursor in await store.ledger.cursors()] == [12]
    assert await store.ledger.attempt(second.id) == second
    assert await store.ledger.attempts(AttemptSearch()) == (second, attempt(1))


async def test_a_stale_move_changes_nothing(store: Store) -> None:
    before = await add_webhook(store)
    first = move(before)
    await store.ledger.skip(first)
    with pytest.raises(StaleCursor, match="wh-1"):
        await store.ledger.settle(move(before, discard(), position=99), attempt(1))
    assert await store.ledger.cursors() == (first.after,)
    assert await store.ledger.attempts(AttemptSearch()) == ()
    assert await store.ledger.discards(DiscardSearch()) == ()


async def test_a_move_of_an_unknown_webhook_is_stale(store: Store) -> None:
    with pytest.raises(StaleCursor, match="wh-9"):
        await store.ledger.skip(move(Cursor(webhook_id=WebhookId("wh-9"), position=Position(1))))


async def test_moves_that_wait_together_are_made_in_the_order_of_the_calls_and_fail_on_their_own(store: Store) -> None:
    before, other = await add_webhook(store), await add_webhook(store, "wh-2")
    first = move(before)
    second = move(first.after, position=20)
    outcomes = await asyncio.gather(
        store.log.append([make_new_event("a")], accepted_at_ms=1),
        store.ledger.settle(first, attempt(1)),
        store.ledger.settle(move(before, position=99), attempt(2)),
        store.ledger.skip(move(other)),
        store.ledger.settle(second, attempt(3)),
        return_exceptions=True,
    )
    assert [isinstance(outcome, Exception) for outcome in outcomes] == [False, False, True, False, False]
    assert isinstance(outcomes[2], StaleCursor)
    assert await store.ledger.cursors() == (second.after, move(other).after)
    assert [one.id for one in await store.ledger.attempts(AttemptSearch())] == ["attempt-3", "attempt-1"]


async def test_a_move_may_wait_together_with_the_registration_of_its_webhook(store: Store) -> None:
    before = Cursor(webhook_id=WebhookId("wh-1"), position=Position(1))
    await asyncio.gather(
        store.registry.add_webhook(make_registered_webhook(), before, audit=make_audit_entry()),
        store.ledger.settle(move(before), attempt(1)),
    )
    assert await store.ledger.cursors() == (move(before).after,)


async def test_attempts_are_listed_newest_recorded_first_page_by_page(store: Store) -> None:
    cursors = {name: await add_webhook(store, name) for name in ("wh-1", "wh-2")}
    recorded = [attempt(number, ("wh-1", "wh-2")[number % 2]) for number in (5, 3, 8, 2, 9, 4)]
    for one in recorded:
        made = move(cursors[one.webhook_id])
        await store.ledger.settle(made, one)
        cursors[one.webhook_id] = made.after
    newest = recorded[::-1]
    assert await store.ledger.attempts(AttemptSearch(limit=2)) == tuple(newest[:2])
    assert await store.ledger.attempts(AttemptSearch(before=newest[1].id, limit=3)) == tuple(newest[2:5])
    of_one = [one for one in newest if one.webhook_id == "wh-1"]
    assert await store.ledger.attempts(AttemptSearch(webhook_id=WebhookId("wh-1"))) == tuple(of_one)
    rest = await store.ledger.attempts(AttemptSearch(webhook_id=WebhookId("wh-1"), before=of_one[0].id))
    assert rest == tuple(of_one[1:])
    assert await store.ledger.attempts(AttemptSearch(before=AttemptId("removed"))) == ()
    assert await store.ledger.attempt(AttemptId("removed")) is None


async def test_failed_attempts_are_listed_alone_of_one_webhook_and_of_all(store: Store) -> None:
    no_answer = NoAnswer(trouble=Trouble.RESET, detail="reset", timings=Timings(total_us=5))
    cursors = {name: await add_webhook(store, name) for name in ("wh-1", "wh-2")}
    outcomes: tuple[Outcome, ...] = (
        Failed("answered 500"),
        Delivered(),
        Refused("answered 400", too_large=False),
        RetryLater("answered 429", after_ms=DurationMs(1)),
        Gone("answered 410"),
        Delivered(),
    )
    recorded = [
        msgspec.structs.replace(attempt(number, f"wh-{number % 2 + 1}", no_answer), outcome=outcome)
        for number, outcome in enumerate(outcomes)
    ]
    for one in recorded:
        made = move(cursors[one.webhook_id])
        await store.ledger.settle(made, one)
        cursors[one.webhook_id] = made.after

    async def ids(**search: object) -> list[str]:
        found = await store.ledger.attempts(msgspec.structs.replace(AttemptSearch(failed=True), **search))
        return [one.id for one in found]

    assert await ids() == ["attempt-4", "attempt-3", "attempt-2", "attempt-0"]
    assert await ids(webhook_id=WebhookId("wh-1")) == ["attempt-4", "attempt-2", "attempt-0"]
    assert await ids(before=AttemptId("attempt-4"), limit=2) == ["attempt-3", "attempt-2"]
    assert await ids(webhook_id=WebhookId("wh-1"), before=AttemptId("attempt-1")) == ["attempt-0"]


async def test_discards_are_listed_by_webhook_page_by_page(store: Store) -> None:
    one, other = await add_webhook(store), await add_webhook(store, "wh-2")
    await store.ledger.skip(move(one, discard(at_ms=1), discard(reason=DiscardReason.DISABLED, at_ms=2)))
    await store.ledger.skip(move(other, discard("wh-2", at_ms=3), discard("wh-2", DiscardReason.DISABLED, at_ms=4)))

    async def times(**search: object) -> list[int]:
        found = await store.ledger.discards(msgspec.structs.replace(DiscardSearch(), **search))
        return [numbered.discard.at_ms for numbered in found]

    assert await times() == [4, 3, 2, 1]
    assert await times(limit=1) == [4]
    assert await times(before=3) == [2, 1]
    assert await times(webhook_id="wh-1") == [2, 1]
    assert await times(webhook_id="wh-2", before=4) == [3]


async def test_calls_after_close_say_that_the_store_is_closed(store: Store) -> None:
    before = await add_webhook(store)
    await store.close()
    with pytest.raises(StorageUnavailable, match="closed"):
        await store.ledger.skip(move(before))
    with pytest.raises(StorageUnavailable, match="closed"):
        await store.ledger.cursors()


async def test_the_deliveries_over_a_position_are_those_of_the_named_webhooks_that_enclose_it(store: Store) -> None:
    before, other, third = [await add_webhook(store, name) for name in ("wh-1", "wh-2", "wh-3")]
    first, failed = move(before), attempt(4, response=NoAnswer(trouble=Trouble.RESET, detail="", timings=Timings()))
    second, elsewhere = attempt(1), attempt(3, "wh-2")
    await store.ledger.settle(first, second)
    later = msgspec.structs.replace(attempt(2), first=Position(2), last=Position(5))
    await store.ledger.settle(move(first.after), later)
    await store.ledger.settle(move(move(first.after).after), failed)
    await store.ledger.settle(move(other), elsewhere)
    await store.ledger.settle(move(third), attempt(5, "wh-3"))

    async def over(position: int, *webhook_ids: str) -> tuple[Attempt, ...]:
        return (await store.ledger.settlements(Position(position), set(map(WebhookId, webhook_ids)))).deliveries

    assert await over(2, "wh-1") == (later, second)
    assert await over(1, "wh-1") == (second,)
    assert await over(6, "wh-1") == ()
    assert await over(2, "wh-1", "wh-2", "unknown") == (elsewhere, later, second)
    assert await over(2) == ()


async def test_the_discards_of_a_position_are_those_that_name_it_itself(store: Store) -> None:
    before, other = await add_webhook(store), await add_webhook(store, "wh-2")
    await store.ledger.skip(move(before, discard()))
    await store.ledger.skip(move(other, discard("wh-2", DiscardReason.LOSSY)))

    async def given_up(position: int, *webhook_ids: str) -> tuple[Discard, ...]:
        return (await store.ledger.settlements(Position(position), set(map(WebhookId, webhook_ids)))).discards

    assert await given_up(3, "wh-1") == (discard(),)
    assert await given_up(7, "wh-1", "wh-2") == (discard("wh-2", DiscardReason.LOSSY), discard())
    assert await given_up(5, "wh-1") == ()
    assert await given_up(8, "wh-1") == ()


async def test_a_list_since_a_time_leaves_out_none_that_was_made_then_or_later(store: Store) -> None:
    """Though the clock was set back in between; older ones may be among them."""
    one = await add_webhook(store)
    first = move(one, discard(at_ms=10), discard(at_ms=50), discard(at_ms=20))
    await store.ledger.skip(first)
    await store.ledger.skip(move(first.after, discard(at_ms=30), discard(at_ms=60)))
    found = await store.ledger.discards(DiscardSearch(since_ms=40))
    assert {50, 60} <= {numbered.discard.at_ms for numbered in found}
    assert await store.ledger.discards(DiscardSearch(since_ms=40, limit=1)) == found[:1]
