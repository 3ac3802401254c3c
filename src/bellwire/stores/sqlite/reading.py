"""Reads of the event log that are short enough for the event loop."""

import array
import bisect
from collections.abc import Iterable, Iterator
from typing import Final

import apsw

from bellwire.model.event import EventId, EventTypeId, LoggedEvent, Position
from bellwire.model.positions import Positions
from bellwire.model.stretch import Stretch
from bellwire.store import Page
from bellwire.stores.sqlite.block import Block, block_of, bytes_up_to, events_of
from bellwire.stores.sqlite.connection import rows_of
from bellwire.stores.sqlite.event_key import keys_of
from bellwire.stores.sqlite.logged_types import LoggedTypes
from bellwire.stores.sqlite.statements import statement

PASSED_EVENTS_MAX: Final = 10_000
"""How many events of other types one call of page passes; the next call starts where one of these types comes."""

STEP_EVENTS_MAX: Final = 1_000
STEP_BYTES_MAX: Final = 1024 * 1024
STEP_BLOCKS_MAX: Final = 64
"""Of one removal, so that it delays what else is written by a few milliseconds only; a single block always fits."""

POSITION_MAX: Final = Position(2**63 - 1)

_LIST_BLOCKS: Final = statement("list_blocks")
_FIND_BLOCK: Final = statement("find_block")
_FIND_EVENT_POSITION: Final = statement("find_event_position")
_FIND_BLOCK_BYTES: Final = statement("find_block_bytes")
_LIST_OLDEST_BLOCKS: Final = statement("list_oldest_blocks")
_FIND_NEXT_TYPE_BLOCK: Final = statement("find_next_type_block")


class LogReader:
    """Reads through one connection."""

    def __init__(self, connection: apsw.Connection, types: LoggedTypes) -> None:
        self._connection = connection
        self.types = types

    def page(
        self,
        start: Position,
        *,
        before: Position,
        types: frozenset[EventTypeId] | None,
        events_max: int,
        bytes_max: int,
    ) -> Page:
        """A page as EventLog.read gives it."""
        wanted = None if types is None else self.numbers_of(types)
        if start >= before or (wanted is not None and not wanted):
            return Page(events=(), next=max(start, before))
        events: list[LoggedEvent] = []
        passed = 0
        for block in self._blocks(start, before):
            inside = range(max(0, start - block.first), min(len(block.types), before - block.first))
            indices = _wanted(block, inside, wanted)
            fitting, bytes_max = _fitting(
                block, indices, events_max - len(events), bytes_max, at_least=0 if events else 1
            )
            events += events_of(block, indices[:fitting], self.types.names)
            if fitting < len(indices):
                return Page(events=tuple(events), next=Position(block.first + indices[fitting]))
            if len(events) == events_max:
                return Page(events=tuple(events), next=min(before, block.behind))
            passed += len(inside) - len(indices)
            if passed >= PASSED_EVENTS_MAX and wanted is not None and block.behind < before:
                return Page(events=tuple(events), next=min(before, self._next_of(wanted, block.behind) or before))
        return Page(events=tuple(events), next=before)

    def fetch(self, positions: Positions) -> tuple[LoggedEvent, ...]:
        """The events at these positions, ascending."""
        events: list[LoggedEvent] = []
        block: Block | None = None
        for first, last in positions:
            at = first
            while at <= last:
                if block is None or not block.first <= at < block.behind:
                    block = next(self._blocks(at, Position(last + 1)), None)
                if block is None:
                    break
                inside = range(max(0, at - block.first), min(len(block.types), last + 1 - block.first))
                events += events_of(block, inside, self.types.names)
                at = max(block.behind, Position(at + 1))
        return tuple(events)

    def find(self, event_id: EventId) -> LoggedEvent | None:
        """The event of that id."""
        (key,) = keys_of([event_id])
        for (position,) in rows_of(self._connection, _FIND_EVENT_POSITION, key):
            for event in self.fetch(Positions(((position, position),))):
                return event
        return None

    def bytes_before(self, position: Position) -> int | None:
        """The bytes of all events that were ever logged before this position; None where no block holds it, or comes
        later.
        """
        for first, bytes_before, ends in rows_of(self._connection, _FIND_BLOCK_BYTES, position):
            return int(bytes_before) + bytes_up_to(position - first, ends)
        return None

    def oldest(self, *, end: Position, bytes_logged: int) -> tuple[Stretch, ...]:
        """As many of the first blocks before the end as one removal takes. bytes_logged: before the end."""
        stretches: list[Stretch] = []
        rows = rows_of(self._connection, _LIST_OLDEST_BLOCKS, STEP_BLOCKS_MAX + 1)
        behind_each = [*[bytes_before for *_, bytes_before in rows[1:]], bytes_logged]
        events = 0
        for (first, count, accepted_at_ms, bytes_before), bytes_behind in zip(rows, behind_each, strict=False):
            events += count
            full = len(stretches) == STEP_BLOCKS_MAX or events > STEP_EVENTS_MAX
            if first >= end or (stretches and (full or bytes_behind - stretches[0].bytes_before > STEP_BYTES_MAX)):
                break
            stretches.append(
                Stretch(
                    first=Position(first),
                    behind=Position(first + count),
                    accepted_at_ms=accepted_at_ms,
                    bytes_before=bytes_before,
                )
            )
        return tuple(stretches)

    def block_at(self, position: Position) -> Block | None:
        """The block that holds the position, or the last one before it."""
        for row in rows_of(self._connection, _FIND_BLOCK, position):
            return block_of(row)
        return None

    def block_from(self, position: Position) -> Block | None:
        """The block that holds the position, or the next one."""
        return next(self._blocks(position, POSITION_MAX), None)

    def numbers_of(self, types: Iterable[EventTypeId]) -> frozenset[int]:
        """The numbers of those types that were ever logged."""
        numbers = self.types.numbers
        return frozenset([numbers[type_id] for type_id in types if type_id in numbers])

    def _blocks(self, start: Position, before: Position) -> Iterator[Block]:
        """The blocks that hold a position at start ≤ position < before, ascending."""
        for row in self._connection.execute(_LIST_BLOCKS, (start, before)):
            block = block_of(row)
            if block.behind > start:
                yield block

    def _next_of(self, wanted: frozenset[int], start: Position) -> Position | None:
        """Where the next block with one of these types begins."""
        numbers = apsw.carray(array.array("q", wanted))
        first: Position | None
        ((first,),) = rows_of(self._connection, _FIND_NEXT_TYPE_BLOCK, numbers, start)
        return first


def _wanted(block: Block, inside: range, wanted: frozenset[int] | None) -> range | list[int]:
    if wanted is None:
        return inside
    return [at for at, number in enumerate(block.types[inside.start : inside.stop], inside.start) if number in wanted]


def _fitting(
    block: Block, indices: range | list[int], events_max: int, bytes_max: int, *, at_least: int
) -> tuple[int, int]:
    """How many of the events a page still takes, and how many bytes it takes after them."""
    ends = block.ends
    if isinstance(indices, range):  # neighbours: no need to add up
        fitting = (
            bisect.bisect_right(ends, ends[indices.start] + bytes_max, indices.start, indices.stop + 1)
            - 1
            - indices.start
        )
        fitting = min(max(fitting, at_least), len(indices), events_max)
        return fitting, bytes_max - (ends[indices.start + fitting] - ends[indices.start])
    for count, at in enumerate(indices):
        size = ends[at + 1] - ends[at]
        if count == events_max or (size > bytes_max and count >= at_least):
            return count, bytes_max
        bytes_max -= size
    return len(indices), bytes_max
