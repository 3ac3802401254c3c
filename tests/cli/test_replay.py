import queue
import signal
from collections.abc import Iterator

import pytest

from bellwire.cli.receiver import Received, Receiver
from cli.conftest import Served, Start

WAIT_S = 30


@pytest.fixture
def arrivals() -> queue.SimpleQueue[Received]:
    return queue.SimpleQueue()


@pytest.fixture
def endpoint(arrivals: queue.SimpleQueue[Received]) -> Iterator[str]:
    with Receiver(("127.0.0.1", 0), arrivals.put) as receiver:
        yield receiver.url


@pytest.fixture
def delivered(served: Served, endpoint: str, arrivals: queue.SimpleQueue[Received]) -> tuple[str, str]:
    """The ids of a webhook and of an event that it got."""
    webhook_id = served.right("webhook", "create", "--url", endpoint, "--event", "auth.success").out.strip()
    event_id = served.right("emit", "auth.success").out.strip()
    arrivals.get(timeout=WAIT_S)
    return webhook_id, event_id


def test_a_replay_is_followed_to_its_end(
    served: Served, delivered: tuple[str, str], arrivals: queue.SimpleQueue[Received]
) -> None:
    webhook_id, event_id = delivered
    told = served.right("replay", "create", webhook_id, "--event", event_id, "--follow")
    assert event_id.encode() in arrivals.get(timeout=WAIT_S).body
    replay_id, end = told.out.splitlines()
    assert end == "done: 1 event delivered"
    assert "1 event to be delivered again" in told.err
    assert served.right("replay", "watch", replay_id).out.strip() == end
    shown = served.right("replay", "show", replay_id).out
    assert "done" in shown
    assert "wanted" in shown
    assert "was done already" in served.right("replay", "cancel", replay_id).out
    assert f"replay {replay_id}" in served.right("why", event_id, webhook_id).out


def test_a_preview_counts_and_shows_the_first(served: Served, delivered: tuple[str, str]) -> None:
    webhook_id, event_id = delivered
    told = served.right("replay", "create", webhook_id, "--since", "1h", "--type", "auth.success", "--preview")
    assert "would be delivered" in told.out
    assert event_id in served.right("replay", "create", webhook_id, "--event", event_id, "--preview").out
    asked = served.right("replay", "create", webhook_id, "--event", event_id, "--event", "gone", "--preview", "--json")
    assert [(one["events"], one["missing"]) for one in asked.items()] == [(1, 1)]


def test_a_replay_is_paused_paced_resumed_and_cancelled(served: Served, delivered: tuple[str, str]) -> None:
    webhook_id, event_id = delivered
    replay_id = served.right("replay", "create", webhook_id, "--event", event_id, "--paused").out.strip()
    assert "paused" in served.right("replay", "list", "--webhook", webhook_id).out
    assert "is paused; 1 event waiting" in served.right("replay", "pause", replay_id).out
    assert "at most 0.5/s" in served.right("replay", "set-rate", replay_id, "0.5").out
    assert "as fast as the endpoint takes it" in served.right("replay", "set-rate", replay_id, "max").out
    wrong = served("replay", "set-rate", replay_id, "fast")
    assert (wrong.code, "write 50, 0.5 or max" in wrong.err) == (2, True)
    assert "is cancelled; 0 delivered, 1 not sent" in served.right("replay", "cancel", replay_id).out
    ended = served("replay", "watch", replay_id)
    assert (ended.code, "1 cancelled (cancelled by an operator)" in ended.out) == (1, True)
    assert "has ended" in served("replay", "resume", replay_id).err
    other = served.right("replay", "create", webhook_id, "--event", event_id, "--paused", "--json").items()[0]
    assert "goes on; 1 event waiting" in served.right("replay", "resume", str(other["id"])).out
    listed = served.right("replay", "list", "--webhook", webhook_id, "--json").items()
    assert [one["id"] for one in listed] == [other["id"], replay_id]


def test_ctrl_c_leaves_a_watched_replay_running(served: Served, delivered: tuple[str, str], program: Start) -> None:
    webhook_id, event_id = delivered
    replay_id = served.right("replay", "create", webhook_id, "--event", event_id, "--paused").out.strip()
    watching = program("--data", served.folder, "replay", "watch", replay_id)
    assert "0 of 1 event (0 %)" in watching.error_with("0 of 1 event")
    assert watching.end(signal.SIGINT) == 0
    assert "it goes on" in "".join(watching.errors)
    assert served.right("replay", "list", "--webhook", webhook_id, "--json").items()[0]["state"] == "paused"


def test_what_the_server_refuses_is_told(served: Served, delivered: tuple[str, str]) -> None:
    webhook_id, _ = delivered
    assert "does not say where to begin" in served("replay", "create", webhook_id).err
    assert "there is nothing to replay" in served("replay", "create", webhook_id, "--event", "never").err
    assert "there is no replay 'none'" in served("replay", "show", "none").err
    assert served.right("replay", "list", "--webhook", webhook_id).err.strip() == "no replays"
