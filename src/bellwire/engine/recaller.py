"""The recaller: reads from log, ledger and journal what happened behind a place, a bounded part of it."""

import heapq
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple, TypeVar

from bellwire.engine.listener import HELD_BYTES_MAX, Item, Recalled
from bellwire.model.attempt import Attempt, AttemptId
from bellwire.model.change import NumberedChange
from bellwire.model.event import EventTypeId, LoggedEvent, Position
from bellwire.model.live import LiveKind, Missed, Place, Wish
from bellwire.model.webhook import RegisteredWebhook
from bellwire.rules.telling import wants, wants_event
from bellwire.store import (
    AttemptSearch,
    ChangeSearch,
    DiscardSearch,
    EventSearch,
    NumberedDiscard,
    Store,
)

RECALLED_MAX: Final = 1_000
"""Of each kind, the newest; of attempts, discards and changes so many are looked at."""

EVENTS_STEP: Final = 20
STEP: Final = 200
"""What is read at once."""

Numbered = TypeVar("Numbered", NumberedDiscard, NumberedChange)


class EventsWanted(NamedTuple):
    """types: of rules/telling.py; webhooks: those that the wish names, None for no such wish."""

    types: frozenset[EventTypeId] | None
    webhooks: tuple[RegisteredWebhook, ...] | None


class Recaller:
    """Reads; changes nothing."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def newest(self) -> Place:
        """How far somebody knows everything who knows all that has happened."""
        attempts = await self._store.ledger.attempts(AttemptSearch(limit=1))
        discards = await self._store.ledger.discards(DiscardSearch(limit=1))
        changes = await self._store.journal.changes(ChangeSearch(limit=1))
        return Place(
            position=self._store.log.end,
            discard=discards[0].number if discards else 0,
            change=changes[0].number if changes else 0,
            attempt=attempts[0].id if attempts else AttemptId(""),
        )

    async def recall(self, wish: Wish, wanted: EventsWanted, place: Place, *, before: Position) -> Recalled:
        """What happened from that place on, events before that position; in order of each kind, the kinds by their
        times. Raises StorageUnavailable.
        """
        events: Sequence[LoggedEvent] = ()
        events_missed: int | None = 0
        if LiveKind.EVENTS in wish.kinds:
            events, events_missed = await self._events(wanted, place.position, before=before)
        attempts, attempts_missed = await self._attempts(place.attempt)
        discards, discards_missed = await self.discards(place.discard)
        changes, changes_missed = await self.changes(place.change)
        told: list[list[Item]] = [
            [*events],
            [attempt for attempt in attempts if wants(attempt, wish)],
            [one for one in discards if wants(one.discard, wish)],
            [one for one in changes if wants(one.change, wish)],
        ]
        end = Place(
            position=before,
            discard=discards[-1].number if discards else place.discard,
            change=changes[-1].number if changes else place.change,
            attempt=attempts[-1].id if attempts else place.attempt,
        )
        missed = Missed(
            events=events_missed,
            attempts=attempts_missed if LiveKind.ATTEMPTS in wish.kinds else 0,
            discards=_told_count(discards_missed, wish, LiveKind.DISCARDS),
            changes=_told_count(changes_missed, wish, LiveKind.CHANGES),
        )
        return Recalled(items=tuple(heapq.merge(*told, key=_at_ms)), missed=missed, end=end)

    async def discards(self, after: int) -> tuple[list[NumberedDiscard], int]:
        """The newest discards behind that number, ascending, and how many others there were."""

        async def read(before: int | None) -> Sequence[NumberedDiscard]:
            return await self._store.ledger.discards(DiscardSearch(before=before, limit=STEP))

        return await _behind(after, read)

    async def changes(self, after: int) -> tuple[list[NumberedChange], int]:
        """The newest changes behind that number, of whatever subject, ascending, and how many others there were."""

        async def read(before: int | None) -> Sequence[NumberedChange]:
            return await self._store.journal.changes(ChangeSearch(before=before, limit=STEP))

        return await _behind(after, read)

    async def _events(
        self, wanted: EventsWanted, start: Position, *, before: Position
    ) -> tuple[list[LoggedEvent], int | None]:
        """The newest events that are wanted, ascending, and how many of those before them are."""
        found: list[LoggedEvent] = []
        size_bytes, first = 0, before
        while first > start and len(found) < RECALLED_MAX:
            search = EventSearch(types=wanted.types, before=first, limit=EVENTS_STEP)
            page = [event for event in await self._store.log.search(search) if event.position >= start]
            for event in page:
                size_bytes += len(event.encoded)
                if size_bytes > HELD_BYTES_MAX or len(found) >= RECALLED_MAX:
                    return found[::-1], await self._missed_events(wanted, start, before=first)
                first = event.position
                if wants_event(event, wanted.types, wanted.webhooks):
                    found.append(event)
            if len(page) < EVENTS_STEP:
                first = start
        return found[::-1], await self._missed_events(wanted, start, before=first)

    async def _missed_events(self, wanted: EventsWanted, start: Position, *, before: Position) -> int | None:
        begin = self._store.log.begin
        if start < begin and wanted.types is not None:
            return None
        removed = max(0, begin - start)
        left = await self._store.log.count(start, before=before, types=wanted.types) if start < before else 0
        return removed + left

    async def _attempts(self, after: AttemptId) -> tuple[list[Attempt], int | None]:
        """The newest attempts that were recorded behind that one, the oldest first; and whether there were others."""
        found: list[Attempt] = []
        while len(found) < RECALLED_MAX:
            before = found[-1].id if found else None
            page = await self._store.ledger.attempts(AttemptSearch(before=before, limit=STEP))
            for attempt in page:
                if attempt.id == after:
                    return found[::-1], 0
                found.append(attempt)
            if len(page) < STEP:
                return found[::-1], None if after else 0
        return found[::-1], None


async def _behind(
    after: int, read: Callable[[int | None], Awaitable[Sequence[Numbered]]]
) -> tuple[list[Numbered], int]:
    """Numbers have no gaps but where something was removed."""
    found: list[Numbered] = []
    while len(found) < RECALLED_MAX:
        page = await read(found[-1].number if found else None)
        newer = [one for one in page if one.number > after]
        found += newer
        if len(page) < STEP or len(newer) < len(page):
            break
    missed = found[-1].number - after - 1 if found else 0
    return found[::-1], missed


def _told_count(missed: int, wish: Wish, kind: LiveKind) -> int | None:
    """How many of those are wanted that nobody has looked at."""
    if kind not in wish.kinds:
        return 0
    return None if missed and (wish.webhook_ids is not None or wish.types is not None) else missed


def _at_ms(item: Item) -> int:
    match item:
        case LoggedEvent():
            return item.accepted_at_ms
        case Attempt():
            return item.at_ms
        case NumberedDiscard(discard=discard):
            return discard.at_ms
        case NumberedChange(change=change):
            return change.at_ms
