"""The journal: what was changed of a webhook or an event type, what its state became, and where in the log."""

from typing import Final

import msgspec

from bellwire.model.event import EventTypeId, Position
from bellwire.model.event_type import EventLevel, TracingLevel
from bellwire.model.webhook import EventPolicy, WebhookId

WEBHOOK_CHANGES_MAX: Final = 10_000
"""Of one webhook; the oldest give way."""

LEVEL_CHANGES_MAX: Final = 1_000
"""Of one event type; the oldest give way, and events from before them are explained by the oldest that is left."""


class Filter(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Which events a webhook gets, as its object says it."""

    events: tuple[EventTypeId, ...]
    events_policy: EventPolicy
    level: TracingLevel | None


class _Tagged(msgspec.Struct, frozen=True, kw_only=True, rename="camel", tag_field="change"):
    """What all kinds of changes share: their JSON form names the kind in `change`."""


class Created(_Tagged, frozen=True, tag="created"):
    """The webhook was registered."""

    enabled: bool
    filter: Filter


class Edited(_Tagged, frozen=True, tag="edited"):
    """Its object was changed. fields: by the names of the JSON form, never their values, which may be secrets.

    filter_before, filter_after: where the edit changed which events it gets.
    """

    fields: tuple[str, ...]
    filter_before: Filter | None = None
    filter_after: Filter | None = None


class KeyRotated(_Tagged, frozen=True, tag="key-rotated"):
    """It got another signature key. previous_until_ms: until when the one before signs too (since 1970), if it does."""

    previous_until_ms: int | None


class Enabled(_Tagged, frozen=True, tag="enabled"):
    """It gets events again, from the position on."""


class Disabled(_Tagged, frozen=True, tag="disabled"):
    """It gets no events from the position on, and what waited was given up."""


class Paused(_Tagged, frozen=True, tag="paused"):
    """Nothing is sent, and what comes is kept."""


class Resumed(_Tagged, frozen=True, tag="resumed"):
    """It is sent to again, at once."""


class Deleted(_Tagged, frozen=True, tag="deleted"):
    """There is no such webhook any more."""


class Failing(_Tagged, frozen=True, tag="failing"):
    """So many attempts in a row have failed that it counts as failing. reason: why the last one did."""

    reason: str
    failures: int


class WentGone(_Tagged, frozen=True, tag="gone"):
    """The endpoint answered that it wants nothing more."""

    reason: str


class Blocked(_Tagged, frozen=True, tag="blocked"):
    """Nothing can be sent safely, for this reason."""

    reason: str


class Unblocked(_Tagged, frozen=True, tag="unblocked"):
    """It can be sent to again."""


class Recovered(_Tagged, frozen=True, tag="recovered"):
    """After it was failing, gone or blocked, a batch was delivered."""


class LevelSet(_Tagged, frozen=True, tag="level-set"):
    """Another level of an event type counts. The position is the end of the log then.

    earlier: the webhooks that had not come so far yet, and from where on the new level counts for each of them.
    """

    type: EventTypeId
    before: EventLevel
    after: EventLevel
    earlier: dict[WebhookId, Position] = {}


CursorChange = Failing | WentGone | Blocked | Unblocked | Recovered
"""What delivery itself finds."""

What = (
    Created
    | Edited
    | KeyRotated
    | Enabled
    | Disabled
    | Paused
    | Resumed
    | Deleted
    | Failing
    | WentGone
    | Blocked
    | Unblocked
    | Recovered
    | LevelSet
)


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One change, stored together with what it speaks of. position: the first place in the log that it decides on.

    subject: the id of the webhook, or of the event type. at_ms: since 1970.
    """

    subject: str
    position: Position
    at_ms: int
    what: What


class NumberedChange(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded change; numbers ascend in the order of recording and are not used twice."""

    number: int
    change: Change
