"""What is published, as rules/decoding.py reads it."""

from typing import Final

from bellwire.rules.accepting import PublishedEvent
from bellwire.web.operation import Schema, struct_schema

_EVENT: Final = struct_schema(PublishedEvent)

PUBLISHED_BODY: Final = Schema(
    name="PublishedBody",
    definition={
        "description": "One event, an array of events, or the form in which they are delivered.",
        "anyOf": [
            _EVENT.ref,
            {"type": "array", "items": _EVENT.ref},
            {
                "type": "object",
                "properties": {"events": {"type": "array", "items": _EVENT.ref}},
                "required": ["events"],
                "additionalProperties": False,
            },
        ],
    },
    parts=(_EVENT,),
)
PUBLISHED_LINES: Final = Schema(
    name="PublishedLines",
    definition={"description": "NDJSON: an event on each line; empty lines are skipped.", "type": "string"},
)
