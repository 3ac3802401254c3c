"""The event finder: finds events by what they say and whom they concern; a bounded number at a time."""

from typing import Final

from msgspec.structs import replace

from bellwire.engine.registrar import Registrar
from bellwire.engine.selector import Selector
from bellwire.model.event import EventTypeId, LoggedEvent
from bellwire.model.event_query import EventQuery, EventsFound
from bellwire.model.webhook import MIB
from bellwire.rules.comparing_data import meets
from bellwire.rules.matching import speaks_of
from bellwire.store import EventLog, EventSearch

EVENTS_LOOKED_MAX: Final = 10_000
BYTES_LOOKED_MAX: Final = 64 * MIB
"""Of one call, each; whoever wants more asks for the next page."""

PAGE_BYTES_MAX: Final = 16 * MIB
"""Events of a page, but that the last one may go beyond."""

EVENTS_STEP: Final = 50
"""What is read at once."""


class EventFinder:
    """Reads the log; changes nothing."""

    def __init__(self, log: EventLog, selector: Selector, *, registrar: Registrar) -> None:
        self._log = log
        self._selector = selector
        self._registrar = registrar

    async def find(self, query: EventQuery) -> EventsFound:
        """One page, newest first; see EventsFound. Raises UnknownThing for a webhook that is not there."""
        search = EventSearch(types=self._types(query), since_ms=query.since_ms, until_ms=query.until_ms)
        found: list[LoggedEvent] = []
        before, room, left = query.before, PAGE_BYTES_MAX, BYTES_LOOKED_MAX
        for _ in range(0, EVENTS_LOOKED_MAX, EVENTS_STEP):
            count = EVENTS_STEP if query.conditions else min(EVENTS_STEP, query.limit - len(found) + 1)
            step = await self._log.search(replace(search, before=before, limit=count))
            for event in step:
                if len(found) >= query.limit or room <= 0 or left <= 0:
                    return EventsFound(events=tuple(found), next=before)
                before = event.position
                left -= len(event.encoded)
                if _is_meant(event, query):
                    found.append(event)
                    room -= len(event.encoded)
            if len(step) < count:
                return EventsFound(events=tuple(found), next=None)
        return EventsFound(events=tuple(found), next=before)

    def _types(self, query: EventQuery) -> frozenset[EventTypeId] | None:
        if query.webhook_id is None:
            return query.types
        wanted = self._selector.types(self._registrar.get(query.webhook_id).object)
        return wanted if query.types is None else wanted & query.types


def _is_meant(event: LoggedEvent, query: EventQuery) -> bool:
    if query.webhook_id is not None and speaks_of(event, query.webhook_id):
        return False
    return not query.conditions or meets(event.encoded, query.conditions)
