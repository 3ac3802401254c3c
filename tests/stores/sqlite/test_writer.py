import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bellwire.model.event import LoggedEvent
from bellwire.stores.sqlite.store import open_sqlite_store
from builders import make_new_event


async def test_what_waits_together_is_committed_together_and_told_once(path: Path) -> None:
    store = await open_sqlite_store(path)
    groups: list[Sequence[LoggedEvent]] = []
    store.log.follow(groups.append)
    await asyncio.gather(
        *(store.log.append([make_new_event(f"{number}")], accepted_at_ms=number) for number in range(200))
    )
    assert sum(len(group) for group in groups) == 200
    assert len(groups) < 100
    await store.close()


async def test_a_listener_that_raises_is_reported_and_keeps_no_caller_waiting(path: Path) -> None:
    store = await open_sqlite_store(path)
    reported: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: reported.append(context))

    def listen(_events: Sequence[LoggedEvent]) -> None:
        raise ValueError("a defect")

    store.log.follow(listen)
    appended = await store.log.append([make_new_event("a")], accepted_at_ms=1)
    assert len(appended.logged) == 1
    assert [str(context["exception"]) for context in reported] == ["a defect"]
    await store.close()


async def test_a_small_work_does_not_wait_for_all_the_large_ones_before_it(path: Path) -> None:
    store = await open_sqlite_store(path)
    done: list[str] = []

    async def append(name: str, *, size_bytes: int) -> None:
        event = make_new_event(name, data=b'{"x":"%s"}' % (b"x" * size_bytes))
        await store.log.append([event], accepted_at_ms=1)
        done.append(name)

    larges = [f"large-{number}" for number in range(20)]
    await asyncio.gather(*(append(name, size_bytes=200_000) for name in larges), append("small", size_bytes=1))
    assert sorted(done) == sorted([*larges, "small"])
    assert [name for name in done if name != "small"] == larges
    assert done.index("small") < done.index("large-19")
    await store.close()
