"""The ledger of a store that lives in memory."""

import bisect
import collections
from collections.abc import Callable, Collection, Sequence
from typing import Final, TypeVar

import msgspec

from bellwire.errors import StaleCursor
from bellwire.model.attempt import Attempt, AttemptId, Delivered
from bellwire.model.cursor import Cursor, CursorKey, CursorMove, key_of
from bellwire.model.event import Position
from bellwire.model.positions import behind, holds
from bellwire.model.webhook import WebhookId
from bellwire.store import AttemptSearch, AttemptsKept, DiscardSearch, NumberedDiscard, Settlements
from bellwire.stores.gate import Gate
from bellwire.stores.memory_journal import MemoryJournal

_T = TypeVar("_T")

STEP_MAX: Final = 1_000
"""Of events, ids, attempts or discards that one call removes."""


class MemoryLedger:
    """Cursors by their keys; attempts and discards in the order of recording."""

    def __init__(self, gate: Gate, cursors: dict[CursorKey, Cursor], journal: MemoryJournal) -> None:
        self._gate = gate
        self._journal = journal
        self._cursors = cursors
        self._attempts: dict[AttemptId, Attempt] = {}
        self._discards: list[NumberedDiscard] = []
        self._discards_made = 0

    async def cursors(self) -> tuple[Cursor, ...]:
        """The cursor of every webhook and replay."""
        self._gate.check()
        return tuple(self._cursors[key] for key in sorted(self._cursors))

    async def skip(self, move: CursorMove) -> None:
        """Move a cursor without an attempt."""
        self._gate.check()
        key = key_of(move.before)
        stored = self._cursors.get(key)
        if stored is None or stored.revision != move.before.revision:
            raise StaleCursor(f"the cursor {key!r} was moved by somebody else")
        self._cursors[key] = move.after
        for discard in move.discards:
            self._discards_made += 1
            self._discards.append(NumberedDiscard(number=self._discards_made, discard=discard))
        self._journal.add(move.changes)

    async def settle(self, move: CursorMove, attempt: Attempt) -> None:
        """Record the attempt and move the cursor, both or neither."""
        await self.skip(move)
        self._attempts[attempt.id] = attempt

    async def attempts(self, search: AttemptSearch) -> tuple[Attempt, ...]:
        """Attempts, newest first."""
        self._gate.check()
        recorded = list(self._attempts.values())
        if search.before is not None:
            earlier = [index for index, attempt in enumerate(recorded) if attempt.id == search.before]
            recorded = recorded[: earlier[0]] if earlier else []
        return newest(recorded, search.limit, lambda attempt: _is_meant(attempt, search))

    async def attempt(self, attempt_id: AttemptId) -> Attempt | None:
        """The attempt of that id."""
        self._gate.check()
        return self._attempts.get(attempt_id)

    async def settlements(self, position: Position, webhook_ids: Collection[WebhookId]) -> Settlements:
        """What settled the event at the position for these webhooks."""
        self._gate.check()
        deliveries = (one for one in reversed(self._attempts.values()) if isinstance(one.outcome, Delivered))
        given_up = (one.discard for one in reversed(self._discards) if one.discard.webhook_id in webhook_ids)
        return Settlements(
            deliveries=tuple(
                one for one in deliveries if one.webhook_id in webhook_ids and one.first <= position <= one.last
            ),
            discards=tuple(discard for discard in given_up if holds(discard.members, position)),
        )

    async def discards(self, search: DiscardSearch) -> tuple[NumberedDiscard, ...]:
        """Discards, newest first."""
        self._gate.check()
        return newest(
            self._discards[: bisect.bisect_left(self._discards, search.before, key=lambda one: one.number)]
            if search.before is not None
            else self._discards,
            search.limit,
            lambda one: search.webhook_id in {None, one.discard.webhook_id},
        )

    async def remove_attempts(self, kept: AttemptsKept) -> int:
        """Remove the oldest of the attempts that need not be kept."""
        self._gate.check()
        recorded = list(self._attempts.values())
        sizes = [len(msgspec.json.encode(attempt)) for attempt in recorded]
        surplus_bytes = sum(sizes) - kept.total_bytes
        doomed: list[Attempt] = []
        for attempt, size in zip(recorded, sizes, strict=True):
            if attempt.at_ms >= kept.since_ms and surplus_bytes <= 0:
                break
            surplus_bytes -= size
            doomed.append(attempt)
        surplus = collections.Counter(attempt.webhook_id for attempt in recorded[len(doomed) :])
        for attempt in recorded[len(doomed) :]:
            if surplus[attempt.webhook_id] > kept.per_webhook:
                surplus[attempt.webhook_id] -= 1
                doomed.append(attempt)
        for attempt in doomed[:STEP_MAX]:
            del self._attempts[attempt.id]
        return len(doomed[:STEP_MAX])

    async def remove_discards(self, *, before: Position) -> int:
        """Remove discards all of whose events stood before the position."""
        self._gate.check()
        old = [one for one in self._discards if behind(one.discard.members) <= before][:STEP_MAX]
        self._discards = [one for one in self._discards if one not in old]
        return len(old)


def newest(recorded: Sequence[_T], limit: int, wanted: Callable[[_T], bool]) -> tuple[_T, ...]:
    """The last ones that are wanted, the last of all first."""
    return tuple([one for one in reversed(recorded) if wanted(one)][:limit])


def _is_meant(attempt: Attempt, search: AttemptSearch) -> bool:
    return search.webhook_id in {None, attempt.webhook_id} and not (
        search.failed and isinstance(attempt.outcome, Delivered)
    )
