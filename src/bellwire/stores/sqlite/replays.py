"""Replays in SQLite."""

from collections.abc import Sequence
from typing import Final, assert_never

import apsw
import msgspec

from bellwire.model.audit import AuditEntry
from bellwire.model.cursor import Cursor, ReplayId
from bellwire.model.replay import Replay
from bellwire.stores.sqlite.audit_trail import add_entry
from bellwire.stores.sqlite.readers import Readers
from bellwire.stores.sqlite.statements import statement
from bellwire.stores.sqlite.writer import Writer, Written

_LIST_REPLAYS: Final = statement("list_replays")
_PUT_REPLAY: Final = statement("put_replay")
_REMOVE_REPLAYS: Final = statement("remove_replays")
_PUT_CURSORS: Final = statement("put_cursors")
_REMOVE_CURSOR: Final = statement("remove_cursor")


class AddReplay(msgspec.Struct, frozen=True):
    """One call of add."""

    replay: Replay
    cursor: Cursor
    audit: AuditEntry


class PutReplay(msgspec.Struct, frozen=True):
    """One call of put."""

    replay: Replay
    audit: AuditEntry


class EndReplay(msgspec.Struct, frozen=True):
    """One call of end."""

    replay: Replay


class RemoveReplays(msgspec.Struct, frozen=True):
    """One call of remove."""

    replay_ids: tuple[ReplayId, ...]


ReplayWork = AddReplay | PutReplay | EndReplay | RemoveReplays


class ReplaysWriter:
    """Lives in the writer's thread."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def write(self, works: Sequence[ReplayWork]) -> Written:
        """Write the edits in their order."""
        for work in works:
            self._write(work)
        return Written([None] * len(works))

    def _write(self, work: ReplayWork) -> None:
        match work:
            case AddReplay(replay, cursor, audit):
                self._put(replay)
                add_entry(self._connection, audit)
                self._connection.execute(_PUT_CURSORS, (apsw.carray((msgspec.json.encode(cursor).decode(),)),))
            case PutReplay(replay, audit):
                self._put(replay)
                add_entry(self._connection, audit)
            case EndReplay(replay):
                self._put(replay)
                self._connection.execute(_REMOVE_CURSOR, (replay.id,))
            case RemoveReplays(replay_ids):
                self._connection.execute(_REMOVE_REPLAYS, (apsw.carray(replay_ids),))
            case _:
                assert_never(work)

    def _put(self, replay: Replay) -> None:
        self._connection.execute(_PUT_REPLAY, (replay.id, msgspec.json.encode(replay).decode()))


class SqliteReplays:
    """The replays as the event loop sees them."""

    def __init__(self, writer: Writer, replays_writer: ReplaysWriter, readers: Readers) -> None:
        self._writer = writer
        self._replays_writer = replays_writer
        self._readers = readers

    async def all(self) -> tuple[Replay, ...]:
        """Those that are kept, in the order of their ids."""
        return await self._readers.read(_replays)

    async def add(self, replay: Replay, cursor: Cursor, *, audit: AuditEntry) -> None:
        """Store a replay together with its first cursor."""
        await self._write(AddReplay(replay, cursor, audit))

    async def put(self, replay: Replay, *, audit: AuditEntry) -> None:
        """Store an edit of a replay."""
        await self._write(PutReplay(replay, audit))

    async def end(self, replay: Replay) -> None:
        """Store a replay that has ended, and remove its cursor."""
        await self._write(EndReplay(replay))

    async def remove(self, replay_ids: Sequence[ReplayId]) -> None:
        """Forget replays."""
        if replay_ids:
            await self._write(RemoveReplays(tuple(replay_ids)))

    async def _write(self, work: ReplayWork) -> None:
        await self._writer.write(self._replays_writer, work)


def _replays(connection: apsw.Connection) -> tuple[Replay, ...]:
    decoder = msgspec.json.Decoder(Replay)
    return tuple([decoder.decode(replay) for (replay,) in connection.execute(_LIST_REPLAYS)])
