"""The WebHook object of the page, as rules/validating.py reads it."""

import enum
from typing import Any, Final

from bellwire.model import duration, size
from bellwire.model.event_type import TracingLevel
from bellwire.model.secret import MASK
from bellwire.model.webhook import CatchUp, EventPolicy, WebHook
from bellwire.rules.checking_events import EVENTS_LISTED_MAX
from bellwire.rules.checking_headers import HEADER_BYTES_MAX, HEADERS_MAX
from bellwire.rules.checking_urls import URL_LENGTH_MAX
from bellwire.rules.presenting import present_webhook
from bellwire.rules.reading import DURATION_LENGTH_MAX
from bellwire.rules.validating import (
    BATCH_BYTES_MAX,
    BATCH_BYTES_MIN,
    BATCH_EVENTS_MAX,
    DISCARD_AFTER_MS_MAX,
    DISCARD_AFTER_MS_MIN,
    NAME_LENGTH_MAX,
    THROTTLE_MS_MAX,
    TIMEOUT_MS_MAX,
    TIMEOUT_MS_MIN,
)
from bellwire.web.operation import Schema
from bellwire.web.schemas.secrets import HTTP_AUTH, SECRET_KEY_OPTIONAL

DEFAULTS: Final = present_webhook(WebHook(url="https://example.com", name="example.com"))
EXAMPLE_ID: Final = "019786a1-7c7e-7d5c-9d8f-3f1c5a1d2b3e"
_HEADER_NAME: Final = "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"


def duration_schema(description: str, *, least_ms: int, most_ms: int, example: str) -> dict[str, Any]:
    """A duration as read_duration of rules/reading.py takes it."""
    shown = [duration.show_duration(duration.DurationMs(limit)) for limit in (least_ms, most_ms)]
    return {
        "description": f"{description} `{shown[0]}` to `{shown[1]}`, as text or as a whole number of milliseconds.",
        "anyOf": [
            {"type": "string", "pattern": duration.PATTERN, "minLength": 1, "maxLength": DURATION_LENGTH_MAX},
            {"type": "integer", "minimum": least_ms, "maximum": most_ms},
            {"type": "null"},
        ],
        "examples": [example],
    }


def _flag(description: str) -> dict[str, Any]:
    return {"description": description, "type": ["boolean", "null"]}


def _choice(description: str, choices: type[enum.Enum]) -> dict[str, Any]:
    return {"description": description, "enum": [*(choice.value for choice in choices), None]}


def _optional(schema: Schema, description: str) -> dict[str, Any]:
    return {"description": description, "anyOf": [schema.ref, {"type": "null"}]}


FIELDS: Final[dict[str, dict[str, Any]]] = {
    "url": {
        "description": "The endpoint: an absolute http or https URL with a host, without user name, password and "
        "fragment.",
        "type": "string",
        "format": "uri",
        "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://[A-Za-z0-9._~:/?\\[\\]@!$&'()*+,;=%-]+$",
        "maxLength": URL_LENGTH_MAX,
        "examples": ["https://hooks.example.com/in"],
    },
    "name": {
        "description": "For lists and messages; the host of the URL where it is left out.",
        "type": ["string", "null"],
        "minLength": 1,
        "maxLength": NAME_LENGTH_MAX,
        "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]+$",
        "examples": ["hooks.example.com"],
    },
    "events": {
        "description": "The event types that `eventsPolicy` is about: a list, or an object in which false entries are "
        "ignored. No wildcards; former names mean the same as present ones.",
        "anyOf": [
            {"type": "array", "items": {"type": "string"}, "maxItems": EVENTS_LISTED_MAX},
            {"type": "object", "additionalProperties": {"type": "boolean"}, "maxProperties": EVENTS_LISTED_MAX},
            {"type": "null"},
        ],
        "examples": [["auth.success", "auth.failed"]],
    },
    "eventsPolicy": _choice(
        "`include`: only the listed types, of which there must be one; `exclude`: all but these.", EventPolicy
    ),
    "level": _choice(
        "The least severity that is delivered; left out, it is `info` under `exclude`, and nothing is kept back under "
        "`include`.",
        TracingLevel,
    ),
    "timeout": duration_schema(
        "How long a request may take, from the name lookup to the last byte of the answer.",
        least_ms=TIMEOUT_MS_MIN,
        most_ms=TIMEOUT_MS_MAX,
        example="30s",
    ),
    "throttle": duration_schema(
        "The least time between the openings of two windows of events; shorter than `discardAfter`.",
        least_ms=0,
        most_ms=THROTTLE_MS_MAX,
        example="1s",
    ),
    "discardAfter": duration_schema(
        "When an event that could not be delivered is given up.",
        least_ms=DISCARD_AFTER_MS_MIN,
        most_ms=DISCARD_AFTER_MS_MAX,
        example="5m",
    ),
    "signatureKey": _optional(SECRET_KEY_OPTIONAL, "What requests are signed with."),
    "httpAuth": _optional(HTTP_AUTH, "How requests authenticate themselves to the endpoint."),
    "httpHeaders": {
        "description": f"Further headers of each request, {HEADER_BYTES_MAX // size.UNITS['KiB']} KiB together. Those "
        f"that Bellwire sets itself are refused. Reading shows a value as `{MASK}`, but to who may write webhooks and "
        "where the name is that of no credential; writing that back keeps the stored one.",
        "type": ["object", "null"],
        "propertyNames": {"pattern": _HEADER_NAME},
        "additionalProperties": {"type": "string", "pattern": "^[\\t -~]*$"},
        "maxProperties": HEADERS_MAX,
        "examples": [{"X-My-Header": "my-value"}],
    },
    "allowInvalidCerts": _flag("Whether the endpoint's TLS certificate goes unchecked."),
    "lossy": _flag(
        "From the third failure in a row on, drop a batch that fails, and try only the newest of what waits."
    ),
    "enable": _flag("Whether anything is sent; while it is not, what waits is discarded."),
    "maxBatchEvents": {
        "description": "How many events a request may carry.",
        "type": ["integer", "null"],
        "minimum": 1,
        "maximum": BATCH_EVENTS_MAX,
    },
    "maxBatchBytes": {
        "description": f"How large a request may be, `{size.show_size(BATCH_BYTES_MIN)}` to "
        f"`{size.show_size(BATCH_BYTES_MAX)}`, as text or in bytes. A larger event travels alone.",
        "anyOf": [
            {"type": "string", "pattern": size.PATTERN},
            {"type": "integer", "minimum": BATCH_BYTES_MIN, "maximum": BATCH_BYTES_MAX},
            {"type": "null"},
        ],
        "examples": ["1MiB", 65536],
    },
    "catchUp": _choice(
        "A window that needs several requests sends them one after the other (`fast`) or a throttle apart "
        "(`throttled`).",
        CatchUp,
    ),
}
SERVER_FIELDS: Final[dict[str, dict[str, Any]]] = {
    "id": {"description": "Given by the server.", "type": "string", "examples": [EXAMPLE_ID]},
    "createdAt": {"description": "When it was created.", "type": "string", "format": "date-time"},
    "updatedAt": {"description": "When it was last edited.", "type": "string", "format": "date-time"},
}


def _written() -> dict[str, dict[str, Any]]:
    """The fields with the defaults that the reader gives them."""
    return {
        name: field | ({"default": DEFAULTS[name]} if name in DEFAULTS and name not in {"url", "name"} else {})
        for name, field in FIELDS.items()
    }


WRITTEN_WEBHOOK: Final = Schema(
    name="WrittenWebhook",
    definition={
        "description": "A WebHook object as it is written. null stands for a member's default.",
        "type": "object",
        "properties": _written(),
        "required": ["url"],
        "additionalProperties": False,
    },
    parts=(SECRET_KEY_OPTIONAL, HTTP_AUTH),
)
REPLACED_WEBHOOK: Final = Schema(
    name="ReplacedWebhook",
    definition={
        "description": "A WebHook object that replaces another. What the server sets may be sent back as it was read.",
        "type": "object",
        "properties": _written() | SERVER_FIELDS,
        "required": ["url"],
        "additionalProperties": False,
    },
    parts=(SECRET_KEY_OPTIONAL, HTTP_AUTH),
)


def _patched() -> dict[str, dict[str, Any]]:
    """The fields as a merge patch may change them: null removes a member, and a part of a union may be given."""
    credential = {"type": ["string", "object", "null"]}
    unions: dict[str, dict[str, Any]] = {
        "signatureKey": {name: {"type": "string"} for name in ("@type", "secret", "variableName", "filePath")},
        "httpAuth": {
            "@type": {"type": "string"},
            "username": {"type": "string"},
            "secret": credential,
            "bearerToken": credential,
        },
    }
    partial = {
        name: {
            "description": FIELDS[name]["description"],
            "type": ["object", "null"],
            "properties": members,
            "additionalProperties": False,
        }
        for name, members in unions.items()
    }
    maps = {
        "events": {
            **FIELDS["events"],
            "anyOf": [
                FIELDS["events"]["anyOf"][0],
                {"type": "object", "additionalProperties": {"type": ["boolean", "null"]}},
                {"type": "null"},
            ],
        },
        "httpHeaders": {**FIELDS["httpHeaders"], "additionalProperties": {"type": ["string", "null"]}},
    }
    url = {**FIELDS["url"], "type": ["string"]}
    return FIELDS | {"url": url} | partial | maps


WEBHOOK_PATCH: Final = Schema(
    name="WebhookPatch",
    definition={
        "description": "A JSON merge patch (RFC 7396) of a WebHook object: null gives a member its default. A union "
        "that is given another `@type` is replaced whole.",
        "type": "object",
        "properties": _patched(),
        "additionalProperties": False,
    },
)
