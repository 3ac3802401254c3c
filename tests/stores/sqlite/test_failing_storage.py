import asyncio
import contextlib
import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import apsw
import pytest

from bellwire.errors import StorageUnavailable
from bellwire.model.cursor import Cursor, CursorMove
from bellwire.model.event import LoggedEvent, NewEvent, Position
from bellwire.model.webhook import WebhookId
from bellwire.store import PAGE_BYTES_MAX, Store
from bellwire.stores.sqlite.store import SqliteStore, open_sqlite_store
from builders import make_audit_entry, make_new_event, make_registered_webhook

MIB = 1024 * 1024


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MiB of its own; whoever may not mount one runs the tests of a limited file only."""
    folder = tmp_path / "small"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("mounting needs root; the limited file is tested all the same")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "bellwire-test", folder], check=True)
    yield folder
    subprocess.run(["umount", folder], check=True)


def kilobytes(first: int, count: int = 100) -> list[NewEvent]:
    return [
        make_new_event(f"event-{number}", data=b'{"x":"%s"}' % (b"x" * 1000)) for number in range(first, first + count)
    ]


async def append_until_it_fails(store: Store, first: int) -> int:
    """The number of the first event that was not taken."""
    for at in range(first, first + 100_000, 100):
        try:
            await store.log.append(kilobytes(at), accepted_at_ms=at)
        except StorageUnavailable:
            return at
    pytest.fail("the disk never filled")


async def assert_whole(store: Store, heard: Sequence[LoggedEvent], events: int) -> None:
    assert store.log.end == events + 1
    assert [event.position for event in heard] == list(range(1, events + 1))
    assert await store.log.count(Position(1), before=store.log.end, types=None) == events
    page = await store.log.read(
        Position(1), before=store.log.end, types=None, events_max=10_000, bytes_max=PAGE_BYTES_MAX
    )
    assert page.events == tuple(heard)


async def test_a_full_disk_stores_nothing_loses_nothing_and_recovers(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"\0" * 3 * MIB)
    store = await open_sqlite_store(small_disk / "bellwire.db")
    heard: list[LoggedEvent] = []
    store.log.follow(heard.extend)
    taken = await append_until_it_fails(store, 0)
    assert taken > 0
    with pytest.raises(StorageUnavailable):
        await store.log.append(kilobytes(taken), accepted_at_ms=1)
    await assert_whole(store, heard, taken)
    ballast.unlink()
    await store.log.append(kilobytes(taken), accepted_at_ms=1)
    await assert_whole(store, heard, taken + 100)
    await store.close()
    store = await open_sqlite_store(small_disk / "bellwire.db")
    await assert_whole(store, heard, taken + 100)
    await store.close()


async def test_a_file_at_its_limit_fails_the_whole_group_and_recovers(path: Path) -> None:
    store = await open_sqlite_store(path)
    assert isinstance(store, SqliteStore)
    heard: list[LoggedEvent] = []
    store.log.follow(heard.extend)
    before = Cursor(webhook_id=WebhookId("wh-1"), position=Position(1))
    await store.registry.add_webhook(make_registered_webhook(), before, audit=make_audit_entry())
    store._writing.execute("PRAGMA max_page_count = 300").fetchall()
    taken = await append_until_it_fails(store, 0)
    move = CursorMove(before=before, after=Cursor(webhook_id=before.webhook_id, position=Position(2), revision=1))
    outcomes = await asyncio.gather(
        store.log.append([make_new_event("small", "never.seen")], accepted_at_ms=1),
        store.ledger.skip(move),
        *(store.log.append(kilobytes(taken + 50 * part, 50), accepted_at_ms=1) for part in range(20)),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes] == [StorageUnavailable] * 22
    await assert_whole(store, heard, taken)
    assert await store.ledger.cursors() == (before,)
    store._writing.execute("PRAGMA max_page_count = 100000").fetchall()
    await store.ledger.skip(move)
    await store.log.append(
        [make_new_event("other", "also.new"), make_new_event("small", "never.seen")], accepted_at_ms=1
    )
    await assert_whole(store, heard, taken + 2)
    assert await store.log.last_positions() == {
        "auth.success": taken,
        "also.new": taken + 1,
        "never.seen": taken + 2,
    }
    await store.close()


async def test_a_file_that_another_program_keeps_locked_is_unavailable_until_it_is_free(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bellwire.stores.sqlite.connection.BUSY_TIMEOUT_MS", 1)
    store = await open_sqlite_store(path)
    with contextlib.closing(apsw.Connection(str(path))) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageUnavailable, match="locked"):
            await store.log.append([make_new_event("a")], accepted_at_ms=1)
        other.execute("ROLLBACK")
    appended = await store.log.append([make_new_event("a")], accepted_at_ms=1)
    assert [event.position for event in appended.logged] == [1]
    await store.close()


async def test_a_defect_in_one_call_reaches_its_caller_and_the_store_goes_on(path: Path) -> None:
    store = await open_sqlite_store(path)
    with pytest.raises(TypeError):
        await store.registry.declare_types([object()], audit=make_audit_entry())  # type: ignore[list-item] # the defect
    await store.registry.declare_types([], audit=make_audit_entry())
    assert await store.registry.declared_types() == ()
    await store.close()
