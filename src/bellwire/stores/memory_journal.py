"""The journal of the store that lives in memory."""

import collections
from collections.abc import Iterable
from itertools import islice

from bellwire.model.change import LEVEL_CHANGES_MAX, WEBHOOK_CHANGES_MAX, Change, LevelSet, NumberedChange
from bellwire.model.event import Position
from bellwire.store import ChangeSearch
from bellwire.stores.gate import Gate


class MemoryJournal:
    """The changes of each subject, oldest first."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._by_subject: dict[str, collections.deque[NumberedChange]] = {}
        self._made = 0

    def add(self, changes: Iterable[Change]) -> None:
        """Record changes; for the parts of the store whose calls make them."""
        for change in changes:
            self._made += 1
            kept_max = LEVEL_CHANGES_MAX if isinstance(change.what, LevelSet) else WEBHOOK_CHANGES_MAX
            kept = self._by_subject.setdefault(change.subject, collections.deque(maxlen=kept_max))
            kept.append(NumberedChange(number=self._made, change=change))

    async def changes(self, search: ChangeSearch) -> tuple[NumberedChange, ...]:
        """Changes, newest first."""
        self._gate.check()
        if search.subject is None:
            everything = (one for of_one in self._by_subject.values() for one in of_one)
            kept = iter(sorted(everything, key=lambda one: one.number, reverse=True))
        else:
            kept = iter(reversed(self._by_subject.get(search.subject, ())))
        return tuple(islice((one for one in kept if search.before is None or one.number < search.before), search.limit))

    async def remove_changes(self, *, made_before_ms: int, before: Position) -> int:
        """Remove changes that are old and decide on nothing any more."""
        self._gate.check()
        removed = 0
        for subject, kept in list(self._by_subject.items()):
            left = [one for one in kept if one.change.at_ms >= made_before_ms or one.change.position > before]
            removed += len(kept) - len(left)
            if left:
                self._by_subject[subject] = collections.deque(left, maxlen=kept.maxlen)
            else:
                del self._by_subject[subject]
        return removed
