import base64
import hashlib
import hmac
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import httpx
import pytest

from receivers import ReceivedRequest, Receiver
from tidy.repository import ROOT

EXAMPLES = ROOT / "examples"
APPS = ("aiohttp_app.py", "django_app.py", "fastapi_app.py")
SCRIPTS = ("logging_script.py", "plain_script.py")
LINES_MAX = 40
END_S_MAX = 30


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@contextmanager
def running(name: str, folder: Path, receiver: Receiver) -> Iterator[str]:
    """The app as a program of its own, and its URL; ended by Ctrl-C."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = {**os.environ, "HOOK_URL": receiver.url, "PORT": str(port), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [sys.executable, EXAMPLES / name],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as program:
        try:
            assert program.stdout is not None
            url = f"http://127.0.0.1:{port}"
            read_to(program.stdout, url)
            yield url
            program.send_signal(signal.SIGINT)
            said = program.communicate(timeout=END_S_MAX)[0]
            assert program.returncode in {0, -signal.SIGINT}, said
            assert "Traceback" not in said
        finally:
            program.kill()


def read_to(stream: IO[str], text: str) -> None:
    said = []
    for line in stream:
        said.append(line)
        if text in line:
            return
    pytest.fail(f"it ended without saying {text!r}: {''.join(said)}")


def signed_event(request: ReceivedRequest) -> dict[str, object]:
    """The only event of the request, whose signature holds by an account of it that is not ours."""
    expected = base64.b64encode(hmac.digest(b"my-secret-key", request.body, hashlib.sha256)).decode()
    assert request.header("X-Signature") == expected
    (event,) = json.loads(request.body)["events"]
    assert isinstance(event, dict)
    return event


@pytest.mark.parametrize("name", APPS)
def test_an_app_publishes_by_its_route_and_the_receiver_gets_it_signed(
    name: str, tmp_path: Path, receiver: Receiver
) -> None:
    with running(name, tmp_path, receiver) as url:
        answer = httpx.post(f"{url}/orders/17/paid", trust_env=False)
        assert answer.is_success, answer.text
        event = signed_event(receiver.wait_for(1)[0])
    assert event == {**event, "id": answer.json()["event"], "type": "shop.order-paid", "data": {"order": 17}}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_ends_once_its_event_was_delivered(name: str, tmp_path: Path, receiver: Receiver) -> None:
    environment = {**os.environ, "HOOK_URL": receiver.url}
    ended = subprocess.run(
        [sys.executable, EXAMPLES / name], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    (request,) = receiver.requests
    event = signed_event(request)
    if name == "plain_script.py":
        assert ended.stdout == f"on disk: {event['id']}\n"
        assert event["data"] == {"order": 17}
    else:
        assert event["type"] == "log.shop.payments"
        assert event["data"] == {
            "message": "the card was refused",
            "logger": "shop.payments",
            "level": "warn",
            "extra": {"order": 17},
        }
    assert ended.stderr == ""


def test_every_example_is_run_by_a_test_and_short() -> None:
    found = {path.name: len(path.read_text().splitlines()) for path in EXAMPLES.iterdir() if path.suffix == ".py"}
    assert found.keys() == {*APPS, *SCRIPTS}
    assert {name: lines for name, lines in found.items() if lines > LINES_MAX} == {}
