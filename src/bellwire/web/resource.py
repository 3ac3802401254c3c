"""A resource of the API: its path and what it answers to each method."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from bellwire.model.principal import Principal
from bellwire.model.principal import Scope as Granted
from bellwire.model.webhook import MIB
from bellwire.rules.permitting import check_scope
from bellwire.rules.suggesting import quoted
from bellwire.service import Bellwire
from bellwire.web.bodies import FORM_TYPE, BodiesInHand, BodyReader, head_of, json_object, media_type
from bellwire.web.operation import Answer, Body, Header, Operation, Operations, Tag, operation_id
from bellwire.web.parameters import AnyParameter, Parameters, refuse_parameters
from bellwire.web.problem_kinds import Kind
from bellwire.web.problems import Problem, Refused

OBJECT_BYTES_MAX: Final = MIB
FORM_FIELDS_MAX: Final = 100

PRINCIPAL: Final = "bellwire.principal"
"""Where the caller stands in a request's ASGI scope."""


class Call:
    """One request to a resource, and the service that it is made to."""

    def __init__(self, service: Bellwire, request: Request, in_hand: BodiesInHand, operation: Operation) -> None:
        self.service = service
        self.request = request
        self._in_hand = in_hand
        self._operation = operation

    @property
    def principal(self) -> Principal:
        """Who makes the call; only for calls that need a scope."""
        caller = self.request.scope[PRINCIPAL]
        if not isinstance(caller, Principal):
            raise AssertionError("the API lets nobody in whom it does not know")  # noqa: TRY004 - it cannot happen
        return caller

    def parameters(self) -> Parameters:
        """The query, of which only the operation's parameters are known."""
        return Parameters(self.request.query_params, self._operation.parameters)

    def path(self, name: str) -> str:
        """A variable part of the path."""
        return str(self.request.path_params[name])

    async def document(self) -> dict[str, Any]:
        """The JSON object in the body, at most OBJECT_BYTES_MAX and of a media type that the operation takes.

        Where the operation does not require a body, an empty one is an empty object.
        """
        described = self._operation.body
        if described is None:
            raise AssertionError("the operation is described without a body")
        body = await self._body(described.media_types)
        return json_object(body) if described.required or body.strip() else {}

    async def form(self) -> dict[str, str]:
        """The fields of an HTML form in the body, of each the last one."""
        body = await self._body((FORM_TYPE,))
        try:
            return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FORM_FIELDS_MAX))
        except ValueError as problem:
            raise Refused(Problem(status=400, detail=f"the form cannot be read: {problem}")) from problem

    async def _body(self, accepted: tuple[str, ...]) -> bytes:
        head = head_of(self.request.scope)
        media_type(head, accepted)
        reader = BodyReader(head, self.request.receive, self._in_hand)
        try:
            return await reader.whole(bytes_max=OBJECT_BYTES_MAX)
        finally:
            reader.close()


Function = Callable[[Call], Awaitable[Response]]


class Handler:
    """A function that answers calls, and the operation that it is."""

    def __init__(self, function: Function, operation: Operation) -> None:
        self.operation = operation
        self._function = function

    async def __call__(self, call: Call) -> Response:
        """Answer one call."""
        return await self._function(call)


Resources = Mapping[str, Mapping[str, Handler]]
"""Handlers by path and method."""


def described(  # noqa: PLR0913 - one argument for each part that a call can have
    *,
    summary: str,
    needs: Granted | None,
    tag: Tag,
    answers: tuple[Answer, ...],
    parameters: tuple[AnyParameter, ...] = (),
    conditions: tuple[Header, ...] = (),
    body: Body | None = None,
    problems: tuple[Kind, ...] = (),
) -> Callable[[Function], Handler]:
    """Make a function the handler of an operation: its name is the operation's id, its docstring the description."""

    def describe(function: Function) -> Handler:
        operation = Operation(
            id=operation_id(function.__name__),
            summary=summary,
            description=inspect.getdoc(function) or "",
            tag=tag,
            answers=answers,
            parameters=parameters,
            conditions=conditions,
            body=body,
            problems=problems,
            needs=needs,
        )
        return Handler(function, operation)

    return describe


def operations_of(resources: Resources) -> Operations:
    """The operations by path and method, in the order of the resources."""
    return {
        (path, method): handler.operation
        for path, handlers in resources.items()
        for method, handler in handlers.items()
    }


class Resource:
    """Answers the methods it has handlers for, HEAD as GET, OPTIONS with what there is, and 405 to all others.

    elsewhere: methods of the same path that are answered before it comes to this.
    """

    def __init__(
        self,
        service: Bellwire,
        in_hand: BodiesInHand,
        handlers: Mapping[str, Handler],
        *,
        elsewhere: tuple[str, ...] = (),
    ) -> None:
        self._service = service
        self._in_hand = in_hand
        self._handlers = dict(handlers)
        if "GET" in handlers:
            self._handlers["HEAD"] = handlers["GET"]
        self._allow = ", ".join([*self._handlers, *elsewhere, "OPTIONS"])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; raises Refused and what the service raises."""
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        handler = self._handlers.get(request.method)
        if handler is not None:
            operation = handler.operation
            call = Call(self._service, request, self._in_hand, operation)
            if operation.needs is not None:
                check_scope(call.principal, operation.needs)
                if not operation.parameters and request.scope["query_string"]:
                    refuse_parameters(request.scope["query_string"])
            return await handler(call)
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"Allow": self._allow})
        detail = f"{quoted(request.method)} is not possible here; {self._allow} are"
        raise Refused(Problem(status=405, detail=detail, headers=(("Allow", self._allow),)))
