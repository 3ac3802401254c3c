"""Cursors, attempts and discards in SQLite."""

import itertools
from collections.abc import Collection, Sequence
from typing import Final

import apsw
import msgspec

from bellwire.errors import StaleCursor
from bellwire.model.attempt import Attempt, AttemptId
from bellwire.model.cursor import Cursor, CursorKey, CursorMove, Discard, key_of
from bellwire.model.event import Position
from bellwire.model.positions import holds
from bellwire.model.webhook import WebhookId
from bellwire.store import AttemptSearch, AttemptsKept, DiscardSearch, NumberedDiscard, Settlements
from bellwire.stores.sqlite.connection import rows_of
from bellwire.stores.sqlite.journal import ChangeWriter
from bellwire.stores.sqlite.readers import Readers
from bellwire.stores.sqlite.removing import RemoveAttempts, RemoveDiscards, Remover
from bellwire.stores.sqlite.statements import statement
from bellwire.stores.sqlite.writer import Writer, Written

_LIST_CURSORS: Final = statement("list_cursors")
_LIST_CURSOR_REVISIONS: Final = statement("list_cursor_revisions")
_PUT_CURSORS: Final = statement("put_cursors")
_ADD_ATTEMPTS: Final = statement("add_attempts")
_ADD_ATTEMPT_TALLIES: Final = statement("add_attempt_tallies")
_FIND_LATEST_DISCARD: Final = statement("find_latest_discard")
_ADD_DISCARDS: Final = statement("add_discards")
_FIND_ATTEMPT: Final = statement("find_attempt")
_FIND_ATTEMPT_NUMBER: Final = statement("find_attempt_number")
_LIST_DELIVERIES_OVER: Final = statement("list_deliveries_over")
_LIST_ATTEMPTS: Final = {False: statement("list_attempts"), True: statement("list_failed_attempts")}
_LIST_WEBHOOK_ATTEMPTS: Final = {
    False: statement("list_webhook_attempts"),
    True: statement("list_webhook_failed_attempts"),
}
_LIST_DISCARDS_OVER: Final = statement("list_discards_over")
_LIST_DISCARDS: Final = statement("list_discards")
_LIST_WEBHOOK_DISCARDS: Final = statement("list_webhook_discards")
_BEHIND_ALL: Final = 2**63 - 1


class MoveWork(msgspec.Struct, frozen=True):
    """One call of skip (without an attempt) or settle."""

    move: CursorMove
    attempt: Attempt | None = None


class LedgerWriter:
    """Lives in the writer's thread. However many cursors move in a group, it is one statement for each table."""

    def __init__(self, connection: apsw.Connection, change_writer: ChangeWriter) -> None:
        self._connection = connection
        self._change_writer = change_writer

    def write(self, works: Sequence[MoveWork]) -> Written:
        """Make the moves in their order; a stale one changes nothing."""
        revisions = self._revisions(works)
        cursors: dict[CursorKey, Cursor] = {}
        made: list[MoveWork] = []
        outcomes: list[StaleCursor | None] = []
        for work in works:
            before, after = work.move.before, work.move.after
            key = key_of(before)
            if revisions.get(key) != before.revision:
                outcomes.append(StaleCursor(f"the cursor {key!r} was moved by somebody else"))
                continue
            outcomes.append(None)
            revisions[key] = after.revision
            cursors[key] = after
            made.append(work)
        self._put(_PUT_CURSORS, _encoded(list(cursors.values())))
        self._add([work.attempt for work in made if work.attempt is not None])
        self._add_discards([discard for work in made for discard in work.move.discards])
        self._change_writer.add(change for work in made for change in work.move.changes)
        return Written(outcomes)

    def _revisions(self, works: Sequence[MoveWork]) -> dict[CursorKey, int]:
        keys = apsw.carray(tuple({str(key_of(work.move.before)) for work in works}))
        return dict(rows_of(self._connection, _LIST_CURSOR_REVISIONS, keys))

    def _add(self, attempts: Sequence[Attempt]) -> None:
        encoded = _encoded(attempts)
        self._put(_ADD_ATTEMPTS, encoded)
        tallies = [(attempt.webhook_id, 1, len(bytes_of)) for attempt, bytes_of in zip(attempts, encoded, strict=True)]
        if tallies:
            self._connection.execute(_ADD_ATTEMPT_TALLIES, (msgspec.json.encode(tallies).decode(),))

    def _add_discards(self, discards: Sequence[Discard]) -> None:
        """Each with the latest time of all up to it, by which a search knows where to end."""
        if not discards:
            return
        ((latest_ms,),) = rows_of(self._connection, _FIND_LATEST_DISCARD) or [(0,)]
        rows: list[tuple[int, Discard]] = []
        for discard in discards:
            latest_ms = max(latest_ms, discard.at_ms)
            rows.append((latest_ms, discard))
        self._connection.execute(_ADD_DISCARDS, (msgspec.json.encode(rows).decode(),))

    def _put(self, sql: str, encoded: Sequence[bytes]) -> None:
        if encoded:
            self._connection.execute(sql, (apsw.carray(tuple([one.decode() for one in encoded])),))


def _encoded(structs: Sequence[Cursor] | Sequence[Attempt]) -> list[bytes]:
    return [msgspec.json.encode(struct) for struct in structs]


class SqliteLedger:
    """The ledger as the event loop sees it."""

    def __init__(self, writer: Writer, ledger_writer: LedgerWriter, remover: Remover, readers: Readers) -> None:
        self._writer = writer
        self._ledger_writer = ledger_writer
        self._remover = remover
        self._readers = readers

    async def cursors(self) -> tuple[Cursor, ...]:
        """The cursor of every webhook and replay, in the order of their ids."""
        return await self._readers.read(_cursors)

    async def skip(self, move: CursorMove) -> None:
        """Move a cursor without an attempt."""
        await self._writer.write(self._ledger_writer, MoveWork(move))

    async def settle(self, move: CursorMove, attempt: Attempt) -> None:
        """Record the attempt and move the cursor, both or neither."""
        await self._writer.write(self._ledger_writer, MoveWork(move, attempt))

    async def attempts(self, search: AttemptSearch) -> tuple[Attempt, ...]:
        """Attempts, newest first."""
        return await self._readers.read(lambda connection: _attempts(connection, search))

    async def attempt(self, attempt_id: AttemptId) -> Attempt | None:
        """The attempt of that id."""
        return await self._readers.read(lambda connection: _attempt(connection, attempt_id))

    async def settlements(self, position: Position, webhook_ids: Collection[WebhookId]) -> Settlements:
        """What settled the event at the position for these webhooks."""
        return await self._readers.read(lambda connection: _settlements(connection, position, webhook_ids))

    async def discards(self, search: DiscardSearch) -> tuple[NumberedDiscard, ...]:
        """Discards, newest first."""
        return await self._readers.read(lambda connection: _discards(connection, search))

    async def remove_attempts(self, kept: AttemptsKept) -> int:
        """Remove the oldest of the attempts that need not be kept."""
        removed: int = await self._writer.write(self._remover, RemoveAttempts(kept))
        return removed

    async def remove_discards(self, *, before: Position) -> int:
        """Remove discards all of whose events stood before the position."""
        removed: int = await self._writer.write(self._remover, RemoveDiscards(before))
        return removed


def _cursors(connection: apsw.Connection) -> tuple[Cursor, ...]:
    decoder = msgspec.json.Decoder(Cursor)
    return tuple([decoder.decode(cursor) for (cursor,) in connection.execute(_LIST_CURSORS)])


def _attempts(connection: apsw.Connection, search: AttemptSearch) -> tuple[Attempt, ...]:
    number = _BEHIND_ALL
    if search.before is not None:
        rows = rows_of(connection, _FIND_ATTEMPT_NUMBER, search.before)
        if not rows:  # it was removed as too old, and what is older with it
            return ()
        number = rows[0][0]
    if search.webhook_id is None:
        cursor = connection.execute(_LIST_ATTEMPTS[search.failed], (number, search.limit))
    else:
        cursor = connection.execute(_LIST_WEBHOOK_ATTEMPTS[search.failed], (number, search.limit, search.webhook_id))
    decoder = msgspec.json.Decoder(Attempt)
    return tuple([decoder.decode(attempt) for (attempt,) in cursor])


def _attempt(connection: apsw.Connection, attempt_id: AttemptId) -> Attempt | None:
    for (attempt,) in rows_of(connection, _FIND_ATTEMPT, attempt_id):
        return msgspec.json.decode(attempt, type=Attempt)
    return None


def _settlements(connection: apsw.Connection, position: Position, webhook_ids: Collection[WebhookId]) -> Settlements:
    if not webhook_ids:
        return Settlements(deliveries=(), discards=())
    named = apsw.carray(tuple(map(str, webhook_ids)))
    attempts, discards = msgspec.json.Decoder(Attempt), msgspec.json.Decoder(Discard)
    deliveries = [attempts.decode(row[0]) for row in connection.execute(_LIST_DELIVERIES_OVER, (named, position))]
    over = [discards.decode(row[0]) for row in connection.execute(_LIST_DISCARDS_OVER, (named, position))]
    given_up = [discard for discard in over if holds(discard.members, position)]
    return Settlements(deliveries=tuple(deliveries), discards=tuple(given_up))


def _discards(connection: apsw.Connection, search: DiscardSearch) -> tuple[NumberedDiscard, ...]:
    number = _BEHIND_ALL if search.before is None else search.before
    if search.webhook_id is None:
        cursor = connection.execute(_LIST_DISCARDS, (number, search.limit))
    else:
        cursor = connection.execute(_LIST_WEBHOOK_DISCARDS, (number, search.limit, search.webhook_id))
    decoder = msgspec.json.Decoder(Discard)
    since_ms = 0 if search.since_ms is None else search.since_ms
    recent = itertools.takewhile(lambda row: row[1] >= since_ms, cursor)
    return tuple([NumberedDiscard(number=place, discard=decoder.decode(discard)) for place, _, discard in recent])
