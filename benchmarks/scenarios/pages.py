"""The pages over a store with much in it: how soon each is there, what it weighs, and what tabs left open cost."""

import contextlib
import time
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from benchmarks.browsing import Visitor, found_pages, sign_in_link
from benchmarks.filling import Filling
from benchmarks.loader import Load
from benchmarks.measuring import Goal, Result, figure
from benchmarks.programs import Loading, Receiver, Server, asked, close, scratch, start
from benchmarks.registering import do_all, register_all
from benchmarks.scenarios.starting import KEEP_ALL
from benchmarks.stage import TYPE, Run, declaring, filling, load, types_named, webhook
from benchmarks.tabs import Tabs, chromium

USUAL_TYPES: Final = 40
LIVELY: Final = 10
SETTLE_S: Final = 2
WATCHED: Final = ("/", "/settings/telemetry/webhooks", "/events", "/attempts")
SIGN_IN: Final = "/sign-in"
"""Pages that somebody who has signed in is led away from."""

TRICKLE_PER_S: Final = 10
KB: Final = 1000
PART: Final = 0.95
WAIT_S_MAX: Final = 60


def pages_with_much(run: Run) -> Sequence[Result]:
    """pages: with many webhooks and many events, each page by its route; and tabs left open"""
    events, webhooks = run.sized(10_000_000, quick=20_000), run.sized(1_000, quick=30)
    with scratch() as folder, Receiver() as receiver:
        store = folder / "data" / "bellwire.db"
        types = types_named(USUAL_TYPES)
        asked("benchmarks.filling", Filling(store=str(store), events=events, types=[TYPE, *types]), source=run.source)
        routes = msgspec.json.decode(asked("benchmarks.page_routes", source=run.source), type=list[str])
        with run.bellwire(*KEEP_ALL, folder=folder, settings=declaring(types)) as server:
            registered = _bring_to_life(server, receiver, webhooks, types)
            with Visitor(server) as visitor, Visitor(server) as stranger:
                visitor.sign_in()
                found = found_pages(visitor, routes)
                who = {kind: stranger if kind.startswith(SIGN_IN) else visitor for kind in found}
                kilobytes = {kind: who[kind].weigh(address) / KB for kind, address in found.items()}
                times = [_times(run, who, found) for _ in range(run.repeats)]
            tabs = _tabs(run, server)
    unreached = [path for path in routes if not any(kind.partition("?")[0] == path for kind in found)]
    slowest = {kind: max(one[kind] for one in times) for kind in found}
    name = f"pages with {webhooks:,} webhooks and {events:,} events"
    return [
        Result(
            name=f"{name}: p95 of the slowest",
            measured=figure("ms", (max(one.values()) for one in times)),
            goal=Goal(at_most=200),
            notes={
                "registering the webhooks took": registered,
                "tabs left open": "below" if tabs else "not measured, as there is no Chromium; apt install chromium",
                "pages that no link led to": ", ".join(unreached) or "none",
                **{
                    kind: f"{slowest[kind]:.0f} ms, {kilobytes[kind]:.0f} kB"
                    for kind in sorted(found, key=lambda kind: -slowest[kind])
                },
            },
        ),
        Result(
            name=f"{name}: the heaviest, loaded with an empty cache",
            measured=figure("kB", [max(kilobytes.values())]),
            goal=Goal(at_most=150),
            notes={"which": max(kilobytes, key=lambda kind: kilobytes[kind])},
        ),
        *tabs,
    ]


def _bring_to_life(server: Server, receiver: Receiver, webhooks: int, types: list[str]) -> str:
    """Webhooks of which some fail, with attempts, dead letters and a replay; a token, a person, a source. Only the
    first want what is published from now on, so that what is measured is the pages and not deliveries.
    """
    documents = [
        webhook(receiver, f"/{'refuse' if number % 20 == 0 else 'hook'}/{number}", name=f"Webhook {number}")
        | ({"enable": False} if number % 20 == 1 else {})
        | ({"events": [types[number % len(types)]], "eventsPolicy": "include"} if number >= LIVELY else {})
        for number in range(webhooks)
    ]
    registered = register_all(server, documents)
    do_all(server, registered.ids[2:3], "pause")
    load(server, filling(200))
    with server.client() as client:
        given_up = f"/v1/webhooks/{registered.ids[2]}"
        for enable in (False, True):
            client.patch(
                given_up, json={"enable": enable}, headers={"Content-Type": "application/merge-patch+json"}
            ).raise_for_status()
        until = time.monotonic() + WAIT_S_MAX
        while not client.get("/v1/dead-letters").json()["items"] and time.monotonic() < until:
            time.sleep(0.1)
        client.post(f"{given_up}/replays", json={"reason": "disabled", "paused": True}).raise_for_status()
        client.post("/v1/tokens", json={"name": "robot", "scopes": ["read"]}).raise_for_status()
        client.post("/v1/people", json={"name": "somebody", "scopes": ["read"]}).raise_for_status()
        client.put("/v1/sources/upstream", json={"allowAnyone": True}).raise_for_status()
        for _ in range(100):  # the first attempts of those that fail are there
            if client.get("/v1/attempts").json()["items"]:
                break
            time.sleep(0.1)
    return str(registered)


def _times(run: Run, who: dict[str, Visitor], found: dict[str, str]) -> dict[str, float]:
    """For each page the milliseconds within which this part of the answers came."""
    count = run.sized(20, quick=2)
    ordered = {kind: sorted(who[kind].open(address).ms for _ in range(count)) for kind, address in found.items()}
    return {kind: times[min(count - 1, int(count * PART))] for kind, times in ordered.items()}


def _tabs(run: Run, server: Server) -> Sequence[Result]:
    """What the server pays for tabs that are open while a few events come, beside the same events without tabs."""
    tabs = run.sized(20, quick=2)
    if chromium() is None:
        return []
    time.sleep(run.sized(SETTLE_S, quick=0))
    without = [_cpu_percent(run, server) for _ in range(run.repeats)]
    with _open_tabs(server, tabs):
        time.sleep(run.sized(SETTLE_S, quick=0))
        beside = [_cpu_percent(run, server) for _ in range(run.repeats)]
    return [
        Result(
            name=f"live updates: {tabs} browsers with a tab each, {TRICKLE_PER_S} events/s, the server's CPU for them",
            measured=figure("% of a core", (one - other for one, other in zip(beside, without, strict=True))),
            goal=Goal(at_most=5.0),
        )
    ]


def _cpu_percent(run: Run, server: Server) -> float:
    plan = Load(
        port=server.port,
        token=server.token,
        types=[TYPE],
        rate=TRICKLE_PER_S,
        seconds=run.seconds,
    )
    before, begun = server.usage().cpu_s, time.perf_counter()
    with Loading(plan) as loading:
        loading.result()
    return 100 * (server.usage().cpu_s - before) / (time.perf_counter() - begun)


@contextlib.contextmanager
def _open_tabs(server: Server, count: int) -> Iterator[None]:
    links = [sign_in_link(server) for _ in range(count)]
    process = start("benchmarks.tabs")
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        plan = Tabs(url=f"http://127.0.0.1:{server.port}", links=links, addresses=list(WATCHED))
        process.stdin.write(msgspec.json.encode(plan) + b"\n")
        process.stdin.flush()
        if process.stdout.readline().strip() != b"open":
            raise RuntimeError("the browsers could not be opened")
        yield
    finally:
        close(process)
