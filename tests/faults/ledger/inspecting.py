"""The inspector of a run: asks at random moments for the account of a webhook, while all goes on."""

import random
import threading
from collections.abc import Mapping
from typing import Final

import httpx
import msgspec

from faults.ledger.receiver import LedgerReceiver
from faults.ledger.server import CALL_S_MAX, Server

PAUSE_S_MAX: Final = 0.03


class Inspection(msgspec.Struct, frozen=True, kw_only=True):
    """An account as it was shown.

    events_before, events_after: how many events were logged just before and after; requests_before, requests_after: how
    many had come to the receiver by then. waiting includes what was set aside.
    """

    webhook: str
    events_before: int
    events_after: int
    requests_before: int
    requests_after: int
    wanted: int
    delivered: int
    waiting: int
    discarded: int


class Inspector:
    """Runs in a thread until it is stopped. What it saw is in `inspections`."""

    def __init__(self, ids: Mapping[str, str], *, seed: int, server: Server, receiver: LedgerReceiver) -> None:
        self.inspections: list[Inspection] = []
        self._ids = ids
        self._server = server
        self._receiver = receiver
        self._dice = random.Random(f"{seed}/inspector")  # noqa: S311 - chance, not secrecy
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="inspector", daemon=True)

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def stop(self) -> None:
        """Ask no more."""
        self._stop.set()
        self._thread.join(CALL_S_MAX)

    def _run(self) -> None:
        while not self._stop.is_set():
            if (url := self._server.wait_url(0.5)) is not None:
                self._ask(url)
            self._stop.wait(self._dice.uniform(0, PAUSE_S_MAX))

    def _ask(self, url: str) -> None:
        """As long as the server lives."""
        headers = self._server.authorization()
        try:
            with httpx.Client(base_url=url, headers=headers, timeout=CALL_S_MAX, trust_env=False) as client:
                while not self._stop.wait(self._dice.uniform(0, PAUSE_S_MAX)):
                    self.inspections.append(self._inspect(client, self._dice.choice(sorted(self._ids))))
        except httpx.HTTPError:
            return

    def _inspect(self, client: httpx.Client, name: str) -> Inspection:
        requests_before = self._receiver.requests
        events_before = _events_logged(client)
        answer = client.get(f"/v1/webhooks/{self._ids[name]}/account")
        answer.raise_for_status()
        account = answer.json()
        return Inspection(
            webhook=name,
            events_before=events_before,
            events_after=_events_logged(client),
            requests_before=requests_before,
            requests_after=self._receiver.requests,
            wanted=account["wanted"],
            delivered=account["delivered"],
            waiting=account["waiting"],
            discarded=sum(account["discarded"].values()),
        )


def _events_logged(client: httpx.Client) -> int:
    answer = client.get("/v1/status")
    answer.raise_for_status()
    logged: int = answer.json()["eventsLogged"]
    return logged
