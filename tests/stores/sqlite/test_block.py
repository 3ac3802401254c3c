from hypothesis import given
from hypothesis import strategies as st

from bellwire.model.event import EventTypeId, LoggedEvent, Position
from bellwire.stores.sqlite.block import (
    BLOCK_BYTES_MAX,
    BLOCK_EVENTS_MAX,
    block_of,
    bytes_up_to,
    cut_blocks,
    events_of,
    row_of,
)

SIZES = st.sampled_from([1, 300, BLOCK_BYTES_MAX // 2, BLOCK_BYTES_MAX, BLOCK_BYTES_MAX + 1])


def logged(sizes: list[tuple[int, int]]) -> list[LoggedEvent]:
    return [
        LoggedEvent(
            position=Position(position), accepted_at_ms=at_ms, type=EventTypeId(f"a.t{at_ms}"), encoded=b"x" * size
        )
        for position, (size, at_ms) in enumerate(sizes, 5)
    ]


@given(st.lists(st.tuples(SIZES, st.integers(0, 2)), min_size=1, max_size=20))
def test_blocks_hold_neighbours_of_one_time_within_the_limits(sizes: list[tuple[int, int]]) -> None:
    events = logged(sizes)
    runs = list(cut_blocks(events))
    assert [event for run in runs for event in run] == events
    assert all(len({event.accepted_at_ms for event in run}) == 1 for run in runs)
    assert all(len(run) == 1 or sum(len(event.encoded) for event in run) <= BLOCK_BYTES_MAX for run in runs)


def test_many_small_events_are_cut_by_their_number() -> None:
    runs = list(cut_blocks(logged([(1, 7)] * (2 * BLOCK_EVENTS_MAX + 1))))
    assert [len(run) for run in runs] == [BLOCK_EVENTS_MAX, BLOCK_EVENTS_MAX, 1]


def test_a_block_gives_back_its_events() -> None:
    events = logged([(1, 7), (0, 7), (300, 7)])
    numbers = {EventTypeId("a.t7"): 9}
    first, accepted_at_ms, late_by_ms, bytes_before, ends, types, encoded = row_of(
        events, numbers, latest_ms=10, bytes_before=70
    )
    assert (late_by_ms, bytes_before) == (3, 70)
    assert [bytes_up_to(count, ends) for count in (-1, 0, 1, 2, 3, 4)] == [0, 0, 1, 1, 301, 301]
    block = block_of((first, accepted_at_ms, ends, types, encoded))
    assert block.behind == 8
    assert events_of(block, range(3), {9: EventTypeId("a.t7")}) == events
