"""The coroner: finds events that were given up, and says for what reason; a bounded search at a time."""

from itertools import islice
from typing import Final

import msgspec

from bellwire.model.cursor import Discard, DiscardReason
from bellwire.model.event import LoggedEvent
from bellwire.model.positions import each_of_descending, runs_of
from bellwire.model.status import DeadLetter, DeadLetterPage, DeadLetterSearch
from bellwire.model.webhook import MIB, WebhookId
from bellwire.store import DiscardSearch, NumberedDiscard, Store

DISCARDS_LOOKED_MAX: Final = 10_000
EVENTS_LOOKED_MAX: Final = 10_000
"""Of one call, each; whoever wants more asks for the next page."""

PAGE_BYTES_MAX: Final = 16 * MIB
"""Events of a page, but that the last one may go beyond."""

DISCARDS_STEP: Final = 500
EVENTS_STEP: Final = 50
"""What is read at once."""


class Coroner:
    """Reads the ledger and the log; changes nothing."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def search(self, search: DeadLetterSearch) -> DeadLetterPage:
        """One page, newest first; see DeadLetterPage."""
        page = _Page(search)
        below = None if search.before is None else search.before[0] + 1
        for _ in range(0, DISCARDS_LOOKED_MAX, DISCARDS_STEP):
            found = await self._store.ledger.discards(
                DiscardSearch(webhook_id=search.webhook_id, since_ms=search.since_ms, before=below, limit=DISCARDS_STEP)
            )
            for numbered in found:
                if _is_meant(numbered.discard, search):
                    await self._open(numbered, page)
                    if page.is_full:
                        return page.done()
                below = numbered.number
                page.place = (below, 0)
            if len(found) < DISCARDS_STEP:
                return page.done(complete=True)
        return page.done()

    async def dead_letters(
        self,
        *,
        webhook_id: WebhookId | None = None,
        reason: DiscardReason | None = None,
        before: tuple[int, int] | None = None,
        limit: int = 100,
    ) -> tuple[DeadLetter, ...]:
        """Discarded events, newest first; before: number and position of the last one of the page before."""
        return await self.search_all(DeadLetterSearch(webhook_id=webhook_id, reason=reason, before=before, limit=limit))

    async def search_all(self, search: DeadLetterSearch) -> tuple[DeadLetter, ...]:
        """As many as there are up to the limit, however long it takes; others get their turn meanwhile."""
        letters: list[DeadLetter] = []
        while True:
            page = await self.search(msgspec.structs.replace(search, limit=search.limit - len(letters)))
            letters += page.letters
            if page.next is None or len(letters) >= search.limit:
                return tuple(letters)
            search = msgspec.structs.replace(search, before=page.next)

    async def _open(self, numbered: NumberedDiscard, page: "_Page") -> None:
        """Put the events of one discard on the page, the last one first; those that retention has removed are left out.

        What lies before the log is not looked at.
        """
        before = page.search.before
        place = before[1] if before is not None and before[0] == numbered.number else None
        begin = self._store.log.begin
        positions = (
            position
            for position in each_of_descending(numbered.discard.members)
            if position >= begin and (place is None or position < place)
        )
        while step := list(islice(positions, EVENTS_STEP)):
            for event in reversed(await self._store.log.fetch(runs_of(reversed(step)))):
                page.take(numbered, event)
                if page.is_full:
                    return


class _Page:
    """A page that is being filled. place: where the search has come to."""

    def __init__(self, search: DeadLetterSearch) -> None:
        self.search = search
        self.place = search.before
        self._letters: list[DeadLetter] = []
        self._events_left = EVENTS_LOOKED_MAX
        self._bytes_left = PAGE_BYTES_MAX

    @property
    def is_full(self) -> bool:
        """Whether this call has done its part."""
        return len(self._letters) >= self.search.limit or self._events_left <= 0 or self._bytes_left <= 0

    def take(self, numbered: NumberedDiscard, event: LoggedEvent) -> None:
        """Look at one event of a discard that is meant."""
        self.place = (numbered.number, event.position)
        self._events_left -= 1
        if self.search.types is not None and event.type not in self.search.types:
            return
        discard = numbered.discard
        self._bytes_left -= len(event.encoded)
        self._letters.append(
            DeadLetter(
                number=numbered.number,
                event=event,
                webhook_id=discard.webhook_id,
                reason=discard.reason,
                at_ms=discard.at_ms,
                replay_id=discard.replay_id,
            )
        )

    def done(self, *, complete: bool = False) -> DeadLetterPage:
        """The page. complete: nothing is left behind it."""
        return DeadLetterPage(letters=tuple(self._letters), next=None if complete else self.place)


def _is_meant(discard: Discard, search: DeadLetterSearch) -> bool:
    return (
        search.reason in {None, discard.reason}
        and (search.since_ms is None or discard.at_ms >= search.since_ms)
        and (search.until_ms is None or discard.at_ms < search.until_ms)
    )
