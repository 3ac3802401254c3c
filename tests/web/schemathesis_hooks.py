"""What Schemathesis must know of this API besides its description."""

import json
from typing import Any

import schemathesis
from schemathesis.generation.modes import GenerationMode

from bellwire.rules.converting_cloudevents import ATTRIBUTE_LENGTH_MAX


@schemathesis.hook
def before_load_schema(_context: schemathesis.HookContext, raw_schema: dict[str, Any]) -> None:
    """NDJSON is generated as a list of what stands on its lines. Attributes of CloudEvents go without their limit: text
    of thousands of characters takes minutes to make of a pattern; tests/rules/test_converting_cloudevents.py tries it.
    """
    cloudevent = raw_schema["components"]["schemas"]["CloudEvent"]
    for attribute in [*cloudevent["properties"].values(), cloudevent["additionalProperties"]]:
        if attribute.get("maxLength") == ATTRIBUTE_LENGTH_MAX:
            del attribute["maxLength"]
    lines = raw_schema["components"]["schemas"]["PublishedLines"]
    event = lines["contentSchema"]
    lines.clear()
    lines |= {"type": "array", "items": event}
    for example in raw_schema["paths"]["/v1/events"]["post"]["requestBody"]["content"]["application/x-ndjson"][
        "examples"
    ].values():
        example["value"] = [json.loads(line) for line in example["value"].splitlines()]


@schemathesis.serializer("application/x-ndjson")
def ndjson(_context: schemathesis.SerializationContext, value: Any) -> bytes:  # noqa: ANN401 - generated, of any kind
    """What is no list is sent as one line."""
    lines = value if isinstance(value, list) else [value]
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


KNOWN_ONLY = {"group", "pageToken", "type"}
"""Parameters that take only what the server knows: what was made up is refused, though its form is right, so that a
misspelt name is not mistaken for an empty list."""


@schemathesis.hook
def filter_case(_context: schemathesis.HookContext, case: schemathesis.Case[Any]) -> bool:
    made_up = KNOWN_ONLY & (case.query or {}).keys()
    return not (made_up and case.meta is not None and case.meta.generation.mode is GenerationMode.POSITIVE)


@schemathesis.hook
def map_case(_context: schemathesis.HookContext, case: schemathesis.Case[Any]) -> schemathesis.Case[Any]:
    """What goes on by itself is asked to end at once, and of webhooks that nobody has made up."""
    if case.operation.path == "/v1/live":
        query = dict(case.query or {})
        if case.meta is None or case.meta.generation.mode is GenerationMode.POSITIVE:
            query.pop("webhook", None)
            query["for"] = "0s"
        case.query = {"for": "0s"} | query
    return case
