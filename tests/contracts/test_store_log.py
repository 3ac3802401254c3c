import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bellwire.errors import ConflictingEvent, StorageUnavailable
from bellwire.model.event import EventId, EventTypeId, LoggedEvent, NewEvent, Position
from bellwire.model.positions import Positions, runs_of
from bellwire.store import PAGE_BYTES_MAX, Appended, EventSearch, Page, Store
from builders import make_new_event

TYPES = [EventTypeId(name) for name in ("auth.success", "auth.failed", "store.ingest", "rare.kind")]
NOW_MS = 1_700_000_000_000


def numbered(first: int, count: int, type_id: str = "auth.success", *, id_given: bool = False) -> list[NewEvent]:
    return [
        make_new_event(f"00000000-0000-7000-8000-{number:012x}", type_id, data=b'{"n":%d}' % number, id_given=id_given)
        for number in range(first, first + count)
    ]


async def append(store: Store, *events: NewEvent, at_ms: int = NOW_MS) -> Appended:
    return await store.log.append(events, accepted_at_ms=at_ms)


async def read(
    store: Store,
    start: int = 1,
    *,
    before: int | None = None,
    types: frozenset[EventTypeId] | None = None,
    events_max: int = 1000,
    bytes_max: int = PAGE_BYTES_MAX,
) -> Page:
    return await store.log.read(
        Position(start),
        before=store.log.end if before is None else Position(before),
        types=types,
        events_max=events_max,
        bytes_max=bytes_max,
    )


async def read_all(
    store: Store, start: int, before: int, types: frozenset[EventTypeId] | None, *, events_max: int, bytes_max: int
) -> list[LoggedEvent]:
    events: list[LoggedEvent] = []
    at = start
    while at < before:
        page = await read(store, at, before=before, types=types, events_max=events_max, bytes_max=bytes_max)
        assert page.next > at
        events += page.events
        at = page.next
    return events


async def test_an_empty_log_ends_at_the_first_position_and_gives_nothing(store: Store) -> None:
    assert store.log.end == 1
    assert await read(store) == Page(events=(), next=Position(1))
    assert await store.log.search(EventSearch()) == ()
    assert await store.log.count(Position(1), before=Position(9), types=None) == 0
    assert await store.log.last_positions() == {}
    assert await store.log.find(EventId("unknown")) is None


async def test_events_are_logged_in_their_order_with_ascending_positions(store: Store) -> None:
    events = [make_new_event("a"), make_new_event("b", "auth.failed"), make_new_event("c")]
    appended = await append(store, *events)
    assert appended.duplicates == 0
    assert [event.position for event in appended.logged] == [1, 2, 3]
    assert [event.encoded for event in appended.logged] == [event.encoded for event in events]
    assert [event.type for event in appended.logged] == ["auth.success", "auth.failed", "auth.success"]
    assert {event.accepted_at_ms for event in appended.logged} == {NOW_MS}
    assert store.log.end == 4
    assert (await read(store)).events == appended.logged


async def test_appending_nothing_is_no_error(store: Store) -> None:
    assert await append(store) == Appended(logged=(), duplicates=0)


async def test_a_known_id_with_the_same_content_is_a_duplicate_whatever_its_time(store: Store) -> None:
    await append(store, make_new_event("a", data=b'{"x":1}'))
    again = make_new_event("a", data=b'{"x":1}', created_at="2024-01-01T00:00:00.000Z")
    assert await append(store, again, make_new_event("b")) == Appended(
        logged=(await read(store, 2)).events, duplicates=1
    )
    assert store.log.end == 3


async def test_a_generated_id_is_known_when_somebody_publishes_it_again(store: Store) -> None:
    (event,) = numbered(7, 1)
    await append(store, event)
    (again,) = numbered(7, 1, id_given=True)
    assert (await append(store, again)).duplicates == 1


@pytest.mark.parametrize("other", [make_new_event("a", data=b'{"x":2}'), make_new_event("a", "auth.failed")])
async def test_a_known_id_with_other_content_is_a_conflict_and_nothing_of_the_call_is_stored(
    store: Store, other: NewEvent
) -> None:
    await append(store, make_new_event("a", data=b'{"x":1}'))
    with pytest.raises(ConflictingEvent) as caught:
        await append(store, make_new_event("b"), other, make_new_event("c"))
    assert caught.value.index == 1
    assert store.log.end == 2
    assert await store.log.find(EventId("b")) is None
    assert [event.position for event in (await append(store, make_new_event("b"))).logged] == [2]


async def test_content_that_holds_the_published_content_within_is_no_duplicate(store: Store) -> None:
    await append(store, make_new_event("a", "outer.kind", data=b'{"x":{"type":"in.ner","data":{}}}'))
    with pytest.raises(ConflictingEvent):
        await append(store, make_new_event("a", "in.ner", data=b"{}"))


async def test_an_id_twice_in_one_call_is_stored_once(store: Store) -> None:
    appended = await append(store, make_new_event("a"), make_new_event("b"), make_new_event("a"))
    assert [event.position for event in appended.logged] == [1, 2]
    assert appended.duplicates == 1


async def test_an_id_twice_in_one_call_with_other_content_is_a_conflict(store: Store) -> None:
    with pytest.raises(ConflictingEvent) as caught:
        await append(store, make_new_event("a"), make_new_event("a", data=b'{"x":1}'))
    assert caught.value.index == 1
    assert store.log.end == 1


async def test_the_same_id_from_two_callers_at_once_is_stored_once(store: Store) -> None:
    both = await asyncio.gather(append(store, make_new_event("a")), append(store, make_new_event("a")))
    assert [len(appended.logged) for appended in both] == [1, 0]
    assert [appended.duplicates for appended in both] == [0, 1]


async def test_a_conflict_fails_its_own_call_only_though_others_wait_with_it(store: Store) -> None:
    await append(store, make_new_event("a", data=b'{"x":1}'))
    outcomes = await asyncio.gather(
        append(store, make_new_event("b")),
        append(store, make_new_event("c"), make_new_event("a")),
        append(store, make_new_event("c", data=b'{"x":2}')),
        return_exceptions=True,
    )
    assert isinstance(outcomes[0], Appended)
    assert isinstance(outcomes[1], ConflictingEvent)
    assert isinstance(outcomes[2], Appended)
    assert [event.position for event in (await read(store)).events] == [1, 2, 3]


@pytest.mark.parametrize(
    "event_id",
    [
        "x",
        "x" * 128,
        "ü" * 128,
        "0123456789abcdef",
        "nul\0within",
        "00000000-0000-7000-8000-00000000ABCD",
        "00000000000070008000000000000001",
    ],
)
async def test_an_event_is_found_by_its_id_of_any_form(store: Store, event_id: str) -> None:
    lower = make_new_event("00000000-0000-7000-8000-00000000abcd")
    await append(store, lower, make_new_event(event_id), *numbered(1, 1))
    found = await store.log.find(EventId(event_id))
    assert found is not None
    assert found.position == 2
    assert await store.log.find(EventId(event_id + "x")) is None


async def test_listeners_hear_of_every_event_once_in_log_order_before_its_append_returns(store: Store) -> None:
    heard: list[LoggedEvent] = []
    ends: list[tuple[Position, Position]] = []

    def listen(events: Sequence[LoggedEvent]) -> None:
        heard.extend(events)
        ends.append((store.log.end, Position(events[-1].position + 1)))

    store.log.follow(listen)

    async def publish(first: int) -> None:
        appended = await append(store, *numbered(first, 3))
        assert set(appended.logged) <= set(heard)

    await asyncio.gather(*(publish(first) for first in range(0, 300, 3)))
    await append(store, make_new_event("a"))
    await append(store, make_new_event("a"))
    assert [event.position for event in heard] == list(range(1, 302))
    assert all(end == behind for end, behind in ends)


async def test_listeners_hear_of_an_append_whose_caller_was_cancelled(store: Store) -> None:
    heard = asyncio.Event()
    store.log.follow(lambda _events: heard.set())
    task = asyncio.create_task(append(store, make_new_event("a")))
    await asyncio.sleep(0)
    task.cancel()
    await heard.wait()
    await asyncio.wait([task])
    assert store.log.end == 2
    assert await store.log.find(EventId("a")) is not None


async def test_a_page_keeps_its_limits_but_gives_at_least_one_event(store: Store) -> None:
    appended = await append(store, *numbered(1, 10))
    size = len(appended.logged[0].encoded)
    assert await read(store, events_max=4) == Page(events=appended.logged[:4], next=Position(5))
    assert await read(store, 5, bytes_max=2 * size) == Page(events=appended.logged[4:6], next=Position(7))
    assert await read(store, 7, bytes_max=2 * size - 1) == Page(events=appended.logged[6:7], next=Position(8))
    assert await read(store, 8, bytes_max=1) == Page(events=appended.logged[7:8], next=Position(9))
    assert await read(store, 9, before=10) == Page(events=appended.logged[8:9], next=Position(10))


async def test_a_page_without_a_match_moves_on(store: Store) -> None:
    await append(store, *numbered(1, 5))
    page = await read(store, types=frozenset({EventTypeId("never.logged")}))
    assert page == Page(events=(), next=Position(6))


async def test_a_rare_type_is_reached_in_few_pages(store: Store) -> None:
    for first in range(0, 30_000, 3_000):
        await append(store, *numbered(first, 3_000))
    await append(store, make_new_event("rare", "rare.kind"))
    rare = frozenset({EventTypeId("rare.kind")})
    assert [event.position for event in await read_all(store, 1, 30_002, rare, events_max=10, bytes_max=9999)] == [
        30_001
    ]
    empty = await read(store, types=rare)
    assert [*empty.events, *(await read(store, empty.next, types=rare)).events] != []


async def test_fetch_gives_the_events_at_these_positions_and_leaves_out_what_is_not_there(store: Store) -> None:
    appended = await append(store, *numbered(1, 2_500))
    positions = Positions(
        ((Position(2), Position(2)), (Position(998), Position(1003)), (Position(2500), Position(2600)))
    )
    expected = [2, *range(998, 1004), 2500]
    assert await store.log.fetch(positions) == tuple(appended.logged[position - 1] for position in expected)
    assert await store.log.fetch(Positions(())) == ()


async def test_last_positions_say_where_each_type_was_logged_last(store: Store) -> None:
    await append(store, make_new_event("a"), make_new_event("b", "auth.failed"), make_new_event("c"))
    await append(store, make_new_event("d", "auth.failed"))
    assert await store.log.last_positions() == {"auth.success": 3, "auth.failed": 4}


async def test_search_by_time_is_exact_though_the_clock_stepped_back(store: Store) -> None:
    times = [100, 200, 300, 150, 250, 300, 310, 90, 400]
    for number, at_ms in enumerate(times):
        await append(store, *numbered(number, 1), at_ms=at_ms)
    for since in (None, 0, 90, 150, 250, 301, 400, 401):
        for until in (None, 0, 90, 91, 250, 300, 301, 500):
            found = await store.log.search(EventSearch(since_ms=since, until_ms=until))
            expected = [
                position
                for position, at_ms in enumerate(times, 1)
                if (since is None or at_ms >= since) and (until is None or at_ms < until)
            ]
            assert [event.position for event in found] == expected[::-1]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    calls=st.lists(
        st.tuples(st.lists(st.sampled_from(TYPES), min_size=1, max_size=30), st.integers(0, 20)), min_size=1, max_size=8
    ),
    types=st.none() | st.frozensets(st.sampled_from(TYPES)),
    bounds=st.tuples(st.integers(1, 150), st.integers(1, 150)),
    limits=st.tuples(st.integers(1, 20), st.integers(1, 1000)),
    times=st.tuples(st.none() | st.integers(0, 20), st.none() | st.integers(0, 20)),
)
async def test_reading_counting_and_searching_agree_with_going_through_all_events(
    store: Store,
    calls: list[tuple[list[EventTypeId], int]],
    types: frozenset[EventTypeId] | None,
    bounds: tuple[int, int],
    limits: tuple[int, int],
    times: tuple[int | None, int | None],
) -> None:
    base = store.log.end - 1  # examples share the store
    log: list[LoggedEvent] = []
    for type_ids, at_ms in calls:
        events = [make_new_event(f"{store.log.end}-{n}", type_id) for n, type_id in enumerate(type_ids)]
        log += (await append(store, *events, at_ms=at_ms + base * 100)).logged
    start, before = (min(base + bound, store.log.end) for bound in bounds)
    wanted = [event for event in log if types is None or event.type in types]
    between = [event for event in wanted if start <= event.position < before]
    assert await read_all(store, start, before, types, events_max=limits[0], bytes_max=limits[1]) == between
    assert await store.log.fetch(runs_of(event.position for event in between)) == tuple(between)
    assert await store.log.count(Position(start), before=Position(before), types=types) == len(between)
    since, until = (None if time is None else time + base * 100 for time in times)
    since = since or base * 100  # nothing of an earlier example is as late
    matching = [
        event
        for event in reversed(wanted)
        if event.position < before and event.accepted_at_ms >= since and (until is None or event.accepted_at_ms < until)
    ]
    search = EventSearch(types=types, since_ms=since, until_ms=until, before=Position(before), limit=limits[0])
    assert await store.log.search(search) == tuple(matching[: limits[0]])


async def test_calls_after_close_say_that_the_store_is_closed(store: Store) -> None:
    await append(store, make_new_event("a"))
    await store.close()
    await store.close()
    with pytest.raises(StorageUnavailable, match="closed"):
        await append(store, make_new_event("b"))
    with pytest.raises(StorageUnavailable, match="closed"):
        await read(store)
    with pytest.raises(StorageUnavailable, match="closed"):
        await store.log.search(EventSearch())


async def test_size_grows_with_what_is_stored(store: Store) -> None:
    before = store.size_bytes()
    await append(store, *numbered(1, 2_000))
    assert store.size_bytes() > before
