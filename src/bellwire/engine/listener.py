"""The listener: holds what one reader has not taken yet, within bounds, and counts what it could not hold."""

import asyncio
import collections
from collections.abc import Iterable
from typing import Final, NamedTuple

from msgspec.structs import replace

from bellwire.model.attempt import Attempt, AttemptId
from bellwire.model.change import NumberedChange
from bellwire.model.event import LoggedEvent, Position
from bellwire.model.live import NOTHING_MISSED, LiveKind, Missed, Place, Pulse, Wish
from bellwire.model.webhook import MIB
from bellwire.rules.telling import weight_of
from bellwire.store import NumberedDiscard

HELD_MAX: Final = 1_000
"""Of one reader that wait to be taken; what comes beyond is counted only."""

HELD_BYTES_MAX: Final = 2 * MIB
"""Of the same, as weight_of counts; a single item may go beyond."""

Item = LoggedEvent | Attempt | NumberedDiscard | NumberedChange


class Recalled(NamedTuple):
    """What happened behind a place, as far as it is told; end: what is known after it."""

    items: tuple[Item, ...]
    missed: Missed
    end: Place


class Told(NamedTuple):
    """One thing, and how far its reader knows all of it then."""

    what: Item | Missed | Pulse
    place: Place


class Listener:
    """One reader. Once something could not be held, nothing is until all that waits was taken: so there is one gap, at
    one place, and the reader is told of it there.
    """

    def __init__(self, wish: Wish, place: Place, *, log_end: Position) -> None:
        self.wish = wish
        self.woken = asyncio.Event()
        self.closed = False
        self._place = place
        self._seen = replace(place, position=log_end)
        self._recalled: collections.deque[Item] = collections.deque()
        self._recalled_ids: frozenset[AttemptId] = frozenset()
        self._recalled_end: Place | None = None
        self._waiting: collections.deque[Item] = collections.deque()
        self._bytes = 0
        self._missed_then = NOTHING_MISSED
        self._missed = NOTHING_MISSED

    @property
    def place(self) -> Place:
        """How far the reader knows everything, once it has what it took."""
        return self._place

    @property
    def held_bytes(self) -> int:
        """The weight of what waits."""
        return self._bytes

    def recall(self, recalled: Recalled) -> None:
        """Tell this before what has come since."""
        self._recalled.extend(recalled.items)
        self._recalled_ids = frozenset(item.id for item in recalled.items if isinstance(item, Attempt))
        self._recalled_end = recalled.end
        self._missed_then = recalled.missed
        if self._seen.attempt == self._place.attempt:  # none has come since
            self._seen = replace(self._seen, attempt=recalled.end.attempt)
        self.woken.set()

    def offer(self, item: Item) -> None:
        """Something wanted happened."""
        self._seen = advanced(self._seen, item)
        weight = _weight(item)
        full = len(self._waiting) >= HELD_MAX or (self._waiting and self._bytes + weight > HELD_BYTES_MAX)
        if full or self._missed != NOTHING_MISSED:
            self._missed = _with_one_more(self._missed, item)
        else:
            self._waiting.append(item)
            self._bytes += weight
        self.woken.set()

    def miss(self, kind: LiveKind, count: int) -> None:
        """So many happened that could not be read in time."""
        self._missed = replace(self._missed, **{kind.value: (getattr(self._missed, kind.value) or 0) + count})
        self.woken.set()

    def passed(self, items: Iterable[Item]) -> None:
        """These happened, wanted or not."""
        for item in items:
            self._seen = advanced(self._seen, item)

    def take(self) -> Told | None:
        """The next thing to tell; None: nothing waits."""
        if self._missed_then != NOTHING_MISSED:
            missed, self._missed_then = self._missed_then, NOTHING_MISSED
            return Told(missed, self._place)
        if self._recalled:
            return self._told(self._recalled.popleft())
        if self._recalled_end is not None:
            self._place, self._recalled_end = _latest(self._place, self._recalled_end), None
        while self._waiting:
            item = self._waiting.popleft()
            self._bytes -= _weight(item)
            if not self._knows(item):
                return self._told(item)
        self._place = _latest(self._place, self._seen)
        if self._missed != NOTHING_MISSED:
            missed, self._missed = self._missed, NOTHING_MISSED
            return Told(missed, self._place)
        return None

    def close(self) -> None:
        """Nothing more comes; what waits can still be taken."""
        self.closed = True
        self.woken.set()

    def _told(self, item: Item) -> Told:
        self._place = advanced(self._place, item)
        return Told(item, self._place)

    def _knows(self, item: Item) -> bool:
        """Whether it was recalled, too."""
        match item:
            case LoggedEvent():
                return item.position < self._place.position
            case Attempt():
                return item.id in self._recalled_ids
            case NumberedDiscard():
                return item.number <= self._place.discard
            case NumberedChange():
                return item.number <= self._place.change


def kind_of(item: Item) -> LiveKind:
    """What it is."""
    match item:
        case LoggedEvent():
            return LiveKind.EVENTS
        case Attempt():
            return LiveKind.ATTEMPTS
        case NumberedDiscard():
            return LiveKind.DISCARDS
        case NumberedChange():
            return LiveKind.CHANGES


def _weight(item: Item) -> int:
    match item:
        case NumberedDiscard(discard=discard):
            return weight_of(discard)
        case NumberedChange(change=change):
            return weight_of(change)
        case _:
            return weight_of(item)


def advanced(place: Place, item: Item) -> Place:
    """The place of somebody who knows this as well."""
    match item:
        case LoggedEvent():
            return replace(place, position=Position(item.position + 1))
        case Attempt():
            return replace(place, attempt=item.id)
        case NumberedDiscard():
            return replace(place, discard=item.number)
        case NumberedChange():
            return replace(place, change=item.number)


def _latest(known: Place, then: Place) -> Place:
    """What is known once both are; of attempts only the later call can tell."""
    return Place(
        position=max(known.position, then.position),
        discard=max(known.discard, then.discard),
        change=max(known.change, then.change),
        attempt=then.attempt,
    )


def _with_one_more(missed: Missed, item: Item) -> Missed:
    name = kind_of(item).value
    return replace(missed, **{name: (getattr(missed, name) or 0) + 1})
