import asyncio
import contextlib
import os
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from bellwire.errors import ConflictingEvent
from bellwire.model.event import Position
from bellwire.store import PAGE_BYTES_MAX, AttemptsKept, EventSearch, Store
from bellwire.stores.sqlite.connection import create_file, open_writer
from bellwire.stores.sqlite.migrating import migrate, schema_steps
from bellwire.stores.sqlite.store import open_sqlite_store
from builders import make_new_event

TESTS = Path(__file__).parents[2]
MIB = 1024 * 1024


async def append_blocks(store: Store, count: int, *, first: int = 0) -> None:
    """Blocks of 300 KiB."""
    for block in range(first, first + count):
        events = [make_new_event(f"{block}-{part}", data=b'{"x":"%s"}' % (b"x" * 3_000)) for part in range(100)]
        await store.log.append(events, accepted_at_ms=block)


async def remove_all(store: Store) -> None:
    while stretches := await store.log.oldest():
        await store.log.remove(before=stretches[-1].behind, remembered_since_ms=2**62)


def size_of(path: Path) -> int:
    return path.stat().st_size


def ask(path: Path, sql: str) -> object:
    with contextlib.closing(apsw.Connection(str(path))) as connection:
        return connection.execute(sql).get


async def test_what_was_removed_stays_removed_and_known_ids_known_across_a_restart(path: Path) -> None:
    store = await open_sqlite_store(path)
    for number in range(6):
        await store.log.append([make_new_event(f"{number}")], accepted_at_ms=number)
    size = store.log.bytes_logged // 6
    await store.log.remove(before=Position(5), remembered_since_ms=2)
    await store.close()
    store = await open_sqlite_store(path)
    assert (store.log.begin, store.log.end, store.log.bytes_logged) == (5, 7, 6 * size)
    assert await store.log.bytes_before(Position(5)) == 4 * size
    again = [make_new_event(f"{number}") for number in range(6)]
    appended = await store.log.append(again, accepted_at_ms=7)
    assert [event.position for event in appended.logged] == [7, 8]  # 0 and 1 were forgotten
    with pytest.raises(ConflictingEvent):
        await store.log.append([make_new_event("3", "auth.failed")], accepted_at_ms=8)
    await store.close()


async def test_no_position_is_used_twice_after_everything_was_removed_and_the_file_opened_anew(path: Path) -> None:
    store = await open_sqlite_store(path)
    await append_blocks(store, 2)
    await remove_all(store)
    await store.close()
    assert ask(path, "SELECT count(*) FROM blocks") == 0
    assert ask(path, "SELECT count(*) FROM type_blocks") == 0
    assert ask(path, "SELECT count(*) FROM event_ids") == 0
    store = await open_sqlite_store(path)
    assert (store.log.begin, store.log.end) == (201, 201)
    appended = await store.log.append([make_new_event("next")], accepted_at_ms=1)
    assert [event.position for event in appended.logged] == [201]
    assert store.log.begin == 201
    await store.close()


async def test_room_that_removals_leave_is_used_again(path: Path) -> None:
    store = await open_sqlite_store(path)
    await append_blocks(store, 10)
    await store.close()
    before = size_of(path)
    store = await open_sqlite_store(path)
    for turn in range(5):
        await remove_all(store)
        await append_blocks(store, 10, first=10 * turn)
    await store.close()
    assert size_of(path) < before + MIB


async def test_room_is_given_back_to_the_file_system_in_small_pieces_down_to_what_is_spared(path: Path) -> None:
    store = await open_sqlite_store(path)
    await append_blocks(store, 20)
    await remove_all(store)
    pieces = []
    while piece := await store.give_back(spare_bytes=2 * MIB):
        pieces.append(piece)
    assert max(pieces) <= MIB
    assert sum(pieces) > 3 * MIB
    await store.close()
    assert 2 * MIB - MIB // 2 < size_of(path) < 3 * MIB
    assert ask(path, "PRAGMA integrity_check") == "ok"


async def test_a_removal_is_bounded_by_bytes_and_by_the_number_of_blocks_too(path: Path) -> None:
    store = await open_sqlite_store(path)
    await append_blocks(store, 10)
    assert 1 <= len(await store.log.oldest()) <= 4
    await remove_all(store)
    for number in range(200):
        await store.log.append([make_new_event(f"{number}")], accepted_at_ms=number)
    assert len(await store.log.oldest()) == 64
    await store.close()


async def test_counting_and_searching_agree_with_reading_while_events_are_removed(path: Path) -> None:
    store = await open_sqlite_store(path)
    for number in range(400):
        await store.log.append([make_new_event(f"{number}-{part}") for part in range(5)], accepted_at_ms=number)

    async def remove() -> None:
        while store.log.begin < 1_900:
            await store.log.remove(before=(await store.log.oldest())[0].behind, remembered_since_ms=0)

    async def count() -> None:
        while store.log.begin < 1_900:
            least = store.log.begin
            counted = await store.log.count(Position(1), before=Position(2_001), types=None)
            assert 2_001 - store.log.begin - 5 <= counted <= 2_001 - least
            assert counted % 5 == 0

    await asyncio.gather(remove(), count(), count())
    left = await store.log.search(EventSearch(limit=2_000))
    page = await store.log.read(
        Position(1), before=store.log.end, types=None, events_max=10_000, bytes_max=PAGE_BYTES_MAX
    )
    assert left == page.events[::-1]
    await store.close()


async def test_a_file_of_the_first_schema_is_brought_to_this_one_with_all_it_holds(path: Path) -> None:
    create_file(path)
    connection = open_writer(path)
    migrate(connection, schema_steps()[:1])
    for first, encoded in ((1, b"x" * 30), (4, b"y" * 20)):
        row = (
            first,
            5,
            first - 1,
            b"\x0a\0\0\0\x14\0\0\0" + len(encoded).to_bytes(4, "little"),
            b"\1\0\0\0" * 3,
            encoded,
        )
        connection.execute("INSERT INTO blocks VALUES (?, ?, ?, ?, ?, ?)", row)
    connection.execute("UPDATE log_end SET next_position = 7")
    connection.execute("INSERT INTO logged_types VALUES (1, 'auth.success', 6, 6)")
    connection.execute("INSERT INTO type_blocks VALUES (1, 1, 0), (1, 4, 3)")
    connection.execute("INSERT INTO attempts (id, webhook_id, attempt) VALUES ('a', 'wh-1', '{\"at_ms\":7}')")
    connection.close()
    store = await open_sqlite_store(path)
    assert (store.log.begin, store.log.end, store.log.bytes_logged) == (1, 7, 50)
    assert [await store.log.bytes_before(Position(at)) for at in (1, 2, 4, 5, 6, 7)] == [0, 10, 30, 40, 50, 50]
    assert [len(event.encoded) for event in await store.log.search(EventSearch())] == [0, 10, 10, 10, 10, 10]
    kept = AttemptsKept(since_ms=8, per_webhook=9, total_bytes=9_999)
    assert await store.ledger.remove_attempts(kept) == 1
    assert await store.give_back(spare_bytes=0) >= 0
    await store.close()


async def test_kill_9_amid_removals_leaves_a_whole_file_with_all_that_need_not_go(path: Path) -> None:
    program = subprocess.Popen(  # noqa: ASYNC220 - the test waits for nothing else
        [sys.executable, Path(__file__).parent / "pruning_forever.py", path],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(TESTS)},
    )
    assert program.stdout is not None
    acknowledged = [program.stdout.readline() for _ in range(150)]
    program.kill()
    acknowledged += program.stdout.read().split("\n")[:-1]
    program.stdout.close()
    program.wait()
    assert ask(path, "PRAGMA integrity_check") == "ok"
    store = await open_sqlite_store(path)
    end, begin = store.log.end, store.log.begin
    assert end > 7 * len(acknowledged)
    assert 1 < begin <= end - 100
    page = await store.log.read(Position(1), before=end, types=None, events_max=10_000, bytes_max=PAGE_BYTES_MAX)
    assert [event.position for event in page.events] == list(range(begin, end))
    assert await store.log.count(Position(1), before=end, types=None) == end - begin
    assert sum(len(event.encoded) for event in page.events) == store.log.bytes_logged - await store.log.bytes_before(
        begin
    )
    keys, known = ask(path, "SELECT count(*) FROM event_ids"), 0
    with contextlib.closing(apsw.Connection(str(path))) as connection:
        known = sum(len(digests) // 16 for (digests,) in connection.execute("SELECT digests FROM removed_blocks"))
    assert keys == end - begin + known
    await remove_all(store)
    while await store.log.forget(accepted_before_ms=2**62):
        pass
    await store.close()
    assert ask(path, "SELECT count(*) FROM event_ids") == 0
    assert ask(path, "PRAGMA integrity_check") == "ok"
