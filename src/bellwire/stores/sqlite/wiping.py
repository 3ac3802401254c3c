"""Wipes out of the files what was overwritten: from the WAL, and once from what a version before this has left."""

import contextlib
from pathlib import Path
from typing import Final

import apsw

from bellwire.errors import StorageUnavailable
from bellwire.stores.sqlite.connection import open_writer, rows_of, unavailable_if_it_fails
from bellwire.stores.sqlite.statements import statement

_FIND_LEAVINGS: Final = statement("find_leavings")
_VACUUM_FILE: Final = statement("vacuum_file")
_FORGET_LEAVINGS: Final = statement("forget_leavings")
_EMPTY_WAL: Final = statement("empty_wal")


def wipe(path: Path, *, is_rewritten: bool) -> None:
    """Leave in the file and in its WAL nothing but what is stored now; in a thread, while nobody reads or writes.

    The registry's own writes leave nothing in free pages (secure_delete). Files that were written before it did so
    are built anew, once: that takes the room of the whole file, in the system's folder for temporary files as well. A
    crash at any point leaves it to the next call. Raises StorageUnavailable.

    is_rewritten: something was overwritten of which the WAL still has a copy.
    """
    with (
        unavailable_if_it_fails(f"{path} could not be wiped"),
        contextlib.closing(open_writer(path)) as connection,
    ):
        if rows_of(connection, _FIND_LEAVINGS):
            rows_of(connection, _VACUUM_FILE)
            _empty_wal(connection, path)
            rows_of(connection, _FORGET_LEAVINGS)
        elif is_rewritten:
            _empty_wal(connection, path)


def _empty_wal(connection: apsw.Connection, path: Path) -> None:
    ((is_busy, *_),) = rows_of(connection, _EMPTY_WAL)
    if is_busy:
        raise StorageUnavailable(f"{path} could not be wiped: another program reads it; end that one")
