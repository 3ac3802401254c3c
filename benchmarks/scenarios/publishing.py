"""How fast events are taken in, when nobody wants them."""

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from benchmarks.checking import Wrong
from benchmarks.latencies import at
from benchmarks.loader import Load, Loaded
from benchmarks.measuring import Goal, Result, alternate, busy, figure, together
from benchmarks.programs import limit_server, load, scratch
from benchmarks.stage import TYPE, Run
from benchmarks.stage import load as load_bellwire

NOBODY: Final = "-"
"""What a server that does nothing takes for a token."""


def publish_one_by_one(run: Run) -> Sequence[Result]:
    """publish, 1 event a request, 64 connections"""
    plan = Load(types=[TYPE], connections=64)
    return [_publish(run, "publish, 1 event a request, 64 connections", plan, limit="none", at_least=0.60)]


def publish_hundreds(run: Run) -> Sequence[Result]:
    """publish, 100 a request, 16 connections"""
    plan = Load(types=[TYPE], connections=16, per_request=100)
    return [_publish(run, "publish, 100 a request, 16 connections", plan, limit="file", at_least=0.65)]


def publish_lines(run: Run) -> Sequence[Result]:
    """publish, NDJSON of 10,000, 4 connections"""
    plan = Load(types=[TYPE], connections=4, per_request=10_000, form="ndjson")
    return [_publish(run, "publish, NDJSON of 10,000, 4 connections", plan, limit="file", at_least=0.60)]


def _publish(run: Run, name: str, plan: Load, *, limit: str, at_least: float) -> Result:
    plan = replace(plan, seconds=run.seconds)

    def measured() -> Loaded:
        with run.bellwire() as server:
            loaded = load_bellwire(server, plan)
            with server.client() as client:
                logged = client.get("/v1/status").json()["eventsLogged"]
            if logged < loaded.events:
                raise Wrong(f"{loaded.events:,} events were acknowledged, {logged:,} are in the log")
            return loaded

    def limiting(mode: str) -> Loaded:
        with scratch() as folder, limit_server(mode, folder) as port:
            return load(replace(plan, port=port, token=NOBODY))

    taken, limits = alternate(measured, lambda: limiting(limit), repeats=run.repeats)
    latencies = together(one.latencies_ms for one in taken)
    alone = limits[-1] if limit == "none" else limiting("none")
    return Result(
        name=name,
        measured=figure("events/s", (one.events / one.seconds for one in taken)),
        limit=figure("events/s", (one.events / one.seconds for one in limits)),
        goal=Goal(at_least=at_least),
        percentiles={"answer to publisher": latencies},
        notes={
            "the loader takes": busy([one.busy for one in taken]),
            "the loader at a server that does nothing": f"{alone.events / alone.seconds:,.0f} events/s",
            "answered within": f"p50 {at(latencies, 0.5):.1f} ms, p99 {at(latencies, 0.99):.1f} ms",
        },
    )
