"""Which events somebody looks for, and what was found of them."""

from typing import Final

import msgspec

from bellwire.model.event import EventTypeId, LoggedEvent, Position
from bellwire.model.webhook import WebhookId

CONDITION_LENGTH_MAX: Final = 1_000
CONDITIONS_MAX: Final = 10


class Condition(msgspec.Struct, frozen=True):
    """A member of an event's data, and its value as text. key: of an inner object as in `reason.type`."""

    key: str
    text: str


class EventQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which events to look for, newest first. types: None for all; since ≤ time of acceptance < until, in milliseconds
    since 1970; conditions: all must be met; webhook_id: only what that webhook wants by its present filter; before:
    only positions below it.
    """

    types: frozenset[EventTypeId] | None = None
    since_ms: int | None = None
    until_ms: int | None = None
    conditions: tuple[Condition, ...] = ()
    webhook_id: WebhookId | None = None
    before: Position | None = None
    limit: int = 100


class EventsFound(msgspec.Struct, frozen=True, kw_only=True):
    """Some of what a query means. next: what `before` is for the rest, None after the last; there may be few events, or
    none, and still more behind them, as a call looks at a bounded number.
    """

    events: tuple[LoggedEvent, ...]
    next: Position | None
