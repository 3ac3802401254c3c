"""The event log's part of a group: what is new of each append, where it goes, and the rows that say so."""

import collections
from collections.abc import Callable, Mapping, Sequence
from typing import Final, cast

import apsw
import msgspec

from bellwire.errors import ConflictingEvent
from bellwire.model.event import EventTypeId, LoggedEvent, NewEvent, Position
from bellwire.model.positions import runs_of
from bellwire.store import Appended
from bellwire.stores.repeating import DIGEST_BYTES, Remains, repeats
from bellwire.stores.sqlite.block import BlockRow, cut_blocks, row_of
from bellwire.stores.sqlite.connection import rows_of
from bellwire.stores.sqlite.event_key import keys_of
from bellwire.stores.sqlite.logged_types import LoggedTypes, Tally
from bellwire.stores.sqlite.reading import LogReader
from bellwire.stores.sqlite.statements import statement
from bellwire.stores.sqlite.writer import Written

_ADD_BLOCKS: Final = statement("add_blocks")
_ADD_EVENT_IDS: Final = statement("add_event_ids")
_ADD_TYPE_BLOCKS: Final = statement("add_type_blocks")
_PUT_LOGGED_TYPES: Final = statement("put_logged_types")
_FIND_KNOWN_IDS: Final = statement("find_known_ids")
_FIND_LOG_END: Final = statement("find_log_end")
_FIND_REMOVED_BLOCK: Final = statement("find_removed_block")
_MOVE_LOG_END: Final = statement("move_log_end")


class AppendWork(msgspec.Struct, frozen=True):
    """One call of append."""

    events: Sequence[NewEvent]
    accepted_at_ms: int


class LogEnd(msgspec.Struct, frozen=True):
    """Where the log goes on, the latest time of acceptance so far, the bytes of all events that were ever logged."""

    next: Position
    latest_ms: int
    bytes_logged: int


def find_log_end(connection: apsw.Connection) -> LogEnd:
    """Where the log goes on, as the file says."""
    ((next_position, latest_ms, bytes_logged),) = rows_of(connection, _FIND_LOG_END)
    return LogEnd(Position(next_position), latest_ms, bytes_logged)


Known = dict[bytes, bytes | Remains]
"""By their keys: what is known of events, encoded or what was kept of them."""

Announce = Callable[[Sequence[LoggedEvent], LogEnd], None]
"""Takes a group's events in log order, and the end of the log behind them; called on the event loop."""


class Appender:
    """Lives in the writer's thread, on its connection. What it remembers changes only once a group is on disk."""

    def __init__(self, connection: apsw.Connection, types: LoggedTypes, end: LogEnd, announce: Announce) -> None:
        self._connection = connection
        self._types = types
        self._announce = announce
        self._reader = LogReader(connection, types)
        self._end = end

    def write(self, works: Sequence[AppendWork]) -> Written:
        """Write the events that are new, as neighbours in the order of the works."""
        outcomes, keys = self._decide(works)
        logged = [event for outcome in outcomes if isinstance(outcome, Appended) for event in outcome.logged]
        if not logged:
            return Written(outcomes)
        end, tallies = self._write_blocks(logged)
        self._connection.execute(_ADD_EVENT_IDS, (apsw.carray(tuple(keys)), logged[0].position))
        self._connection.execute(_MOVE_LOG_END, (end.next, end.latest_ms, end.bytes_logged))

        def keep() -> None:
            self._end = end
            self._types.tallies |= tallies

        return Written(outcomes, keep, lambda: self._announce(logged, end))

    def _decide(self, works: Sequence[AppendWork]) -> tuple[list[Appended | ConflictingEvent], list[bytes]]:
        """What becomes of each work, and the keys of the events that are new."""
        keys = keys_of([event.id for work in works for event in work.events])
        given = [
            key
            for key, event in zip(keys, (event for work in works for event in work.events), strict=True)
            if event.id_given
        ]
        if not given:
            return self._log_all(works), list(keys)
        return self._log_what_is_new(works, keys, self._known_of(given))

    def _log_all(self, works: Sequence[AppendWork]) -> list[Appended | ConflictingEvent]:
        outcomes: list[Appended | ConflictingEvent] = []
        position = self._end.next
        for work in works:
            logged = _logged(work.events, position, work.accepted_at_ms)
            outcomes.append(Appended(logged=logged, duplicates=0))
            position = Position(position + len(logged))
        return outcomes

    def _log_what_is_new(
        self, works: Sequence[AppendWork], keys: Sequence[bytes], known: Known
    ) -> tuple[list[Appended | ConflictingEvent], list[bytes]]:
        outcomes: list[Appended | ConflictingEvent] = []
        new_keys: list[bytes] = []
        position = self._end.next
        at = 0
        for work in works:
            fresh = _fresh_of(work.events, keys[at : at + len(work.events)], known)
            at += len(work.events)
            if isinstance(fresh, ConflictingEvent):
                outcomes.append(fresh)
                continue
            logged = _logged(list(fresh.values()), position, work.accepted_at_ms)
            outcomes.append(Appended(logged=logged, duplicates=len(work.events) - len(logged)))
            position = Position(position + len(logged))
            new_keys += fresh
            known |= {key: event.encoded for key, event in fresh.items()}
        return outcomes, new_keys

    def _known_of(self, keys: Sequence[bytes]) -> Known:
        """What is known of these keys."""
        positions = dict(self._connection.execute(_FIND_KNOWN_IDS, (apsw.carray(tuple(keys)),)))
        events = self._reader.fetch(runs_of(sorted(set(positions.values()))))
        contents: dict[Position, bytes | Remains] = {event.position: event.encoded for event in events}
        contents |= self._remains_at(sorted(set(positions.values()) - contents.keys()))
        return {key: contents[position] for key, position in positions.items() if position in contents}

    def _remains_at(self, positions: Sequence[Position]) -> dict[Position, Remains]:
        """What was kept of the removed events at these positions, which ascend."""
        remains: dict[Position, Remains] = {}
        first, digests = Position(0), b""
        for position in positions:
            if not first <= position < first + len(digests) // DIGEST_BYTES:
                first, digests = next(iter(rows_of(self._connection, _FIND_REMOVED_BLOCK, position)), (position, b""))
            at = (position - first) * DIGEST_BYTES
            if at < len(digests):
                remains[position] = Remains(digests[at : at + DIGEST_BYTES])
        return remains

    def _write_blocks(self, logged: Sequence[LoggedEvent]) -> tuple[LogEnd, dict[EventTypeId, Tally]]:
        latest_ms, bytes_logged = self._end.latest_ms, self._end.bytes_logged
        tallies: dict[EventTypeId, Tally] = {}
        rows: list[BlockRow] = []
        type_blocks: list[tuple[int, Position, int]] = []
        for run in cut_blocks(logged):
            latest_ms = max(latest_ms, run[0].accepted_at_ms)
            for type_id, count in collections.Counter([event.type for event in run]).items():
                total = self._tally(type_id, tallies).total
                type_blocks.append((self._types.number(type_id), run[0].position, total))
                tallies[type_id] = Tally(Position(0), total + count)
            rows.append(row_of(run, self._types.numbers, latest_ms=latest_ms, bytes_before=bytes_logged))
            bytes_logged += sum([len(event.encoded) for event in run])
        lasts = {event.type: event.position for event in logged}
        tallies = {type_id: Tally(lasts[type_id], tally.total) for type_id, tally in tallies.items()}
        self._connection.executemany(_ADD_BLOCKS, rows)
        self._connection.execute(_ADD_TYPE_BLOCKS, (_json_of(sorted(type_blocks)),))
        self._connection.execute(
            _PUT_LOGGED_TYPES,
            (
                _json_of(
                    [
                        (self._types.number(type_id), type_id, tally.last_position, tally.total)
                        for type_id, tally in tallies.items()
                    ]
                ),
            ),
        )
        return LogEnd(Position(logged[-1].position + 1), latest_ms, bytes_logged), tallies

    def _tally(self, type_id: EventTypeId, group: Mapping[EventTypeId, Tally]) -> Tally:
        return group.get(type_id) or self._types.tallies.get(type_id) or Tally(Position(0), 0)


def _fresh_of(
    events: Sequence[NewEvent], keys: Sequence[bytes], known: Mapping[bytes, bytes | Remains]
) -> dict[bytes, NewEvent] | ConflictingEvent:
    """The events that are new, by their keys; or the conflict that fails the call."""
    fresh: dict[bytes, NewEvent] = {}
    for index, (key, event) in enumerate(zip(keys, events, strict=True)):
        first = known.get(key)
        if first is None and key in fresh:
            first = fresh[key].encoded
        if first is None:
            fresh[key] = event
        elif not repeats(event, first):
            return ConflictingEvent(index, event.id)
    return fresh


def _logged(events: Sequence[NewEvent], first: Position, accepted_at_ms: int) -> tuple[LoggedEvent, ...]:
    positions = cast("Sequence[Position]", range(first, first + len(events)))
    return tuple(
        [
            LoggedEvent(position=position, accepted_at_ms=accepted_at_ms, type=event.type, encoded=event.encoded)
            for position, event in zip(positions, events, strict=True)
        ]
    )


def _json_of(rows: Sequence[tuple[object, ...]]) -> str:
    return msgspec.json.encode(rows).decode()
