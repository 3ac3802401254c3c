"""The event log in SQLite, as the event loop sees it."""

from collections.abc import Sequence

from bellwire.model.event import EventId, EventTypeId, LoggedEvent, NewEvent, Position
from bellwire.model.positions import Positions
from bellwire.model.stretch import Stretch
from bellwire.store import PAGE_BYTES_MAX, PAGE_EVENTS_MAX, Appended, EventSearch, Listener, Page
from bellwire.stores.sqlite.appending import Appender, AppendWork, LogEnd
from bellwire.stores.sqlite.connection import unavailable_if_it_fails
from bellwire.stores.sqlite.logged_types import list_logged_types
from bellwire.stores.sqlite.readers import Readers
from bellwire.stores.sqlite.reading import LogReader
from bellwire.stores.sqlite.removing import ForgetIds, Remover, prepare_removal
from bellwire.stores.sqlite.searching import LogSearcher
from bellwire.stores.sqlite.writer import Writer


class Followers:
    """Those who follow the log, and how far they know it. begin: None while it holds nothing."""

    def __init__(self, begin: Position | None, end: LogEnd) -> None:
        self.end = end
        self.listeners: list[Listener] = []
        self._begin = begin

    @property
    def begin(self) -> Position:
        """Where the log begins now."""
        return self.end.next if self._begin is None else self._begin

    def announce(self, events: Sequence[LoggedEvent], end: LogEnd) -> None:
        """Tell them of a commit group; the writer sees to it that this runs on the event loop, in log order."""
        self.end = end
        if self._begin is None:
            self._begin = events[0].position
        for listener in self.listeners:
            listener(events)

    def removed(self, begin: Position) -> None:
        """The log begins there from now on."""
        self._begin = begin if begin < self.end.next else None


class SqliteEventLog:
    """Appends go through the writer, short reads through the loop's own connection, longer ones through the readers."""

    def __init__(
        self,
        reader: LogReader,
        readers: Readers,
        writer: Writer,
        *,
        appender: Appender,
        remover: Remover,
        followers: Followers,
    ) -> None:
        self._reader = reader
        self._readers = readers
        self._writer = writer
        self._appender = appender
        self._remover = remover
        self._followers = followers

    @property
    def begin(self) -> Position:
        """The position of the first event that is retained, the end if none is."""
        return self._followers.begin

    @property
    def end(self) -> Position:
        """The position behind the last event that the listeners know."""
        return self._followers.end.next

    @property
    def bytes_logged(self) -> int:
        """The bytes of all events that were ever logged before the end."""
        return self._followers.end.bytes_logged

    def follow(self, listener: Listener) -> None:
        """Call the listener with every event that is logged from now on, once for each commit group."""
        self._followers.listeners.append(listener)

    async def append(self, events: Sequence[NewEvent], *, accepted_at_ms: int) -> Appended:
        """Put the events at the end of the log, all or none."""
        if not events:
            self._readers.gate.check()
            return Appended(logged=(), duplicates=0)
        appended: Appended = await self._writer.write(
            self._appender,
            AppendWork(tuple(events), accepted_at_ms),
            size_bytes=sum([len(event.encoded) for event in events]),
        )
        return appended

    async def read(
        self,
        start: Position,
        *,
        before: Position,
        types: frozenset[EventTypeId] | None,
        events_max: int,
        bytes_max: int,
    ) -> Page:
        """A page of the log; PAGE_EVENTS_MAX and PAGE_BYTES_MAX bound it also where the caller asks for more."""
        self._readers.gate.check()
        with unavailable_if_it_fails("the event log could not be read"):
            return self._reader.page(
                start,
                before=before,
                types=types,
                events_max=min(events_max, PAGE_EVENTS_MAX),
                bytes_max=min(bytes_max, PAGE_BYTES_MAX),
            )

    async def fetch(self, positions: Positions) -> tuple[LoggedEvent, ...]:
        """The events at these positions, ascending."""
        self._readers.gate.check()
        with unavailable_if_it_fails("the event log could not be read"):
            return self._reader.fetch(positions)

    async def find(self, event_id: EventId) -> LoggedEvent | None:
        """The event of that id."""
        self._readers.gate.check()
        with unavailable_if_it_fails("the event log could not be read"):
            return self._reader.find(event_id)

    async def search(self, search: EventSearch) -> tuple[LoggedEvent, ...]:
        """Events, newest first."""
        return await self._readers.read(lambda connection: LogSearcher(connection, self._reader.types).search(search))

    async def count(self, start: Position, *, before: Position, types: frozenset[EventTypeId] | None) -> int:
        """How many events of these types stand at start ≤ position < before."""
        return await self._readers.read(
            lambda connection: LogSearcher(connection, self._reader.types).count(start, before=before, types=types)
        )

    async def count_at(self, positions: Positions, *, types: frozenset[EventTypeId] | None) -> int:
        """How many of these positions hold an event of these types."""
        return await self._readers.read(
            lambda connection: LogSearcher(connection, self._reader.types).count_at(positions, types=types)
        )

    async def position_at(self, time_ms: int) -> Position:
        """Where the first event stands up to which one was accepted at that time or later."""
        position = await self._readers.read(
            lambda connection: LogSearcher(connection, self._reader.types).position_at(time_ms)
        )
        return min(position, self.end)

    async def last_positions(self) -> dict[EventTypeId, Position]:
        """For each type that was ever logged, the position of its last event."""
        rows = await self._readers.read(list_logged_types)
        return {name: last_position for _, name, last_position, _ in rows}

    async def bytes_before(self, position: Position) -> int:
        """The bytes of all events that were ever logged before this position."""
        self._readers.gate.check()
        if position >= self.end:
            return self.bytes_logged
        with unavailable_if_it_fails("the event log could not be read"):
            bytes_before = self._reader.bytes_before(position)
        return self.bytes_logged if bytes_before is None else bytes_before

    async def oldest(self) -> tuple[Stretch, ...]:
        """The first blocks of the log."""
        self._readers.gate.check()
        with unavailable_if_it_fails("the event log could not be read"):
            return self._reader.oldest(end=self.end, bytes_logged=self.bytes_logged)

    async def remove(self, *, before: Position, remembered_since_ms: int) -> None:
        """Remove the blocks before this position."""
        removal = await self._readers.read(
            lambda connection: prepare_removal(connection, before, remembered_since_ms=remembered_since_ms)
        )
        await self._writer.write(self._remover, removal)

    async def forget(self, *, accepted_before_ms: int) -> int:
        """Forget ids of events that were removed and accepted earlier."""
        forgotten: int = await self._writer.write(self._remover, ForgetIds(accepted_before_ms))
        return forgotten
