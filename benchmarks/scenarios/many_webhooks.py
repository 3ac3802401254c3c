"""Many webhooks: what they cost intake, what all of them get, what slow ones do to others, what they cost idle."""

import time
from collections.abc import Sequence
from typing import Final

import msgspec

from benchmarks.checking import drained, endpoint
from benchmarks.latencies import at
from benchmarks.loader import Load, Loaded
from benchmarks.measuring import Goal, Result, alternate, busy, figure, together
from benchmarks.programs import Receiver, Usage
from benchmarks.receiver import Received
from benchmarks.registering import register_all
from benchmarks.stage import EVERY_EVENT, TYPE, Run, declaring, load, types_named, webhook
from benchmarks.timelines import BUCKET_US, backlog, growth

EVERYTHING_PER_S: Final = 1_000
HANGING_PER_S: Final = 500
SETTLE_S: Final = 2
MB: Final = 1000**2


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """What was published, what came of it, and how the webhooks were registered."""

    loaded: Loaded
    received: Received
    registered: str


def one_type_each(run: Run) -> Sequence[Result]:
    """many webhooks of one type each, throttle 1s as by default, intake at full speed"""
    webhooks = run.sized(1_000, quick=50)
    types = types_named(webhooks)
    plan = Load(types=types, connections=16, per_request=100, seconds=run.seconds)

    def flow(count: int) -> Flow:
        paths = [endpoint(f"/hook/{number}", first=number, step=webhooks) for number in range(count)]
        with Receiver() as receiver, run.bellwire(settings=declaring(types)) as server:
            wanted: list[dict[str, object]] = [
                {"url": receiver.url(path), "events": [type_id], "eventsPolicy": "include", **EVERY_EVENT}
                for path, type_id in zip(paths, types, strict=False)
            ]
            registered = register_all(server, wanted)
            loaded = load(server, plan)
            return Flow(
                loaded=loaded, received=drained(receiver, dict.fromkeys(paths, loaded)), registered=str(registered)
            )

    many, one = alternate(lambda: flow(webhooks), lambda: flow(1), repeats=run.repeats)
    return [
        Result(
            name=f"intake with {webhooks:,} webhooks of one type each, throttle 1s, beside one webhook",
            measured=figure("events/s", (each.loaded.events / each.loaded.seconds for each in many)),
            limit=figure("events/s", (each.loaded.events / each.loaded.seconds for each in one)),
            goal=Goal(at_least=0.80),
            notes={
                "the loader takes": busy([each.loaded.busy for each in many]),
                "the receiver takes": busy([each.received.busy for each in many]),
                "registering them took": many[-1].registered,
            },
        )
    ]


def everything_to_all(run: Run) -> Sequence[Result]:
    """many webhooks that want everything, 1,000 events/s"""
    webhooks = run.sized(200, quick=20)
    paths = [f"/all/{number}" for number in range(webhooks)]
    plan = Load(types=[TYPE], connections=16, rate=EVERYTHING_PER_S, seconds=run.seconds)

    def flow() -> Flow:
        with Receiver() as receiver, run.bellwire() as server:
            registered = register_all(server, [webhook(receiver, path) for path in paths])
            loaded = load(server, plan)
            return Flow(
                loaded=loaded, received=drained(receiver, dict.fromkeys(paths, loaded)), registered=str(registered)
            )

    flows = [flow() for _ in range(run.repeats)]
    latencies = together(each.loaded.latencies_ms for each in flows)
    due = EVERYTHING_PER_S * webhooks
    name = f"{webhooks} webhooks that want everything, {EVERYTHING_PER_S:,} events/s, throttle 0"
    return [
        Result(
            name=f"{name}: deliveries while it is published",
            measured=figure("deliveries/s", (_rate_while_loading(each) for each in flows)),
            goal=Goal(at_least=0.99 * due),
            notes={
                "due": f"{due:,} deliveries/s",
                "the loader takes": busy([each.loaded.busy for each in flows]),
                "the receiver takes": busy([each.received.busy for each in flows]),
            },
        ),
        Result(
            name=f"{name}: how much of what was owed piled up",
            measured=figure(
                "%", (100 * growth(each.loaded.acknowledged, each.received.came, webhooks=webhooks) for each in flows)
            ),
            goal=Goal(at_most=1.0),
            notes={"largest backlog at any moment": f"{_largest(flows, webhooks):,} deliveries"},
        ),
        Result(
            name=f"{name}: answer to publisher, p99",
            measured=figure("ms", (at(each.loaded.latencies_ms, 0.99) for each in flows)),
            goal=Goal(at_most=10),
            percentiles={f"answer to publisher, {webhooks} webhooks": latencies},
        ),
    ]


def a_third_hanging(run: Run) -> Sequence[Result]:
    """many webhooks of one type each, a third of which hang until their timeout, beside the same without these"""
    webhooks = run.sized(1_000, quick=60)
    types = types_named(webhooks)
    timeout_ms = max(100, round(run.seconds * 250))  # so that every request that hangs ends a few times in a run
    plan = Load(types=types, connections=16, rate=HANGING_PER_S, seconds=run.seconds)

    def flow(*, with_hanging: bool) -> Flow:
        well = {
            number: endpoint(f"/hook/{number}", first=number, step=webhooks) for number in range(webhooks) if number % 3
        }
        with Receiver() as receiver, run.bellwire(settings=declaring(types)) as server:
            numbers = range(webhooks) if with_hanging else well
            wanted = [
                webhook(
                    receiver,
                    well.get(number, f"/hang/{number}"),
                    events=[types[number]],
                    eventsPolicy="include",
                    timeout=timeout_ms,
                )
                for number in numbers
            ]
            registered = register_all(server, wanted)
            loaded = load(server, plan)
            received = drained(receiver, dict.fromkeys(well.values(), loaded))
            return Flow(loaded=loaded, received=received, registered=str(registered))

    hanging, without = alternate(lambda: flow(with_hanging=True), lambda: flow(with_hanging=False), repeats=run.repeats)
    name = f"a third of {webhooks:,} webhooks hanging until timeout ({timeout_ms} ms), {HANGING_PER_S} events/s"
    notes = {"registering them took": hanging[-1].registered}
    return [
        Result(
            name=f"{name}: answer to publisher, p99",
            measured=figure("ms", (at(each.loaded.latencies_ms, 0.99) for each in hanging)),
            limit=figure("ms", (at(each.loaded.latencies_ms, 0.99) for each in without)),
            goal=Goal(at_most=1.2),
            notes=notes,
        ),
        Result(
            name=f"{name}: publish → receiver of the others, p99",
            measured=figure("ms", (at(each.received.latencies_ms, 0.99) for each in hanging)),
            limit=figure("ms", (at(each.received.latencies_ms, 0.99) for each in without)),
            goal=Goal(at_most=1.2),
            percentiles={
                "to receivers, a third hanging": together(each.received.latencies_ms for each in hanging),
                "to receivers, none hanging": together(each.received.latencies_ms for each in without),
            },
        ),
    ]


def idle(run: Run) -> Sequence[Result]:
    """many idle webhooks"""
    webhooks = run.sized(10_000, quick=200)
    usages: list[tuple[float, Usage]] = []
    with Receiver() as receiver, run.bellwire() as server:
        registered = register_all(server, [webhook(receiver, f"/hook/{number}") for number in range(webhooks)])
        for _ in range(run.repeats):
            server.stop()
            server.start()
            time.sleep(run.sized(SETTLE_S, quick=0))
            before = server.usage()
            time.sleep(run.seconds)
            after = server.usage()
            usages.append((100 * (after.cpu_s - before.cpu_s) / run.seconds, after))
    return [
        Result(
            name=f"{webhooks:,} idle webhooks: resident memory",
            measured=figure("MB", (usage.memory_bytes / MB for _, usage in usages)),
            goal=Goal(at_most=100),
            notes={"registering them took": str(registered)},
        ),
        Result(
            name=f"{webhooks:,} idle webhooks: CPU",
            measured=figure("% of a core", (cpu for cpu, _ in usages)),
            goal=Goal(at_most=1.0),
        ),
    ]


def _rate_while_loading(flow: Flow) -> float:
    """Deliveries a second in the later three quarters of the time in which was published."""
    buckets = range(min(flow.loaded.acknowledged), max(flow.loaded.acknowledged))
    later = buckets[len(buckets) // 4 :]
    return sum(flow.received.came.get(bucket, 0) for bucket in later) / (max(len(later), 1) * BUCKET_US / 1_000_000)


def _largest(flows: Sequence[Flow], webhooks: int) -> int:
    return max(max(backlog(each.loaded.acknowledged, each.received.came, webhooks=webhooks)) for each in flows)
