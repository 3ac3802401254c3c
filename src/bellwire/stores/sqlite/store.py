"""The store in one SQLite file: opens it, wires its parts, closes it."""

import asyncio
import contextlib
import os
from pathlib import Path

import apsw

from bellwire.directory import Directory
from bellwire.errors import IncompatibleStore
from bellwire.store import EventLog, Journal, Ledger, Registry, Replays, Store
from bellwire.stores.gate import Gate
from bellwire.stores.sqlite.appending import Appender, find_log_end
from bellwire.stores.sqlite.connection import (
    LOOP_BUSY_TIMEOUT_MS,
    create_file,
    open_reader,
    open_writer,
    unavailable_if_it_fails,
)
from bellwire.stores.sqlite.directory import DirectoryWriter, SqliteDirectory
from bellwire.stores.sqlite.journal import ChangeWriter, SqliteJournal
from bellwire.stores.sqlite.ledger import LedgerWriter, SqliteLedger
from bellwire.stores.sqlite.log import Followers, SqliteEventLog
from bellwire.stores.sqlite.logged_types import LoggedTypes
from bellwire.stores.sqlite.migrating import migrate, schema_steps
from bellwire.stores.sqlite.readers import Readers
from bellwire.stores.sqlite.reading import LogReader
from bellwire.stores.sqlite.registry import RegistryWriter, SqliteRegistry
from bellwire.stores.sqlite.removing import GiveBack, Remover, find_log_begin
from bellwire.stores.sqlite.replays import ReplaysWriter, SqliteReplays
from bellwire.stores.sqlite.timeline import SqliteTimeline, TimelineWriter
from bellwire.stores.sqlite.writer import Writer
from bellwire.timeline import Timeline


async def open_sqlite_store(path: Path) -> Store:
    """Open the file, created with mode 0600 where it is missing; its folder must exist.

    Only one process may have it open, which the caller sees to. Raises IncompatibleStore for a file of a newer Bellwire
    or of another program, and StorageUnavailable.
    """
    with unavailable_if_it_fails(f"{path} could not be opened"), contextlib.ExitStack() as undo:
        writing = await asyncio.to_thread(_open_migrated, path)
        undo.callback(writing.close)
        store = SqliteStore(path, writing)
        undo.pop_all()
    return store


def _open_migrated(path: Path) -> apsw.Connection:
    create_file(path)
    with contextlib.ExitStack() as undo:
        try:
            connection = undo.enter_context(contextlib.closing(open_writer(path)))
            migrate(connection, schema_steps())
        except apsw.NotADBError as problem:
            raise IncompatibleStore(
                f"{path}: is no SQLite database; move it away, or name another data folder"
            ) from problem
        undo.pop_all()
    return connection


class SqliteStore:
    """The seven parts over one file. It belongs to the event loop on which it was made."""

    def __init__(self, path: Path, writing: apsw.Connection) -> None:
        self._path = path
        self._gate = Gate()
        self._writing = writing
        self._reading = open_reader(path, busy_timeout_ms=LOOP_BUSY_TIMEOUT_MS)
        self._readers = Readers(path, gate=self._gate)
        types = LoggedTypes(writing)
        end = find_log_end(writing)
        followers = Followers(find_log_begin(writing), end)
        appender = Appender(writing, types, end, followers.announce)
        change_writer = ChangeWriter(writing)
        registry_writer, ledger_writer = RegistryWriter(writing, change_writer), LedgerWriter(writing, change_writer)
        self._remover = remover = Remover(writing, followers.removed)
        replays_writer, directory_writer = ReplaysWriter(writing), DirectoryWriter(writing)
        timeline_writer = TimelineWriter(writing)
        self._writer = Writer(
            writing,
            registry_writer,
            directory_writer,
            appender,
            ledger_writer,
            replays_writer,
            remover,
            timeline_writer,
            gate=self._gate,
        )
        self._log = SqliteEventLog(
            LogReader(self._reading, types),
            self._readers,
            self._writer,
            appender=appender,
            remover=remover,
            followers=followers,
        )
        self._registry = SqliteRegistry(path, self._writer, registry_writer, self._readers)
        self._directory = SqliteDirectory(self._writer, directory_writer, self._readers)
        self._ledger = SqliteLedger(self._writer, ledger_writer, remover, self._readers)
        self._replays = SqliteReplays(self._writer, replays_writer, self._readers)
        self._journal = SqliteJournal(self._writer, remover, self._readers)
        self._timeline = SqliteTimeline(self._writer, timeline_writer, self._readers)

    @property
    def log(self) -> EventLog:
        """The events."""
        return self._log

    @property
    def registry(self) -> Registry:
        """Webhooks and event types."""
        return self._registry

    @property
    def ledger(self) -> Ledger:
        """Cursors, attempts and discards."""
        return self._ledger

    @property
    def replays(self) -> Replays:
        """What is delivered again on request."""
        return self._replays

    @property
    def journal(self) -> Journal:
        """What was changed."""
        return self._journal

    @property
    def directory(self) -> Directory:
        """Tokens, people, sessions and the audit trail."""
        return self._directory

    @property
    def timeline(self) -> Timeline:
        """Figures over time."""
        return self._timeline

    def size_bytes(self) -> int:
        """The bytes of the file and of its companions."""
        total = 0
        for suffix in ("", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                total += self._path.with_name(self._path.name + suffix).stat().st_size
        return total

    def free_bytes(self) -> int:
        """What the file system has left for whoever runs this; raises StorageUnavailable."""
        with unavailable_if_it_fails(f"the file system of {self._path} cannot be asked"):
            found = os.statvfs(self._path)
        return found.f_bavail * found.f_frsize

    async def give_back(self, *, spare_bytes: int) -> int:
        """Give free pages back; a file that was made before 0002_retention.sql keeps its own, and uses them again."""
        given: int = await self._writer.write(self._remover, GiveBack(spare_bytes))
        return given

    async def close(self) -> None:
        """Write what was asked for, finish the reads, fold the companions into the file; a second call does nothing."""
        if not self._gate.is_open:
            return
        self._gate.check()
        self._gate.close()
        await self._writer.close()
        self._reading.close()
        await asyncio.to_thread(self._close_connections)

    def _close_connections(self) -> None:
        self._readers.close()
        self._writing.close()
