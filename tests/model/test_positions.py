import itertools

from hypothesis import given
from hypothesis import strategies as st

from bellwire.model.event import Position
from bellwire.model.positions import (
    NOWHERE,
    Positions,
    behind,
    count_of,
    each_of,
    each_of_descending,
    from_on,
    holds,
    runs_of,
    union_of,
)

SETS = st.sets(st.integers(min_value=1, max_value=60).map(Position))


def test_neighbours_are_gathered_into_runs() -> None:
    assert runs_of(map(Position, (1, 2, 3, 7, 9, 10))) == ((1, 3), (7, 7), (9, 10))


def test_no_positions_make_no_runs() -> None:
    assert runs_of([]) == NOWHERE


def test_behind_is_the_position_after_the_last_one() -> None:
    assert behind(Positions(((Position(1), Position(3)), (Position(7), Position(8))))) == 9


@given(SETS)
def test_runs_hold_exactly_the_positions_they_were_made_of(positions: set[Position]) -> None:
    runs = runs_of(sorted(positions))
    assert list(each_of(runs)) == sorted(positions)
    assert list(each_of_descending(runs)) == sorted(positions, reverse=True)
    assert count_of(runs) == len(positions)
    assert {position for position in map(Position, range(70)) if holds(runs, position)} == positions


@given(SETS)
def test_runs_neither_touch_nor_overlap(positions: set[Position]) -> None:
    runs = runs_of(sorted(positions))
    assert all(first <= last for first, last in runs)
    assert all(before[1] + 1 < after[0] for before, after in itertools.pairwise(runs))


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(0, 5))))
def test_a_union_holds_every_position_of_every_run_once(written: list[tuple[int, int]]) -> None:
    runs = [(Position(first), Position(first + more)) for first, more in written]
    union = union_of(runs)
    assert list(each_of(union)) == sorted({at for first, last in runs for at in range(first, last + 1)})
    assert all(before[1] + 1 < later[0] for before, later in itertools.pairwise(union))


@given(st.sets(st.integers(1, 60)), st.integers(1, 60), st.integers(0, 60))
def test_from_on_gives_the_first_positions_from_the_start(held: set[int], start: int, count_max: int) -> None:
    positions = runs_of(sorted(map(Position, held)))
    found = from_on(positions, Position(start), count_max=count_max)
    assert list(each_of(found)) == [at for at in sorted(held) if at >= start][:count_max]


@given(st.sets(st.integers(1, 60)), st.integers(1, 60))
def test_holds_finds_each_position(held: set[int], position: int) -> None:
    assert holds(runs_of(sorted(map(Position, held))), Position(position)) is (position in held)
