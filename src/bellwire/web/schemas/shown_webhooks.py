"""The WebHook object of the page, as rules/presenting.py shows it."""

from typing import Any, Final

from bellwire.web.operation import Schema
from bellwire.web.paging import page_of
from bellwire.web.schemas.secrets import HTTP_AUTH, SECRET_KEY_OPTIONAL
from bellwire.web.schemas.webhooks import DEFAULTS, FIELDS, SERVER_FIELDS


def _shown(**added: dict[str, Any]) -> dict[str, Any]:
    """What the API shows of a webhook, and members that some answers add."""
    text = {"type": "string"}
    shown = {
        **FIELDS,
        "name": {**FIELDS["name"], "type": "string"},
        "events": {"description": FIELDS["events"]["description"], "type": "array", "items": text},
        **{
            name: {"description": FIELDS[name]["description"], "type": "string", "examples": [DEFAULTS[name]]}
            for name in ("timeout", "throttle", "discardAfter")
        },
        "maxBatchBytes": {
            "description": FIELDS["maxBatchBytes"]["description"],
            "type": ["string", "integer"],
            "examples": [DEFAULTS["maxBatchBytes"]],
        },
        "signatureKey": {"description": FIELDS["signatureKey"]["description"], **SECRET_KEY_OPTIONAL.ref},
        "httpAuth": {"description": FIELDS["httpAuth"]["description"], **HTTP_AUTH.ref},
        "httpHeaders": {**FIELDS["httpHeaders"], "type": "object"},
        **{name: {**FIELDS[name], "type": "boolean"} for name in ("allowInvalidCerts", "lossy", "enable")},
        "maxBatchEvents": {**FIELDS["maxBatchEvents"], "type": "integer"},
        **{name: _without_null(FIELDS[name]) for name in ("eventsPolicy", "level", "catchUp")},
    }
    properties = {"id": SERVER_FIELDS["id"], **shown, **SERVER_FIELDS, **added}
    return {"type": "object", "properties": properties}


def _without_null(field: dict[str, Any]) -> dict[str, Any]:
    return {**field, "enum": [value for value in field["enum"] if value is not None]}


_WARNING: Final[dict[str, Any]] = {
    "type": "array",
    "description": "What is allowed and perhaps not meant.",
    "items": {
        "type": "object",
        "properties": {"path": {"type": "string"}, "message": {"type": "string"}},
        "required": ["path", "message"],
    },
}
_RECEIVER_KEY: Final = {
    "type": "string",
    "description": "The signature key as libraries for Standard Webhooks want it: `whsec_` and base64.",
}
_OPTIONAL: Final = {"level", "receiverKey", "secret"}


def _answered(name: str, description: str, *, leave_out: tuple[str, ...] = (), **added: dict[str, Any]) -> Schema:
    shape = _shown(**added)
    properties = {name: member for name, member in shape["properties"].items() if name not in leave_out}
    required = [name for name in properties if name not in _OPTIONAL]
    definition = {**shape, "description": description, "properties": properties, "required": required}
    return Schema(name=name, definition=definition, parts=(SECRET_KEY_OPTIONAL, HTTP_AUTH))


WEBHOOK: Final = _answered("Webhook", "A webhook: complete, secrets masked, durations and sizes as text.")
EDITED_WEBHOOK: Final = _answered(
    "EditedWebhook", "A webhook as it is after an edit.", warnings=_WARNING, receiverKey=_RECEIVER_KEY
)
CHECKED_WEBHOOK: Final = _answered(
    "CheckedWebhook",
    "A WebHook object as it would be stored.",
    leave_out=("id", "createdAt", "updatedAt"),
    warnings=_WARNING,
    eventTypes={"type": "integer", "minimum": 0, "description": "How many event types it would get."},
)
ROTATED_WEBHOOK: Final = _answered(
    "RotatedWebhook",
    "A webhook with another signature key.",
    receiverKey=_RECEIVER_KEY,
    previousKeyUntil={
        "type": ["string", "null"],
        "format": "date-time",
        "description": "Until when the key before signs `webhook-signature` too.",
    },
    secret={"type": "string", "description": "The key, where it was made here; it is shown this once."},
)


WEBHOOK_PAGE: Final = page_of(WEBHOOK)
