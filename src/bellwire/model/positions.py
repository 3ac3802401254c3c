"""Sets of positions, kept as runs: which events a batch carries, which were discarded."""

import bisect
from collections.abc import Iterable, Iterator
from typing import NewType

from bellwire.model.event import Position

Run = tuple[Position, Position]
"""The first and the last position of neighbours, both included."""

Positions = NewType("Positions", tuple[Run, ...])
"""A set of positions as ascending runs that neither touch nor overlap."""

NOWHERE = Positions(())


def runs_of(ascending: Iterable[Position]) -> Positions:
    """Gather strictly ascending positions into runs."""
    positions = tuple(ascending)
    if positions and positions[-1] - positions[0] + 1 == len(positions):
        return Positions(((positions[0], positions[-1]),))
    runs: list[Run] = []
    first = last = None
    for position in positions:
        if last is not None and position == last + 1:
            last = position
            continue
        if first is not None and last is not None:
            runs.append((first, last))
        first = last = position
    if first is not None and last is not None:
        runs.append((first, last))
    return Positions(tuple(runs))


def union_of(runs: Iterable[Run]) -> Positions:
    """The set of all positions in these runs, in whatever order they come and however they overlap."""
    union: list[Run] = []
    for first, last in sorted(runs):
        if union and first <= union[-1][1] + 1:
            union[-1] = (union[-1][0], max(union[-1][1], last))
        else:
            union.append((first, last))
    return Positions(tuple(union))


def from_on(positions: Positions, start: Position, *, count_max: int) -> Positions:
    """The first positions of the set that are not before the start, count_max of them at most."""
    found: list[Run] = []
    left = count_max
    for at in range(bisect.bisect_left(positions, start, key=lambda run: run[1]), len(positions)):
        if left == 0:
            break
        first = max(positions[at][0], start)
        last = Position(min(positions[at][1], first + left - 1))
        found.append((first, last))
        left -= last - first + 1
    return Positions(tuple(found))


def each_of(positions: Positions) -> Iterator[Position]:
    """Every single position, ascending."""
    for first, last in positions:
        yield from map(Position, range(first, last + 1))


def each_of_descending(positions: Positions) -> Iterator[Position]:
    """Every single position, the last one first."""
    for first, last in reversed(positions):
        yield from map(Position, range(last, first - 1, -1))


def count_of(positions: Positions) -> int:
    """How many positions the set holds."""
    return sum(last - first + 1 for first, last in positions)


def halves_of(positions: Positions) -> tuple[Positions, Positions]:
    """The first and the second half of a set of two or more; of an odd number the first half is the smaller."""
    middle = count_of(positions) // 2
    each = tuple(each_of(positions))
    return runs_of(each[:middle]), runs_of(each[middle:])


def holds(positions: Positions, position: Position) -> bool:
    """Whether the set holds this position."""
    at = bisect.bisect_left(positions, position, key=lambda run: run[1])
    return at < len(positions) and positions[at][0] <= position


def behind(positions: Positions) -> Position:
    """The position after the last one; the set must not be empty."""
    return Position(positions[-1][1] + 1)
