"""What is told live, as clients get it."""

from typing import Annotated, Final

import msgspec

from bellwire.model.live import PLACE_PATTERN
from bellwire.web.answers import Time
from bellwire.web.operation import Schema, struct_schema

STREAM_TYPE: Final = "text/event-stream"

_Webhook = Annotated[str | None, msgspec.Meta(description="Null for a change of an event type.")]
_Count = Annotated[int | None, msgspec.Meta(description="Null: some, and nobody can say how many.")]


class LiveDiscard(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Events that were given up together."""

    at: Time
    webhook_id: str
    replay_id: Annotated[str | None, msgspec.Meta(description="The replay that gave them up; null: live delivery did.")]
    reason: Annotated[str, msgspec.Meta(description="expired, refused, lossy or disabled.")]
    events: int
    first_position: int
    last_position: int


class LiveChange(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A change of a webhook, of its state, or of the level of an event type."""

    number: Annotated[int, msgspec.Meta(description="Ascending in the order of the changes.")]
    at: Time
    position: Annotated[int, msgspec.Meta(description="The first place in the log that it decides on.")]
    webhook_id: _Webhook
    type: Annotated[str | None, msgspec.Meta(description="The event type whose level was set.")]
    change: Annotated[str, msgspec.Meta(description="As in `/v1/webhooks/{id}/changes`, or level-set.")]
    fields: Annotated[tuple[str, ...], msgspec.Meta(description="Which members of the object were edited.")] = ()
    reason: Annotated[str | None, msgspec.Meta(description="Why it is failing, gone or blocked.")] = None
    level: Annotated[str | None, msgspec.Meta(description="The level that counts now, where it was set.")] = None


class LiveMissed(msgspec.Struct, frozen=True, kw_only=True):
    """How many were not told."""

    events: _Count
    attempts: _Count
    discards: _Count
    changes: _Count


class LivePulse(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How much happened since the last pulse, and how the webhooks do now."""

    events: int
    attempts: int
    discards: int
    changes: int
    webhook_ids: Annotated[
        tuple[str, ...] | None,
        msgspec.Meta(description="Of whom the attempts, discards and changes were. Null: of too many to name."),
    ]
    states: Annotated[dict[str, int], msgspec.Meta(description="How many webhooks are in each state.")]


_DISCARD: Final = struct_schema(LiveDiscard)
_CHANGE: Final = struct_schema(LiveChange)
_MISSED: Final = struct_schema(LiveMissed)
_PULSE: Final = struct_schema(LivePulse)

LIVE_MESSAGE: Final = Schema(
    name="LiveMessage",
    definition={
        "type": "object",
        "description": "One server-sent event. Its data is that of `/v1/events` for an `event`, that of `/v1/attempts` "
        "for an `attempt`, else LiveDiscard, LiveChange, LiveMissed or LivePulse.",
        "properties": {
            "event": {"enum": ["event", "attempt", "discard", "change", "missed", "pulse"]},
            "id": {"type": "string", "pattern": PLACE_PATTERN, "description": "How far all of it is known then."},
            "data": {
                "type": "string",
                "contentMediaType": "application/json",
                "contentSchema": {"anyOf": [_DISCARD.ref, _CHANGE.ref, _MISSED.ref, _PULSE.ref, {"type": "object"}]},
            },
        },
        "required": ["event", "id", "data"],
    },
    parts=(_DISCARD, _CHANGE, _MISSED, _PULSE),
)
"""What the stream consists of, as its reader gets it."""
