"""What is asked of a replay, as rules/reading_replays.py reads it."""

from typing import Any, Final

from bellwire.model.cursor import DiscardReason
from bellwire.model.event import EVENT_ID_LENGTH_MAX
from bellwire.model.replay import RATE_MAX_PER_S, RATE_MIN_PER_S, REPLAYED_IDS_MAX
from bellwire.rules.reading import DURATION_LENGTH_MAX
from bellwire.rules.reading_replays import POSITION_MAX, TYPES_MAX
from bellwire.web.operation import Schema
from bellwire.web.parameters import AGO

_RATE: Final[dict[str, Any]] = {
    "description": "Events a second; null: as fast as the endpoint takes them.",
    "anyOf": [{"type": "number", "minimum": RATE_MIN_PER_S, "maximum": RATE_MAX_PER_S}, {"type": "null"}],
}
_PAUSED: Final[dict[str, Any]] = {"description": "Whether it sends nothing for now.", "type": ["boolean", "null"]}


def _time(description: str) -> dict[str, Any]:
    return {
        "description": f"{description} RFC 3339, or how long ago: `15m`, `2h`, `7d`.",
        "type": ["string", "null"],
        "maxLength": DURATION_LENGTH_MAX,
        "anyOf": [{"format": "date-time"}, {"pattern": AGO}],
        "examples": ["2h", "2026-01-31T08:00:00Z"],
    }


WISH: Final = Schema(
    name="NewReplay",
    definition={
        "description": "Where to begin: exactly one of `since`, `fromPosition`, `ids` and `reason`; the last may have "
        "`since` and `until` beside it. null stands for what is left out.",
        "type": "object",
        "properties": {
            "since": _time("What was accepted at this time or later; with a reason, what was given up then."),
            "until": _time("Only what was accepted, or with a reason given up, before."),
            "fromPosition": {
                "description": "From this position of the log on.",
                "type": ["integer", "null"],
                "minimum": 1,
                "maximum": POSITION_MAX,
            },
            "ids": {
                "description": "These events.",
                "type": ["array", "null"],
                "items": {"type": "string", "minLength": 1, "maxLength": EVENT_ID_LENGTH_MAX},
                "minItems": 1,
                "maxItems": REPLAYED_IDS_MAX,
            },
            "reason": {
                "description": "What was given up for this reason.",
                "enum": [*(reason.value for reason in DiscardReason), None],
            },
            "types": {
                "description": "Only events of these types.",
                "type": ["array", "null"],
                "items": {"type": "string", "minLength": 1, "maxLength": EVENT_ID_LENGTH_MAX},
                "minItems": 1,
                "maxItems": TYPES_MAX,
            },
            "rate": _RATE,
            "paused": _PAUSED,
        },
        "additionalProperties": False,
    },
)
REPLAY_EDIT: Final = Schema(
    name="ReplayEdit",
    definition={
        "description": "What is to be changed of a replay.",
        "type": "object",
        "properties": {"rate": _RATE, "paused": _PAUSED},
        "additionalProperties": False,
    },
)
