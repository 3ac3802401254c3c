"""What is asked of a key rotation, as rules/rotating.py reads it."""

from typing import Final

from bellwire.model.duration import show_duration
from bellwire.rules.rotating import OVERLAP_MAX_MS, OVERLAP_MS
from bellwire.web.operation import Schema
from bellwire.web.schemas.secrets import SECRET_KEY
from bellwire.web.schemas.webhooks import duration_schema

ROTATION: Final = Schema(
    name="Rotation",
    definition={
        "description": "Which key signs from now on, and how long the one before goes on signing beside it.",
        "type": "object",
        "properties": {
            "signatureKey": {
                "description": "The next key; made here where it is left out. Plain text is short for a Value.",
                "anyOf": [{"type": "string", "minLength": 1}, SECRET_KEY.ref, {"type": "null"}],
            },
            "overlap": {
                **duration_schema(
                    "How long both keys sign `webhook-signature`.",
                    least_ms=0,
                    most_ms=OVERLAP_MAX_MS,
                    example=show_duration(OVERLAP_MS),
                ),
                "default": show_duration(OVERLAP_MS),
            },
        },
        "additionalProperties": False,
    },
    parts=(SECRET_KEY,),
)
