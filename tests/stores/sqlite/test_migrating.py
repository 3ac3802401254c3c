import json
import sqlite3
import stat
from pathlib import Path

import apsw
import pytest

from bellwire.errors import IncompatibleStore, StorageUnavailable
from bellwire.stores.sqlite.connection import open_writer
from bellwire.stores.sqlite.migrating import migrate, schema_steps
from bellwire.stores.sqlite.store import open_sqlite_store


def scalar(path: Path, sql: str) -> object:
    connection = apsw.Connection(str(path))
    try:
        return connection.execute(sql).get
    finally:
        connection.close()


def content(path: Path) -> bytes:
    return path.read_bytes()


def files(path: Path) -> list[str]:
    return sorted(file.name for file in path.parent.iterdir())


@pytest.fixture
def diary(path: Path) -> bytes:
    """What stands in the file instead of a database."""
    text = b"Dear diary, " * 200
    path.write_bytes(text)
    return text


async def test_a_new_file_is_readable_by_its_owner_only_and_so_are_its_companions(path: Path) -> None:
    store = await open_sqlite_store(path)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    await store.close()
    assert modes == {"bellwire.db": 0o600, "bellwire.db-wal": 0o600, "bellwire.db-shm": 0o600}


async def test_a_new_file_has_the_newest_schema(path: Path) -> None:
    await (await open_sqlite_store(path)).close()
    assert scalar(path, "PRAGMA user_version") == len(schema_steps())
    assert scalar(path, "PRAGMA integrity_check") == "ok"


def test_each_step_sets_its_own_version(path: Path) -> None:
    path.touch()
    for version in range(1, len(schema_steps()) + 1):
        connection = open_writer(path)
        migrate(connection, schema_steps()[:version])
        connection.close()
        assert scalar(path, "PRAGMA user_version") == version


def test_attempts_that_failed_under_an_earlier_schema_are_found_as_such(path: Path) -> None:
    connection = apsw.Connection(str(path))
    migrate(connection, schema_steps()[:8])
    for number, outcome in enumerate(("delivered", "failed", "gone")):
        written = json.dumps({"outcome": {"type": outcome}})
        connection.execute("INSERT INTO attempts (id, webhook_id, attempt) VALUES (?, 'w', ?)", (str(number), written))
    migrate(connection, schema_steps())
    assert [row[0] for row in connection.execute("SELECT id FROM attempts WHERE failed ORDER BY number")] == ["1", "2"]


def test_a_step_that_fails_half_way_leaves_the_version_before(path: Path) -> None:
    path.touch()
    connection = open_writer(path)
    migrate(connection, schema_steps())
    broken = "CREATE TABLE half (x); PRAGMA user_version = 99; INSERT INTO nowhere VALUES (1);"
    with pytest.raises(apsw.SQLError):
        migrate(connection, (*schema_steps(), broken))
    connection.close()
    assert scalar(path, "PRAGMA user_version") == len(schema_steps())
    assert scalar(path, "SELECT count(*) FROM sqlite_schema WHERE name = 'half'") == 0


async def test_a_file_of_a_newer_bellwire_is_left_alone(path: Path) -> None:
    await (await open_sqlite_store(path)).close()
    scalar(path, "PRAGMA user_version = 7000")
    before = content(path)
    with pytest.raises(IncompatibleStore, match="schema 7000"):
        await open_sqlite_store(path)
    assert content(path) == before


async def test_a_database_of_another_program_is_left_alone(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    before = content(path)
    with pytest.raises(IncompatibleStore, match="another program"):
        await open_sqlite_store(path)
    assert content(path) == before
    assert files(path) == ["bellwire.db"]


async def test_a_file_that_is_no_database_is_left_alone(path: Path, diary: bytes) -> None:
    with pytest.raises(IncompatibleStore, match="no SQLite database"):
        await open_sqlite_store(path)
    assert content(path) == diary


async def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageUnavailable, match="missing"):
        await open_sqlite_store(tmp_path / "missing" / "bellwire.db")
