import asyncio
from itertools import pairwise

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bellwire.errors import ConflictingEvent, StorageUnavailable
from bellwire.model.attempt import Answer, Attempt, AttemptId, Delivered, Timings
from bellwire.model.batch import BatchId
from bellwire.model.cursor import Cursor, CursorMove, Discard, DiscardReason
from bellwire.model.event import EventId, EventTypeId, LoggedEvent, Position
from bellwire.model.positions import Positions
from bellwire.model.webhook import WebhookId
from bellwire.store import PAGE_BYTES_MAX, AttemptSearch, AttemptsKept, DiscardSearch, EventSearch, Store
from builders import make_audit_entry, make_new_event, make_registered_webhook

ALL = {"events_max": 10_000, "bytes_max": PAGE_BYTES_MAX}
EVERYTHING = AttemptsKept(since_ms=0, per_webhook=10_000, total_bytes=2**40)


async def append_one_by_one(store: Store, count: int, *, first: int = 1, type_id: str = "auth.success") -> None:
    """Event n has the id n, and was accepted at n."""
    for number in range(first, first + count):
        await store.log.append([make_new_event(f"{number}", type_id)], accepted_at_ms=number)


async def remove_up_to(store: Store, before: int, *, remembered_since_ms: int = 2**62) -> None:
    """Remove by whole stretches, in as many steps as it takes."""
    while stretches := [stretch for stretch in await store.log.oldest() if stretch.behind <= before]:
        await store.log.remove(before=stretches[-1].behind, remembered_since_ms=remembered_since_ms)


async def retained(store: Store) -> list[Position]:
    page = await store.log.read(Position(1), before=store.log.end, types=None, **ALL)
    assert page.next == store.log.end
    return [event.position for event in page.events]


async def test_a_log_from_which_nothing_was_removed_begins_at_the_first_position(store: Store) -> None:
    assert (store.log.begin, store.log.end) == (1, 1)
    assert await store.log.oldest() == ()
    await append_one_by_one(store, 2)
    assert (store.log.begin, store.log.end) == (1, 3)


async def test_removed_events_are_gone_from_every_kind_of_reading(store: Store) -> None:
    await append_one_by_one(store, 3, type_id="auth.failed")
    await append_one_by_one(store, 3, first=4)
    await remove_up_to(store, 5)
    assert (store.log.begin, store.log.end) == (5, 7)
    assert await retained(store) == [5, 6]
    assert await store.log.find(EventId("4")) is None
    assert await store.log.fetch(Positions(((Position(1), Position(5)),))) != ()
    assert [event.position for event in await store.log.fetch(Positions(((Position(1), Position(5)),)))] == [5]
    assert [event.position for event in await store.log.search(EventSearch())] == [6, 5]
    assert await store.log.search(EventSearch(until_ms=5)) == ()
    assert await store.log.search(EventSearch(types=frozenset({EventTypeId("auth.failed")}))) == ()
    assert await store.log.count(Position(1), before=Position(7), types=None) == 2
    assert await store.log.count(Position(1), before=Position(7), types=frozenset({EventTypeId("auth.failed")})) == 0
    assert await store.log.last_positions() == {"auth.failed": 3, "auth.success": 6}


async def test_a_log_that_was_emptied_goes_on_where_it_was(store: Store) -> None:
    await append_one_by_one(store, 3)
    await remove_up_to(store, 4)
    assert (store.log.begin, store.log.end) == (4, 4)
    assert await store.log.oldest() == ()
    assert await retained(store) == []
    await append_one_by_one(store, 1, first=4)
    assert (store.log.begin, store.log.end) == (4, 5)
    assert await retained(store) == [4]


async def test_bytes_are_counted_exactly_from_any_position_and_never_go_back(store: Store) -> None:
    events = [make_new_event(f"{number}", data=b'{"x":"%s"}' % (b"x" * number)) for number in range(6)]
    sizes = [len(event.encoded) for event in events]
    await store.log.append(events[:4], accepted_at_ms=1)
    await store.log.append(events[4:], accepted_at_ms=2)
    assert store.log.bytes_logged == sum(sizes)
    assert [await store.log.bytes_before(Position(at)) for at in range(1, 9)] == [
        *[sum(sizes[:count]) for count in range(7)],
        sum(sizes),
    ]
    await remove_up_to(store, 5)
    assert store.log.bytes_logged == sum(sizes)
    assert [await store.log.bytes_before(Position(at)) for at in (1, 5, 6, 7)] == [
        sum(sizes[:4]),
        sum(sizes[:4]),
        sum(sizes[:5]),
        sum(sizes),
    ]
    await remove_up_to(store, 7)
    assert await store.log.bytes_before(Position(1)) == store.log.bytes_logged == sum(sizes)


async def test_the_oldest_stretches_follow_one_another_and_one_step_takes_a_bounded_number(store: Store) -> None:
    for first in range(0, 5_000, 500):
        events = [make_new_event(f"{number}") for number in range(first, first + 500)]
        await store.log.append(events, accepted_at_ms=first)
    stretches = await store.log.oldest()
    assert stretches[0].first == store.log.begin
    assert 0 < stretches[-1].behind - 1 <= 1_000
    for earlier, later in pairwise(stretches):
        assert earlier.behind == later.first
        assert earlier.bytes_before < later.bytes_before == await store.log.bytes_before(later.first)
        assert earlier.accepted_at_ms <= later.accepted_at_ms


async def test_a_removed_id_stays_known_by_its_content_until_it_is_forgotten(store: Store) -> None:
    event, other = make_new_event("é\u2028", data=b'{"x":1.50}'), make_new_event("b", "auth.failed")
    await store.log.append([event, other], accepted_at_ms=10)
    await remove_up_to(store, 3, remembered_since_ms=10)
    again = await store.log.append([make_new_event("c"), event, other], accepted_at_ms=11)
    assert ([logged.position for logged in again.logged], again.duplicates) == ([3], 2)
    for changed in (make_new_event("é\u2028", data=b'{"x":1.5}'), make_new_event("b", "auth.success")):
        with pytest.raises(ConflictingEvent):
            await store.log.append([changed], accepted_at_ms=12)
    assert await store.log.find(EventId("b")) is None
    assert await store.log.forget(accepted_before_ms=10) == 0
    assert await store.log.forget(accepted_before_ms=11) == 2
    assert await store.log.forget(accepted_before_ms=11) == 0
    fresh = await store.log.append([make_new_event("b", "auth.success")], accepted_at_ms=13)
    assert [logged.position for logged in fresh.logged] == [4]


async def test_an_id_that_need_not_be_known_is_forgotten_with_its_event(store: Store) -> None:
    await store.log.append([make_new_event("a")], accepted_at_ms=9)
    await remove_up_to(store, 2, remembered_since_ms=10)
    appended = await store.log.append([make_new_event("a", "auth.failed")], accepted_at_ms=20)
    assert [logged.position for logged in appended.logged] == [2]
    assert await store.log.forget(accepted_before_ms=2**62) == 0
    assert await store.log.find(EventId("a")) is not None


async def test_forgetting_takes_small_steps(store: Store) -> None:
    for first in range(0, 4_000, 500):
        await store.log.append(
            [make_new_event(f"{number}") for number in range(first, first + 500)], accepted_at_ms=first
        )
    await remove_up_to(store, 4_001, remembered_since_ms=0)
    steps = []
    while forgotten := await store.log.forget(accepted_before_ms=2**62):
        steps.append(forgotten)
    assert sum(steps) == 4_000
    assert max(steps) <= 1_500


async def test_what_is_appended_while_a_step_removes_is_not_touched(store: Store) -> None:
    await append_one_by_one(store, 3)
    await asyncio.gather(
        store.log.append([make_new_event("4")], accepted_at_ms=4),
        store.log.remove(before=Position(4), remembered_since_ms=0),
        store.log.append([make_new_event("1"), make_new_event("5")], accepted_at_ms=5),
    )
    assert await retained(store) == [4, 5]
    assert store.log.begin == 4


CONTENTS = st.sampled_from([b"{}", b'{"a":1}', b'{"type":"b.c","data":{}}'])
ROUNDS = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from("abcdefgh"), CONTENTS, min_size=1, max_size=4),
        st.integers(0, 6),
        st.integers(0, 80),
        st.integers(0, 80),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rounds=ROUNDS)
async def test_whatever_is_removed_ids_are_known_as_long_as_they_should_be(
    store: Store, rounds: list[tuple[dict[str, bytes], int, int, int]]
) -> None:
    """Against a dictionary: id → (time of acceptance, content, position)."""
    prefix = f"{store.log.end}-"  # examples share the store
    known: dict[str, tuple[int, bytes, int]] = {}
    for turn, (contents, removed, since_ms, forget_ms) in enumerate(rounds):
        at_ms, end, begin = 10 * turn, store.log.end, store.log.begin
        events = [make_new_event(prefix + name, data=content) for name, content in contents.items()]
        if any(known[name][1] != content for name, content in contents.items() if name in known):
            with pytest.raises(ConflictingEvent):
                await store.log.append(events, accepted_at_ms=at_ms)
        else:
            fresh = [name for name in contents if name not in known]
            appended = await store.log.append(events, accepted_at_ms=at_ms)
            assert [event.position for event in appended.logged] == list(range(end, end + len(fresh)))
            assert appended.duplicates == len(contents) - len(fresh)
            known |= {name: (at_ms, contents[name], end + place) for place, name in enumerate(fresh)}
        await remove_up_to(store, begin + removed, remembered_since_ms=since_ms)
        gone = range(begin, store.log.begin)
        known = {name: one for name, one in known.items() if one[2] not in gone or one[0] >= since_ms}
        while await store.log.forget(accepted_before_ms=forget_ms):
            pass
        known = {name: one for name, one in known.items() if one[2] >= store.log.begin or one[0] >= forget_ms}


async def recorded(store: Store, *attempts: Attempt) -> list[str]:
    """Record attempts of webhooks that are registered as they come; the ids in that order."""
    cursors = {cursor.webhook_id: cursor for cursor in await store.ledger.cursors()}
    for attempt in attempts:
        if attempt.webhook_id not in cursors:
            cursors[attempt.webhook_id] = Cursor(webhook_id=attempt.webhook_id, position=Position(1))
            await store.registry.add_webhook(
                make_registered_webhook(id=attempt.webhook_id), cursors[attempt.webhook_id], audit=make_audit_entry()
            )
        before = cursors[attempt.webhook_id]
        after = msgspec.structs.replace(before, revision=before.revision + 1)
        await store.ledger.settle(CursorMove(before=before, after=after), attempt)
        cursors[attempt.webhook_id] = after
    return [attempt.id for attempt in attempts]


def make_attempt(number: int, webhook_id: str = "wh-1", *, body: bytes = b"") -> Attempt:
    """Made at the time `number`."""
    return Attempt(
        id=AttemptId(f"attempt-{number}"),
        webhook_id=WebhookId(webhook_id),
        batch_id=BatchId("batch"),
        number=1,
        at_ms=number,
        first=Position(1),
        last=Position(1),
        events=1,
        body_bytes=2,
        response=Answer(status=200, headers=(), body=body, timings=Timings()),
        outcome=Delivered(),
    )


async def kept_of(store: Store, **limits: int) -> list[int]:
    """The times of the attempts that are left once nothing more is removed."""
    while await store.ledger.remove_attempts(msgspec.structs.replace(EVERYTHING, **limits)):
        pass
    return [attempt.at_ms for attempt in reversed(await store.ledger.attempts(AttemptSearch(limit=10_000)))]


async def test_attempts_within_every_limit_are_kept(store: Store) -> None:
    await recorded(store, *(make_attempt(number) for number in range(3)))
    assert await kept_of(store) == [0, 1, 2]


async def test_attempts_that_are_too_old_are_removed(store: Store) -> None:
    await recorded(store, *(make_attempt(number, f"wh-{number % 2}") for number in range(6)))
    assert await kept_of(store, since_ms=4) == [4, 5]
    assert await store.ledger.attempt(AttemptId("attempt-3")) is None
    assert await store.ledger.attempt(AttemptId("attempt-4")) is not None


async def test_of_each_webhook_the_newest_attempts_are_kept(store: Store) -> None:
    await recorded(store, *(make_attempt(number, "wh-busy" if number else "wh-calm") for number in range(1_001)))
    assert await kept_of(store, per_webhook=3) == [0, 998, 999, 1_000]


async def test_the_newest_attempts_are_kept_within_the_bytes_of_all(store: Store) -> None:
    attempts = [make_attempt(number, f"wh-{number % 2}", body=b"x" * 1_000) for number in range(8)]
    await recorded(store, *attempts)
    size = len(msgspec.json.encode(attempts[0]))
    assert await kept_of(store, total_bytes=3 * size) == [5, 6, 7]
    assert await kept_of(store, total_bytes=3 * size - 1) == [6, 7]
    await recorded(store, make_attempt(8))
    assert await kept_of(store, total_bytes=0) == []
    await recorded(store, make_attempt(9))
    assert await kept_of(store, per_webhook=1) == [9]


async def test_one_call_removes_a_bounded_number_of_attempts(store: Store) -> None:
    await recorded(store, *(make_attempt(number) for number in range(1_200)))
    removed = await store.ledger.remove_attempts(msgspec.structs.replace(EVERYTHING, since_ms=2_000))
    assert 0 < removed <= 1_000


async def test_discards_go_with_the_last_of_their_events(store: Store) -> None:
    before = Cursor(webhook_id=WebhookId("wh-1"), position=Position(1))
    await store.registry.add_webhook(make_registered_webhook(), before, audit=make_audit_entry())

    def discard(*runs: tuple[int, int]) -> Discard:
        members = Positions(tuple((Position(first), Position(last)) for first, last in runs))
        return Discard(webhook_id=before.webhook_id, reason=DiscardReason.EXPIRED, at_ms=runs[0][0], members=members)

    made = (discard((1, 2), (9, 9)), discard((3, 4)), discard((5, 5)))
    after = msgspec.structs.replace(before, revision=1)
    await store.ledger.skip(CursorMove(before=before, after=after, discards=made))
    assert await store.ledger.remove_discards(before=Position(4)) == 0
    assert await store.ledger.remove_discards(before=Position(6)) == 2
    assert [(one.number, one.discard) for one in await store.ledger.discards(DiscardSearch())] == [(1, made[0])]
    await store.ledger.skip(
        CursorMove(before=after, after=msgspec.structs.replace(after, revision=2), discards=(discard((7, 7)),))
    )
    assert [one.number for one in await store.ledger.discards(DiscardSearch())] == [4, 1]
    assert await store.ledger.remove_discards(before=Position(10)) == 2


async def test_a_store_that_keeps_nothing_has_nothing_to_give_back(store: Store) -> None:
    assert await store.give_back(spare_bytes=0) == 0
    free = store.free_bytes()
    assert free is None or free > 0


async def test_listeners_are_not_told_again_of_what_is_left(store: Store) -> None:
    heard: list[LoggedEvent] = []
    store.log.follow(heard.extend)
    await append_one_by_one(store, 3)
    await remove_up_to(store, 3)
    assert [event.position for event in heard] == [1, 2, 3]


async def test_removals_after_close_say_that_the_store_is_closed(store: Store) -> None:
    await append_one_by_one(store, 1)
    await store.close()
    for call in (
        store.log.oldest(),
        store.log.remove(before=Position(2), remembered_since_ms=0),
        store.log.forget(accepted_before_ms=0),
        store.log.bytes_before(Position(1)),
        store.ledger.remove_attempts(EVERYTHING),
        store.ledger.remove_discards(before=Position(2)),
        store.give_back(spare_bytes=0),
    ):
        with pytest.raises(StorageUnavailable, match="closed"):
            await call
