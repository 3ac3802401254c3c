import json
import re
from typing import Any

import httpx
import pytest
import schemathesis
from starlette.routing import Route

from bellwire.web.api.description import describe_api
from bellwire.web.app import OPERATIONS, Api
from bellwire.web.description import encode
from bellwire.web.operation import Operation
from bellwire.web.path_parts import PATH_PARTS
from bellwire.web.resource import Resource
from bellwire.web.sign_in import PAGES
from web.expecting import expect_json

DOCUMENT: dict[str, Any] = json.loads(encode(describe_api(OPERATIONS)))
BY_ID = {operation.id: operation for operation in OPERATIONS.values()}


async def test_the_description_is_what_is_served_and_is_open_api(client: httpx.AsyncClient) -> None:
    served = expect_json(await client.get("/openapi.json"))
    assert served == DOCUMENT
    schemathesis.openapi.from_dict(served).validate()


async def test_the_description_is_not_sent_again_to_who_has_it(api: Api) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=api), base_url="http://bellwire.test") as anybody:
        first = await anybody.get("/openapi.json")
        again = await anybody.get("/openapi.json", headers={"If-None-Match": first.headers["etag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


def test_every_route_is_described(api: Api) -> None:
    answered = {
        (route.path, method)
        for route in api._router.routes
        if isinstance(route, Route) and isinstance(resource := route.endpoint, Resource) and route.path not in PAGES
        for method in resource._allow.split(", ")
        if method not in {"HEAD", "OPTIONS"}
    }
    assert answered == set(OPERATIONS)
    described = {(path, method) for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert described == {(re.sub(r":path\}", "}", path), method.lower()) for path, method in OPERATIONS}


def test_every_operation_has_an_id_of_its_own_and_is_told_about() -> None:
    assert len(BY_ID) == len(OPERATIONS)
    assert [
        operation.id for operation in OPERATIONS.values() if not (operation.summary and operation.description)
    ] == []


def test_every_part_of_a_path_is_described() -> None:
    parts = {part for path, _ in OPERATIONS for part in re.findall(r"\{(\w+)", path)}
    assert parts == set(PATH_PARTS)


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda operation: operation.id)
def test_every_content_and_parameter_has_an_example(operation: Operation) -> None:
    contents = [content for answer in operation.answers for content in answer.contents]
    contents += operation.body.contents if operation.body else ()
    described = {"readDescription", "readReference"}  # their examples are what they answer
    assert operation.id in described or all(content.examples for content in contents)


def test_every_reference_leads_to_a_schema_and_every_schema_is_referred_to() -> None:
    named = set(_references(DOCUMENT))
    assert named == {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}


def _references(document: Any) -> list[str]:  # noqa: ANN401 - JSON of any kind
    match document:
        case {"$ref": str(reference), **rest}:
            return [reference, *_references(rest)]
        case dict():
            return [reference for value in document.values() for reference in _references(value)]
        case list():
            return [reference for value in document for reference in _references(value)]
        case _:
            return []
