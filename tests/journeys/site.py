"""A place where Bellwire is used: a data folder, the server over it, the program, and the API."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec

from cli.conftest import ENVIRONMENT, PROGRAM, Program, Told

DATA: Final = Path(__file__).resolve().parents[1] / "data"
WAIT_S_MAX: Final = 30


class Site:
    """Starts and stops the server as an operator does; `close` leaves nothing behind."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._server: Program | None = None
        self._url = ""

    def start(self, **environment: str) -> Program:
        """Start the server; returns once it listens."""
        server = Program("serve", "--data", self.folder, "--listen", "127.0.0.1:0", **environment)
        self._server = server
        self._url = server.line_with("listens at").split()[-1]
        return server

    def stop(self) -> None:
        """Stop the server in good order."""
        assert self._server is not None
        assert self._server.end(signal.SIGTERM) == 0, self._server.errors
        self.close()

    def close(self) -> None:
        """End the server if it runs."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def bellwire(self, *arguments: str | Path) -> Told:
        """Run a command of the program over this folder."""
        done = subprocess.run(
            [*PROGRAM, "--data", self.folder, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=WAIT_S_MAX,
            check=False,
            env={**os.environ, **ENVIRONMENT},
        )
        return Told(code=done.returncode, out=done.stdout, err=done.stderr)

    def right(self, *arguments: str | Path) -> Told:
        """Run a command that must succeed."""
        told = self.bellwire(*arguments)
        assert told.code == 0, told
        return told

    @contextlib.contextmanager
    def api(self) -> Iterator[httpx.Client]:
        """Calls of the API."""
        token = (self.folder / "admin.token").read_text().strip()
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=self._url, headers=headers, timeout=WAIT_S_MAX, trust_env=False) as client:
            yield client

    def register(self, webhook: dict[str, Any] | bytes) -> str:
        """Register a webhook by its object, or by the object's own bytes; its id."""
        content = webhook if isinstance(webhook, bytes) else msgspec.json.encode(webhook)
        with self.api() as api:
            answer = api.post("/v1/webhooks", content=content, headers={"Content-Type": "application/json"})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def edit(self, webhook_id: str, **members: object) -> None:
        """Change members of a webhook's object."""
        with self.api() as api:
            answer = api.patch(f"/v1/webhooks/{webhook_id}", json=members)
        assert answer.status_code == 200, answer.text

    def publish(self, *events: dict[str, Any]) -> None:
        """Publish events in one call."""
        with self.api() as api:
            answer = api.post("/v1/events", json=list(events))
        assert answer.status_code == 202, answer.text

    def status(self, webhook_id: str) -> dict[str, Any]:
        """How a webhook does."""
        with self.api() as api:
            answer = api.get(f"/v1/webhooks/{webhook_id}/status")
        assert answer.status_code == 200, answer.text
        status: dict[str, Any] = answer.json()
        return status

    def wait_status(self, webhook_id: str, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait until a webhook's status meets the condition, and return it."""
        until = time.monotonic() + WAIT_S_MAX
        pause = threading.Event()
        while not condition(status := self.status(webhook_id)):
            assert time.monotonic() < until, status
            pause.wait(0.02)
        return status


def event(type_id: str, **data: object) -> dict[str, Any]:
    """An event to publish."""
    return {"type": type_id, "data": data}


def ids_in(body: bytes) -> list[str]:
    """The ids of a request's events."""
    return [one["id"] for one in msgspec.json.decode(body)["events"]]
