"""What is asked of an event type, as rules/checking_types.py reads it."""

from typing import Final

from bellwire.model.event_type import DESCRIPTION_LENGTH_MAX, EventLevel
from bellwire.web.operation import Schema

EVENT_TYPE_WISH: Final = Schema(
    name="EventTypeWish",
    definition={
        "description": "A level for a type that comes with Bellwire, or a type of your own.",
        "type": "object",
        "properties": {
            "level": {
                "description": "What counts from now on; `disable` keeps the type out of every webhook; null: its own.",
                "enum": [*(level.value for level in EventLevel), None],
            },
            "description": {
                "description": "What happened, in a sentence; only of types of your own.",
                "type": "string",
                "minLength": 1,
                "maxLength": DESCRIPTION_LENGTH_MAX,
            },
        },
        "additionalProperties": False,
    },
)
