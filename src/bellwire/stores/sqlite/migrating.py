"""Brings a file to the schema of this version, and turns away files that are none of Bellwire's."""

import importlib.resources
from typing import Final

import apsw

from bellwire.errors import IncompatibleStore
from bellwire.stores.sqlite.connection import rows_of, transaction
from bellwire.stores.sqlite.statements import statement

APPLICATION_ID: Final = 0x4245_4C4C
"""The bytes "BELL" in the file's header."""

_FIND_APPLICATION_ID: Final = statement("find_application_id")
_FIND_SCHEMA_VERSION: Final = statement("find_schema_version")
_COUNT_SCHEMA_OBJECTS: Final = statement("count_schema_objects")
_SET_AUTO_VACUUM: Final = statement("set_auto_vacuum")
_SET_JOURNAL_MODE: Final = statement("set_journal_mode")
_SCHEMA: Final = importlib.resources.files("bellwire.stores.sqlite") / "schema"


def schema_steps() -> tuple[str, ...]:
    """The scripts of schema/ in their order; the first one makes version 1, and each sets user_version itself."""
    files = sorted((file for file in _SCHEMA.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
    return tuple(file.read_text(encoding="utf-8") for file in files)


def migrate(connection: apsw.Connection, steps: tuple[str, ...]) -> None:
    """Apply the steps that the file lacks, each in a transaction of its own, so that a crash leaves a whole version.

    Raises IncompatibleStore, and leaves the file as it is, where it is another program's or a newer Bellwire's.
    """
    version = _version_of(connection, newest=len(steps))
    rows_of(connection, _SET_AUTO_VACUUM)  # before anything is written into a new file, the journal mode included
    rows_of(connection, _SET_JOURNAL_MODE)
    for step in steps[version:]:
        with transaction(connection):
            rows_of(connection, step)


def _version_of(connection: apsw.Connection, *, newest: int) -> int:
    application_id = _number(connection, _FIND_APPLICATION_ID)
    version = _number(connection, _FIND_SCHEMA_VERSION)
    is_empty = _number(connection, _COUNT_SCHEMA_OBJECTS) == 0
    if application_id != APPLICATION_ID and not (application_id == 0 and version == 0 and is_empty):
        raise IncompatibleStore(
            f"{connection.filename}: belongs to another program (application_id {application_id}); "
            "move it away, or name another data folder"
        )
    if version > newest:
        raise IncompatibleStore(
            f"{connection.filename}: has schema {version} and this Bellwire knows schemas up to {newest}; "
            f"start a newer Bellwire, one that knows schema {version}"
        )
    return version


def _number(connection: apsw.Connection, sql: str) -> int:
    (row,) = rows_of(connection, sql)
    return int(row[0])
