"""One request to an endpoint: what was sent, what came back, what it meant and what follows."""

import enum
from typing import Final, NewType

import msgspec

from bellwire.model.batch import BatchId
from bellwire.model.cursor import ReplayId
from bellwire.model.duration import DurationMs
from bellwire.model.event import Position
from bellwire.model.webhook import WebhookId

AttemptId = NewType("AttemptId", str)

ANSWER_BYTES_READ_MAX: Final = 64 * 1024
ANSWER_BYTES_KEPT_MAX: Final = 4 * 1024


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent: a POST. timeout_ms covers everything from name lookup to the last byte of the answer. secrets: what
    must not be kept of an answer that repeats it.
    """

    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    timeout_ms: DurationMs
    allow_invalid_certs: bool
    secrets: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Without headers, which may carry credentials."""
        return f"Request(url={self.url!r}, body_bytes={len(self.body)})"


class Timings(msgspec.Struct, frozen=True, kw_only=True):
    """Microseconds from the start until each step was done; None for a step that was not reached or not needed."""

    name_lookup_us: int | None = None
    connect_us: int | None = None
    tls_us: int | None = None
    first_byte_us: int | None = None
    total_us: int = 0


class Trouble(enum.Enum):
    """What kept an endpoint from answering."""

    NAME_LOOKUP = "name-lookup"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    RESET = "reset"
    BAD_HTTP = "bad-http"


class Answer(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A complete header came. body: its first bytes, at most ANSWER_BYTES_KEPT_MAX; header names in lower case."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    timings: Timings


class NoAnswer(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """No complete header came. detail: what happened, for a person."""

    trouble: Trouble
    detail: str
    timings: Timings


Response = Answer | NoAnswer


class AddressRefused(msgspec.Struct, frozen=True):
    """Nothing was sent, as the network policy forbids every address that the endpoint has now. reason: for a person."""

    reason: str


class Delivered(msgspec.Struct, frozen=True, tag="delivered"):
    """The receiver took the whole batch."""


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """The receiver will not take this body (400, 413, 422), but perhaps parts of it. reason: for a person."""

    reason: str
    too_large: bool


class RetryLater(msgspec.Struct, frozen=True, tag="retry-later"):
    """The receiver did not take the batch and says when to come again. reason: for a person."""

    reason: str
    after_ms: DurationMs


class Gone(msgspec.Struct, frozen=True, tag="gone"):
    """The receiver wants nothing more (410). reason: for a person."""

    reason: str


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """The receiver did not take the batch. reason: why, for a person."""

    reason: str


Outcome = Delivered | Refused | RetryLater | Gone | Failed


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One request and its outcome. number counts the batch's attempts from 1; first and last bound its events.

    replay_id: of the replay that it was made for; None for live delivery.
    """

    id: AttemptId
    webhook_id: WebhookId
    batch_id: BatchId
    number: int
    at_ms: int
    first: Position
    last: Position
    events: int
    body_bytes: int
    response: Response
    outcome: Outcome
    replay_id: ReplayId | None = None


class Advance(msgspec.Struct, frozen=True):
    """The batch is settled: go on behind it."""


class RetryAt(msgspec.Struct, frozen=True):
    """The batch is a failure: send it again, whole, not before this time (milliseconds since 1970)."""

    at_ms: int


class Halve(msgspec.Struct, frozen=True):
    """The batch is closed and its halves are sent in order."""


class TryNext(msgspec.Struct, frozen=True):
    """The single event stays where it is while the one behind it shows whether only this one is refused.

    at_ms: when it is tried again if it is set aside (milliseconds since 1970).
    """

    at_ms: int


class PutAside(msgspec.Struct, frozen=True):
    """The single event is set aside, as others were accepted, and tried again then (milliseconds since 1970)."""

    at_ms: int


class Drop(msgspec.Struct, frozen=True):
    """The batch is discarded, as the webhook is lossy; the next attempt is not before this time (ms since 1970)."""

    at_ms: int


class Stop(msgspec.Struct, frozen=True):
    """Send nothing more until an operator says so."""


NextStep = Advance | RetryAt | Halve | TryNext | PutAside | Drop | Stop
