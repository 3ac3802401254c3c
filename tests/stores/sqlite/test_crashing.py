import asyncio
import contextlib
import os
import subprocess
import sys
import warnings
from pathlib import Path

import apsw

from bellwire.errors import StorageUnavailable
from bellwire.model.event import EventId, Position
from bellwire.store import Store
from bellwire.stores.sqlite.store import open_sqlite_store
from builders import make_new_event

TESTS = Path(__file__).parents[2]


async def test_what_was_acknowledged_before_kill_9_is_there_and_appends_are_whole(path: Path) -> None:
    program = subprocess.Popen(  # noqa: ASYNC220 - the test waits for nothing else
        [sys.executable, Path(__file__).parent / "appending_forever.py", path],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(TESTS)},
    )
    assert program.stdout is not None
    acknowledged = [program.stdout.readline().strip() for _ in range(60)]
    program.kill()
    acknowledged += program.stdout.read().split("\n")[:-1]
    program.stdout.close()
    program.wait()
    store = await open_sqlite_store(path)
    assert len(acknowledged) >= 60
    for name in acknowledged:
        for part in range(7):
            assert await store.log.find(EventId(f"{name}-{part}")) is not None
    events = await store.log.count(Position(1), before=store.log.end, types=None)
    assert events % 7 == 0
    assert events == store.log.end - 1
    appended = await store.log.append([make_new_event("next")], accepted_at_ms=1)
    assert [event.position for event in appended.logged] == [events + 1]
    await store.close()


async def in_a_forked_child(store: Store) -> str:
    try:
        await store.log.append([make_new_event("a")], accepted_at_ms=1)
    except StorageUnavailable as problem:
        return str(problem)
    return "it was let through"


async def test_a_forked_child_is_turned_away_and_the_parent_goes_on(path: Path) -> None:
    store = await open_sqlite_store(path)
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of what is tested here
        child = os.fork()
    if child == 0:
        try:
            in_a_forked_child(store).send(None)
        except StopIteration as answer:
            os.write(writing, answer.value.encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)  # noqa: ASYNC222 - the test waits for nothing else
    said = os.read(reading, 1000).decode()
    os.close(reading)
    os.close(writing)
    assert "forked" in said
    await store.log.append([make_new_event("a")], accepted_at_ms=1)
    await store.close()


async def test_a_store_opens_and_closes_again_and_again_and_goes_on_where_it_was(path: Path) -> None:
    for round_ in range(3):
        store = await open_sqlite_store(path)
        appended = await store.log.append([make_new_event(f"event-{round_}", f"a.b{round_}")], accepted_at_ms=round_)
        assert [event.position for event in appended.logged] == [round_ + 1]
        again = await store.log.append([make_new_event("event-0", "a.b0")], accepted_at_ms=round_)
        assert again.duplicates == 1
        assert len(await store.log.last_positions()) == round_ + 1
        await store.close()
        assert os.listdir(path.parent) == ["bellwire.db"]  # noqa: PTH208 - a Path is taken for blocking here


async def test_close_writes_what_was_asked_for_before(path: Path) -> None:
    store = await open_sqlite_store(path)
    waiting = [
        asyncio.create_task(store.log.append([make_new_event(f"{number}")], accepted_at_ms=1)) for number in range(50)
    ]
    await asyncio.sleep(0)
    await store.close()
    assert [len(appended.logged) for appended in await asyncio.gather(*waiting)] == [1] * 50
    store = await open_sqlite_store(path)
    assert store.log.end == 51
    await store.close()


async def test_two_closes_at_once_both_return(path: Path) -> None:
    store = await open_sqlite_store(path)
    await asyncio.gather(store.close(), store.close())


async def test_no_position_is_used_twice_though_every_event_was_removed(path: Path) -> None:
    store = await open_sqlite_store(path)
    await store.log.append([make_new_event("a"), make_new_event("b")], accepted_at_ms=1)
    await store.close()
    with contextlib.closing(apsw.Connection(str(path))) as connection:
        connection.execute("DELETE FROM blocks").fetchall()
    store = await open_sqlite_store(path)
    appended = await store.log.append([make_new_event("a"), make_new_event("c")], accepted_at_ms=1)
    assert [event.position for event in appended.logged] == [3, 4]
    assert appended.duplicates == 0
    await store.close()
