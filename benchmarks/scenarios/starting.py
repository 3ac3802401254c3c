"""How long a start takes when there is much in the store."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.filling import Filling
from benchmarks.measuring import Goal, Result, alternate, figure
from benchmarks.programs import asked, scratch
from benchmarks.stage import TYPE, Run

KEEP_ALL: Final = ("--retention-size", "64GiB")
"""What every webhook is done with is kept up to 1 GiB by default, which is less than ten million events."""


def start_with_much(run: Run) -> Sequence[Result]:
    """start with many events and many webhooks, until /healthz answers"""
    few, many = run.sized(100_000, quick=2_000), run.sized(10_000_000, quick=20_000)
    webhooks = run.sized(10_000, quick=200)

    def started(folder: Path) -> float:
        forget_caches(folder / "data")
        with run.bellwire(*KEEP_ALL, folder=folder) as server:
            return server.started_s

    with scratch() as short, scratch() as long:
        for folder, events in ((short, few), (long, many)):
            store = folder / "data" / "bellwire.db"
            asked(
                "benchmarks.filling",
                Filling(store=str(store), events=events, types=[TYPE], webhooks=webhooks),
                source=run.source,
            )
            with run.bellwire(*KEEP_ALL, folder=folder):  # the first start makes token and key
                pass
        with_many, with_few = alternate(lambda: started(long), lambda: started(short), repeats=run.repeats)
    name = f"start with {many:,} events and {webhooks:,} webhooks"
    return [
        Result(name=f"{name}, until it answers", measured=figure("s", with_many), goal=Goal(at_most=1.0)),
        Result(
            name=f"{name}, beside {few:,} events",
            measured=figure("s", with_many),
            limit=figure("s", with_few),
            goal=Goal(at_most=1.2),
        ),
    ]


def forget_caches(folder: Path) -> None:
    """Ask the system to drop what it has cached of these files, which anybody may do for their own."""
    for path in folder.iterdir():
        file = os.open(path, os.O_RDONLY)
        try:
            os.fsync(file)  # only what is on disk can be dropped
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(file)
