"""The tailer: reads the newest events that somebody wants to see, a bounded part of the log."""

from collections.abc import Callable
from typing import Final, NamedTuple

from bellwire.engine.recaller import EVENTS_STEP, EventsWanted
from bellwire.model.event import LoggedEvent, Position
from bellwire.model.webhook import MIB
from bellwire.rules.telling import wants_event
from bellwire.store import EventLog, EventSearch

LOOKED_AT_MAX: Final = 1_000
"""Events of the types that are wanted that one call looks at, to find those that it is asked for."""

LOOKED_AT_BYTES_MAX: Final = 4 * MIB
"""Of the same, together; a single event may go beyond."""


class Latest(NamedTuple):
    """events: the newest first. skipped: how many of the types that are wanted nobody has looked at, and whether or not
    they are wanted nobody knows. end: the position behind all of it.
    """

    events: tuple[LoggedEvent, ...]
    skipped: int
    end: Position


class Tailer:
    """Reads; changes nothing."""

    def __init__(self, log: EventLog) -> None:
        self._log = log

    async def latest(
        self, wanted: EventsWanted, since: Position | None, *, limit: int, holds: Callable[[LoggedEvent], bool]
    ) -> Latest:
        """The newest events that are wanted and for which `holds` says so, at that position or later; None, or a
        position that is not reached yet: as far back as it may look, and nothing counts as skipped.

        Raises StorageUnavailable.
        """
        end = self._log.end
        known = since is not None and since <= end
        start = max(since if since is not None and known else self._log.begin, self._log.begin)
        count = await self._log.count(start, before=end, types=wanted.types) if start < end else 0
        found: list[LoggedEvent] = []
        looked_at = size_bytes = 0
        before = end
        while looked_at < min(count, LOOKED_AT_MAX) and size_bytes < LOOKED_AT_BYTES_MAX and len(found) < limit:
            page = await self._log.search(EventSearch(types=wanted.types, before=before, limit=EVENTS_STEP))
            for event in page:
                if len(found) == limit or event.position < start:
                    break
                before = event.position
                looked_at += 1
                size_bytes += len(event.encoded)
                if wants_event(event, wanted.types, wanted.webhooks) and holds(event):
                    found.append(event)
            if len(page) < EVENTS_STEP:
                break
        return Latest(tuple(found), count - looked_at if known else 0, end)
