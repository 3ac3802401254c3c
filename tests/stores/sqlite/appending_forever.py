"""Appends seven events at a time and prints each append that was acknowledged; test_crashing.py runs it."""

import asyncio
import sys
from pathlib import Path

from bellwire.stores.sqlite.store import open_sqlite_store
from builders import make_new_event


async def main(path: Path) -> None:
    store = await open_sqlite_store(path)

    async def publish(publisher: int) -> None:
        for number in range(100_000):
            events = [make_new_event(f"{publisher}-{number}-{part}") for part in range(7)]
            await store.log.append(events, accepted_at_ms=number)
            print(f"{publisher}-{number}", flush=True)  # noqa: T201 - it is read by the test

    await asyncio.gather(*(publish(publisher) for publisher in range(4)))


asyncio.run(main(Path(sys.argv[1])))
