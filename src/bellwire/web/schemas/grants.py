"""What is asked to be granted, as rules/granting.py reads it."""

from typing import Any, Final

from bellwire.model.credentials import NAME_LENGTH_MAX
from bellwire.model.event_type import TYPE_ID_LENGTH_MAX, TYPE_ID_PATTERN
from bellwire.model.principal import Scope
from bellwire.rules.granting import (
    EXPIRY_LEAST_MS,
    EXPIRY_MOST_MS,
    PASSWORD_LENGTH_MAX,
    PASSWORD_LENGTH_MIN,
    TYPES_MAX,
)
from bellwire.web.operation import Schema
from bellwire.web.schemas.webhooks import duration_schema

_NAME: Final = {
    "description": "Small letters, digits and . _ @ + -, a letter or digit first; tells it from others.",
    "type": "string",
    "pattern": "^[a-z0-9][a-z0-9._@+-]*$",
    "maxLength": NAME_LENGTH_MAX,
}
_SCOPES: Final = {
    "description": "publish: let events in; read: look at all but who may come in; write: change webhooks and event "
    "types too; admin: everything.",
    "type": "array",
    "items": {"type": "string", "enum": [scope.value for scope in Scope]},
    "minItems": 1,
}
_PASSWORD: Final[dict[str, Any]] = {
    "description": "Without one only links let the person in. It is kept as argon2id writes it.",
    "type": ["string", "null"],
    "minLength": PASSWORD_LENGTH_MIN,
    "maxLength": PASSWORD_LENGTH_MAX,
}

WRITTEN_TOKEN: Final = Schema(
    name="WrittenToken",
    definition={
        "description": "A token that is asked for.",
        "type": "object",
        "properties": {
            "name": _NAME,
            "scopes": _SCOPES,
            "types": {
                "description": "The only event types that it may publish; null or left out: any.",
                "type": ["array", "null"],
                "items": {"type": "string", "pattern": TYPE_ID_PATTERN, "maxLength": TYPE_ID_LENGTH_MAX},
                "minItems": 1,
                "maxItems": TYPES_MAX,
            },
            "expiresIn": {
                "description": "For how long it is valid; null or left out: until it is revoked.",
                "anyOf": [
                    duration_schema("For how long.", least_ms=EXPIRY_LEAST_MS, most_ms=EXPIRY_MOST_MS, example="30d"),
                    {"type": "null"},
                ],
            },
        },
        "required": ["name", "scopes"],
        "additionalProperties": False,
    },
)
WRITTEN_PERSON: Final = Schema(
    name="WrittenPerson",
    definition={
        "description": "A person who is to be let in.",
        "type": "object",
        "properties": {"name": _NAME, "scopes": _SCOPES, "password": _PASSWORD},
        "required": ["name", "scopes"],
        "additionalProperties": False,
    },
)
PERSON_CHANGE: Final = Schema(
    name="PersonChange",
    definition={
        "description": "What is to be changed of a person; what is left out or null stays.",
        "type": "object",
        "properties": {"scopes": {**_SCOPES, "type": ["array", "null"]}, "password": _PASSWORD},
        "minProperties": 1,
        "additionalProperties": False,
    },
)
OWN_PASSWORD: Final = Schema(
    name="OwnPassword",
    definition={
        "description": "Whose password is to be another one.",
        "type": "object",
        "properties": {
            "name": _NAME,
            "password": {"description": "The one that counts now.", "type": "string", "minLength": 1},
            "newPassword": {**_PASSWORD, "description": "The one that is to count.", "type": "string"},
        },
        "required": ["name", "password", "newPassword"],
        "additionalProperties": False,
    },
)
LOGIN_LINK_WISH: Final = Schema(
    name="LoginLinkWish",
    definition={
        "description": "Whom the link is to let in.",
        "type": "object",
        "properties": {
            "person": {
                "description": "Left out or null: whoever asks for it.",
                "type": ["string", "null"],
                "minLength": 1,
                "maxLength": NAME_LENGTH_MAX,
                "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]+$",
            },
        },
        "additionalProperties": False,
    },
)
