"""Blocks: runs of neighbouring events as the log stores them, one row each."""

import bisect
import itertools
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, cast

import msgspec

from bellwire.model.event import EventTypeId, LoggedEvent, Position
from bellwire.stores.sqlite.connection import Row

BLOCK_EVENTS_MAX: Final = 1_000
BLOCK_BYTES_MAX: Final = 320 * 1024

_NUMBER_BYTES: Final = 4


class Block(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Events at first ≤ position < first + len(types), accepted at one millisecond.

    ends: where the event with that index ends in encoded, after a leading 0. types: numbers.
    """

    first: Position
    accepted_at_ms: int
    ends: tuple[int, ...]
    types: tuple[int, ...]
    encoded: bytes

    @property
    def behind(self) -> Position:
        """The position after the last event."""
        return Position(self.first + len(self.types))


BlockRow = tuple[Position, int, int, int, bytes, bytes, bytes]
"""first, accepted_at_ms, late_by_ms, bytes_before, ends, types, encoded"""


def cut_blocks(events: Sequence[LoggedEvent]) -> Iterator[Sequence[LoggedEvent]]:
    """Cut neighbours into runs of one time each, within the limits of a block; a larger event stands alone."""
    at = 0
    while at < len(events):
        run = events[at : at + BLOCK_EVENTS_MAX]
        count = min(_of_one_time(run), _within_bytes(run))
        yield run[:count]
        at += count


def _of_one_time(run: Sequence[LoggedEvent]) -> int:
    first_ms = run[0].accepted_at_ms
    times = [event.accepted_at_ms for event in run]
    if times.count(first_ms) == len(times):
        return len(times)
    return next(at for at, time_ms in enumerate(times) if time_ms != first_ms)


def _within_bytes(run: Sequence[LoggedEvent]) -> int:
    ends = list(itertools.accumulate([len(event.encoded) for event in run]))
    return max(1, bisect.bisect_right(ends, BLOCK_BYTES_MAX))


def row_of(
    events: Sequence[LoggedEvent], numbers: Mapping[EventTypeId, int], *, latest_ms: int, bytes_before: int
) -> BlockRow:
    """The row of a run. latest_ms: the latest time of acceptance up to and including the run. bytes_before: of all
    events that were ever logged before it.
    """
    pieces = [event.encoded for event in events]
    form = _form(len(pieces))
    return (
        events[0].position,
        events[0].accepted_at_ms,
        latest_ms - events[0].accepted_at_ms,
        bytes_before,
        struct.pack(form, *itertools.accumulate(map(len, pieces))),
        struct.pack(form, *[numbers[event.type] for event in events]),
        b"".join(pieces),
    )


def block_of(row: Row) -> Block:
    """The block in a row of find_block or list_blocks."""
    first, accepted_at_ms, ends, types, encoded = row
    form = _form(len(ends) // _NUMBER_BYTES)
    return Block(
        first=first,
        accepted_at_ms=accepted_at_ms,
        ends=(0, *struct.unpack(form, ends)),
        types=struct.unpack(form, types),
        encoded=encoded,
    )


def events_of(block: Block, indices: Sequence[int], names: Mapping[int, EventTypeId]) -> list[LoggedEvent]:
    """The events with these indices."""
    first, accepted_at_ms, ends, types, encoded = (
        block.first,
        block.accepted_at_ms,
        block.ends,
        block.types,
        block.encoded,
    )
    positions = cast("Sequence[Position]", range(first, first + len(types)))
    return [
        LoggedEvent(
            position=positions[at],
            accepted_at_ms=accepted_at_ms,
            type=names[types[at]],
            encoded=encoded[ends[at] : ends[at + 1]],
        )
        for at in indices
    ]


def bytes_up_to(count: int, ends: bytes) -> int:
    """How many bytes the first events of a block take; of all of them where it holds no more. ends: as stored."""
    count = min(count, len(ends) // _NUMBER_BYTES)
    return int.from_bytes(ends[(count - 1) * _NUMBER_BYTES : count * _NUMBER_BYTES], "little") if count > 0 else 0


def _form(count: int) -> str:
    return f"<{count}I"
