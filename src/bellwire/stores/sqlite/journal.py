"""The journal in SQLite."""

from collections.abc import Iterable
from typing import Final

import apsw
import msgspec

from bellwire.model.change import LEVEL_CHANGES_MAX, WEBHOOK_CHANGES_MAX, Change, LevelSet, NumberedChange
from bellwire.model.event import Position
from bellwire.store import ChangeSearch
from bellwire.stores.sqlite.readers import Readers
from bellwire.stores.sqlite.removing import RemoveChanges, Remover
from bellwire.stores.sqlite.statements import statement
from bellwire.stores.sqlite.writer import Writer

_ADD_CHANGE: Final = statement("add_change")
_REMOVE_SURPLUS_CHANGE: Final = statement("remove_surplus_change")
_LIST_CHANGES: Final = statement("list_changes")
_LIST_ALL_CHANGES: Final = statement("list_all_changes")
_BEHIND_ALL: Final = 2**63 - 1


class ChangeWriter:
    """Lives in the writer's thread; the parts whose works make changes call it within their transaction."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def add(self, changes: Iterable[Change]) -> None:
        """Record changes in their order; they are rare, so each is a statement of its own."""
        for change in changes:
            kept_max = LEVEL_CHANGES_MAX if isinstance(change.what, LevelSet) else WEBHOOK_CHANGES_MAX
            row = (change.subject, change.position, change.at_ms, msgspec.json.encode(change).decode())
            self._connection.execute(_ADD_CHANGE, row)
            self._connection.execute(_REMOVE_SURPLUS_CHANGE, (change.subject, kept_max))


class SqliteJournal:
    """The journal as the event loop sees it."""

    def __init__(self, writer: Writer, remover: Remover, readers: Readers) -> None:
        self._writer = writer
        self._remover = remover
        self._readers = readers

    async def changes(self, search: ChangeSearch) -> tuple[NumberedChange, ...]:
        """Changes, newest first."""
        return await self._readers.read(lambda connection: _changes(connection, search))

    async def remove_changes(self, *, made_before_ms: int, before: Position) -> int:
        """Remove changes that are old and decide on nothing any more."""
        removed: int = await self._writer.write(self._remover, RemoveChanges(made_before_ms, before))
        return removed


def _changes(connection: apsw.Connection, search: ChangeSearch) -> tuple[NumberedChange, ...]:
    number = _BEHIND_ALL if search.before is None else search.before
    if search.subject is None:
        rows = connection.execute(_LIST_ALL_CHANGES, (number, search.limit))
    else:
        rows = connection.execute(_LIST_CHANGES, (search.subject, number, search.limit))
    decoder = msgspec.json.Decoder(Change)
    return tuple([NumberedChange(number=place, change=decoder.decode(change)) for place, change in rows])
