"""The HTTP API as one ASGI callable: who may call, which part answers, and what is said when it cannot."""

from typing import Final

import structlog
from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from bellwire.errors import BellwireError, Stopping
from bellwire.model.principal import Scope as Granted
from bellwire.rules.permitting import check_scope
from bellwire.rules.suggesting import quoted
from bellwire.service import Bellwire
from bellwire.web.api import attempts, dead_letters, event_types, events, status, webhook_actions, webhooks
from bellwire.web.auth import principal_of
from bellwire.web.bodies import BodiesInHand
from bellwire.web.problems import STOPPING, UNEXPECTED, ClientGone, Problem, Refused, problem_of, problem_response
from bellwire.web.publishing import Publishing
from bellwire.web.resource import PRINCIPAL, Methods, Resource

EVENTS_PATH: Final = "/v1/events"
HEALTH_PATH: Final = "/healthz"

PUBLISH, READ, WRITE = Granted.PUBLISH, Granted.READ, Granted.WRITE

_RESOURCES: Final[dict[str, Methods]] = {
    HEALTH_PATH: {"GET": (None, status.read_health)},
    "/v1/status": {"GET": (READ, status.read_status)},
    "/v1/webhooks": {"GET": (READ, webhooks.list_webhooks), "POST": (WRITE, webhooks.create_webhook)},
    "/v1/webhooks/{webhook_id}": {
        "GET": (READ, webhooks.read_webhook),
        "PUT": (WRITE, webhooks.replace_webhook),
        "PATCH": (WRITE, webhooks.patch_webhook),
        "DELETE": (WRITE, webhooks.delete_webhook),
    },
    "/v1/webhooks/{webhook_id}/status": {"GET": (READ, webhooks.read_webhook_status)},
    "/v1/webhooks/{webhook_id}/account": {"GET": (READ, webhook_actions.read_account)},
    "/v1/webhooks/{webhook_id}/pause": {"POST": (WRITE, webhook_actions.pause_webhook)},
    "/v1/webhooks/{webhook_id}/resume": {"POST": (WRITE, webhook_actions.resume_webhook)},
    "/v1/webhooks/{webhook_id}/rotate-key": {"POST": (WRITE, webhook_actions.rotate_key)},
    "/v1/webhooks/{webhook_id}/test": {"POST": (WRITE, webhook_actions.test_webhook)},
    "/v1/attempts": {"GET": (READ, attempts.list_attempts)},
    "/v1/attempts/{attempt_id}": {"GET": (READ, attempts.read_attempt)},
    "/v1/dead-letters": {"GET": (READ, dead_letters.list_dead_letters)},
    "/v1/event-types": {"GET": (READ, event_types.list_event_types)},
    "/v1/event-types/{type_id}": {
        "GET": (READ, event_types.read_event_type),
        "PUT": (WRITE, event_types.put_event_type),
    },
    # An event's id is its publisher's choice and may have slashes; one that ends in /why cannot be read by this path.
    "/v1/events/{event_id:path}/why": {"GET": (READ, events.explain_event)},
    "/v1/events/{event_id:path}": {"GET": (READ, events.read_event)},
}
"""What there is, and the scope that each call needs; None: everybody may call it, with or without a token."""

_OPEN: Final = frozenset(
    path for path, methods in _RESOURCES.items() if all(needed is None for needed, _ in methods.values())
)

_log: Final = structlog.get_logger(__name__)


class Api:
    """The API of one service."""

    def __init__(self, service: Bellwire) -> None:
        self._service = service
        in_hand = BodiesInHand()
        self._publish = Publishing(service, in_hand)
        routes = [
            Route(EVENTS_PATH, Resource(service, in_hand, {"GET": (READ, events.list_events)}, elsewhere=("POST",))),
            *(Route(path, Resource(service, in_hand, handlers)) for path, handlers in _RESOURCES.items()),
        ]
        self._router = Router(routes, redirect_slashes=False, default=_not_found)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; what goes wrong becomes a problem document, never an exception."""
        try:
            await self._route(scope, receive, send)
        except Refused as refused:
            await _answer_problem(refused.problem, scope, receive, send)
        except ClientGone:
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, the client gets an answer and the log the cause
            await _answer_problem(self._problem_of(error, scope), scope, receive, send)

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path not in _OPEN:
            scope[PRINCIPAL] = principal_of(self._service, scope)
        if path == EVENTS_PATH and scope["method"] == "POST":
            check_scope(scope[PRINCIPAL], PUBLISH)
            await self._publish(scope, receive, send)
        else:
            await self._router(scope, receive, send)

    def _problem_of(self, error: Exception, scope: Scope) -> Problem:
        problem = problem_of(error) if isinstance(error, BellwireError) else UNEXPECTED
        if problem is not UNEXPECTED:
            return problem
        if self._service.stopping:  # parts that were closed already fail in their own ways
            return problem_of(Stopping(STOPPING))
        _log.error("request failed", method=scope["method"], path=scope["path"], exc_info=error)
        return UNEXPECTED


async def _not_found(scope: Scope, _receive: Receive, _send: Send) -> None:
    raise Refused(Problem(status=404, detail=f"there is nothing at {quoted(scope['path'])}"))


async def _answer_problem(problem: Problem, scope: Scope, receive: Receive, send: Send) -> None:
    await problem_response(problem)(scope, receive, send)
