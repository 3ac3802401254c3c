"""/openapi.json and /docs: what the API is, for programs and for people."""

import hashlib
from functools import cache
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from bellwire.service import VERSION
from bellwire.web.description import describe, encode
from bellwire.web.operation import (
    ETAG,
    IF_NONE_MATCH,
    NOT_MODIFIED,
    Answer,
    Content,
    Operations,
    Schema,
    Tag,
    json_content,
)
from bellwire.web.preconditions import has_tag
from bellwire.web.reference import render
from bellwire.web.resource import Call, Resources, described, operations_of

OPENAPI_PATH: Final = "/openapi.json"
REFERENCE_PATH: Final = "/docs"

_DOCUMENT: Final = Schema(
    name="OpenApiDocument",
    definition={
        "description": "An OpenAPI 3.1 document.",
        "type": "object",
        "properties": {"openapi": {"type": "string"}, "info": {"type": "object"}, "paths": {"type": "object"}},
        "required": ["openapi", "info", "paths"],
    },
)


def description_resources(others: Operations) -> Resources:
    """The resources that describe the others and themselves."""

    @cache
    def document() -> bytes:
        return encode(describe_api({**others, **operations_of(resources)}))

    @cache
    def reference() -> tuple[bytes, str]:
        page, policy = render(describe_api({**others, **operations_of(resources)}))
        return page.encode(), policy

    @described(
        summary="Read this description",
        needs=None,
        tag=Tag.SERVER,
        conditions=(IF_NONE_MATCH,),
        answers=(
            Answer(
                status=200,
                description="The description of the API.",
                contents=json_content(_DOCUMENT),
                headers=(ETAG,),
            ),
            NOT_MODIFIED,
        ),
    )
    async def read_description(call: Call) -> Response:
        """The description of the API (OpenAPI 3.1), for programs. Needs no token."""
        return _unless_known(call.request, document(), "application/json")

    @described(
        summary="Read this reference",
        tag=Tag.SERVER,
        conditions=(IF_NONE_MATCH,),
        answers=(
            Answer(
                status=200,
                description="The description of the API as a page.",
                contents=(Content(shape=str, media_type="text/html"),),
                headers=(ETAG,),
            ),
            NOT_MODIFIED,
        ),
        needs=None,
    )
    async def read_reference(call: Call) -> Response:
        """The description of the API as a page for people, which loads nothing else. Needs no token."""
        page, policy = reference()
        return _unless_known(call.request, page, "text/html", policy=policy)

    resources: Resources = {OPENAPI_PATH: {"GET": read_description}, REFERENCE_PATH: {"GET": read_reference}}
    return resources


def describe_api(operations: Operations) -> dict[str, Any]:
    """The OpenAPI document of these operations of this version."""
    return describe(operations, version=VERSION)


def _unless_known(request: Request, content: bytes, media_type: str, *, policy: str = "default-src 'none'") -> Response:
    """The content, or 304 where the client has it already."""
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {
        "ETag": tag,
        "Cache-Control": "no-cache",
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    if has_tag(request.headers, tag):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=media_type)
