"""Whether an answer is one that the description of the API promises."""

import json
import re
from functools import cache
from typing import Any

import httpx
import jsonschema_rs

from bellwire.web.api.description import describe_api
from bellwire.web.app import OPERATIONS

OPEN_ENDED = {"OpenApiDocument"}
"""Schemas of what describes itself elsewhere."""


async def expect_described(answer: httpx.Response) -> None:
    """The answer's status, headers and content are described for its operation, with no member besides."""
    await answer.aread()
    method, path = answer.request.method, answer.request.url.raw_path.partition(b"?")[0].decode()
    described = _described(path).get("get" if method == "HEAD" else method.lower())
    if described is None:
        assert answer.status_code in {204, 401, 404, 405}, answer.text
        return
    promised = described["responses"].get(str(answer.status_code))
    assert promised is not None, f"{method} {path} is not described to answer {answer.status_code}: {answer.text}"
    for name, header in promised.get("headers", {}).items():
        assert not header.get("required") or name in answer.headers, f"{method} {path} lacks {name}"
    if method != "HEAD":
        _expect_content(answer, promised.get("content", {}))


def _expect_content(answer: httpx.Response, contents: dict[str, Any]) -> None:
    if not contents:
        assert answer.content == b""
        return
    media_type = answer.headers["content-type"].partition(";")[0]
    assert media_type in contents
    if media_type.endswith("json"):
        validator(json.dumps(contents[media_type]["schema"])).validate(answer.json())


@cache
def validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    """A validator for the schema of some content, given as JSON."""
    return jsonschema_rs.Draft202012Validator(
        json.loads(schema) | {"components": {"schemas": schemas()}}, validate_formats=True
    )


def strict(document: Any) -> Any:  # noqa: ANN401 - JSON of any kind
    """The schemas with every object closed whose members are described: nothing else must be there."""
    match document:
        case {"properties": dict(), "type": "object", **rest} if "additionalProperties" not in rest:
            return {name: strict(value) for name, value in document.items()} | {"additionalProperties": False}
        case dict():
            return {name: strict(value) for name, value in document.items()}
        case list():
            return [strict(value) for value in document]
        case _:
            return document


@cache
def schemas() -> dict[str, Any]:
    """The named schemas, closed."""
    named = describe_api(OPERATIONS)["components"]["schemas"]
    return {name: schema if name in OPEN_ENDED else strict(schema) for name, schema in named.items()}


@cache
def _paths() -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    paths = describe_api(OPERATIONS)["paths"]
    routes = dict.fromkeys(path for path, _ in OPERATIONS)
    return [
        (re.compile(re.sub(r"\{\w+(:path)?\}", _part, route)), paths[route.replace(":path", "")]) for route in routes
    ]


def _part(found: re.Match[str]) -> str:
    return ".+" if found[1] else "[^/]+"


def _described(path: str) -> dict[str, Any]:
    return next((methods for pattern, methods in _paths() if pattern.fullmatch(path)), {})
