"""A resource of the API: its path and what it answers to each method."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from bellwire.model.principal import Principal
from bellwire.model.principal import Scope as Granted
from bellwire.model.webhook import MIB
from bellwire.rules.permitting import check_scope
from bellwire.rules.suggesting import quoted
from bellwire.service import Bellwire
from bellwire.web.bodies import BodiesInHand, BodyReader, head_of, json_object, media_type
from bellwire.web.parameters import Parameters
from bellwire.web.problems import Problem, Refused

OBJECT_BYTES_MAX: Final = MIB

PRINCIPAL: Final = "bellwire.principal"
"""Where the caller stands in a request's ASGI scope."""


class Call:
    """One request to a resource, and the service that it is made to."""

    def __init__(self, service: Bellwire, request: Request, in_hand: BodiesInHand) -> None:
        self.service = service
        self.request = request
        self._in_hand = in_hand

    @property
    def principal(self) -> Principal:
        """Who makes the call; only for calls that need a scope."""
        caller = self.request.scope[PRINCIPAL]
        if not isinstance(caller, Principal):
            raise AssertionError("the API lets nobody in whom it does not know")  # noqa: TRY004 - it cannot happen
        return caller

    def parameters(self, *known: str) -> Parameters:
        """The query, of which only these parameters are known."""
        return Parameters(self.request.query_params, known)

    def path(self, name: str) -> str:
        """A variable part of the path."""
        return str(self.request.path_params[name])

    async def document(self, *accepted: str) -> dict[str, Any]:
        """The JSON object in the body, at most OBJECT_BYTES_MAX; accepted: the media types it may be sent as."""
        return json_object(await self._body(accepted))

    async def document_or_nothing(self, *accepted: str) -> dict[str, Any]:
        """As document; an empty body is an empty object."""
        body = await self._body(accepted)
        return json_object(body) if body.strip() else {}

    async def _body(self, accepted: tuple[str, ...]) -> bytes:
        head = head_of(self.request.scope)
        media_type(head, accepted)
        reader = BodyReader(head, self.request.receive, self._in_hand)
        try:
            return await reader.whole(bytes_max=OBJECT_BYTES_MAX)
        finally:
            reader.close()


Handler = Callable[[Call], Awaitable[Response]]
Methods = Mapping[str, tuple[Granted | None, Handler]]
"""What a path answers to each method, and the scope that the caller needs for it; None: anybody may call."""


class Resource:
    """Answers the methods it has handlers for, HEAD as GET, OPTIONS with what there is, and 405 to all others.

    elsewhere: methods of the same path that are answered before it comes to this.
    """

    def __init__(
        self,
        service: Bellwire,
        in_hand: BodiesInHand,
        methods: Methods,
        *,
        elsewhere: tuple[str, ...] = (),
    ) -> None:
        self._service = service
        self._in_hand = in_hand
        self._methods = dict(methods)
        if "GET" in methods:
            self._methods["HEAD"] = methods["GET"]
        self._allow = ", ".join([*self._methods, *elsewhere, "OPTIONS"])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; raises Refused and what the service raises."""
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        method = self._methods.get(request.method)
        if method is not None:
            needed, handler = method
            call = Call(self._service, request, self._in_hand)
            if needed is not None:
                check_scope(call.principal, needed)
            return await handler(call)
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"Allow": self._allow})
        detail = f"{quoted(request.method)} is not possible here; {self._allow} are"
        raise Refused(Problem(status=405, detail=detail, headers=(("Allow", self._allow),)))
