"""The operator of a run: pauses, resumes and edits webhooks at random moments, and brings back those that are gone."""

import random
import threading
from collections.abc import Mapping, Sequence
from typing import Any, Final

import httpx

from faults.ledger.server import CALL_S_MAX, Server
from faults.ledger.webhooks import Manner, Subject

PAUSE_S_MAX: Final = 0.3


class Operator:
    """Runs in a thread until it is stopped. calls: how many of its calls were answered."""

    def __init__(self, subjects: Sequence[Subject], ids: Mapping[str, str], *, seed: int, server: Server) -> None:
        self.calls = 0
        self._subjects = subjects
        self._ids = ids
        self._server = server
        self._dice = random.Random(f"{seed}/operator")  # noqa: S311 - chance, not secrecy
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="operator", daemon=True)

    def start(self) -> None:
        """Begin to meddle."""
        self._thread.start()

    def stop(self) -> None:
        """Meddle no more."""
        self._stop.set()
        self._thread.join(CALL_S_MAX)

    def put_in_order(self, client: httpx.Client) -> None:
        """Let every webhook deliver."""
        for webhook_id in self._ids.values():
            client.post(f"/v1/webhooks/{webhook_id}/resume").raise_for_status()

    def _run(self) -> None:
        while not self._stop.wait(self._dice.uniform(0, PAUSE_S_MAX)):
            if (url := self._server.wait_url(0.5)) is None:
                continue
            headers = self._server.authorization()
            try:
                with httpx.Client(base_url=url, headers=headers, timeout=CALL_S_MAX, trust_env=False) as client:
                    self._meddle(client, self._dice.choice(self._subjects))
            except httpx.HTTPError:
                continue  # the server was killed meanwhile
            self.calls += 1

    def _meddle(self, client: httpx.Client, subject: Subject) -> None:
        path = f"/v1/webhooks/{self._ids[subject.name]}"
        if subject.sometimes:
            self._patch(client, path, {"level": self._dice.choice(("info", "error"))})
        elif subject.manner is Manner.LEAVING:
            client.post(f"{path}/resume").raise_for_status()
        elif self._dice.random() < 0.5:
            client.post(f"{path}/pause").raise_for_status()
            self._stop.wait(self._dice.uniform(0, PAUSE_S_MAX))
            client.post(f"{path}/resume").raise_for_status()
        else:
            self._patch(client, path, {"throttle": self._dice.choice((0, "20ms", "200ms"))})

    def _patch(self, client: httpx.Client, path: str, patch: dict[str, Any]) -> None:
        client.patch(path, json=patch).raise_for_status()
