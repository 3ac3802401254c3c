"""The page's WebHook object, and a webhook as it is registered."""

import enum
from typing import Final, NewType

import msgspec

from bellwire.model.duration import DurationMs
from bellwire.model.event import EventTypeId, Position
from bellwire.model.event_type import TracingLevel
from bellwire.model.secret import MASK, NoSecret, SecretKey, SecretKeyOptional

WebhookId = NewType("WebhookId", str)

KIB: Final = 1024
MIB: Final = 1024 * KIB


class EventPolicy(enum.Enum):
    """How the list of events is meant."""

    INCLUDE = "include"
    EXCLUDE = "exclude"


class CatchUp(enum.Enum):
    """How a window that needs several requests sends them: one after the other, or a throttle apart."""

    FAST = "fast"
    THROTTLED = "throttled"


class Unauthenticated(msgspec.Struct, frozen=True, tag_field="@type"):
    """No Authorization header."""


class Basic(msgspec.Struct, frozen=True, tag_field="@type"):
    """RFC 7617."""

    username: str
    secret: SecretKey


class Bearer(msgspec.Struct, frozen=True, tag_field="@type", rename="camel"):
    """RFC 6750."""

    bearer_token: SecretKey


HttpAuth = Unauthenticated | Basic | Bearer


class WebHook(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={
        "events_policy": "eventsPolicy",
        "timeout_ms": "timeout",
        "throttle_ms": "throttle",
        "discard_after_ms": "discardAfter",
        "signature_key": "signatureKey",
        "http_auth": "httpAuth",
        "http_headers": "httpHeaders",
        "allow_invalid_certs": "allowInvalidCerts",
        "max_batch_events": "maxBatchEvents",
        "max_batch_bytes": "maxBatchBytes",
        "catch_up": "catchUp",
    },
):
    """The object of the page, sound and complete; rules/validating.py makes it from what was written.

    Encoded as it stands, but for secrets, it is the stored form: durations and sizes as whole numbers.
    """

    url: str
    name: str
    events: tuple[EventTypeId, ...] = ()
    events_policy: EventPolicy = EventPolicy.EXCLUDE
    timeout_ms: DurationMs = DurationMs(30_000)
    throttle_ms: DurationMs = DurationMs(1_000)
    discard_after_ms: DurationMs = DurationMs(300_000)
    signature_key: SecretKeyOptional = NoSecret()
    http_auth: HttpAuth = Unauthenticated()
    http_headers: dict[str, str] = {}
    allow_invalid_certs: bool = False
    lossy: bool = False
    enable: bool = True
    level: TracingLevel | None = None
    max_batch_events: int = 1_000
    max_batch_bytes: int = MIB
    catch_up: CatchUp = CatchUp.FAST

    def __repr__(self) -> str:
        """Without the values of headers, which may be credentials; other secrets hide themselves."""
        shown: dict[str, object] = {name: getattr(self, name) for name in self.__struct_fields__}
        shown["http_headers"] = dict.fromkeys(self.http_headers, MASK)
        return f"WebHook({', '.join(f'{name}={value!r}' for name, value in shown.items())})"


class Gap(msgspec.Struct, frozen=True, array_like=True):
    """A stretch of the log in which a webhook was disabled: since ≤ position < until (None: still).

    Delivery goes by gaps. The journal's changes of the same edits are stored with them, for people to read.
    """

    since: Position
    until: Position | None = None


class PreviousKey(msgspec.Struct, frozen=True, kw_only=True):
    """A signature key that was replaced and still signs webhook-signature, until then (milliseconds since 1970)."""

    key: SecretKey
    until_ms: int


class PastFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which events a webhook got before an edit; until: the first position that the next filter decided on, but that
    a batch which was under way when it was replaced (milliseconds since 1970) may have gone beyond.

    What became of an event is explained by these. The journal's changes of the same edits are stored with them, for
    people to read.
    """

    until: Position
    events: tuple[EventTypeId, ...]
    events_policy: EventPolicy
    level: TracingLevel | None
    replaced_at_ms: int = 0


class Resumption(msgspec.Struct, frozen=True, kw_only=True):
    """When a webhook was last resumed (milliseconds since 1970), and where the log ended then."""

    at_ms: int
    log_end: Position


class RegisteredWebhook(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook with what the server adds to it.

    revision counts the edits from 1 (the API's ETag); filter_revision: the one that last changed which events it gets.
    starts_at: the end of the log at its creation. gaps: ascending; an open last one: it is disabled or deleted.
    past_filters: the ones before the present filter, ascending.
    switched_at_ms: when it was last enabled, disabled, paused, resumed or deleted, at first created.
    paused_at_ms: since when it is paused, None if it is not. Times in milliseconds since 1970.
    sealed: secrets by their place (rules/sealing.py), encrypted, while the object has MASK there: as it is stored all
    of them, as it is used those that no key opens.
    """

    id: WebhookId
    object: WebHook
    revision: int
    created_at_ms: int
    updated_at_ms: int
    starts_at: Position
    filter_revision: int = 1
    switched_at_ms: int = 0
    gaps: tuple[Gap, ...] = ()
    past_filters: tuple[PastFilter, ...] = ()
    paused_at_ms: int | None = None
    resumed: Resumption | None = None
    previous_key: PreviousKey | None = None
    deleted: bool = False
    sealed: dict[str, str] = {}
