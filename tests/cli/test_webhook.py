import json
import os
import pty
import queue
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bellwire.cli.demo_story import EXAMPLE
from bellwire.cli.receiver import Received, Receiver
from cli.conftest import ENVIRONMENT, PROGRAM, Served

URL = "http://127.0.0.1:9/hook"


@pytest.fixture
def arrivals() -> queue.SimpleQueue[Received]:
    return queue.SimpleQueue()


@pytest.fixture
def endpoint(arrivals: queue.SimpleQueue[Received]) -> Iterator[str]:
    with Receiver(("127.0.0.1", 0), arrivals.put) as receiver:
        yield receiver.url


def object_of(served: Served, webhook_id: str) -> dict[str, object]:
    shown: dict[str, object] = json.loads(served.right("webhook", "show", webhook_id).out)
    return shown


def created(served: Served, *options: str) -> str:
    return served.right("webhook", "create", "--url", URL, *options).out.strip()


def fail_once(served: Served, webhook_id: str) -> None:
    """Publish an event and wait until an attempt to deliver it has failed."""
    served.right("emit", "auth.success")
    while not served.right("attempts", "--webhook", webhook_id, "--json").items():
        pass


def test_the_example_of_the_page_is_registered_and_its_id_is_all_that_standard_output_has(
    served: Served, tmp_path: Path
) -> None:
    file = tmp_path / "hook.json"
    file.write_text(EXAMPLE)
    told = served.right("webhook", "create", file)
    assert re.fullmatch(r"\S+\n", told.out)
    assert "warning: events/1: " in told.err
    assert f"bellwire webhook status {told.out.strip()}" in told.err
    assert "want its key as whsec_bXktc2VjcmV0LWtleQ==" in told.err
    assert object_of(served, told.out.strip())["httpHeaders"] == {"X-My-Header": "my-value"}


def test_an_object_may_come_from_standard_input(served: Served) -> None:
    told = served.right("webhook", "create", "-", stdin=json.dumps({"url": URL}).encode())
    assert object_of(served, told.out.strip())["url"] == URL


def test_every_fault_is_listed_with_its_path(served: Served) -> None:
    bad = {"url": "ftp://x", "timeout": "soon", "events": ["auth.sucess"]}
    for command in (("create", "-"), ("validate", "-")):
        told = served("webhook", *command, stdin=json.dumps(bad).encode())
        assert told.code == 1
        assert {"url", "timeout", "events/0"} == {line.split(":")[0].strip() for line in told.err.splitlines()[1:]}
        assert "auth.success" in told.err
    assert served.right("webhook", "list", "--json").items() == []


def test_check_registers_nothing(served: Served) -> None:
    told = served.right("webhook", "validate", "-", stdin=json.dumps({"url": URL}).encode())
    assert "the object is sound" in told.out
    assert served.right("webhook", "list", "--json").items() == []


def test_options_make_the_object(served: Served) -> None:
    webhook_id = created(
        served, "--event", "auth.success", "--name", "siem", "--header", "X-Tenant: 7", "--throttle", "5s",
        "--timeout", "10s", "--discard-after", "1h", "--level", "warn", "--lossy", "--allow-invalid-certs",
        "--disabled", "--secret-env", "HOOK_SECRET",
    )  # fmt: skip
    shown = object_of(served, webhook_id)
    assert {
        name: shown[name] for name in ("events", "eventsPolicy", "name", "throttle", "timeout", "discardAfter")
    } == {
        "events": ["auth.success"],
        "eventsPolicy": "include",
        "name": "siem",
        "throttle": "5s",
        "timeout": "10s",
        "discardAfter": "1h",
    }
    assert (shown["level"], shown["lossy"], shown["allowInvalidCerts"], shown["enable"]) == ("warn", True, True, False)
    assert shown["httpHeaders"] == {"X-Tenant": "7"}
    assert shown["signatureKey"] == {"@type": "EnvironmentVariable", "variableName": "HOOK_SECRET"}


def test_without_events_all_but_none_are_wanted(served: Served) -> None:
    shown = object_of(served, created(served))
    assert (shown["events"], shown["eventsPolicy"]) == ([], "exclude")


def test_a_pattern_is_replaced_by_present_types_which_are_shown_before(served: Served) -> None:
    refused = served("webhook", "create", "--url", URL, "--event", "store.*")
    assert refused.code == 2
    assert "confirm it with --yes" in refused.err
    told = served.right("webhook", "create", "--url", URL, "--event", "store.*", "--yes")
    events = object_of(served, told.out.strip())["events"]
    assert isinstance(events, list)
    assert "store.sqlite-error" in events
    assert "store.ingest" not in events
    assert all(event in told.err for event in events)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "give the object as a FILE, or at least --url"),
        (("--url", URL, "--event", "nothing.*"), "no event type matches 'nothing.*'"),
        (("--url", URL, "--header", "X"), "has no colon"),
        (("--url", URL, "--secret-env", "A", "--secret-file", "/b"), "exclude each other"),
        (("-", "--url", URL), "not both"),
    ],
)
def test_options_that_make_no_object_are_a_usage_error(served: Served, options: tuple[str, ...], words: str) -> None:
    told = served("webhook", "create", *options)
    assert told.code == 2
    assert words in told.err


def test_what_was_shown_can_be_written_back_without_losing_the_secret(
    served: Served, endpoint: str, arrivals: queue.SimpleQueue[Received]
) -> None:
    document = {"url": endpoint, "signatureKey": {"@type": "Value", "secret": "s3cret"}}
    webhook_id = served.right("webhook", "create", "-", stdin=json.dumps(document).encode()).out.strip()
    shown = served.right("webhook", "show", webhook_id).out
    assert "s3cret" not in shown
    served.right("webhook", "update", webhook_id, "-", stdin=shown.replace("30s", "20s").encode())
    assert object_of(served, webhook_id)["timeout"] == "20s"
    served.right("emit", "auth.success", "n=1")
    received = arrivals.get(timeout=30)
    signature = received.lower_case_headers()["x-signature"]
    assert served("verify", "--secret", "s3cret", "--signature", signature, stdin=received.body).code == 0


def test_the_list_shows_how_each_does(served: Served) -> None:
    webhook_id = created(served, "--name", "a name", "--disabled")
    lines = served.right("webhook", "list").out.splitlines()
    assert lines[0].split() == ["id", "state", "backlog", "name", "url"]
    assert lines[1].split() == [webhook_id, "disabled", "0", "a", "name", URL]


def test_disabling_says_what_waits_and_wants_a_yes(served: Served) -> None:
    webhook_id = created(served)
    fail_once(served, webhook_id)
    refused = served("webhook", "disable", webhook_id)
    assert refused.code == 2
    assert "1 event waiting for" in refused.err
    assert object_of(served, webhook_id)["enable"] is True
    told = served.right("webhook", "disable", webhook_id, "--yes")
    assert "1 waiting event discarded" in told.out
    while not (letters := served.right("dead-letters", "--webhook", webhook_id, "--json").items()):
        pass
    assert [(letter["type"], letter["reason"]) for letter in letters] == [("auth.success", "disabled")]
    served.right("webhook", "enable", webhook_id)
    assert object_of(served, webhook_id)["enable"] is True
    assert "disabled" not in served.right("webhook", "status", webhook_id).out


def test_deleting_wants_a_yes(served: Served) -> None:
    webhook_id = created(served)
    refused = served("webhook", "delete", webhook_id)
    assert (refused.code, "--yes" in refused.err) == (2, True)
    served.right("webhook", "delete", webhook_id, "--yes")
    told = served("webhook", "show", webhook_id)
    assert (told.code, told.err) == (1, f"bellwire: there is no webhook {webhook_id!r}\n")


def test_status_says_why_a_webhook_is_behind(served: Served) -> None:
    webhook_id = created(served)
    fail_once(served, webhook_id)
    text = served.right("webhook", "status", webhook_id).out
    assert text.splitlines()[0] in {"retrying", "failing"}
    assert "because" in text
    assert "1 event, the oldest for" in text


def test_an_edit_that_is_refused_can_be_edited_again(served: Served, tmp_path: Path) -> None:
    webhook_id = created(served)
    editor = tmp_path / "editor.py"
    editor.write_text(
        "import pathlib, sys\n"
        "file = pathlib.Path(sys.argv[1])\n"
        "text = file.read_text()\n"
        "file.write_text(text.replace('soon', '20s') if 'soon' in text else text.replace('30s', 'soon'))\n"
    )
    said = _at_a_terminal(
        [*PROGRAM, "--data", str(served.folder), "webhook", "edit", webhook_id],
        answers=b"y\n",
        EDITOR=f"{sys.executable} {editor}",
    )
    assert "timeout" in said
    assert "Edit it again?" in said
    assert f"{webhook_id} is updated" in said
    assert object_of(served, webhook_id)["timeout"] == "20s"


def test_without_a_terminal_there_is_nothing_to_edit_at(served: Served) -> None:
    told = served("webhook", "edit", "any")
    assert (told.code, "bellwire webhook update" in told.err) == (2, True)


def test_a_list_on_a_terminal_keeps_to_its_width(served: Served) -> None:
    webhook_id = created(served, "--name", "x" * 70)
    said = _at_a_terminal([*PROGRAM, "--data", str(served.folder), "webhook", "list"], COLUMNS="80", NO_COLOR="")
    plain = re.sub(r"\x1b\[[0-9;]*m", "", said)
    assert webhook_id in plain
    assert max(len(line) for line in plain.splitlines()) <= 80
    assert "\x1b[1m" in said


def _at_a_terminal(command: list[str], *, answers: bytes = b"", **environment: str) -> str:
    """Run a program at a terminal of its own; what it wrote there."""
    controller, terminal = pty.openpty()
    env = {**os.environ, **ENVIRONMENT, "TERM": "xterm", **environment}
    if not env["NO_COLOR"]:
        del env["NO_COLOR"]
    with subprocess.Popen(
        command, stdin=terminal, stdout=terminal, stderr=terminal, env=env, start_new_session=True
    ) as process:
        os.close(terminal)
        os.write(controller, answers)
        written = bytearray()
        try:
            while piece := os.read(controller, 65536):
                written += piece
        except OSError:
            pass  # how Linux reports that the other side of a terminal was closed
        finally:
            os.close(controller)
        assert process.wait(30) == 0, written
    return written.decode()
