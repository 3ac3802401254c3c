"""The HTTP API as one ASGI callable: who may call, which part answers, and what is said when it cannot."""

from typing import Final

import structlog
from starlette.routing import Match, Route, Router
from starlette.types import Receive, Scope, Send

from bellwire.errors import BellwireError, Stopping
from bellwire.rules.suggesting import quoted
from bellwire.service import Bellwire
from bellwire.web import sign_in
from bellwire.web.api import (
    attempts,
    audit,
    changes,
    dead_letters,
    endpoint_checks,
    event_types,
    events,
    live,
    metrics,
    own_password,
    people,
    replays,
    series,
    sessions,
    sources,
    status,
    tokens,
    webhook_actions,
    webhooks,
)
from bellwire.web.api.description import description_resources
from bellwire.web.auth import require_principal
from bellwire.web.bodies import BodiesInHand, head_of
from bellwire.web.operation import Operations
from bellwire.web.problems import STOPPING, UNEXPECTED, ClientGone, Problem, Refused, problem_of, problem_response
from bellwire.web.publishing import PUBLISH, Publishing
from bellwire.web.receiving import RECEIVE, SOURCES_PATH, Receiving
from bellwire.web.resource import PRINCIPAL, Resource, Resources, operations_of

EVENTS_PATH: Final = "/v1/events"
SOURCE_PATH: Final = SOURCES_PATH + "{source_name}"

_RESOURCES: Final[Resources] = {
    EVENTS_PATH: {"GET": events.list_events},
    "/healthz": {"GET": status.read_health},
    metrics.METRICS_PATH: {"GET": metrics.read_metrics},
    "/v1/status": {"GET": status.read_status},
    "/v1/series": {"GET": series.read_series},
    "/v1/webhooks": {"GET": webhooks.list_webhooks, "POST": webhooks.create_webhook},
    "/v1/webhooks/{webhook_id}": {
        "GET": webhooks.read_webhook,
        "PUT": webhooks.replace_webhook,
        "PATCH": webhooks.patch_webhook,
        "DELETE": webhooks.delete_webhook,
    },
    "/v1/webhooks/{webhook_id}/status": {"GET": webhooks.read_webhook_status},
    "/v1/webhooks/{webhook_id}/series": {"GET": series.read_webhook_series},
    "/v1/webhooks/{webhook_id}/changes": {"GET": changes.list_changes},
    "/v1/webhooks/{webhook_id}/account": {"GET": webhook_actions.read_account},
    "/v1/webhooks/{webhook_id}/pause": {"POST": webhook_actions.pause_webhook},
    "/v1/webhooks/{webhook_id}/resume": {"POST": webhook_actions.resume_webhook},
    "/v1/webhooks/{webhook_id}/rotate-key": {"POST": webhook_actions.rotate_key},
    "/v1/webhooks/{webhook_id}/test": {"POST": webhook_actions.test_webhook},
    "/v1/webhooks/{webhook_id}/check": {"POST": endpoint_checks.check_endpoint},
    "/v1/sources": {"GET": sources.list_sources, "POST": sources.create_source},
    SOURCE_PATH: {"GET": sources.read_source, "PUT": sources.put_source, "DELETE": sources.delete_source},
    "/v1/webhooks/{webhook_id}/replays": {"GET": replays.list_webhook_replays, "POST": replays.create_replay},
    "/v1/replays": {"GET": replays.list_replays},
    "/v1/replays/{replay_id}": {
        "GET": replays.read_replay,
        "PATCH": replays.edit_replay,
        "DELETE": replays.cancel_replay,
    },
    "/v1/attempts": {"GET": attempts.list_attempts},
    "/v1/attempts/{attempt_id}": {"GET": attempts.read_attempt},
    "/v1/dead-letters": {"GET": dead_letters.list_dead_letters},
    "/v1/event-types": {"GET": event_types.list_event_types},
    "/v1/event-types/{type_id}": {"GET": event_types.read_event_type, "PUT": event_types.put_event_type},
    "/v1/live": {"GET": live.follow_live},
    "/v1/tokens": {"GET": tokens.list_tokens, "POST": tokens.create_token},
    "/v1/tokens/{token_name}": {"GET": tokens.read_token, "DELETE": tokens.revoke_token},
    "/v1/tokens/{token_name}/rotate": {"POST": tokens.rotate_token},
    "/v1/people": {"GET": people.list_people, "POST": people.add_person},
    "/v1/people/{person_name}": {
        "GET": people.read_person,
        "PATCH": people.change_person,
        "DELETE": people.remove_person,
    },
    "/v1/password": {"POST": own_password.change_own_password},
    "/v1/login-links": {"POST": sessions.make_login_link},
    "/v1/sessions": {"GET": sessions.list_sessions},
    "/v1/sessions/{session_id}": {"DELETE": sessions.end_session},
    "/v1/audit": {"GET": audit.list_audit_entries},
    # An event's id is its publisher's choice and may have slashes; one that ends in /why cannot be read by this path.
    "/v1/events/{event_id:path}/why": {"GET": events.explain_event},
    "/v1/events/{event_id:path}": {"GET": events.read_event},
}

# Publishing is the hot path, and an upstream server has no token: neither has a resource.
_DESCRIBED: Final = {
    (EVENTS_PATH, "POST"): PUBLISH,
    (SOURCE_PATH, "POST"): RECEIVE,
    **operations_of(_RESOURCES),
}
_DESCRIPTION: Final = description_resources(_DESCRIBED)

OPERATIONS: Final[Operations] = {**_DESCRIBED, **operations_of(_DESCRIPTION)}
"""Every operation of the API."""

_OPEN_PATHS: Final = frozenset(
    path
    for (path, _), operation in (*OPERATIONS.items(), *operations_of(sign_in.PAGES).items())
    if operation.needs is None and path != SOURCE_PATH
)
"""Where anybody may call; a source checks by itself what is posted to it."""

_ELSEWHERE: Final = {EVENTS_PATH: ("POST",), SOURCE_PATH: ("POST",)}
"""Methods that are answered before it comes to their resource."""

_log: Final = structlog.get_logger(__name__)


class Api:
    """The API of one service."""

    def __init__(self, service: Bellwire) -> None:
        self._service = service
        in_hand = BodiesInHand()
        self._publish = Publishing(service, in_hand)
        self._receive = Receiving(service)
        routes = [
            Route(path, Resource(service, in_hand, handlers, elsewhere=_ELSEWHERE.get(path, ())))
            for path, handlers in (*_RESOURCES.items(), *_DESCRIPTION.items(), *sign_in.PAGES.items())
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

    def answers(self, scope: Scope) -> bool:
        """Whether there is anything at the path, for whatever method."""
        return any(route.matches(scope)[0] is not Match.NONE for route in self._router.routes)

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, is_post, head = scope["path"], scope["method"] == "POST", head_of(scope)
        if is_post and path.startswith(SOURCES_PATH):
            await self._receive(scope, receive, send)
            return
        if path not in _OPEN_PATHS:
            scope[PRINCIPAL] = require_principal(self._service, scope, head)
        if is_post and path == EVENTS_PATH:
            await self._publish(scope, head, receive, send)
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
