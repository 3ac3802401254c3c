"""What is published, as rules/decoding.py and rules/converting_cloudevents.py read it."""

from typing import Final

from bellwire.catalogue.loading import load_catalogue
from bellwire.model.event_type import TYPE_ID_LENGTH_MAX, TYPE_ID_PATTERN, is_type_id
from bellwire.rules.accepting import PublishedEvent
from bellwire.rules.converting_cloudevents import (
    ATTRIBUTE_LENGTH_MAX,
    MEDIA_TYPE_PATTERN,
    SPECVERSION,
    URI_PATTERN,
)
from bellwire.web.operation import Schema, struct_schema

_ODD_TYPES: Final = [former.id for former in load_catalogue().formers() if not is_type_id(former.id)]
"""The few former names that are not of the form of an id."""


def _event() -> Schema:
    """As it is decoded; the type may also be an odd one."""
    event = struct_schema(PublishedEvent, description="An event as it is published.")
    written = event.definition["properties"]["type"]
    written["anyOf"] = [{"pattern": written.pop("pattern")}, {"enum": _ODD_TYPES}]
    return event


_EVENT: Final = _event()

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
    definition={
        "description": "NDJSON: an event on each line; empty lines are skipped.",
        "type": "string",
        "contentMediaType": "application/json",
        "contentSchema": _EVENT.ref,
    },
    parts=(_EVENT,),
)
RELAYED_BODY: Final = Schema(
    name="RelayedBody",
    definition={
        "description": "Events as an upstream server posts them; each needs its createdAt.",
        "type": "object",
        "properties": {"events": {"type": "array", "items": _EVENT.ref}},
        "required": ["events"],
    },
    parts=(_EVENT,),
)

_NO_CONTROL: Final = "^[^\\u0000-\\u001f\\u007f-\\u009f]+$"
_NO_CONTROL_OR_EMPTY: Final = _NO_CONTROL.replace("+", "*")
_BASE64: Final = "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
_NO_SPACE: Final = "^[^\\s\\u0000-\\u001f\\u007f-\\u009f]+$"
_ATTRIBUTE: Final = {"type": "string", "minLength": 1, "maxLength": ATTRIBUTE_LENGTH_MAX, "pattern": _NO_CONTROL}
_OPTIONAL_ATTRIBUTE: Final = {**_ATTRIBUTE, "type": ["string", "null"]}
CLOUDEVENT: Final = Schema(
    name="CloudEvent",
    definition={
        "description": "A CloudEvent 1.0 in the JSON format. Members that are not named here are extensions: "
        "text, whole numbers, true or false.",
        "type": "object",
        "properties": {
            "specversion": {"const": SPECVERSION},
            "id": {**_ATTRIBUTE, "description": "Unique within the source; the event's id is made of both."},
            "source": {
                **_ATTRIBUTE,
                "pattern": _NO_SPACE,
                "description": "A URI reference.",
                "examples": ["/shop"],
            },
            "type": {
                "type": "string",
                "maxLength": TYPE_ID_LENGTH_MAX,
                "anyOf": [{"pattern": TYPE_ID_PATTERN.replace("a-z", "A-Za-z")}, {"enum": _ODD_TYPES}],
                "description": "The event type, which is taken in lower case; it has at least one dot.",
                "examples": ["com.example.order-paid"],
            },
            "time": {**_OPTIONAL_ATTRIBUTE, "format": "date-time", "description": "createdAt of the event."},
            "subject": _OPTIONAL_ATTRIBUTE,
            "dataschema": {**_OPTIONAL_ATTRIBUTE, "pattern": f"^{URI_PATTERN}$", "description": "A URI."},
            "datacontenttype": {
                **_OPTIONAL_ATTRIBUTE,
                "pattern": f"^{MEDIA_TYPE_PATTERN}$",
                "description": "A media type.",
            },
            "data": {"description": "Any JSON; an object becomes the event's data."},
            "data_base64": {
                "type": ["string", "null"],
                "pattern": _BASE64,
                "description": "In place of data: what is binary.",
            },
        },
        "required": ["specversion", "id", "source", "type"],
        "not": {"properties": {"data_base64": {"type": "string"}}, "required": ["data", "data_base64"]},
        "propertyNames": {"pattern": "^([a-z0-9]+|data_base64)$"},
        "additionalProperties": {
            **_OPTIONAL_ATTRIBUTE,
            "type": ["string", "integer", "boolean", "null"],
            "minLength": 0,
            "pattern": _NO_CONTROL_OR_EMPTY,
        },
    },
)
CLOUDEVENTS: Final = Schema(
    name="CloudEvents",
    definition={"description": "CloudEvents, all or none.", "type": "array", "items": CLOUDEVENT.ref},
    parts=(CLOUDEVENT,),
)
