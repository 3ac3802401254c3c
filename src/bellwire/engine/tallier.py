"""The tallier: sums up what webhooks have given up, so that each is spoken of once a minute at most."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from bellwire.clock import Clock
from bellwire.model.cursor import Cursor, CursorMove, Discard
from bellwire.model.event import Position
from bellwire.model.positions import count_of, each_of, each_of_descending, holds, runs_of
from bellwire.model.webhook import MIB, RegisteredWebhook, WebhookId
from bellwire.rules.announcing import Tally, add_up, discards_told
from bellwire.rules.matching import own_types
from bellwire.store import EventLog

PAUSE_MS: Final = 60_000
"""Between two events about what one webhook has given up."""

OWN_READ_MAX: Final = 1_000
"""Own events that are read at once in order to leave them out."""


class _Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a webhook. tally: what is to be told still; told_at_ms: when it was spoken of last."""

    webhook: RegisteredWebhook
    cursor: Cursor
    tally: Tally | None
    told_at_ms: int | None


class Tallier:
    """Discards of own events are left out: two webhooks that list them would tell each other of them for ever."""

    def __init__(self, log: EventLog, *, clock: Clock) -> None:
        self._log = log
        self._clock = clock
        self._entries: dict[WebhookId, _Entry] = {}

    async def add(self, webhook: RegisteredWebhook, move: CursorMove) -> None:
        """Add up what a move of a webhook's cursor gave up."""
        known = self._entries.get(webhook.id)
        tally = None if known is None else known.tally
        for discard in move.discards:
            tally = await self._added(tally, webhook, discard)
        told_at_ms = None if known is None else known.told_at_ms
        if tally is not None:
            entry = _Entry(webhook=webhook, cursor=move.after, tally=tally, told_at_ms=told_at_ms)
            self._entries[webhook.id] = entry

    def next_due_ms(self) -> int | None:
        """When something is to be told, or may be forgotten."""
        return min(map(_due_ms, self._entries.values()), default=None)

    def take_due(self, *, all_of_them: bool) -> Iterator[tuple[WebhookId, dict[str, Any]]]:
        """What is to be told now, the data of an event for each webhook; all_of_them: before its minute is over too."""
        now_ms = self._clock.steady_ms()
        for webhook_id, entry in list(self._entries.items()):
            if _due_ms(entry) > now_ms and not all_of_them:
                continue
            if entry.tally is None:
                del self._entries[webhook_id]
                continue
            self._entries[webhook_id] = msgspec.structs.replace(entry, tally=None, told_at_ms=now_ms)
            yield webhook_id, discards_told(entry.webhook, entry.cursor, entry.tally)

    async def _added(self, tally: Tally | None, webhook: RegisteredWebhook, discard: Discard) -> Tally | None:
        own = await self._own_among(webhook, discard)
        count = count_of(discard.members) - len(own)
        if not count:
            return tally
        first = next(position for position in each_of(discard.members) if position not in own)
        last = next(position for position in each_of_descending(discard.members) if position not in own)
        events = await self._log.fetch(runs_of(sorted({first, last})))
        return add_up(tally, discard.reason, count=count, events=events)

    async def _own_among(self, webhook: RegisteredWebhook, discard: Discard) -> frozenset[Position]:
        """Which of the events are own ones; only a webhook that lists them can have any."""
        own = own_types(webhook.object.events)
        place, behind = discard.members[0][0], Position(discard.members[-1][1] + 1)
        found: set[Position] = set()
        while own and place < behind:
            page = await self._log.read(place, before=behind, types=own, events_max=OWN_READ_MAX, bytes_max=MIB)
            found.update(event.position for event in page.events if holds(discard.members, event.position))
            place = page.next
        return frozenset(found)


def _due_ms(entry: _Entry) -> int:
    return 0 if entry.told_at_ms is None else entry.told_at_ms + PAUSE_MS
