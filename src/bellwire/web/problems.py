"""What went wrong with a request, as the client is told it: problem documents (RFC 9457)."""

import http
from typing import Final

import msgspec
from starlette.responses import Response

from bellwire.errors import (
    BellwireError,
    ConflictingEvent,
    EditConflict,
    Fault,
    Forbidden,
    InterruptedLines,
    InvalidEvent,
    InvalidObject,
    MalformedBody,
    Mistake,
    Stopping,
    StorageUnavailable,
    UnknownThing,
)

RETRY_AFTER_S: Final = 5
STOPPING: Final = "Bellwire is stopping; try again when it is back"

_TYPE_PREFIX: Final = "urn:bellwire:problem:"
_MEDIA_TYPE: Final = "application/problem+json"


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


class Refused(Exception):
    """A request that is answered by a problem document, raised where the problem is seen."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


class ClientGone(Exception):
    """The client closed the connection before its request was complete; there is nobody to answer."""


UNEXPECTED: Final = Problem(
    status=500,
    detail="something went wrong inside Bellwire; what it was is in its log",
)


def problem_response(problem: Problem) -> Response:
    """The answer that carries the problem."""
    document = {
        "type": _TYPE_PREFIX + problem.kind if problem.kind else "about:blank",
        "title": problem.title or http.HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        **dict(problem.members),
        "errors": [fault._asdict() for fault in problem.faults],
    }
    return Response(msgspec.json.encode(document), problem.status, dict(problem.headers), _MEDIA_TYPE)


def problem_of(error: BellwireError) -> Problem:
    """The problem that an error of the service is; what no client can have caused is UNEXPECTED."""
    match error:
        case InterruptedLines():
            return _interrupted(error)
        case Mistake():
            return _problem_of_mistake(error)
        case Stopping():
            return _later(error, kind="stopping", title="Bellwire is stopping")
        case StorageUnavailable():
            return _later(error, kind="storage-unavailable", title="Nothing can be stored at the moment")
        case _:
            return UNEXPECTED


def _problem_of_mistake(error: Mistake) -> Problem:
    match error:
        case MalformedBody():
            status, kind, title = 400, "invalid-json", "The body is no JSON of the expected form"
        case InvalidObject():
            status, kind, title = 422, "invalid-object", "What was sent has faults"
        case InvalidEvent():
            status, kind, title = 422, "invalid-event", "An event cannot be taken"
        case ConflictingEvent():
            status, kind, title = 409, "conflicting-event", "The id names another event"
        case UnknownThing():
            status, kind, title = 404, f"unknown-{error.kind.replace(' ', '-')}", f"There is no such {error.kind}"
        case EditConflict():
            status, kind, title = 412, "edit-conflict", "The webhook was changed since it was read"
        case Forbidden():
            status, kind, title = 403, "forbidden", "The caller may not do that"
        case _:
            return UNEXPECTED
    return Problem(status=status, kind=kind, title=title, detail=str(error), faults=error.faults)


def _interrupted(error: InterruptedLines) -> Problem:
    members = (("line", error.line), ("accepted", error.accepted), ("duplicates", error.duplicates))
    cause = problem_of(error.cause)
    return msgspec.structs.replace(cause, detail=str(error), faults=error.faults, members=members)


def _later(error: BellwireError, *, kind: str, title: str) -> Problem:
    headers = (("Retry-After", str(RETRY_AFTER_S)),)
    return Problem(status=503, kind=kind, title=title, detail=str(error) or title, headers=headers)
