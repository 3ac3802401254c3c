"""A store that lives in memory: for tests and trials; it keeps the contract except across the end of the process."""

from collections.abc import Sequence
from itertools import accumulate

from bellwire.errors import ConflictingEvent
from bellwire.model.audit import AuditEntry
from bellwire.model.change import Change
from bellwire.model.event import FIRST_POSITION, EventId, EventTypeId, LoggedEvent, NewEvent, Position
from bellwire.model.event_type import EventType
from bellwire.model.positions import Positions
from bellwire.model.stretch import Stretch
from bellwire.store import (
    Appended,
    EventSearch,
    Listener,
    Page,
)
from bellwire.stores.gate import Gate
from bellwire.stores.memory_directory import MemoryDirectory
from bellwire.stores.memory_journal import MemoryJournal
from bellwire.stores.memory_ledger import STEP_MAX, MemoryLedger
from bellwire.stores.memory_replays import MemoryReplays
from bellwire.stores.memory_sources import MemorySources
from bellwire.stores.memory_timeline import MemoryTimeline
from bellwire.stores.memory_webhooks import MemoryWebhooks
from bellwire.stores.repeating import Remains, digest_of, repeats, take_apart


class MemoryStore:
    """The seven parts in lists and dictionaries. Every call takes effect at once, without a turn of the event loop."""

    def __init__(self) -> None:
        self._gate = Gate()
        self.log = MemoryEventLog(self._gate)
        self.journal = MemoryJournal(self._gate)
        self.directory = MemoryDirectory(self._gate)
        self.registry = MemoryRegistry(self._gate, self.journal, self.directory)
        self.ledger = MemoryLedger(self._gate, self.registry.first_cursors, self.journal)
        self.replays = MemoryReplays(self._gate, self.registry.first_cursors, self.directory)
        self.timeline = MemoryTimeline(self._gate)

    def size_bytes(self) -> int:
        """The bytes of the logged events; nothing is on disk."""
        return self.log.retained_bytes

    def free_bytes(self) -> int | None:
        """It is on no file system."""
        return None

    async def give_back(self, *, spare_bytes: int) -> int:  # noqa: ARG002 - what is removed is gone at once
        """There are no files."""
        self._gate.check()
        return 0

    async def close(self) -> None:
        """Turn later calls away; a second call does nothing."""
        self._gate.close()


class MemoryEventLog:
    """The event with position p stands at index p - begin."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._begin = FIRST_POSITION
        self._bytes_removed = 0
        self.retained_bytes = 0
        self._events: list[LoggedEvent] = []
        self._removed: dict[EventId, Remains] = {}
        self._removed_at_ms: dict[EventId, int] = {}
        self._by_id: dict[EventId, LoggedEvent] = {}
        self._last_positions: dict[EventTypeId, Position] = {}
        self._listeners: list[Listener] = []

    @property
    def begin(self) -> Position:
        """The position of the first event that is retained, the end if none is."""
        return self._begin

    @property
    def end(self) -> Position:
        """The position behind the last logged event."""
        return Position(self._begin + len(self._events))

    @property
    def bytes_logged(self) -> int:
        """The bytes of all events that were ever logged."""
        return self._bytes_removed + self.retained_bytes

    def follow(self, listener: Listener) -> None:
        """Call the listener with every event that is logged from now on."""
        self._listeners.append(listener)

    async def append(self, events: Sequence[NewEvent], *, accepted_at_ms: int) -> Appended:
        """Put the events at the end of the log, all or none."""
        self._gate.check()
        fresh: dict[EventId, LoggedEvent] = {}
        for index, event in enumerate(events):
            known = self._known(event.id) or (fresh[event.id].encoded if event.id in fresh else None)
            if known is None:
                fresh[event.id] = LoggedEvent(
                    position=Position(self.end + len(fresh)),
                    accepted_at_ms=accepted_at_ms,
                    type=event.type,
                    encoded=event.encoded,
                )
            elif not repeats(event, known):
                raise ConflictingEvent(index, event.id)
        logged = tuple(fresh.values())
        self._events += logged
        self._by_id |= fresh
        self._last_positions |= {event.type: event.position for event in logged}
        self.retained_bytes += sum(len(event.encoded) for event in logged)
        if logged:
            for listener in self._listeners:
                listener(logged)
        return Appended(logged=logged, duplicates=len(events) - len(logged))

    async def read(
        self,
        start: Position,
        *,
        before: Position,
        types: frozenset[EventTypeId] | None,
        events_max: int,
        bytes_max: int,
    ) -> Page:
        """The events of these types at start ≤ position < before, ascending."""
        self._gate.check()
        page: list[LoggedEvent] = []
        page_bytes = 0
        for event in self._stretch(start, before):
            if types is not None and event.type not in types:
                continue
            if len(page) == events_max or (page and page_bytes + len(event.encoded) > bytes_max):
                return Page(events=tuple(page), next=event.position)
            page.append(event)
            page_bytes += len(event.encoded)
        return Page(events=tuple(page), next=max(start, before))

    async def fetch(self, positions: Positions) -> tuple[LoggedEvent, ...]:
        """The events at these positions, ascending."""
        self._gate.check()
        return tuple(event for first, last in positions for event in self._stretch(first, Position(last + 1)))

    async def find(self, event_id: EventId) -> LoggedEvent | None:
        """The event of that id."""
        self._gate.check()
        return self._by_id.get(event_id)

    async def search(self, search: EventSearch) -> tuple[LoggedEvent, ...]:
        """Events, newest first."""
        self._gate.check()
        found: list[LoggedEvent] = []
        for event in reversed(self._stretch(FIRST_POSITION, search.before or self.end)):
            if len(found) == search.limit:
                break
            if (
                (search.types is None or event.type in search.types)
                and (search.since_ms is None or search.since_ms <= event.accepted_at_ms)
                and (search.until_ms is None or event.accepted_at_ms < search.until_ms)
            ):
                found.append(event)
        return tuple(found)

    async def count(self, start: Position, *, before: Position, types: frozenset[EventTypeId] | None) -> int:
        """How many events of these types stand at start ≤ position < before."""
        self._gate.check()
        return sum(types is None or event.type in types for event in self._stretch(start, before))

    async def count_at(self, positions: Positions, *, types: frozenset[EventTypeId] | None) -> int:
        """How many of these positions hold an event of these types."""
        return sum(types is None or event.type in types for event in await self.fetch(positions))

    async def position_at(self, time_ms: int) -> Position:
        """Where the first event stands that was accepted at that time or later."""
        self._gate.check()
        return next((event.position for event in self._events if event.accepted_at_ms >= time_ms), self.end)

    async def last_positions(self) -> dict[EventTypeId, Position]:
        """For each type that was ever logged, the position of its last event."""
        self._gate.check()
        return dict(self._last_positions)

    async def bytes_before(self, position: Position) -> int:
        """The bytes of all events that were ever logged before this position."""
        self._gate.check()
        return self._bytes_removed + sum(len(event.encoded) for event in self._stretch(self._begin, position))

    async def oldest(self) -> tuple[Stretch, ...]:
        """The first events of the log, each a stretch of its own."""
        self._gate.check()
        first = self._events[:STEP_MAX]
        sizes = accumulate((len(event.encoded) for event in first), initial=self._bytes_removed)
        return tuple(
            Stretch(
                first=event.position,
                behind=Position(event.position + 1),
                accepted_at_ms=event.accepted_at_ms,
                bytes_before=bytes_before,
            )
            for event, bytes_before in zip(first, sizes, strict=False)
        )

    async def remove(self, *, before: Position, remembered_since_ms: int) -> None:
        """Remove the events before this position."""
        self._gate.check()
        for event in self._stretch(self._begin, before):
            taken = take_apart(event.encoded)
            del self._by_id[taken.id]
            if event.accepted_at_ms >= remembered_since_ms:
                self._removed[taken.id] = Remains(digest_of(taken.content))
                self._removed_at_ms[taken.id] = event.accepted_at_ms
            self._bytes_removed += len(event.encoded)
            self.retained_bytes -= len(event.encoded)
        del self._events[: max(0, before - self._begin)]
        self._begin = max(self._begin, before)

    async def forget(self, *, accepted_before_ms: int) -> int:
        """Forget ids of events that were removed and accepted earlier."""
        self._gate.check()
        old = [event_id for event_id, at_ms in self._removed_at_ms.items() if at_ms < accepted_before_ms][:STEP_MAX]
        for event_id in old:
            del self._removed[event_id], self._removed_at_ms[event_id]
        return len(old)

    def _known(self, event_id: EventId) -> bytes | Remains | None:
        event = self._by_id.get(event_id)
        return self._removed.get(event_id) if event is None else event.encoded

    def _stretch(self, start: Position, before: Position) -> list[LoggedEvent]:
        return self._events[max(0, start - self._begin) : max(0, before - self._begin)]


class MemoryRegistry(MemoryWebhooks, MemorySources):
    """Webhooks, sources and event types by their names."""

    def __init__(self, gate: Gate, journal: MemoryJournal, directory: MemoryDirectory) -> None:
        MemoryWebhooks.__init__(self, gate, journal, directory)
        MemorySources.__init__(self, gate, directory)
        self._types: dict[EventTypeId, EventType] = {}
        self._directory = directory

    async def declared_types(self) -> tuple[EventType, ...]:
        """The types that were declared, in the order of their ids."""
        self._gate.check()
        return tuple(self._types[type_id] for type_id in sorted(self._types))

    async def declare_types(
        self, types: Sequence[EventType], changes: Sequence[Change] = (), *, audit: AuditEntry
    ) -> None:
        """Add types, or replace those of the same id."""
        self._gate.check()
        self._types |= {event_type.id: event_type for event_type in types}
        self._journal.add(changes)
        self._directory.record(audit)
