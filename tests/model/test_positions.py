import itertools

from hypothesis import given
from hypothesis import strategies as st

from bellwire.model.event import Position
from bellwire.model.positions import NOWHERE, Positions, behind, count_of, each_of, each_of_descending, holds, runs_of

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
