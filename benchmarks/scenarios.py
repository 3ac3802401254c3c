"""What is measured: each scenario runs Bellwire as its users run it, and its limit beside it."""

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from benchmarks.curl_alone import Posting
from benchmarks.loader import Load, Loaded
from benchmarks.measuring import Figure, Goal, Result, alternate, quantile
from benchmarks.programs import Loading, Receiver, Server, limit_server, load, post_alone, scratch
from benchmarks.receiver import Received

TYPE: Final = "auth.success"
KEY: Final = "a-key-of-the-usual-length-for-a-webhook"
DRAIN_S_MAX: Final = 300
SETTLE_S: Final = 0.2
NOBODY: Final = "-"
"""What a server that does nothing takes for a token."""


class Wrong(Exception):
    """A run in which an event was lost, repeated, out of order or refused: its figures count for nothing."""


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """How long and how often. source: the src folder of the Bellwire to measure, None for this one."""

    repeats: int
    seconds: float
    source: Path | None = None


Scenario = Callable[[Setting], Result]


def publish_one_by_one(setting: Setting) -> Result:
    """publish, 1 event a request, 64 connections"""
    return _publish(setting, Load(port=0, token="", types=[TYPE], connections=64), limit="none", at_least=0.60)


def publish_hundreds(setting: Setting) -> Result:
    """publish, 100 a request, 16 connections"""
    plan = Load(port=0, token="", types=[TYPE], connections=16, per_request=100)
    return _publish(setting, plan, limit="file", at_least=0.65)


def publish_lines(setting: Setting) -> Result:
    """publish, NDJSON of 10,000, 4 connections"""
    plan = Load(port=0, token="", types=[TYPE], connections=4, per_request=10_000, form="ndjson")
    return _publish(setting, plan, limit="file", at_least=0.60)


def end_to_end(setting: Setting) -> Result:
    """end to end, one webhook, throttle 0, batches"""
    plan = Load(
        port=0, token="", types=[TYPE], connections=4, per_request=1_000, form="ndjson", seconds=setting.seconds
    )
    notes: dict[str, str] = {}

    def delivered() -> float:
        with _bellwire(setting) as server, Receiver() as receiver:
            register(server, receiver)
            loaded = _load(server, plan)
            at_end = receiver.told()
            notes["backlog at the end of loading"] = f"{loaded.events - at_end.events:,} events"
            received = drained(receiver, {"/hook": loaded})
            return loaded.events / ((received.last_us - received.first_us) / 1_000_000)

    def accepted() -> float:
        with _bellwire(setting) as server:
            loaded = _load(server, plan)
            return loaded.events / loaded.seconds

    measured, limit = alternate(delivered, accepted, repeats=setting.repeats, unit="events/s")
    return Result(name=_name(end_to_end), measured=measured, limit=limit, goal=Goal(at_least=0.80), notes=notes)


def one_request_per_event(setting: Setting) -> Result:
    """one request per event, one webhook, in order"""
    return _one_by_one(setting, webhooks=1, at_least=0.40, name=_name(one_request_per_event))


def one_request_per_event_to_100(setting: Setting) -> Result:
    """one request per event, 100 webhooks"""
    return _one_by_one(setting, webhooks=100, at_least=0.65, name=_name(one_request_per_event_to_100))


def latency_at_500(setting: Setting) -> Result:
    """latency publish → receiver, 500 single events/s, p99 in ms"""
    return _latency(setting, rate=500, p99_ms=3.0, name=_name(latency_at_500))


def latency_at_2000(setting: Setting) -> Result:
    """latency publish → receiver, 2,000 single events/s, p99 in ms"""
    return _latency(setting, rate=2_000, p99_ms=6.0, name=_name(latency_at_2000))


def drain(setting: Setting) -> Result:
    """drain of a backlog from disk, one webhook, signed"""
    events = round(min(1_000_000, 100_000 * setting.seconds))
    notes = {"backlog": f"{events:,} events"}

    def drained_rate() -> float:
        with _bellwire(setting) as server, Receiver() as receiver:
            webhook = register(server, receiver)
            with server.client() as client:
                client.post(f"/v1/webhooks/{webhook}/pause").raise_for_status()
            loaded = _load(server, _filling(events))
            server.stop()  # so that everything comes from the disk
            server.start()
            with server.client() as client:
                client.post(f"/v1/webhooks/{webhook}/resume").raise_for_status()
            received = drained(receiver, {"/hook": loaded})
            return loaded.events / ((received.last_us - received.first_us) / 1_000_000)

    def limit() -> float:
        with Receiver() as receiver:
            posting = Posting(
                urls=[receiver.url("/limit")], per_request=1_000, signed=True, seconds=setting.seconds / 2
            )
            posted = post_alone(posting)
            return posted.events / posted.seconds

    measured, figure = alternate(drained_rate, limit, repeats=setting.repeats, unit="events/s")
    return Result(name=_name(drain), measured=measured, limit=figure, goal=Goal(at_least=0.6), notes=notes)


ALL: Final[tuple[Scenario, ...]] = (
    publish_one_by_one,
    publish_hundreds,
    publish_lines,
    end_to_end,
    one_request_per_event,
    one_request_per_event_to_100,
    latency_at_500,
    latency_at_2000,
    drain,
)


def register(server: Server, receiver: Receiver, *, path: str = "/hook", **members: object) -> str:
    """Register a webhook that wants everything at once, signed, with these members besides; its id."""
    document = {
        "url": receiver.url(path),
        "throttle": 0,
        "level": "trace",
        "discardAfter": "1d",
        "signatureKey": {"@type": "Value", "secret": KEY},
        **members,
    }
    with server.client() as client:
        answer = client.post("/v1/webhooks", json=document)
        answer.raise_for_status()
        return str(answer.json()["id"])


def drained(receiver: Receiver, wanted: dict[str, Loaded]) -> Received:
    """Wait until each endpoint has what was published for it; raises Wrong where it gets anything else."""
    until = time.monotonic() + DRAIN_S_MAX
    due = {path: loaded.numbers for path, loaded in wanted.items()}
    while True:
        received = receiver.told()
        if received.wrong:
            raise Wrong("; ".join(received.wrong))
        if all(received.next.get(path) == numbers for path, numbers in due.items()):
            return received
        if time.monotonic() > until:
            missing = {path: numbers for path, numbers in due.items() if received.next.get(path) != numbers}
            raise Wrong(f"after {DRAIN_S_MAX} s not all has come, of {missing} only {received.next}")
        time.sleep(SETTLE_S)


def _publish(setting: Setting, plan: Load, *, limit: str, at_least: float) -> Result:
    plan = msgspec.structs.replace(plan, seconds=setting.seconds)
    latencies: list[int] = []

    def measured() -> float:
        with _bellwire(setting) as server:
            loaded = _load(server, plan)
            latencies.extend(loaded.latencies_us)
            with server.client() as client:
                logged = client.get("/v1/status").json()["eventsLogged"]
            if logged < loaded.events:
                raise Wrong(f"{loaded.events} events were acknowledged, {logged} are in the log")
            return loaded.events / loaded.seconds

    def limiting(mode: str) -> float:
        with scratch() as folder, limit_server(mode, folder) as port:
            loaded = load(msgspec.structs.replace(plan, port=port, token=NOBODY))
            return loaded.events / loaded.seconds

    figure, limit_figure = alternate(measured, lambda: limiting(limit), repeats=setting.repeats, unit="events/s")
    notes = {
        "the loader alone reaches": f"{limiting('none'):,.0f} events/s",
        "answered within": f"p50 {_ms(latencies, 0.5)}, p99 {_ms(latencies, 0.99)}",
    }
    names = {1: publish_one_by_one, 100: publish_hundreds, 10_000: publish_lines}
    return Result(
        name=_name(names[plan.per_request]),
        measured=figure,
        limit=limit_figure,
        goal=Goal(at_least=at_least),
        notes=notes,
    )


def _one_by_one(setting: Setting, *, webhooks: int, at_least: float, name: str) -> Result:
    events = round(2_000 * setting.seconds / webhooks**0.5)

    def measured() -> float:
        with _bellwire(setting) as server, Receiver() as receiver:
            paths = [f"/hook{number}" for number in range(webhooks)]
            ids = [register(server, receiver, path=path, maxBatchEvents=1) for path in paths]
            with server.client() as client:
                for webhook_id in ids:
                    client.post(f"/v1/webhooks/{webhook_id}/pause").raise_for_status()
                loaded = _load(server, _filling(events))
                for webhook_id in ids:
                    client.post(f"/v1/webhooks/{webhook_id}/resume").raise_for_status()
            received = drained(receiver, dict.fromkeys(paths, loaded))
            return received.requests / ((received.last_us - received.first_us) / 1_000_000)

    def limit() -> float:
        with Receiver() as receiver:
            urls = [receiver.url(f"/limit{number}") for number in range(webhooks)]
            posted = post_alone(Posting(urls=urls, per_request=1, signed=False, seconds=setting.seconds / 2))
            return posted.requests / posted.seconds

    figure, limit_figure = alternate(measured, limit, repeats=setting.repeats, unit="requests/s")
    return Result(name=name, measured=figure, limit=limit_figure, goal=Goal(at_least=at_least))


def _latency(setting: Setting, *, rate: float, p99_ms: float, name: str) -> Result:
    readings: list[float] = []
    halves: list[float] = []
    for _ in range(setting.repeats):
        with _bellwire(setting) as server, Receiver() as receiver:
            register(server, receiver)
            plan = Load(port=server.port, token=server.token, types=[TYPE], connections=16, rate=rate)
            _load(server, msgspec.structs.replace(plan, seconds=1.0))  # connections and code are warm then
            time.sleep(SETTLE_S)
            receiver.told(reset=True)
            loaded = _load(server, msgspec.structs.replace(plan, seconds=setting.seconds, first_publisher=100))
            received = receiver.told()
            deadline = time.monotonic() + DRAIN_S_MAX
            while received.events < loaded.events and time.monotonic() < deadline:
                time.sleep(SETTLE_S)
                received = receiver.told()
            if received.wrong or received.events != loaded.events:
                raise Wrong(f"{received.events} of {loaded.events} events came; {received.wrong}")
            readings.append(quantile(received.latencies_us, 0.99) / 1000)
            halves.append(quantile(received.latencies_us, 0.5) / 1000)
    measured = Figure(unit="ms", readings=tuple(readings))
    p50 = Figure(unit="ms", readings=tuple(halves))
    return Result(
        name=name, measured=measured, limit=None, goal=Goal(at_most=p99_ms), notes={"p50": f"{p50.median:.2f} ms"}
    )


@contextlib.contextmanager
def _bellwire(setting: Setting) -> Iterator[Server]:
    with scratch() as folder, Server(folder / "data", source=setting.source) as server:
        yield server


def _load(server: Server, plan: Load) -> Loaded:
    with Loading(msgspec.structs.replace(plan, port=server.port, token=server.token)) as loading:
        loaded = loading.result()
    if loaded.refused:
        raise Wrong(f"{loaded.refused} of {loaded.requests} requests were refused")
    return loaded


def _filling(events: int) -> Load:
    return Load(port=0, token="", types=[TYPE], connections=1, per_request=1_000, form="ndjson", events=events)


def _name(scenario: Scenario) -> str:
    return (scenario.__doc__ or "").strip()


def _ms(latencies_us: list[int], part: float) -> str:
    return f"{quantile(latencies_us, part) / 1000:.1f} ms"
