"""How fast events reach receivers: while they are published, from disk, in batches and one by one."""

from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from benchmarks.checking import drained
from benchmarks.curl_alone import Posting
from benchmarks.loader import Load, Loaded
from benchmarks.measuring import Goal, Result, alternate, busy, figure
from benchmarks.programs import Receiver, post_alone
from benchmarks.receiver import Received
from benchmarks.registering import do_all, register_all
from benchmarks.stage import TYPE, Run, filling, load, register, webhook
from benchmarks.timelines import backlog, growth

SUSTAINED_S: Final = 60
MICRO: Final = 1_000_000


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """What was published, and what came of it."""

    loaded: Loaded
    received: Received

    @property
    def events_per_s(self) -> float:
        """The rate at which events came, from first to last."""
        return self.received.events / ((self.received.last_us - self.received.first_us) / MICRO)


def end_to_end(run: Run) -> Sequence[Result]:
    """end to end, one webhook, throttle 0, batches: 4 connections publish NDJSON of 1,000 as fast as it is taken"""
    seconds = max(run.seconds, run.sized(SUSTAINED_S, quick=0))
    plan = Load(types=[TYPE], connections=4, per_request=1_000, form="ndjson", seconds=seconds)

    def delivered() -> Flow:
        with Receiver() as receiver, run.bellwire() as server:
            register(server, receiver)
            loaded = load(server, plan)
            return Flow(loaded=loaded, received=drained(receiver, {"/hook": loaded}))

    def accepted() -> Loaded:
        with run.bellwire() as server:
            return load(server, replace(plan, seconds=run.seconds))

    flows, alone = alternate(delivered, accepted, repeats=run.repeats)
    piled_up = [100 * growth(flow.loaded.acknowledged, flow.received.came) for flow in flows]
    owed = max(max(backlog(flow.loaded.acknowledged, flow.received.came)) for flow in flows)
    return [
        Result(
            name="end to end, one webhook, throttle 0, batches, beside what is taken in when nobody wants it",
            measured=figure("events/s", (flow.events_per_s for flow in flows)),
            limit=figure("events/s", (one.events / one.seconds for one in alone)),
            goal=Goal(at_least=0.80),
            notes={
                "the loader takes": busy([flow.loaded.busy for flow in flows]),
                "the receiver takes": busy([flow.received.busy for flow in flows]),
            },
        ),
        Result(
            name=f"the same for {seconds:g} s: how much of what was published piled up",
            measured=figure("%", piled_up),
            goal=Goal(at_most=1.0),
            notes={"largest backlog at any moment": f"{owed:,} events"},
        ),
    ]


def one_request_per_event(run: Run) -> Sequence[Result]:
    """one request per event, one webhook, in order"""
    return [_one_by_one(run, "one request per event, one webhook, in order", webhooks=1, at_least=0.40)]


def one_request_per_event_to_100(run: Run) -> Sequence[Result]:
    """one request per event, 100 webhooks"""
    return [_one_by_one(run, "one request per event, 100 webhooks", webhooks=100, at_least=0.65)]


def drain(run: Run) -> Sequence[Result]:
    """drain of a backlog from disk, one webhook, signed"""
    events = run.sized(1_000_000, quick=20_000)

    def drained_flow() -> Flow:
        with Receiver() as receiver, run.bellwire() as server:
            webhook_id = register(server, receiver)
            do_all(server, [webhook_id], "pause")
            loaded = load(server, filling(events))
            server.stop()  # so that everything comes from the disk
            server.start()
            do_all(server, [webhook_id], "resume")
            return Flow(loaded=loaded, received=drained(receiver, {"/hook": loaded}))

    def limit() -> float:
        with Receiver() as receiver:
            urls = [receiver.url("/limit")]
            posted = post_alone(Posting(urls=urls, per_request=1_000, signed=True, seconds=run.seconds / 2))
            return posted.events / posted.seconds

    flows, limits = alternate(drained_flow, limit, repeats=run.repeats)
    return [
        Result(
            name=f"drain of a backlog of {events:,} from disk, one webhook, signed",
            measured=figure("events/s", (flow.events_per_s for flow in flows)),
            limit=figure("events/s", limits),
            goal=Goal(at_least=0.6),
            notes={"the receiver takes": busy([flow.received.busy for flow in flows])},
        )
    ]


def _one_by_one(run: Run, name: str, *, webhooks: int, at_least: float) -> Result:
    events = round(run.sized(2_000, quick=400) * run.seconds / webhooks**0.5)
    paths = [f"/hook{number}" for number in range(webhooks)]

    def measured() -> Received:
        with Receiver() as receiver, run.bellwire() as server:
            ids = register_all(server, [webhook(receiver, path, maxBatchEvents=1) for path in paths]).ids
            do_all(server, ids, "pause")
            loaded = load(server, filling(events))
            do_all(server, ids, "resume")
            return drained(receiver, dict.fromkeys(paths, loaded))

    def limit() -> float:
        with Receiver() as receiver:
            urls = [receiver.url(f"/limit{number}") for number in range(webhooks)]
            posted = post_alone(Posting(urls=urls, per_request=1, signed=False, seconds=run.seconds / 2))
            return posted.requests / posted.seconds

    received, limits = alternate(measured, limit, repeats=run.repeats)
    return Result(
        name=name,
        measured=figure("requests/s", (one.requests / ((one.last_us - one.first_us) / MICRO) for one in received)),
        limit=figure("requests/s", limits),
        goal=Goal(at_least=at_least),
        notes={"the receiver takes": busy([one.busy for one in received])},
    )
