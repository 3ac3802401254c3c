"""An operation of the API: what a call takes, answers and refuses, as handlers go by it and clients are told it."""

import enum
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from bellwire.model.principal import Scope
from bellwire.web.bodies import JSON_TYPE
from bellwire.web.parameters import AnyParameter
from bellwire.web.problem_kinds import (
    BAD_CONDITION,
    BUSY,
    EDIT_CONFLICT,
    FORBIDDEN,
    GOING_DOWN,
    INTERNAL,
    INVALID_JSON,
    INVALID_PARAMETER,
    STORAGE_UNAVAILABLE,
    TOO_LARGE,
    TOO_MANY_REQUESTS,
    UNAUTHORISED,
    UNSUPPORTED_TYPE,
    Kind,
)

SCHEMA_REF: Final = "#/components/schemas/{name}"


class Tag(enum.Enum):
    """What the operations of a group are about, in the order in which the reference has them."""

    EVENTS = "Events"
    SOURCES = "Sources"
    WEBHOOKS = "Webhooks"
    ATTEMPTS = "Attempts and dead letters"
    REPLAYS = "Replays"
    EVENT_TYPES = "Event types"
    ACCESS = "Access"
    SERVER = "Server"


class Schema(msgspec.Struct, frozen=True, kw_only=True):
    """A named schema for what no struct of the program describes (JSON Schema 2020-12).

    parts: the other named schemas that the definition refers to.
    """

    name: str
    definition: dict[str, Any]
    parts: tuple["Schema", ...] = ()

    @property
    def ref(self) -> dict[str, str]:
        """How another definition refers to this one."""
        return {"$ref": SCHEMA_REF.format(name=self.name)}


def struct_schema(struct: type[msgspec.Struct], **changed: object) -> Schema:
    """The schema of a struct under its own name, with some of its keywords changed; it must refer to no others."""
    _, components = msgspec.json.schema_components([struct], ref_template=SCHEMA_REF)
    generated = {key: value for key, value in components[struct.__name__].items() if key != "title"}
    return Schema(name=struct.__name__, definition=generated | changed)


Shape = Any
"""What content looks like: a Schema, or a type as msgspec encodes it."""


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """value: as it is encoded; text or bytes stand for themselves where the media type is not JSON."""

    summary: str
    value: object


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """A header of a request or an answer."""

    name: str
    description: str
    example: str


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """One form in which something is sent. examples: by a name, each for the reference and for tests."""

    shape: Shape
    media_type: str = JSON_TYPE
    examples: Mapping[str, Example] = {}


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a request. required: whether an empty one is refused."""

    contents: tuple[Content, ...]
    description: str = ""
    required: bool = True

    @property
    def media_types(self) -> tuple[str, ...]:
        """What it may be sent as; the first stands for none given."""
        return tuple(content.media_type for content in self.contents)


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a call answers when all is well. contents: none for an answer without body."""

    status: int
    description: str
    contents: tuple[Content, ...] = ()
    headers: tuple[Header, ...] = ()


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One operation. problems: those besides the ones that all operations of its form have.

    needs: the scope that the caller must have; None: anybody may call, with or without a token.
    """

    id: str
    summary: str
    description: str
    tag: Tag
    answers: tuple[Answer, ...]
    parameters: tuple[AnyParameter, ...] = ()
    conditions: tuple[Header, ...] = ()
    body: Body | None = None
    problems: tuple[Kind, ...] = ()
    needs: Scope | None = None

    @property
    def all_problems(self) -> tuple[Kind, ...]:
        """Every kind of problem that the operation can be answered with."""
        kinds = [*self.problems, INTERNAL]
        if self.needs is not None:
            kinds += [INVALID_PARAMETER, UNAUTHORISED, FORBIDDEN, TOO_MANY_REQUESTS, GOING_DOWN, STORAGE_UNAVAILABLE]
        if self.conditions:
            kinds.append(BAD_CONDITION)
        if IF_MATCH in self.conditions:
            kinds.append(EDIT_CONFLICT)
        if self.body is not None:
            kinds += [INVALID_JSON, TOO_LARGE, UNSUPPORTED_TYPE, BUSY]
        return tuple(sorted(kinds, key=lambda kind: (kind.status, kind.name)))


Operations = Mapping[tuple[str, str], Operation]
"""Operations by path and method, in the order in which they are told."""

ETAG: Final = Header(name="ETag", description="The revision of what was answered, for If-Match.", example='"3"')
LOCATION: Final = Header(name="Location", description="The path of what was created.", example="/v1/webhooks/0197…")
IF_MATCH: Final = Header(
    name="If-Match",
    description="Do it only if the webhook still has this ETag; otherwise the answer is 412 and nothing is changed.",
    example='"3"',
)
IF_NONE_MATCH: Final = Header(
    name="If-None-Match", description="Answer 304 without a body where it still has this ETag.", example='"3"'
)
EDIT_CONDITIONS: Final = (IF_MATCH,)
NOT_MODIFIED: Final = Answer(status=304, description="It still has the ETag of If-None-Match.", headers=(ETAG,))


def json_content(shape: Shape, **examples: Example) -> tuple[Content, ...]:
    """JSON of this shape, as an answer's only content; the examples by their names."""
    return (Content(shape=shape, examples=examples),)


def operation_id(name: str) -> str:
    """The id of an operation whose handler is so called: `list_webhooks` → `listWebhooks`."""
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))
