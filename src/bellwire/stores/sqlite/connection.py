"""Connections to the file, as every part of the store wants them."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import apsw

from bellwire.errors import StorageUnavailable
from bellwire.stores.sqlite.statements import statement

BUSY_TIMEOUT_MS: Final = 2_000
"""How long a write waits for a program that looks into the file from outside."""

LOOP_BUSY_TIMEOUT_MS: Final = 50
"""The same for reads on the event loop, which must not stand still."""

Row = tuple[Any, ...]
"""Columns of the types that the statement says; apsw's own names for them exist for type checkers only."""

Binding = Any
"""A number, text, bytes, None or an apsw.carray."""

_SETTINGS: Final = tuple(
    statement(name) for name in ("set_synchronous", "set_fullfsync", "set_cache_size", "set_journal_size_limit")
)
_SET_QUERY_ONLY: Final = statement("set_query_only")
_SET_READER_CACHE_SIZE: Final = statement("set_reader_cache_size")
_BEGIN: Final = statement("begin_group")
_COMMIT: Final = statement("commit_group")
_ROLL_BACK: Final = statement("roll_back_group")


def create_file(path: Path) -> None:
    """Create the file, readable by its owner only, where it is missing; SQLite gives its companions the same mode."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))


def open_writer(path: Path) -> apsw.Connection:
    """The one connection that may write; it also does the checkpoints, each time a commit has filled 1,000 pages."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    connection.set_busy_timeout(BUSY_TIMEOUT_MS)
    for setting in _SETTINGS:
        connection.execute(setting).fetchall()
    return connection


def open_reader(path: Path, *, busy_timeout_ms: int) -> apsw.Connection:
    """A connection that only reads; it sees what was committed when a statement begins."""
    connection = open_writer(path)
    connection.set_busy_timeout(busy_timeout_ms)
    connection.execute(_SET_READER_CACHE_SIZE)
    connection.execute(_SET_QUERY_ONLY)
    return connection


def rows_of(connection: apsw.Connection, sql: str, *bindings: Binding) -> list[Row]:
    """Every row that the statement gives, as the columns' own types."""
    return connection.execute(sql, bindings).fetchall()


@contextlib.contextmanager
def unavailable_if_it_fails(what: str) -> Iterator[None]:
    """Raise StorageUnavailable for what SQLite or the system refuses. what: the work, for a person."""
    try:
        yield
    except (apsw.Error, OSError) as problem:
        raise StorageUnavailable(f"{what}: {problem}") from problem


@contextlib.contextmanager
def transaction(connection: apsw.Connection) -> Iterator[None]:
    """Commit what is written within, or nothing of it where anything raises, the commit itself included."""
    roll_back(connection)  # whatever a rollback that failed has left open
    connection.execute(_BEGIN)
    try:
        yield
        connection.execute(_COMMIT)
    except BaseException:
        with contextlib.suppress(apsw.Error):
            roll_back(connection)
        raise


def roll_back(connection: apsw.Connection) -> None:
    """Undo an open transaction; SQLite has done so itself after some failures."""
    if connection.in_transaction:
        connection.execute(_ROLL_BACK)
