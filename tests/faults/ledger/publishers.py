"""A publisher of a run: publishes in every form, and repeats with the same ids what was not acknowledged."""

import random
import threading
import time
from collections.abc import Iterator
from typing import Final

import httpx
import msgspec

from faults.ledger.making import MadeEvent, make_event
from faults.ledger.record import Violation
from faults.ledger.server import CALL_S_MAX, Server

EVENTS_MAX: Final = 500_000
"""Of all publishers together: the audit holds them in memory."""

PAUSE_S_MAX: Final = 0.05
STREAM_PAUSE_S_MAX: Final = 0.04
UNREACHABLE_S_MAX: Final = 120
SIZES: Final = {"single": 1, "array": 30, "object": 10, "lines": 30, "streamed": 60}
LONG_LINES: Final = 1_500
"""More than the server stores of NDJSON at once, so that a crash can part it."""

LONG_RATE: Final = 0.1

JSON: Final = "application/json"
LINES: Final = "application/x-ndjson"


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a publish."""

    accepted: int
    duplicates: int
    ids: tuple[str, ...] | None = None


class Publication(msgspec.Struct, frozen=True, kw_only=True):
    """The events of one call. form: one of SIZES."""

    form: str
    events: tuple[MadeEvent, ...]


class Publisher:
    """Runs in a thread until it is stopped and its last call is acknowledged.

    Its events up to `acknowledged` are acknowledged, none from `begun` on was ever sent.
    """

    def __init__(self, number: int, *, seed: int, server: Server, events_max: int) -> None:
        self.number = number
        self.acknowledged = 0
        self.begun = 0
        self.calls = 0
        self.repeated = 0
        self.duplicates = 0
        self.violations: list[Violation] = []
        self._seed = seed
        self._server = server
        self._events_max = events_max
        self._dice = random.Random(f"{seed}/publisher/{number}")  # noqa: S311 - chance, not secrecy
        self._stop = threading.Event()
        self._abandoned = threading.Event()
        self._client: httpx.Client | None = None
        self._url: str | None = None
        self._thread = threading.Thread(target=self._run, name=f"publisher {number}", daemon=True)

    def start(self) -> None:
        """Begin to publish."""
        self._thread.start()

    def stop(self) -> None:
        """Begin no further call."""
        self._stop.set()

    def abandon(self) -> None:
        """Stop, and let go of the call in hand: there is no server any more."""
        self._abandoned.set()
        self._stop.set()

    def join(self) -> None:
        """Wait until the last call is acknowledged, or given up as a violation."""
        self._thread.join(UNREACHABLE_S_MAX + CALL_S_MAX)
        if self._thread.is_alive():
            self._break("a publisher ends", "its last call was not over in time")

    def _run(self) -> None:
        while not self._stop.is_set() and not self.violations and self.begun < self._events_max:
            publication = self._make()
            self.begun += len(publication.events)
            self.calls += 1
            if self._publish(publication):
                self.acknowledged = self.begun
            self._stop.wait(self._dice.uniform(0, PAUSE_S_MAX))
        if self._client is not None:
            self._client.close()

    def _make(self) -> Publication:
        form = self._dice.choice(tuple(SIZES))
        count = self._dice.randint(1, SIZES[form])
        if form == "streamed" and self._dice.random() < LONG_RATE:
            count = LONG_LINES
        events = tuple(make_event(self._seed, self.number, self.begun + number) for number in range(count))
        return Publication(form=form, events=events)

    def _publish(self, publication: Publication) -> bool:
        """Call until it is acknowledged; false when what came instead is a violation."""
        until = time.monotonic() + UNREACHABLE_S_MAX
        tries = 0
        while not self._abandoned.is_set() and time.monotonic() < until:
            url = self._server.wait_url(1.0)
            answer = None if url is None else self._call(url, publication)
            if answer is not None and answer.status_code != 503:
                return self._take_answer(publication, answer, first_try=tries == 0)
            tries += url is not None
            self.repeated += url is not None
            self._abandoned.wait(0.01)
        if not self._abandoned.is_set():
            evidence = f"call {self.calls} ({publication.form}) was not within {UNREACHABLE_S_MAX} s"
            self._break("a publish is acknowledged", evidence)
        return False

    def _call(self, url: str, publication: Publication) -> httpx.Response | None:
        """One call; None when no answer came."""
        if self._client is None or url != self._url:
            if self._client is not None:
                self._client.close()
            self._client = httpx.Client(base_url=url, timeout=CALL_S_MAX, trust_env=False)
            self._url = url
        content_type = LINES if publication.form in {"lines", "streamed"} else JSON
        headers = {**self._server.authorization(), "Content-Type": content_type}
        try:
            return self._client.post("/v1/events", headers=headers, content=self._content(publication))
        except httpx.TransportError:
            return None

    def _content(self, publication: Publication) -> bytes | Iterator[bytes]:
        body = _body(publication).encode()
        return self._in_pieces(body) if publication.form == "streamed" else body

    def _in_pieces(self, body: bytes) -> Iterator[bytes]:
        piece_bytes = max(1, len(body) // self._dice.randint(2, 8))
        for start in range(0, len(body), piece_bytes):
            yield body[start : start + piece_bytes]
            self._abandoned.wait(self._dice.uniform(0, STREAM_PAUSE_S_MAX))

    def _take_answer(self, publication: Publication, answer: httpx.Response, *, first_try: bool) -> bool:
        """Hold an answer against the call; whether it is an acknowledgement."""
        if answer.status_code != 202:
            evidence = f"call {self.calls} ({publication.form}): {answer.status_code} {answer.text[:500]}"
            self._break("a sound call is acknowledged, also when it is repeated", evidence)
            return False
        published = msgspec.json.decode(answer.content, type=Published)
        self.duplicates += published.duplicates
        count = len(publication.events)
        told = f"call {self.calls} ({publication.form}, {count} events) was answered {published}"
        if published.accepted != count:
            self._break("an acknowledgement names all events of its call", told)
        if published.ids is not None and list(published.ids) != [event.id for event in publication.events]:
            self._break("an acknowledgement names the events' own ids", told)
        if first_try and published.duplicates:
            self._break("no event is known before it was published", told)
        if publication.form not in {"lines", "streamed"} and published.duplicates not in {0, count}:
            self._break("a call that is no NDJSON is stored whole or not at all", told)
        return True

    def _break(self, promise: str, evidence: str) -> None:
        self.violations.append(Violation(promise=promise, place=f"publisher {self.number}", evidence=evidence))


def _body(publication: Publication) -> str:
    written = [event.published for event in publication.events]
    match publication.form:
        case "single":
            return written[0]
        case "array":
            return f"[{' , '.join(written)}]"
        case "object":
            return f'{{"events": [{",".join(written)}]}}'
        case _:
            return "\n".join(written) + "\n"
