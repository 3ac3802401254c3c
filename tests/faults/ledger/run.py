"""One run: publish, deliver, kill, start again; then let everything drain, and audit it."""

import random
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec

from faults.ledger.audit import Trail, audit_deliveries
from faults.ledger.audit_accounts import Account, Attempt, audit_account
from faults.ledger.audit_inspections import audit_inspections
from faults.ledger.audit_log import LoggedEvent, PublisherTally, audit_log
from faults.ledger.inspecting import Inspector
from faults.ledger.operating import Operator
from faults.ledger.publishers import EVENTS_MAX, Publisher
from faults.ledger.receiver import LedgerReceiver
from faults.ledger.record import Answer, Violation, read_requests
from faults.ledger.server import START_S_MAX, Server, read_list
from faults.ledger.webhooks import Subject, make_webhooks

IDLE_S_MAX: Final = 75
"""How long nothing may come while something waits: the longest backoff is 60 s."""

KILLED_WHILE_STARTING_RATE: Final = 0.2
BUSY_S_MAX: Final = 30.0
"""How long a life may go on until something is acknowledged in it; publishers may have come to their end."""

START_S: Final = 1.0
"""About what a start takes."""

ALARMS: Final = (b"Traceback", b"a dispatcher failed", b"cannot be written")
"""What the server's log never says when all is well."""

ALARM_LENGTH_MAX: Final = 1_000


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What to do.

    seconds: how long the server's lives are together, starting and draining not counted.
    folder: an empty one, for all that is kept.
    """

    seed: int
    kills: int
    seconds: float
    publishers: int
    webhooks: int
    folder: Path


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a run is."""

    kills: int
    acknowledged: int
    requests: int
    backlog: int | None = None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a run. edits: pauses and edits of webhooks; inspections: accounts that were asked for."""

    plan: Plan
    events: int
    calls: int
    repeated_calls: int
    known_again: int
    kills: int
    killed_while_starting: int
    edits: int
    inspections: int
    answers: dict[Answer, int]
    trails: dict[str, Trail]
    drained_in_s: float
    violations: tuple[Violation, ...]


def run(plan: Plan, tell: Callable[[Progress], None]) -> Report:
    """Do it all; raises ServerEnded where the server does not come up or stays up."""
    record = plan.folder / "requests.ndjson"
    receiver = LedgerReceiver(record, seed=plan.seed)
    server = Server(plan.folder / "data", log=plan.folder / "server.log")
    try:
        return _Run(plan, server, receiver, tell).go(record)
    finally:
        server.close()
        receiver.close()


class _Run:
    def __init__(self, plan: Plan, server: Server, receiver: LedgerReceiver, tell: Callable[[Progress], None]) -> None:
        self._plan = plan
        self._server = server
        self._receiver = receiver
        self._tell = tell
        self._kills = 0
        self._pause = threading.Event()
        self._publishers = [
            Publisher(number, seed=plan.seed, server=server, events_max=EVENTS_MAX // plan.publishers)
            for number in range(plan.publishers)
        ]
        self._subjects: list[Subject] = []
        self._ids: dict[str, str] = {}

    def go(self, record: Path) -> Report:
        self._server.start()
        self._register()
        inspector = Inspector(self._ids, seed=self._plan.seed, server=self._server, receiver=self._receiver)
        operator = Operator(self._subjects, self._ids, seed=self._plan.seed, server=self._server)
        try:
            for publisher in self._publishers:
                publisher.start()
            inspector.start()
            operator.start()
            self._kill_and_start()
        except BaseException:
            for publisher in self._publishers:
                publisher.abandon()
            raise
        finally:
            operator.stop()
        for publisher in self._publishers:
            publisher.stop()
        for publisher in self._publishers:
            publisher.join()
        self._receiver.healthy = True
        with self._server.client() as client:
            operator.put_in_order(client)
            drained_in_s, violations = self._drain(client)
            inspector.stop()
            logged = list(_logged(client))[::-1]
            accounts = {name: self._account(client, name) for name in self._ids}
        if (code := self._server.stop()) != 0:
            evidence = f"exit code {code}"
            violations.append(Violation(promise="SIGTERM ends in good order", place="the server", evidence=evidence))
        violations += self._find_alarms()
        violations += [violation for publisher in self._publishers for violation in publisher.violations]
        expected, found = audit_log(logged, self._tallies(), seed=self._plan.seed)
        violations += found
        trails, strays = audit_deliveries(expected, self._subjects, read_requests(record))
        violations += strays
        for name, trail in trails.items():
            violations += [*trail.violations, *audit_account(name, trail, *accounts[name])]
        violations += audit_inspections(inspector.inspections, expected, self._subjects, read_requests(record))
        return Report(
            plan=self._plan,
            events=len(expected),
            calls=sum(publisher.calls for publisher in self._publishers),
            repeated_calls=sum(publisher.repeated for publisher in self._publishers),
            known_again=sum(publisher.duplicates for publisher in self._publishers),
            kills=self._kills,
            killed_while_starting=self._server.killed_while_starting,
            edits=operator.calls,
            inspections=len(inspector.inspections),
            answers=self._receiver.answered,
            trails=trails,
            drained_in_s=drained_in_s,
            violations=tuple(violations),
        )

    def _register(self) -> None:
        made = make_webhooks(self._plan.webhooks, url=self._receiver.url)
        self._subjects = [subject for subject, _ in made]
        self._receiver.manners = {subject.name: subject.manner for subject in self._subjects}
        with self._server.client() as client:
            for subject, registered in made:
                answer = client.post("/v1/webhooks", json=registered)
                answer.raise_for_status()
                self._ids[subject.name] = answer.json()["id"]

    def _kill_and_start(self) -> None:
        """Kill at random moments: most of them while it delivers, some while it starts."""
        dice = random.Random(f"{self._plan.seed}/killer")  # noqa: S311 - chance, not secrecy
        if not self._plan.kills:
            self._wait(self._plan.seconds)
            return
        for _ in range(self._plan.kills):
            if dice.random() < KILLED_WHILE_STARTING_RATE:
                self._wait(dice.uniform(0, START_S))
            else:
                self._wait_busy()
                self._wait(dice.uniform(0, 2 * self._plan.seconds / self._plan.kills))
            self._server.kill()
            self._kills += 1
            self._receiver.wait_quiet()
            self._receiver.life += 1
            self._server.start()

    def _wait_busy(self) -> None:
        """Until the server has acknowledged something in this life: on a slow machine that takes longer than a life."""
        self._server.wait_url(START_S_MAX)
        until, acknowledged = time.monotonic() + BUSY_S_MAX, self._acknowledged()
        while self._acknowledged() == acknowledged and time.monotonic() < until:
            self._pause.wait(0.02)

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._say()
            self._pause.wait(min(left, 0.5))

    def _say(self, backlog: int | None = None) -> None:
        requests = self._receiver.requests
        self._tell(Progress(kills=self._kills, acknowledged=self._acknowledged(), requests=requests, backlog=backlog))

    def _acknowledged(self) -> int:
        return sum(publisher.acknowledged for publisher in self._publishers)

    def _drain(self, client: httpx.Client) -> tuple[float, list[Violation]]:
        """Wait until nothing waits for any webhook; how long it took, and what is wrong if it stands still."""
        begun = busy_at = time.monotonic()
        requests = self._receiver.requests
        while True:
            waiting = {name: self._status(client, name)["backlog"] for name in self._ids}
            now = time.monotonic()
            took_s = now - begun
            self._say(sum(waiting.values()))
            if not any(waiting.values()):
                return took_s, []
            if self._receiver.requests > requests:
                requests, busy_at = self._receiver.requests, now
            if now - busy_at > IDLE_S_MAX:
                evidence = f"nothing came for {IDLE_S_MAX} s, though there wait {waiting}"
                return took_s, [Violation(promise="all is delivered in the end", place="webhooks", evidence=evidence)]
            self._pause.wait(0.1)

    def _status(self, client: httpx.Client, name: str) -> dict[str, Any]:
        answer = client.get(f"/v1/webhooks/{self._ids[name]}/status")
        answer.raise_for_status()
        status: dict[str, Any] = answer.json()
        return status

    def _account(self, client: httpx.Client, name: str) -> tuple[Account, Sequence[Attempt]]:
        attempts = list(read_list(client, "/v1/attempts", webhook=self._ids[name]))
        return msgspec.convert(self._status(client, name), Account), msgspec.convert(attempts, list[Attempt])

    def _tallies(self) -> list[PublisherTally]:
        return [
            PublisherTally(number=publisher.number, acknowledged=publisher.acknowledged, begun=publisher.begun)
            for publisher in self._publishers
        ]

    def _find_alarms(self) -> list[Violation]:
        with (self._plan.folder / "server.log").open("rb") as log:
            alarms = [line.decode(errors="replace").strip() for line in log if any(alarm in line for alarm in ALARMS)]
        if not alarms:
            return []
        first = alarms[0] if len(alarms[0]) <= ALARM_LENGTH_MAX else f"{alarms[0][:200]} … {alarms[0][-800:]}"
        evidence = f"{len(alarms)} lines, the first: {first}"
        return [Violation(promise="the server finds nothing wrong with itself", place="its log", evidence=evidence)]


def _logged(client: httpx.Client) -> list[LoggedEvent]:
    return [
        LoggedEvent(
            position=item["position"],
            id=item["id"],
            type=item["type"],
            created_at=item["createdAt"],
            data=bytes(item["data"]),
        )
        for item in read_list(client, "/v1/events")
    ]
