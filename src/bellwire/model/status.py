"""What an operator asks for: how a webhook does, how the whole does, which events were given up."""

import enum

import msgspec

from bellwire.model.attempt import AttemptId, Request
from bellwire.model.cursor import DiscardReason, ReplayId
from bellwire.model.event import EventTypeId, LoggedEvent
from bellwire.model.replay import ReplayNote
from bellwire.model.room import Room
from bellwire.model.webhook import WebhookId


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """One discarded event. number and the event's position make its place in the list of all; at_ms: since 1970.

    replay_id: of the replay that gave it up; None for live delivery.
    """

    number: int
    event: LoggedEvent
    webhook_id: WebhookId
    reason: DiscardReason
    at_ms: int
    replay_id: ReplayId | None = None


class WebhookStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How a webhook does. state: healthy, retrying, failing, blocked, paused, gone or disabled; since when, and why.

    backlog: events waiting. lag_ms: age of the oldest of them. next_attempt_at_ms: if nothing happens before; None:
    none is to come. first_deadline_ms: when the first of what waits is given up, as far as that is known. now_ms: the
    present time of the clock that the two go by. certificate_ends_at_ms: of the endpoint's certificate as it was seen
    last since the start. warnings: what will need somebody soon. Times in milliseconds since 1970.
    """

    state: str
    since_ms: int
    reason: str
    backlog: int
    lag_ms: int
    delivered: int
    discarded: int
    last_success_at_ms: int | None
    last_failure_at_ms: int | None
    next_attempt_at_ms: int | None
    first_deadline_ms: int | None
    now_ms: int
    certificate_ends_at_ms: int | None = None
    warnings: tuple[str, ...] = ()


class DeadLetterSearch(msgspec.Struct, frozen=True, kw_only=True):
    """Which discarded events to list, newest first. types: by the names they were published under; None: all.

    since ≤ time of the discard < until. before: number and position of the last one of the page before.
    """

    webhook_id: WebhookId | None = None
    reason: DiscardReason | None = None
    types: frozenset[EventTypeId] | None = None
    since_ms: int | None = None
    until_ms: int | None = None
    before: tuple[int, int] | None = None
    limit: int = 100


class DeadLetterPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some of what a search has. next: what `before` is for the rest, None after the last; a page may be short, even
    empty, and still have one behind it, as a call looks at a bounded number of discards and events.
    """

    letters: tuple[DeadLetter, ...]
    next: tuple[int, int] | None


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the events that a webhook wanted since it exists: wanted = delivered + waiting + discarded.

    discarded: for each reason that there was. Events, not requests.
    """

    wanted: int
    delivered: int
    waiting: int
    discarded: dict[str, int]


class SentRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What an attempt sent, made again from the log, credentials masked.

    exact: no member of the webhook's object has changed since, so that the headers are those which were sent.
    """

    request: Request
    exact: bool


class Verdict(enum.Enum):
    """What became of one event at one webhook."""

    DELIVERED = "delivered"
    WAITING = "waiting"
    DISCARDED = "discarded"
    NOT_WANTED = "not-wanted"
    BEFORE_WEBHOOK = "before-webhook"
    WHILE_DISABLED = "while-disabled"


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """Why an event did or did not arrive. because: in words; at_ms: when it was delivered or discarded; until_ms: by
    when a waiting one is given up; attempt_id: the attempt that delivered it. replays: those that concerned it, too.
    Times in milliseconds since 1970.
    """

    webhook_id: WebhookId
    verdict: Verdict
    because: str
    at_ms: int | None = None
    until_ms: int | None = None
    attempt_id: AttemptId | None = None
    replays: tuple[ReplayNote, ...] = ()


class Restart(msgspec.Struct, frozen=True, kw_only=True):
    """A dispatcher that failed or made no progress, and was begun anew. at_ms: since 1970."""

    webhook_id: WebhookId
    at_ms: int
    reason: str


class Restarts(msgspec.Struct, frozen=True, kw_only=True):
    """How often dispatchers were begun anew since the start of the process, and the last time."""

    count: int = 0
    last: Restart | None = None


class ServiceStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How Bellwire does as a whole. states: how many webhooks are in each state; store_bytes: the store's files; room:
    for more events, as it was found last. announcements_lost: events about Bellwire itself that could not be published.
    """

    version: str
    started_at_ms: int
    events_logged: int
    webhooks: int
    states: dict[str, int]
    store_bytes: int
    room: Room
    restarts: Restarts
    announcements_lost: int
