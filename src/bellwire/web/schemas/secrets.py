"""The page's SecretKey, SecretKeyOptional and HttpAuth, as rules/checking_secrets.py reads them."""

from typing import Any, Final

from bellwire.model.secret import MASK, OWN_VARIABLES
from bellwire.rules.checking_secrets import (
    FILE_PATH_LENGTH_MAX,
    SECRET_LENGTH_MAX,
    USERNAME_LENGTH_MAX,
    VARIABLE_NAME_LENGTH_MAX,
)
from bellwire.web.operation import Schema

_NO_CONTROL: Final = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]+$"


def variant(tag: str, description: str, **members: dict[str, Any]) -> dict[str, Any]:
    """One struct of a union tagged by `@type`, all of whose members are required."""
    return {
        "type": "object",
        "description": description,
        "properties": {"@type": {"const": tag}, **members},
        "required": ["@type", *members],
        "additionalProperties": False,
    }


def union(name: str, description: str, *variants: Schema, tags: tuple[str, ...]) -> Schema:
    """A union of named structs, told apart by `@type`."""
    return Schema(
        name=name,
        definition={
            "description": description,
            "oneOf": [one.ref for one in variants],
            "discriminator": {
                "propertyName": "@type",
                "mapping": {tag: one.ref["$ref"] for tag, one in zip(tags, variants, strict=True)},
            },
        },
        parts=variants,
    )


_SECRET_TEXT: Final[dict[str, Any]] = {
    "type": "string",
    "minLength": 1,
    "maxLength": SECRET_LENGTH_MAX,
    "description": f"The secret; reading shows it as `{MASK}`, and writing that back keeps the stored one.",
    "examples": ["secret-passphrase"],
}

_NONE: Final = Schema(name="SecretKeyNone", definition=variant("None", "No secret."))
_VALUE: Final = Schema(name="SecretKeyValue", definition=variant("Value", "The secret itself.", secret=_SECRET_TEXT))
_VARIABLE: Final = Schema(
    name="SecretKeyEnvironmentVariable",
    definition=variant(
        "EnvironmentVariable",
        "The secret is the value of a variable of the server's environment.",
        variableName={
            "type": "string",
            "pattern": "^[A-Za-z_][A-Za-z0-9_]*$",
            "maxLength": VARIABLE_NAME_LENGTH_MAX,
            "description": f"None that begins with `{OWN_VARIABLES}`, which are the server's own settings.",
            "examples": ["HOOK_SECRET"],
        },
    ),
)
_FILE: Final = Schema(
    name="SecretKeyFile",
    definition=variant(
        "File",
        "The secret is the content of a file on the server, trailing white space cut; read again when it changes.",
        filePath={
            "type": "string",
            "pattern": "^/[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]*$",
            "maxLength": FILE_PATH_LENGTH_MAX,
            "description": "The absolute path.",
            "examples": ["/etc/bellwire/hook.key"],
        },
    ),
)

SECRET_KEY: Final = union(
    "SecretKey",
    "A secret, or where to read it.",
    _VALUE,
    _VARIABLE,
    _FILE,
    tags=("Value", "EnvironmentVariable", "File"),
)
SECRET_KEY_OPTIONAL: Final = union(
    "SecretKeyOptional",
    "A secret, or where to read it, or none.",
    _NONE,
    _VALUE,
    _VARIABLE,
    _FILE,
    tags=("None", "Value", "EnvironmentVariable", "File"),
)

_CREDENTIAL: Final[dict[str, Any]] = {
    "description": "A secret; plain text is short for a Value.",
    "anyOf": [{k: v for k, v in _SECRET_TEXT.items() if k != "description"}, SECRET_KEY.ref],
}
_UNAUTHENTICATED: Final = Schema(
    name="Unauthenticated", definition=variant("Unauthenticated", "No Authorization header.")
)
_BASIC: Final = Schema(
    name="Basic",
    definition=variant(
        "Basic",
        "A user name and a password (RFC 7617).",
        username={
            "type": "string",
            "minLength": 1,
            "maxLength": USERNAME_LENGTH_MAX,
            "pattern": "^[^:\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]+$",
            "description": "Without a colon.",
            "examples": ["bellwire"],
        },
        secret=_CREDENTIAL,
    ),
    parts=(SECRET_KEY,),
)
_BEARER: Final = Schema(
    name="Bearer",
    definition=variant("Bearer", "A bearer token (RFC 6750).", bearerToken=_CREDENTIAL),
    parts=(SECRET_KEY,),
)
HTTP_AUTH: Final = union(
    "HttpAuth",
    "How requests authenticate themselves to the endpoint.",
    _UNAUTHENTICATED,
    _BASIC,
    _BEARER,
    tags=("Unauthenticated", "Basic", "Bearer"),
)
