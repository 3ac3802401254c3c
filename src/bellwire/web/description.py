"""The description of the API (OpenAPI 3.1), made from the operations that its handlers go by."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from bellwire.errors import Fault
from bellwire.web.operation import (
    SCHEMA_REF,
    Answer,
    Body,
    Content,
    Example,
    Header,
    Operation,
    Operations,
    Schema,
    Shape,
    Tag,
)
from bellwire.web.parameters import AnyParameter
from bellwire.web.path_parts import PATH_PARTS
from bellwire.web.problem_kinds import Kind
from bellwire.web.problems import PROBLEM_TYPE, Problem, ProblemDocument, document_of

OPENAPI_VERSION: Final = "3.1.0"

_PART: Final = re.compile(r"\{(\w+)(?::path)?\}")
_VIEW: Final = re.compile(r"^Page_(\w+?)(?:View)?_$|View$")
_GENERIC: Final = re.compile(r'("#/components/schemas/)(\w+)"')
_ETAGS: Final = '^(W/)?"[!#-~]*"(, *(W/)?"[!#-~]*")*$'
_SCHEME: Final = "token"
_PROBLEM_HEADERS: Final = {
    "Retry-After": {
        "description": "Seconds after which to try again.",
        "required": True,
        "schema": {"type": "integer"},
        "example": 5,
    },
    "WWW-Authenticate": {
        "description": "What is needed (RFC 6750).",
        "required": True,
        "schema": {"type": "string"},
        "example": 'Bearer realm="bellwire"',
    },
}
_ABOUT: Final = """\
Durable webhook delivery: events are taken in, kept, and delivered in order, in batches and signed, to every webhook
that wants them.

* Calls need the header `Authorization: Bearer <token>`, and of the token the scope that they name: `publish`, `read`,
  `write` (which includes `read`) or `admin` (which includes all). Those that name none need no token.
* `HEAD` is answered as `GET` is, without the body; `OPTIONS` with the methods that there are, in `Allow`.
* Lists are paged: `next` of a page is the `pageToken` of the one behind it, null after the last. A page may have fewer
  items than `limit` though others follow.
* Errors are problem documents (RFC 9457). An error leaves everything as it was, the lines before a bad line of NDJSON
  excepted.
* Answers may gain members; ignore those that you do not know.
"""


def describe(operations: Operations, *, version: str) -> dict[str, Any]:
    """The OpenAPI document of these operations."""
    components = _Components(_shapes(operations.values()))
    paths: dict[str, dict[str, Any]] = {}
    for (path, method), operation in operations.items():
        shown = _PART.sub(r"{\1}", path)
        paths.setdefault(shown, {})[method.lower()] = _operation(operation, _PART.findall(path), components)
    return {
        "openapi": OPENAPI_VERSION,
        "info": {"title": "Bellwire", "version": version, "summary": "Durable webhook delivery", "description": _ABOUT},
        "servers": [{"url": "/", "description": "This server"}],
        "tags": [{"name": tag.value} for tag in Tag if any(operation.tag is tag for operation in operations.values())],
        "paths": paths,
        "components": {
            "schemas": components.schemas,
            "securitySchemes": {
                _SCHEME: {"type": "http", "scheme": "bearer", "description": "A token of this server (RFC 6750)."}
            },
        },
    }


def encode(document: dict[str, Any]) -> bytes:
    """The document as it is served."""
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


class _Components:
    """The named schemas, and how content refers to them."""

    def __init__(self, shapes: Iterable[Shape]) -> None:
        named: dict[str, Schema] = {}
        types: list[Shape] = [ProblemDocument]
        for shape in shapes:
            if isinstance(shape, Schema):
                named |= {part.name: part for part in _with_parts(shape)}
            else:
                types.append(shape)
        refs, schemas = msgspec.json.schema_components(types, ref_template=SCHEMA_REF)
        self._refs = [(shape, _renamed(ref)) for shape, ref in zip(types, refs, strict=True)]
        self.schemas: dict[str, Any] = {}
        for name, schema in schemas.items():
            self._add(_name(name), _renamed(schema))
        for name, written in named.items():
            self._add(name, written.definition)

    def _add(self, name: str, schema: dict[str, Any]) -> None:
        if name in self.schemas:
            raise AssertionError(f"two schemas would be called {name}; give one of them another name")
        self.schemas[name] = schema

    def schema_of(self, shape: Shape) -> dict[str, Any]:
        """The schema of some content."""
        if isinstance(shape, Schema):
            return dict(shape.ref)
        return dict(next(ref for known, ref in self._refs if known == shape))


def _shapes(operations: Iterable[Operation]) -> Iterator[Shape]:
    for operation in operations:
        bodies = operation.body.contents if operation.body else ()
        for content in (*bodies, *(content for answer in operation.answers for content in answer.contents)):
            yield content.shape


def _with_parts(schema: Schema) -> Iterator[Schema]:
    yield schema
    for part in schema.parts:
        yield from _with_parts(part)


def _name(name: str) -> str:
    """A struct's name for clients: `Page_WebhookView_` is `WebhookPage`, `WebhookView` is `Webhook`."""
    return _VIEW.sub(lambda found: f"{found[1]}Page" if found[1] else "", name)


def _renamed(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with references to the names that clients see, and without the titles that repeat them."""
    schema = {key: value for key, value in schema.items() if key != "title"}
    text = _GENERIC.sub(lambda found: f'{found[1]}{_name(found[2])}"', msgspec.json.encode(schema).decode())
    renamed: dict[str, Any] = msgspec.json.decode(text)
    return renamed


def _operation(operation: Operation, parts: list[str], components: _Components) -> dict[str, Any]:
    parameters = [
        *(PATH_PARTS[part].described(part) for part in parts),
        *(_query_parameter(parameter) for parameter in operation.parameters),
        *(_header_parameter(header) for header in operation.conditions),
    ]
    return {
        "operationId": operation.id,
        "tags": [operation.tag.value],
        "summary": operation.summary,
        "description": operation.description,
        "security": [] if operation.needs is None else [{_SCHEME: [operation.needs.value]}],
        **({"parameters": parameters} if parameters else {}),
        **({"requestBody": _body(operation.body, components)} if operation.body else {}),
        "responses": {
            **{str(answer.status): _answer(answer, components) for answer in operation.answers},
            **dict(_problems(operation.all_problems)),
        },
    }


def _query_parameter(parameter: AnyParameter) -> dict[str, Any]:
    described = {
        "name": parameter.name,
        "in": "query",
        "description": parameter.description,
        "schema": parameter.schema,
        **({"style": "form", "explode": True} if parameter.repeated else {}),
    }
    return described | _examples({str(example): example for example in parameter.examples})


def _header_parameter(header: Header) -> dict[str, Any]:
    schema = {"type": "string", "anyOf": [{"const": "*"}, {"pattern": _ETAGS}]}
    return {"name": header.name, "in": "header", "description": header.description, "schema": schema} | _examples(
        {"a revision": header.example}
    )


def _body(body: Body, components: _Components) -> dict[str, Any]:
    return {
        **({"description": body.description} if body.description else {}),
        "required": body.required,
        "content": {content.media_type: _content(content, components) for content in body.contents},
    }


def _answer(answer: Answer, components: _Components) -> dict[str, Any]:
    contents = {content.media_type: _content(content, components) for content in answer.contents}
    return {
        "description": answer.description,
        **({"headers": {header.name: _header(header) for header in answer.headers}} if answer.headers else {}),
        **({"content": contents} if contents else {}),
    }


def _content(content: Content, components: _Components) -> dict[str, Any]:
    examples = {name: _example(example) for name, example in content.examples.items()}
    return {"schema": components.schema_of(content.shape), **({"examples": examples} if examples else {})}


def _example(example: Example) -> dict[str, Any]:
    return {"summary": example.summary, "value": msgspec.json.decode(msgspec.json.encode(example.value))}


def _header(header: Header) -> dict[str, Any]:
    return {
        "description": header.description,
        "required": True,
        "schema": {"type": "string"},
        "example": header.example,
    }


def _problems(kinds: Iterable[Kind]) -> Iterator[tuple[str, dict[str, Any]]]:
    by_status: dict[int, list[Kind]] = {}
    for kind in kinds:
        by_status.setdefault(kind.status, []).append(kind)
    for status, same in by_status.items():
        yield str(status), _problem_answer(status, same)


def _problem_answer(status: int, kinds: list[Kind]) -> dict[str, Any]:
    narrowed = {"properties": {"status": {"const": status}, "type": {"enum": [kind.type for kind in kinds]}}}
    headers = {name: _PROBLEM_HEADERS[name] for kind in kinds for name in kind.headers}
    examples = {kind.name or "about-blank": _problem_example(kind) for kind in kinds}
    schema = {"allOf": [{"$ref": SCHEMA_REF.format(name=_name(ProblemDocument.__name__))}, narrowed]}
    return {
        "description": "\n\n".join(f"{_told(kind)}{kind.means}" for kind in kinds),
        **({"headers": headers} if headers else {}),
        "content": {PROBLEM_TYPE: {"schema": schema, "examples": examples}},
    }


def _told(kind: Kind) -> str:
    return f"`{kind.name}`: " if kind.name else ""


def _problem_example(kind: Kind) -> dict[str, Any]:
    faults = () if kind.fault is None else (Fault(kind.fault, kind.example),)
    document = document_of(Problem.of(kind, kind.example, faults=faults))
    return {"summary": document.title, "value": msgspec.to_builtins(document)}


def _examples(examples: dict[str, object]) -> dict[str, Any]:
    return {"examples": {name: {"value": value} for name, value in examples.items()}} if examples else {}
