"""What is told live of what happens: which of it somebody wants, how far they know it, and what they missed."""

import enum
import re
from typing import Final

import msgspec

from bellwire.model.attempt import AttemptId
from bellwire.model.event import EventTypeId, Position
from bellwire.model.event_type import TracingLevel
from bellwire.model.webhook import WebhookId

PLACE_PATTERN: Final = r"^[0-9]{1,18}\.[0-9]{1,18}\.[0-9]{1,18}\.[0-9A-Za-z-]{0,64}$"
_PLACE: Final = re.compile(PLACE_PATTERN)


class LiveKind(enum.Enum):
    """What there is to be told, in the words in which it is asked for."""

    EVENTS = "events"
    ATTEMPTS = "attempts"
    DISCARDS = "discards"
    CHANGES = "changes"


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants to hear of. None: whatever it is.

    webhook_ids: attempts, discards and changes of these webhooks, and events that one of them gets. types, level:
    narrow the events, types also the changes of event types.
    """

    kinds: frozenset[LiveKind] = frozenset(LiveKind)
    webhook_ids: frozenset[WebhookId] | None = None
    types: frozenset[EventTypeId] | None = None
    level: TracingLevel | None = None


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """How far somebody knows what happened: the position of the next event, the numbers of the last discard and change,
    and the last attempt, empty for none.
    """

    position: Position
    discard: int = 0
    change: int = 0
    attempt: AttemptId = AttemptId("")


class Missed(msgspec.Struct, frozen=True, kw_only=True):
    """How many were not told, of each kind; None: some, and nobody can say how many."""

    events: int | None = 0
    attempts: int | None = 0
    discards: int | None = 0
    changes: int | None = 0


NOTHING_MISSED: Final = Missed()


class Pulse(msgspec.Struct, frozen=True, kw_only=True):
    """How much of each kind happened since the last one. webhook_ids: of whom attempts, discards and changes were, None
    for too many to name.
    """

    events: int = 0
    attempts: int = 0
    discards: int = 0
    changes: int = 0
    webhook_ids: frozenset[WebhookId] | None = frozenset()


def show_place(place: Place) -> str:
    """The text form: `17.0.3.019786a2-11aa-7000-8000-6f6e6c7920aa`."""
    return f"{place.position}.{place.discard}.{place.change}.{place.attempt}"


def parse_place(text: str) -> Place:
    """Read the text form; raises ValueError with what would be right."""
    if not _PLACE.fullmatch(text):
        raise ValueError("is no id of this stream; give the last one that came, or none")
    position, discard, change, attempt = text.split(".")
    return Place(position=Position(int(position)), discard=int(discard), change=int(change), attempt=AttemptId(attempt))
