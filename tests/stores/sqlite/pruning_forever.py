"""Appends and removes at the same time, and prints each append that was acknowledged; test_removing.py runs it."""

import asyncio
import sys
from pathlib import Path

from bellwire.model.event import Position
from bellwire.store import Store
from bellwire.stores.sqlite.store import open_sqlite_store
from builders import make_new_event

LEFT = 100
"""So many events at the end of the log are never removed."""


async def publish(store: Store) -> None:
    for number in range(100_000):
        events = [make_new_event(f"{number}-{part}", f"a.t{number % 3}") for part in range(7)]
        await store.log.append(events, accepted_at_ms=number)
        print(number, flush=True)  # noqa: T201 - it is read by the test


async def remove(store: Store) -> None:
    while True:
        bound = store.log.end - LEFT
        stretches = [stretch for stretch in await store.log.oldest() if stretch.behind <= bound]
        if stretches:
            since_ms = stretches[len(stretches) // 2].accepted_at_ms
            await store.log.remove(before=Position(stretches[-1].behind), remembered_since_ms=since_ms)
            await store.log.forget(accepted_before_ms=since_ms - 50)
            await store.give_back(spare_bytes=0)
        await asyncio.sleep(0)


async def main(path: Path) -> None:
    store = await open_sqlite_store(path)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(publish(store))
        tasks.create_task(remove(store))


asyncio.run(main(Path(sys.argv[1])))
