"""The reader: what waits for one webhook, in log order, from memory while it keeps up and from the log when it lags."""

from collections import deque
from collections.abc import Iterable, Sequence
from itertools import takewhile
from typing import Final

from bellwire.engine.terms import Terms
from bellwire.model.event import LoggedEvent, Position
from bellwire.model.positions import Positions, behind, from_on, holds
from bellwire.rules.matching import OWN_PREFIX, own_types, speaks_of
from bellwire.store import PAGE_EVENTS_MAX, EventLog, Page

HELD_EVENTS_MAX: Final = 10_000
"""Events that one reader holds in memory before it leaves the rest to the log."""

SHELF_BYTES_MAX: Final = 64 * 1024 * 1024
"""Bytes that all readers together hold of events that came while they kept up; an event counts for each holder."""

PAGES_PER_FILL: Final = 16
"""That a replay reads before others have their turn, though they hold nothing that is wanted."""

FETCHED_MAX: Final = 64
"""Positions of an explicit set that are read at once: any of their events may be large."""

READ_EVENTS_MIN: Final = 100
"""That are read at once though a batch holds fewer: a block of the log is read whole for one event as well."""

COUNTED_BYTES_MAX: Final = 1024 * 1024
"""Of own events that are looked at at once in order to count them."""


class Shelf:
    """The memory that readers share for events which they need not read from the log again."""

    def __init__(self, bytes_max: int = SHELF_BYTES_MAX) -> None:
        self.bytes_left = bytes_max


class Reader:
    """`position` is where it stands: everything wanted before it has been taken."""

    def __init__(self, log: EventLog, shelf: Shelf, terms: Terms, *, position: Position) -> None:
        self.log = log
        self._shelf = shelf
        self._terms = terms
        self._held: deque[LoggedEvent] = deque()
        self._held_bytes = 0
        self._read_to = position
        self._live = False
        self._seeks = 0

    @property
    def position(self) -> Position:
        """Of the first waiting event, as far as it is known; else the place up to which nothing waits."""
        if self._held:
            return self._held[0].position
        return self.end if self._live else self._read_to

    @property
    def end(self) -> Position:
        """Where what it reads ends."""
        part = self._terms.part
        return self.log.end if part is None else part.until

    @property
    def caught_up(self) -> bool:
        """Whether everything that waits is held in memory."""
        return self._live

    @property
    def held(self) -> int:
        """How many waiting events are held in memory."""
        return len(self._held)

    def waiting(self) -> Iterable[LoggedEvent]:
        """The waiting events that are held, in log order."""
        return self._held

    def waiting_before(self, end: Position) -> Iterable[LoggedEvent]:
        """Those of them that stand before a position."""
        if self._held and self._held[-1].position < end:
            return self._held
        return takewhile(lambda event: event.position < end, self._held)

    def offer(self, events: Sequence[LoggedEvent]) -> None:
        """Events of wanted types were logged: hold them while there is room for all, else leave them to the log."""
        if not self._live:
            return
        others = self._of_others(events)
        size_bytes = _size_of(others)
        if len(self._held) + len(others) > HELD_EVENTS_MAX or self._shelf.bytes_left < size_bytes:
            self._live = False
            self._read_to = events[0].position
            return
        self._hold(others, size_bytes)

    async def count(self, start: Position, *, before: Position) -> int:
        """How many wanted events are logged at start ≤ position < before. Own ones are looked at one by one: they are
        few.
        """
        part, types = self._terms.part, self._terms.types
        positions = None if part is None else part.positions
        if part is None or positions is None:
            count = await self.log.count(start, before=before, types=types)
        else:
            ahead = from_on(positions, start, count_max=part.until - part.since)
            count = await self.log.count_at(ahead, types=types)
        own, place = own_types(types), start
        while own and place < before:
            page = await self.log.read(
                place, before=before, types=own, events_max=PAGE_EVENTS_MAX, bytes_max=COUNTED_BYTES_MAX
            )
            counted = (event for event in page.events if positions is None or holds(positions, event.position))
            count -= sum(speaks_of(event, self._terms.webhook.id) for event in counted)
            place = page.next
        return count

    async def fill(self) -> None:
        """Hold enough for the largest batch, or all that waits; of a replay perhaps less."""
        pages = 0
        while not self._live and not self._is_filled() and (self._terms.part is None or pages < PAGES_PER_FILL):
            await self._read_page()
            pages += 1

    def take(self, count: int) -> tuple[LoggedEvent, ...]:
        """Hand over the first held events; they no longer wait."""
        taken = tuple([self._held.popleft() for _ in range(min(count, len(self._held)))])
        self._release(_size_of(taken))
        return taken

    def seek(self, position: Position) -> None:
        """Stand at another place; what was held is forgotten and read from the log again."""
        self._release(self._held_bytes)
        self._held.clear()
        self._live = False
        self._read_to = position
        self._seeks += 1

    def rest(self) -> None:
        """Stand at the end of the log, where nothing waits."""
        self.seek(self.log.end)
        self._live = True

    def _is_filled(self) -> bool:
        webhook = self._terms.object
        return len(self._held) >= webhook.max_batch_events or self._held_bytes >= webhook.max_batch_bytes

    async def _read_page(self) -> None:
        seeks, part = self._seeks, self._terms.part
        page = await (self._stretch() if part is None or part.positions is None else self._some_of(part.positions))
        if self._seeks != seeks:
            return
        others = self._of_others(page.events)
        self._hold(others, _size_of(others))
        self._read_to = page.next
        # Events that were logged while the page was read were not offered, so the end counts as it is now.
        self._live = page.next >= self.end

    async def _stretch(self) -> Page:
        webhook = self._terms.object
        return await self.log.read(
            self._read_to,
            before=self.end,
            types=self._terms.types,
            events_max=min(max(webhook.max_batch_events, READ_EVENTS_MIN), PAGE_EVENTS_MAX),
            bytes_max=webhook.max_batch_bytes,
        )

    async def _some_of(self, positions: Positions) -> Page:
        some = from_on(positions, self._read_to, count_max=FETCHED_MAX)
        types = self._terms.types
        wanted = tuple(event for event in await self.log.fetch(some) if event.type in types)
        return Page(events=wanted, next=behind(some) if some else self.end)

    def _of_others(self, events: Sequence[LoggedEvent]) -> Sequence[LoggedEvent]:
        """Those that are not about the very webhook, which does not get these."""
        if not any(event.type.startswith(OWN_PREFIX) for event in events):
            return events
        return [event for event in events if not speaks_of(event, self._terms.webhook.id)]

    def _hold(self, events: Sequence[LoggedEvent], size_bytes: int) -> None:
        self._held.extend(events)
        self._held_bytes += size_bytes
        self._shelf.bytes_left -= size_bytes

    def _release(self, size_bytes: int) -> None:
        self._held_bytes -= size_bytes
        self._shelf.bytes_left += size_bytes


def _size_of(events: Sequence[LoggedEvent]) -> int:
    return sum([len(event.encoded) for event in events])
