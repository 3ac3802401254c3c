"""`bellwire demo`: a server, a receiver and a webhook, from the first event to the checked signature."""

import base64
import contextlib
import hashlib
import hmac
import queue
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import click
import msgspec

from bellwire.cli import demo_telling as tell
from bellwire.cli.client import JSON, Client, path_of
from bellwire.cli.demo_server import running_server
from bellwire.cli.demo_story import HAPPENINGS, PATH, SECRET, example_webhook
from bellwire.cli.helping import examples
from bellwire.cli.interrupting import interruptible
from bellwire.cli.journal import Journal
from bellwire.cli.journal_printing import print_seen
from bellwire.cli.receiver import Received, Receiver
from bellwire.cli.session import ask_link

ARRIVAL_S: Final = 20
POLL_S: Final = 0.05
WEBHOOKS_MAX: Final = 1_000
BODY_FILE: Final = "demo-body.json"
EXPECTED_HEADERS: Final = {
    "content-type": "application/json",
    "x-my-header": "my-value",
    "authorization": "Basic " + base64.b64encode(b"account:password").decode(),
}


@click.command(epilog=examples("bellwire demo", "bellwire demo --once && echo it works"))
@click.option("--once", is_flag=True, help="End after the first delivery; exit code 1 if anything was not right.")
@click.option("--data", type=click.Path(path_type=Path), metavar="DIR", help="Use and keep this data folder.")
def demo(once: bool, data: Path | None) -> None:
    """See it all work, end to end.

    A server, a receiver, and the example of the documentation page between them. Everything runs on this machine, on
    free ports and in a folder of its own, which goes with the demo.
    """
    with interruptible(), contextlib.ExitStack() as cleanup:
        folder = data or Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="bellwire-demo-")))
        arrivals = _Arrivals()
        receiver = cleanup.enter_context(Receiver(("127.0.0.1", 0), arrivals.put))
        client = cleanup.enter_context(running_server(folder.absolute()))
        problems = _show_all(client, receiver, arrivals, folder.absolute())
        if problems:
            raise click.ClickException("the demo did not go as it should: " + "; ".join(problems))
        if once:
            tell.all_well()
        else:
            tell.pages(client.url + ask_link(client).path)
            tell.what_next(folder.absolute(), body_file=BODY_FILE, temporary=data is None)
            with contextlib.suppress(KeyboardInterrupt):
                _show_live(arrivals)


class _Arrivals:
    """The requests that came and were not looked at yet."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Received] = queue.SimpleQueue()

    def put(self, received: Received) -> None:
        """Take a request; called by the receiver's threads."""
        self._queue.put(received)

    def until(self, deadline: float) -> Iterator[Received]:
        """Each request as it comes, until the deadline of the monotonic clock."""
        while (left := deadline - time.monotonic()) > 0:
            try:
                yield self._queue.get(timeout=left)
            except queue.Empty:
                return

    def for_ever(self) -> Iterator[Received]:
        """Each request as it comes."""
        while True:
            yield self._queue.get()


class _Event(msgspec.Struct, frozen=True):
    id: str


class _Body(msgspec.Struct, frozen=True):
    events: list[_Event]


def _show_all(client: Client, receiver: Receiver, arrivals: _Arrivals, folder: Path) -> list[str]:
    """Play the story and tell it; returns what was not as it should be."""
    endpoint = receiver.url.rstrip("/") + PATH
    tell.stage(client.url, endpoint, folder)
    webhook_id = _register(client, endpoint)
    ids = _publish(client)
    tell.publishing()
    wanted = {event_id for event_id, happening in zip(ids, HAPPENINGS, strict=True) if happening.wanted}
    came = _gather(arrivals, wanted)
    _await_settled(client, webhook_id)
    arrived = {event.id for received in came for event in _events_of(received)}
    problems = [f"{event_id} did not come" for event_id in sorted(wanted - arrived)]
    problems += [f"{event_id} came, though it is not wanted" for event_id in sorted((set(ids) - wanted) & arrived)]
    for received in came:
        (folder / BODY_FILE).write_bytes(received.body)
        tell.request(received)
        tell.signature(received, right=_independent_signature(received.body))
        problems += _faults_of(received)
    tell.accounts([event_id in arrived for event_id in ids])
    return problems


def _register(client: Client, endpoint: str) -> str:
    """Create the webhook; in a kept folder, point the one of the last demo to where we listen now."""
    text = example_webhook(endpoint)
    known = [msgspec.json.decode(item) for item in client.items("/v1/webhooks", {}, limit=WEBHOOKS_MAX)]
    old = next((webhook["id"] for webhook in known if webhook["url"].endswith(PATH)), None)
    method, path = ("PUT", path_of("webhooks", old)) if old else ("POST", path_of("webhooks"))
    answer = msgspec.json.decode(client.ask(method, path, body=text.encode(), headers={"Content-Type": JSON}).body)
    tell.webhook(text, answer["id"], [warning["message"] for warning in answer["warnings"]])
    return str(answer["id"])


def _publish(client: Client) -> Sequence[str]:
    events = [{"type": happening.type, "data": happening.data} for happening in HAPPENINGS]
    answer = client.ask("POST", "/v1/events", body=msgspec.json.encode(events), headers={"Content-Type": JSON})
    return tuple(msgspec.json.decode(answer.body)["ids"])


def _gather(arrivals: _Arrivals, wanted: set[str]) -> list[Received]:
    """The requests until all wanted events have come, or until it takes too long."""
    came: list[Received] = []
    missing = set(wanted)
    for received in arrivals.until(time.monotonic() + ARRIVAL_S):
        came.append(received)
        missing -= {event.id for event in _events_of(received)}
        if not missing:
            break
    return came


def _await_settled(client: Client, webhook_id: str) -> None:
    """Wait until nothing waits for the webhook, so that what has not come will not come."""
    deadline = time.monotonic() + ARRIVAL_S
    while time.monotonic() < deadline:
        if msgspec.json.decode(client.ask("GET", path_of("webhooks", webhook_id, "status")).body)["backlog"] == 0:
            return
        time.sleep(POLL_S)


def _faults_of(received: Received) -> list[str]:
    headers = received.lower_case_headers()
    faults = [f"{name} was not {value!r}" for name, value in EXPECTED_HEADERS.items() if headers.get(name) != value]
    if headers.get("x-signature") != _independent_signature(received.body):
        faults.append("the signature does not hold")
    return faults


def _independent_signature(body: bytes) -> str:
    """X-Signature as any receiver would compute it, without a line of the code that signed it."""
    return base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()


def _events_of(received: Received) -> list[_Event]:
    try:
        return msgspec.json.decode(received.body, type=_Body).events
    except msgspec.DecodeError:
        return []


def _show_live(arrivals: _Arrivals) -> None:
    journal = Journal(secret=SECRET, show=print_seen)
    for received in arrivals.for_ever():
        journal.take(received)
