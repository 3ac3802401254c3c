"""How long an event takes from its publisher to its receiver, at a rate that Bellwire bears easily."""

import time
from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from benchmarks.checking import drained
from benchmarks.latencies import at
from benchmarks.loader import Load
from benchmarks.measuring import Goal, Result, busy, figure, together
from benchmarks.programs import Receiver
from benchmarks.receiver import Received
from benchmarks.stage import TYPE, Run, load, register

SETTLE_S: Final = 0.2
WARM_UP_S: Final = 1.0


def latency_at_500(run: Run) -> Sequence[Result]:
    """latency publish → receiver, 500 single events/s"""
    return [_latency(run, rate=500, p99_ms=3.0)]


def latency_at_2000(run: Run) -> Sequence[Result]:
    """latency publish → receiver, 2,000 single events/s"""
    return [_latency(run, rate=2_000, p99_ms=6.0)]


def _latency(run: Run, *, rate: int, p99_ms: float) -> Result:
    plan = Load(types=[TYPE], connections=16, rate=rate)

    def received() -> Received:
        with Receiver() as receiver, run.bellwire() as server:
            register(server, receiver)
            warm = load(server, replace(plan, seconds=min(WARM_UP_S, run.seconds)))  # connections and code
            drained(receiver, {"/hook": warm})
            receiver.received(reset=True)
            time.sleep(SETTLE_S)
            loaded = load(server, replace(plan, seconds=run.seconds, first_publisher=100))
            numbers = warm.numbers | loaded.numbers
            return drained(receiver, {"/hook": replace(loaded, numbers=numbers)}, before=warm.events)

    runs = [received() for _ in range(run.repeats)]
    percentiles = together(one.latencies_ms for one in runs)
    return Result(
        name=f"latency publish → receiver, {rate:,} single events/s, p99",
        measured=figure("ms", (at(one.latencies_ms, 0.99) for one in runs)),
        goal=Goal(at_most=p99_ms),
        percentiles={f"publish → receiver at {rate:,}/s": percentiles},
        notes={"p50": f"{at(percentiles, 0.5):.2f} ms", "the receiver takes": busy([one.busy for one in runs])},
    )
