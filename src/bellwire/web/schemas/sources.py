"""The source object: as rules/checking_sources.py reads it and as rules/presenting_sources.py shows it."""

from typing import Any, Final

from bellwire.model.source import SOURCE_NAME_LENGTH_MAX
from bellwire.rules.presenting_sources import SERVER_FIELDS
from bellwire.web.operation import Schema
from bellwire.web.paging import page_of
from bellwire.web.schemas.secrets import HTTP_AUTH, SECRET_KEY_OPTIONAL

_NAME: Final = {
    "description": "What it is called, also in its path.",
    "type": "string",
    "pattern": "^[a-z0-9][a-z0-9-]*$",
    "maxLength": SOURCE_NAME_LENGTH_MAX,
    "examples": ["mail"],
}
_KEY: Final = "The key of `X-Signature`, which its requests must then carry."
_AUTH: Final = "What the `Authorization` header of its requests must show."
_ANYONE: Final = "Neither of both is set, and whoever reaches the server may publish by it."
_ENABLE: Final = "Whether anything is taken from it."
_TIME: Final = {"type": "string", "format": "date-time"}
_TIME_OR_NULL: Final = {"type": ["string", "null"], "format": "date-time"}

_RECEPTION: Final[dict[str, Any]] = {
    "accepted": {"type": "integer", "description": "Events that are on disk."},
    "duplicates": {"type": "integer", "description": "Those of them that were known before."},
    "refusedEvents": {"type": "integer", "description": "Single events that could not be taken."},
    "requests": {"type": "integer"},
    "refusedRequests": {"type": "integer", "description": "Whole requests that were refused."},
    "notAdmitted": {"type": "integer", "description": "Those of them whose signature or credentials were wrong."},
    "lastRequest": _TIME_OR_NULL,
    "lastAccepted": {**_TIME_OR_NULL, "description": "When an event of it was last taken."},
    "lastError": {"type": ["string", "null"], "description": "Why something was last refused, for a person."},
    "lastErrorAt": _TIME_OR_NULL,
}
RECEPTION: Final = Schema(
    name="Reception",
    definition={
        "description": "What came from the source since the server started.",
        "type": "object",
        "properties": _RECEPTION,
        "required": list(_RECEPTION),
    },
)

_WRITTEN: Final[dict[str, Any]] = {
    "name": _NAME,
    "signatureKey": {"description": _KEY, "anyOf": [SECRET_KEY_OPTIONAL.ref, {"type": "null"}]},
    "httpAuth": {"description": _AUTH, "anyOf": [HTTP_AUTH.ref, {"type": "null"}]},
    "allowAnyone": {"description": _ANYONE, "type": ["boolean", "null"], "default": False},
    "enable": {"description": _ENABLE, "type": ["boolean", "null"], "default": True},
}
_ADDED: Final[dict[str, Any]] = {
    "createdAt": _TIME,
    "updatedAt": _TIME,
    "path": {"type": "string", "description": "What its server posts to."},
    "reception": RECEPTION.ref,
}
_PASSED_OVER: Final = {member: {"description": "Passed over when it is sent back."} for member in SERVER_FIELDS}
_PARTS: Final = (SECRET_KEY_OPTIONAL, HTTP_AUTH, RECEPTION)
_PROTECTION: Final = "It has `signatureKey` or `httpAuth` or both, or `allowAnyone`."

WRITTEN_SOURCE: Final = Schema(
    name="WrittenSource",
    definition={
        "description": f"A source as it is written. {_PROTECTION} What the server adds may be sent back; it is passed "
        "over.",
        "type": "object",
        "properties": _WRITTEN | _PASSED_OVER,
        "required": ["name"],
        "additionalProperties": False,
    },
    parts=_PARTS,
)
REPLACED_SOURCE: Final = Schema(
    name="ReplacedSource",
    definition={
        **WRITTEN_SOURCE.definition,
        "description": f"A source under the name in its path, which it need not repeat. {_PROTECTION}",
        "properties": {**_WRITTEN, "name": {**_NAME, "type": ["string", "null"]}, **_PASSED_OVER},
        "required": [],
    },
    parts=_PARTS,
)
_SHOWN: Final[dict[str, Any]] = {
    "name": _NAME,
    "signatureKey": {"description": _KEY, **SECRET_KEY_OPTIONAL.ref},
    "httpAuth": {"description": _AUTH, **HTTP_AUTH.ref},
    "allowAnyone": {"description": _ANYONE, "type": "boolean"},
    "enable": {"description": _ENABLE, "type": "boolean"},
    **_ADDED,
}
SOURCE: Final = Schema(
    name="Source",
    definition={
        "description": "An upstream server that may post its events; secrets masked.",
        "type": "object",
        "properties": _SHOWN,
        "required": list(_SHOWN),
    },
    parts=_PARTS,
)
SOURCE_PAGE: Final = page_of(SOURCE)

WRITTEN_SOURCE_EXAMPLE: Final = {"name": "mail", "signatureKey": {"@type": "Value", "secret": "secret-passphrase"}}
SOURCE_EXAMPLE: Final = {
    "name": "mail",
    "signatureKey": {"@type": "Value", "secret": "****"},
    "httpAuth": {"@type": "Unauthenticated"},
    "allowAnyone": False,
    "enable": True,
    "createdAt": "2026-01-31T08:00:00.000Z",
    "updatedAt": "2026-01-31T08:00:00.000Z",
    "path": "/v1/sources/mail",
    "reception": {
        "accepted": 4711,
        "duplicates": 12,
        "refusedEvents": 0,
        "requests": 803,
        "refusedRequests": 1,
        "notAdmitted": 1,
        "lastRequest": "2026-01-31T09:00:00.000Z",
        "lastAccepted": "2026-01-31T09:00:00.000Z",
        "lastError": "the header X-Signature is missing; give the upstream server this source's signatureKey",
        "lastErrorAt": "2026-01-31T08:00:05.000Z",
    },
}
