"""How much room events take on disk."""

from collections.abc import Sequence

from benchmarks.checking import drained
from benchmarks.loader import Load
from benchmarks.measuring import Goal, Result, figure
from benchmarks.programs import Receiver
from benchmarks.stage import TYPE, Run, filling, load, register


def bytes_on_disk(run: Run) -> Sequence[Result]:
    """the data folder, all files and indexes, beside the events as receivers get them"""
    many, few = run.sized(200_000, quick=20_000), run.sized(50_000, quick=2_000)
    return [
        _bytes(run, f"bytes on disk for a byte of events, {many:,} published by the thousand", filling(many)),
        _bytes(
            run,
            f"bytes on disk for a byte of events, {few:,} published one by one, 16 connections",
            Load(types=[TYPE], connections=16, events=few),
        ),
    ]


def _bytes(run: Run, name: str, plan: Load) -> Result:
    ratios = []
    for _ in range(run.repeats):
        with Receiver() as receiver, run.bellwire() as server:
            register(server, receiver)
            received = drained(receiver, {"/hook": load(server, plan)})
            server.stop()  # which folds SQLite's log into the file
            size_bytes = sum(path.stat().st_size for path in server.folder.iterdir())
            ratios.append(size_bytes / received.event_bytes)
    return Result(name=name, measured=figure("bytes", ratios), goal=Goal(at_most=1.3))
