"""What a run leaves behind for its audit: each request as it came, each event as the log has it, what went wrong."""

import enum
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

import msgspec


class Answer(enum.Enum):
    """What the receiver did with a request."""

    OK = "200"
    NO_CONTENT = "204"
    SLOW = "200 after a while"
    TORN = "200 whose body was cut off"
    ERROR = "500"
    BUSY = "503"
    MOVED = "302"
    LATER = "429 with Retry-After"
    TOO_LARGE = "413"
    INVALID = "422"
    GONE = "410"
    LATE = "no answer"
    CUT = "closed instead of an answer"
    RESET = "reset in the middle of the answer's head"

    @property
    def delivers(self) -> bool:
        """Whether it says that the batch was taken: a complete head of a 2xx answer was sent."""
        return self in {Answer.OK, Answer.NO_CONTENT, Answer.SLOW, Answer.TORN}

    @property
    def refuses(self) -> bool:
        """Whether it says that something in the batch is not wanted, so that what comes next is a part of it."""
        return self in {Answer.TOO_LARGE, Answer.INVALID}


class ReceivedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request. number: from 1, over all webhooks; life: how often the server had been started by then.

    at_s: seconds since 1970; headers in their order, as written; answer: what the receiver then did.
    """

    number: int
    life: int
    at_s: float
    webhook: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    answer: Answer

    def header(self, name: str) -> str | None:
        """The value of the only header of that name; None when it came never, or several times."""
        values = [value for given, value in self.headers if given.lower() == name]
        return values[0] if len(values) == 1 else None


class ExpectedEvent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An event that was acknowledged, at its position in the log. encoded: the bytes that receivers must get."""

    position: int
    id: str
    type: str
    encoded: bytes


class Violation(msgspec.Struct, frozen=True, kw_only=True):
    """A promise that was broken, where, and what shows it."""

    promise: str
    place: str
    evidence: str


class RequestWriter:
    """Appends requests to a file, each a line of JSON with the body in base64; on disk before it is answered."""

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO = path.open("ab", buffering=0)

    def write(self, request: ReceivedRequest) -> None:
        """Append one."""
        self._file.write(msgspec.json.encode(request) + b"\n")

    def close(self) -> None:
        """Write no more."""
        self._file.close()


class _Event(msgspec.Struct, frozen=True):
    id: str


class _Body(msgspec.Struct, frozen=True):
    events: list[_Event]


_BODIES: Final = msgspec.json.Decoder(_Body)


def event_ids(body: bytes) -> list[str]:
    """The ids of a request's events, in their order. Raises msgspec.DecodeError."""
    return [event.id for event in _BODIES.decode(body).events]


def read_requests(path: Path) -> Iterator[ReceivedRequest]:
    """The requests of a file, in the order in which they came."""
    decoder = msgspec.json.Decoder(ReceivedRequest)
    with path.open("rb") as file:
        for line in file:
            yield decoder.decode(line)
