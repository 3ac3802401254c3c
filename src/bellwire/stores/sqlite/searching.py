"""Reads of the event log that may take longer; they run in threads of their own."""

import array
from collections.abc import Callable
from typing import Final

import apsw

from bellwire.model.event import FIRST_POSITION, EventTypeId, LoggedEvent, Position
from bellwire.model.positions import Positions
from bellwire.store import EventSearch
from bellwire.stores.sqlite.block import Block, events_of
from bellwire.stores.sqlite.connection import Binding, rows_of
from bellwire.stores.sqlite.logged_types import LoggedTypes
from bellwire.stores.sqlite.reading import LogReader
from bellwire.stores.sqlite.statements import statement

_FIND_LOG_END: Final = statement("find_log_end")
_FIND_BLOCK_TIME: Final = statement("find_block_time")
_FIND_PREVIOUS_BLOCK: Final = statement("find_previous_block")
_FIND_PREVIOUS_LATE_BLOCK: Final = statement("find_previous_late_block")
_FIND_PREVIOUS_TYPE_BLOCK: Final = statement("find_previous_type_block")
_COUNT_EVENTS: Final = statement("count_events")


class LogSearcher:
    """Searches through one connection; a search visits only blocks that hold a wanted type and may have the time."""

    def __init__(self, connection: apsw.Connection, types: LoggedTypes) -> None:
        self._connection = connection
        self._types = types
        self._reader = LogReader(connection, types)

    def search(self, search: EventSearch) -> tuple[LoggedEvent, ...]:
        """Events, newest first.

        The latest time of acceptance up to a block never descends, so bisection finds the first block that reaches
        `since` and the first that reaches `until`. Behind the latter only those events are early enough that were
        accepted by a clock that had stepped back; their blocks are marked.
        """
        wanted = None if search.types is None else self._reader.numbers_of(search.types)
        if wanted is not None and not wanted:
            return ()
        end = self._end()
        before = min(search.before or end, end)
        since = FIRST_POSITION if search.since_ms is None else self._first_reaching(search.since_ms, end)
        until = end if search.until_ms is None else self._first_reaching(search.until_ms, end)
        found: list[LoggedEvent] = []
        self._collect(found, search, before, down_to=max(since, until), wanted=wanted, previous=self._previous_late)
        previous = self._previous if wanted is None else self._previous_of(wanted)
        self._collect(found, search, min(before, until), down_to=since, wanted=wanted, previous=previous)
        return tuple(found)

    def count(self, start: Position, *, before: Position, types: frozenset[EventTypeId] | None) -> int:
        """How many events of these types stand at start ≤ position < before; its cost is that of their number."""
        with self._connection:  # one view of the log, whatever is removed meanwhile
            count = self._count(start, before, types)
        return count  # noqa: RET504 - mypy takes the connection for one that may swallow exceptions

    def count_at(self, positions: Positions, *, types: frozenset[EventTypeId] | None) -> int:
        """How many of these positions hold an event of these types; each block is read once."""
        wanted = None if types is None else self._reader.numbers_of(types)
        count = 0
        block: Block | None = None
        with self._connection:  # as count
            for first, last in positions:
                at = first
                while at <= last:
                    if block is None or not block.first <= at < block.behind:
                        block = self._reader.block_from(at)
                    if block is None or block.first > last:
                        break
                    begin, behind = max(at, block.first), min(last + 1, block.behind)
                    numbers = block.types[begin - block.first : behind - block.first]
                    count += len(numbers) if wanted is None else sum(number in wanted for number in numbers)
                    at = Position(behind)
        return count

    def position_at(self, time_ms: int) -> Position:
        """Where the first event stands up to which one was accepted at that time or later; else the end."""
        return self._first_reaching(time_ms, self._end())

    def _count(self, start: Position, before: Position, types: frozenset[EventTypeId] | None) -> int:
        wanted = frozenset(self._types.names) if types is None else self._reader.numbers_of(types)
        if not wanted or start >= before:
            return 0
        start, surplus = self._block_start(start, wanted)
        before, remainder = self._block_start(before, wanted)
        numbers = apsw.carray(array.array("q", wanted))
        ((whole,),) = rows_of(self._connection, _COUNT_EVENTS, numbers, start, before)
        return int(whole or 0) + remainder - surplus

    def _collect(
        self,
        found: list[LoggedEvent],
        search: EventSearch,
        before: Position,
        *,
        down_to: Position,
        wanted: frozenset[int] | None,
        previous: Callable[[Position], Position | None],
    ) -> None:
        first = previous(before)
        while first is not None and first >= down_to and len(found) < search.limit:
            block = self._reader.block_at(first)
            if block is not None and _is_within(block.accepted_at_ms, search):
                indices = [
                    at
                    for at in reversed(range(min(len(block.types), before - block.first)))
                    if wanted is None or block.types[at] in wanted
                ]
                found += events_of(block, indices[: search.limit - len(found)], self._types.names)
            first = previous(first)

    def _previous(self, first: Position) -> Position | None:
        return self._position(_FIND_PREVIOUS_BLOCK, first)

    def _previous_late(self, first: Position) -> Position | None:
        return self._position(_FIND_PREVIOUS_LATE_BLOCK, first)

    def _previous_of(self, wanted: frozenset[int]) -> Callable[[Position], Position | None]:
        numbers = apsw.carray(array.array("q", wanted))
        return lambda first: self._position(_FIND_PREVIOUS_TYPE_BLOCK, numbers, first)

    def _position(self, sql: str, *bindings: Binding) -> Position | None:
        for (position,) in rows_of(self._connection, sql, *bindings):
            return None if position is None else Position(int(position))
        return None

    def _first_reaching(self, time_ms: int, end: Position) -> Position:
        """Where the first block begins up to which the latest time of acceptance is this or later; else the end."""
        low, high = FIRST_POSITION, end
        while low < high:
            middle = (low + high) // 2
            rows = rows_of(self._connection, _FIND_BLOCK_TIME, middle)
            if not rows or rows[0][1] < time_ms:
                low = Position(middle + 1)
            else:
                high = Position(rows[0][0])
        return high

    def _end(self) -> Position:
        ((next_position, *_),) = rows_of(self._connection, _FIND_LOG_END)
        return Position(next_position)

    def _block_start(self, position: Position, wanted: frozenset[int]) -> tuple[Position, int]:
        """Where the block begins that the position lies within, and how many wanted events that block has before it."""
        block = self._reader.block_at(position)
        if block is None or position >= block.behind:
            return position, 0
        return block.first, sum(number in wanted for number in block.types[: position - block.first])


def _is_within(accepted_at_ms: int, search: EventSearch) -> bool:
    return (search.since_ms is None or accepted_at_ms >= search.since_ms) and (
        search.until_ms is None or accepted_at_ms < search.until_ms
    )
