"""The receiver of a run: records each request before it answers; until it is healthy, many answers are bad."""

import random
import socket
import threading
import time
from pathlib import Path
from typing import Final, assert_never

from faults.ledger.making import is_poisoned
from faults.ledger.record import Answer, ReceivedRequest, RequestWriter, event_ids
from faults.ledger.webhooks import Manner
from receivers import Connection, Receiver

FAULT_WEIGHTS: Final = {
    Answer.ERROR: 3,
    Answer.BUSY: 3,
    Answer.MOVED: 3,
    Answer.LATER: 1,
    Answer.LATE: 1,
    Answer.CUT: 3,
    Answer.RESET: 3,
    Answer.SLOW: 4,
    Answer.TORN: 4,
    Answer.NO_CONTENT: 4,
}
FAULT_RATE: Final = 0.2
"""Which part of the requests gets one of the answers above, not all of which are failures."""

WHOLE_ANSWERS: Final = {
    Answer.OK: b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    Answer.SLOW: b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    Answer.NO_CONTENT: b"HTTP/1.1 204 No Content\r\n\r\n",
    Answer.ERROR: b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 4\r\n\r\noops",
    Answer.BUSY: b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",
    Answer.LATER: b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n",
    Answer.TOO_LARGE: b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n",
    Answer.INVALID: b"HTTP/1.1 422 Unprocessable Content\r\nContent-Length: 2\r\n\r\nno",
    Answer.GONE: b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n",
    Answer.MOVED: b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/elsewhere\r\nContent-Length: 0\r\n\r\n",
}

SLOW_S_MAX: Final = 0.3
NARROW_EVENTS_MAX: Final = 3
GONE_RATE: Final = 0.05
QUIET_PATH: Final = "quiet"


class LedgerReceiver:
    """Listens on a port of its own, in threads of its own. `life` is set by whoever starts the server."""

    def __init__(self, record: Path, *, seed: int) -> None:
        self.life = 1
        self.manners: dict[str, Manner] = {}
        self.healthy = False
        self.answered: dict[Answer, int] = dict.fromkeys(Answer, 0)
        self._number = 0
        self._dice = random.Random(f"{seed}/receiver")  # noqa: S311 - chance, not secrecy
        self._lock = threading.Lock()
        self._writer = RequestWriter(record)
        self._receiver = Receiver(on_connect=self._serve)
        self.url = self._receiver.url

    @property
    def requests(self) -> int:
        """How many were recorded."""
        return self._number

    def wait_quiet(self) -> None:
        """Wait until every request that a dead server has sent is recorded, so that none is taken for its successor's.

        Connections are accepted in their order: when one of our own was answered, all before it were accepted.
        """
        with socket.create_connection(("127.0.0.1", self._receiver.port), timeout=10) as own:
            own.sendall(f"POST /{QUIET_PATH} HTTP/1.1\r\nHost: quiet\r\n\r\n".encode())
            own.recv(1024)
        self._receiver.wait_until(lambda: self._receiver.open_connections == 0)

    def close(self) -> None:
        """Listen no more."""
        self._receiver.close()
        self._writer.close()

    def _serve(self, connection: Connection) -> None:
        while (request := connection.read_request()) is not None:
            webhook = request.target.removeprefix("/")
            if webhook == QUIET_PATH:
                connection.send(WHOLE_ANSWERS[Answer.NO_CONTENT])
                return
            with self._lock:
                answer = self._choose(webhook, request.body)
                slow_s = self._dice.uniform(0, SLOW_S_MAX)
                self._number += 1
                self.answered[answer] += 1
                self._writer.write(
                    ReceivedRequest(
                        number=self._number,
                        life=self.life,
                        at_s=time.time(),
                        webhook=webhook,
                        headers=request.headers,
                        body=request.body,
                        answer=answer,
                    )
                )
            if not _answer(connection, answer, slow_s=slow_s):
                return

    def _choose(self, webhook: str, body: bytes) -> Answer:
        if self.healthy:
            return Answer.OK
        usual = self._mannered(self.manners.get(webhook, Manner.PLAIN), body)
        if self._dice.random() >= FAULT_RATE:
            return usual
        fault = self._dice.choices(tuple(FAULT_WEIGHTS), tuple(FAULT_WEIGHTS.values()))[0]
        # What it refuses it never takes: then a batch may come in parts, under other ids, after a crash.
        return usual if fault.delivers and not usual.delivers else fault

    def _mannered(self, manner: Manner, body: bytes) -> Answer:
        match manner:
            case Manner.PLAIN:
                return Answer.OK
            case Manner.PICKY:
                return Answer.INVALID if any(map(is_poisoned, event_ids(body))) else Answer.OK
            case Manner.NARROW:
                return Answer.TOO_LARGE if len(event_ids(body)) > NARROW_EVENTS_MAX else Answer.OK
            case Manner.LEAVING:
                return Answer.GONE if self._dice.random() < GONE_RATE else Answer.OK
        assert_never(manner)


def _answer(connection: Connection, answer: Answer, *, slow_s: float) -> bool:
    """Do with the connection as it was decided; returns whether it can be used again."""
    match answer:
        case Answer.CUT:
            return False
        case Answer.LATE:
            connection.wait_closed()
            return False
        case Answer.TORN:
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nthank y")
            return False
        case Answer.RESET:
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Le")
            connection.reset()
            return False
        case Answer.SLOW:
            connection.closing.wait(slow_s)
        case _:
            pass
    connection.send(WHOLE_ANSWERS[answer])
    return True
