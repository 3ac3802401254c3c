"""What went wrong with a request, as the client is told it: problem documents (RFC 9457)."""

import http
from typing import Annotated, Final

import msgspec
from starlette.responses import Response

from bellwire.errors import (
    BellwireError,
    ConflictingEvent,
    ConflictingName,
    EditConflict,
    Fault,
    Forbidden,
    InterruptedLines,
    InvalidEvent,
    InvalidObject,
    MalformedBody,
    Mistake,
    NotAdmitted,
    Overloaded,
    SecretUnreadable,
    Stopping,
    StorageUnavailable,
    UnknownThing,
)
from bellwire.web.answers import PRIVATE
from bellwire.web.problem_kinds import (
    CONFLICTING_EVENT,
    CONFLICTING_NAME,
    EDIT_CONFLICT,
    FORBIDDEN,
    GOING_DOWN,
    INTERNAL,
    INVALID_EVENT,
    INVALID_JSON,
    INVALID_OBJECT,
    NOT_ADMITTED,
    OVERLOADED,
    SECRET_UNREADABLE,
    STORAGE_UNAVAILABLE,
    Kind,
    type_of,
    unknown,
)

RETRY_AFTER_S: Final = 5
STOPPING: Final = "Bellwire is stopping; try again when it is back"

PROBLEM_TYPE: Final = "application/problem+json"


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One problem document and the headers beside it.

    kind: the last part of its `type`; empty for what the status alone says (`about:blank`). members: further ones.
    """

    status: int
    detail: str
    kind: str = ""
    title: str = ""
    faults: tuple[Fault, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    members: tuple[tuple[str, int], ...] = ()

    @classmethod
    def of(
        cls, kind: Kind, detail: str, *, faults: tuple[Fault, ...] = (), headers: tuple[tuple[str, str], ...] = ()
    ) -> "Problem":
        """One problem of a kind."""
        return cls(status=kind.status, kind=kind.name, title=kind.title, detail=detail, faults=faults, headers=headers)


class Refused(Exception):
    """A request that is answered by a problem document, raised where the problem is seen."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


class ClientGone(Exception):
    """The client closed the connection before its request was complete; there is nobody to answer."""


UNEXPECTED: Final = Problem.of(INTERNAL, "something went wrong inside Bellwire; what it was is in its log")


class FaultView(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong with what was sent, or odd about it."""

    path: Annotated[
        str, msgspec.Meta(description="Where: a JSON pointer without its leading slash; empty for the whole.")
    ]
    message: Annotated[str, msgspec.Meta(description="What is wrong and what would be right, for a person.")]


class ProblemDocument(msgspec.Struct, frozen=True, kw_only=True, rename={"faults": "errors"}):
    """A problem document (RFC 9457)."""

    type: Annotated[str, msgspec.Meta(description="The kind of problem; `about:blank` says no more than the status.")]
    title: Annotated[str, msgspec.Meta(description="The kind of problem in words.")]
    status: Annotated[int, msgspec.Meta(description="The status of the answer.", ge=400, le=599)]
    detail: Annotated[str, msgspec.Meta(description="What is wrong with this request and what to do.")]
    line: Annotated[
        int | msgspec.UnsetType, msgspec.Meta(description="Of NDJSON: the line that stopped it, counted from 1.")
    ] = msgspec.UNSET
    accepted: Annotated[
        int | msgspec.UnsetType, msgspec.Meta(description="Of NDJSON: events of the lines before it, now on disk.")
    ] = msgspec.UNSET
    duplicates: Annotated[
        int | msgspec.UnsetType, msgspec.Meta(description="Of NDJSON: those of them that were known before.")
    ] = msgspec.UNSET
    faults: Annotated[
        tuple[FaultView, ...], msgspec.Meta(description="Every fault that was found, the first of which detail tells.")
    ]


def problem_response(problem: Problem) -> Response:
    """The answer that carries the problem."""
    document = document_of(problem)
    return Response(msgspec.json.encode(document), problem.status, PRIVATE | dict(problem.headers), PROBLEM_TYPE)


def document_of(problem: Problem) -> ProblemDocument:
    """The problem as it is sent."""
    return ProblemDocument(
        type=type_of(problem.kind),
        title=problem.title or http.HTTPStatus(problem.status).phrase,
        status=problem.status,
        detail=problem.detail,
        faults=view_faults(problem.faults),
        **dict(problem.members),
    )


def view_faults(faults: tuple[Fault, ...]) -> tuple[FaultView, ...]:
    """Faults as they are sent."""
    return tuple(FaultView(path=fault.path, message=fault.message) for fault in faults)


def problem_of(error: BellwireError) -> Problem:
    """The problem that an error of the service is; what no client can have caused is UNEXPECTED."""
    match error:
        case InterruptedLines():
            return _interrupted(error)
        case Mistake():
            return _problem_of_mistake(error)
        case SecretUnreadable():
            return _later(error, SECRET_UNREADABLE)
        case Overloaded():
            return _later(error, OVERLOADED)
        case Stopping():
            return _later(error, GOING_DOWN)
        case StorageUnavailable():
            return _later(error, STORAGE_UNAVAILABLE)
        case _:
            return UNEXPECTED


def _problem_of_mistake(error: Mistake) -> Problem:
    match error:
        case MalformedBody():
            kind = INVALID_JSON
        case InvalidObject():
            kind = INVALID_OBJECT
        case InvalidEvent():
            kind = INVALID_EVENT
        case ConflictingEvent():
            kind = CONFLICTING_EVENT
        case ConflictingName():
            kind = CONFLICTING_NAME
        case NotAdmitted():
            kind = NOT_ADMITTED
        case UnknownThing():
            kind = unknown(error.kind)
        case EditConflict():
            kind = EDIT_CONFLICT
        case Forbidden():
            kind = FORBIDDEN
        case _:
            return UNEXPECTED
    return Problem.of(kind, str(error), faults=error.faults)


def _interrupted(error: InterruptedLines) -> Problem:
    members = (("line", error.line), ("accepted", error.accepted), ("duplicates", error.duplicates))
    cause = problem_of(error.cause)
    return msgspec.structs.replace(cause, detail=str(error), faults=error.faults, members=members)


def _later(error: BellwireError, kind: Kind) -> Problem:
    return Problem.of(kind, str(error) or kind.title, headers=(("Retry-After", str(RETRY_AFTER_S)),))
