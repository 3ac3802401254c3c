"""All pages as one ASGI callable: what there is, who may see it, and what is said when it cannot be shown."""

import time
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode, urlsplit

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Match, Route
from starlette.types import Receive, Scope, Send

from bellwire.config import Row
from bellwire.errors import BellwireError
from bellwire.model.principal import Scope as Granted
from bellwire.rules.permitting import check_scope
from bellwire.service import Bellwire
from bellwire.web.auth import visitor_of
from bellwire.web.bodies import BodiesInHand
from bellwire.web.built_in_receiver import BuiltInReceiver
from bellwire.web.pages import (
    about,
    account,
    appearance,
    attempts,
    audit,
    built_in_receiver,
    dead_letters,
    deadlines,
    event_types,
    events,
    first_run,
    letter_replays,
    metrics,
    overview,
    people,
    publish_form,
    replay_form,
    replays,
    search,
    sessions,
    sources,
    tail,
    tokens,
    webhook_actions,
    webhook_check,
    webhook_detail,
    webhook_form,
    webhook_history,
    webhook_keys,
    webhooks,
)
from bellwire.web.pages.equivalents import EQUIVALENTS
from bellwire.web.pages.rendering import Renderer, html_answer, phrase
from bellwire.web.pages.visit import RECEIVER, SAME, SETTINGS, WEBHOOKS, Handler, Visit, shell_of, theme_of
from bellwire.web.problems import UNEXPECTED, ClientGone, Problem, Refused, problem_of
from bellwire.web.resource import PRINCIPAL
from bellwire.web.sessions import SAFE_METHODS, SIGN_IN_PATH, check_origin, check_same_site
from bellwire.web.static_files import StaticFiles

_WEBHOOK: Final = WEBHOOKS + "/{webhook_id}"
_PERSON: Final = people.LIST + "/{person_name}"
_SOURCE: Final = sources.LIST + "/{source_name}"
_TOKEN: Final = tokens.LIST + "/{token_name}"
_PAGES: Final[dict[str, dict[str, Handler]]] = {
    "/": {"GET": overview.show_overview},
    WEBHOOKS: {"GET": webhooks.list_webhooks, "POST": webhook_form.create_webhook},
    WEBHOOKS + "/new": {"GET": webhook_form.show_new},
    WEBHOOKS + "/preview": {"POST": webhook_form.preview_webhook},
    WEBHOOKS + "/built-in": {"POST": webhook_form.fill_in_receiver},
    WEBHOOKS + "/test": {"POST": webhook_form.test_draft},
    _WEBHOOK: {"GET": webhook_detail.show_health, "POST": webhook_form.save_webhook},
    _WEBHOOK + "/edit": {"GET": webhook_form.show_edit},
    _WEBHOOK + "/duplicate": {"GET": webhook_form.show_duplicate},
    _WEBHOOK + "/attempts": {"GET": webhook_detail.show_attempts},
    _WEBHOOK + "/dead-letters": {"GET": webhook_detail.show_dead_letters},
    _WEBHOOK + "/verify": {"GET": webhook_keys.show_verify, "POST": webhook_keys.check_signature},
    _WEBHOOK + "/rotate-key": {"GET": webhook_keys.show_rotate, "POST": webhook_keys.rotate_key},
    _WEBHOOK + "/history": {"GET": webhook_history.show_history},
    _WEBHOOK + "/check": {"GET": webhook_check.show_check, "POST": webhook_check.check_endpoint},
    _WEBHOOK + "/test": {"POST": webhook_actions.test_webhook},
    _WEBHOOK + "/pause": {"POST": webhook_actions.pause_webhook},
    _WEBHOOK + "/resume": {"POST": webhook_actions.resume_webhook},
    _WEBHOOK + "/enable": {"POST": webhook_actions.enable_webhook},
    _WEBHOOK + "/disable": {"GET": webhook_actions.ask_disable, "POST": webhook_actions.disable_webhook},
    _WEBHOOK + "/delete": {"GET": webhook_actions.ask_delete, "POST": webhook_actions.delete_webhook},
    _WEBHOOK + "/replay": {"GET": replay_form.ask_replay, "POST": replay_form.begin_replay},
    _WEBHOOK + "/replay/preview": {"POST": replay_form.preview_replay},
    "/replays": {"GET": replays.list_replays},
    "/replays/new": {"GET": replay_form.choose_webhook},
    "/replays/{replay_id}": {"GET": replays.show_replay},
    "/replays/{replay_id}/rate": {"POST": replays.set_rate},
    "/replays/{replay_id}/pause": {"POST": replays.pause_replay},
    "/replays/{replay_id}/resume": {"POST": replays.resume_replay},
    "/replays/{replay_id}/cancel": {"POST": replays.cancel_replay},
    publish_form.ADDRESS: {"GET": publish_form.show_form, "POST": publish_form.publish_event},
    publish_form.ADDRESS + "/look": {"POST": publish_form.look_at_type},
    "/events": {"GET": events.list_events},
    "/events/{event_id:path}": {"GET": events.show_event},
    "/tail": {"GET": tail.show_tail},
    "/attempts": {"GET": attempts.list_attempts},
    "/attempts/{attempt_id}": {"GET": attempts.show_attempt},
    "/attempts/{attempt_id}/replay": {"GET": replay_form.ask_attempt},
    letter_replays.LETTERS: {"GET": dead_letters.list_dead_letters},
    letter_replays.LETTERS + "/chosen": {"POST": letter_replays.ask_chosen},
    letter_replays.LETTERS + "/replay": {"GET": letter_replays.ask_all, "POST": letter_replays.deliver_again},
    "/deadlines": {"GET": deadlines.list_deadlines},
    "/event-types": {"GET": event_types.list_event_types, "POST": event_types.declare_type},
    "/event-types/{type_id}": {"GET": event_types.show_event_type, "POST": event_types.set_level},
    sources.LIST: {"GET": sources.list_sources, "POST": sources.create_source},
    sources.LIST + "/new": {"GET": sources.show_new},
    _SOURCE: {"GET": sources.show_source, "POST": sources.save_source},
    _SOURCE + "/edit": {"GET": sources.show_edit},
    _SOURCE + "/enable": {"POST": sources.enable_source},
    _SOURCE + "/disable": {"POST": sources.disable_source},
    _SOURCE + "/rotate": {"GET": sources.ask_rotate, "POST": sources.rotate_key},
    _SOURCE + "/delete": {"GET": sources.ask_delete, "POST": sources.delete_source},
    tokens.LIST: {"GET": tokens.list_tokens, "POST": tokens.create_token},
    tokens.LIST + "/new": {"GET": tokens.show_new},
    _TOKEN: {"GET": tokens.show_token},
    _TOKEN + "/rotate": {"GET": tokens.ask_rotate, "POST": tokens.rotate_token},
    _TOKEN + "/revoke": {"GET": tokens.ask_revoke, "POST": tokens.revoke_token},
    people.LIST: {"GET": people.list_people, "POST": people.add_person},
    people.LIST + "/new": {"GET": people.show_new},
    _PERSON: {"GET": people.show_person},
    _PERSON + "/scopes": {"POST": people.change_scopes},
    _PERSON + "/password": {"POST": people.change_password},
    _PERSON + "/link": {"POST": people.make_link},
    _PERSON + "/remove": {"GET": people.ask_remove, "POST": people.remove_person},
    sessions.LIST: {"GET": sessions.list_sessions},
    sessions.LIST + "/{session_id}/end": {"POST": sessions.end_session},
    audit.LIST: {"GET": audit.list_entries},
    account.PATH: {"GET": account.show_account},
    account.PATH + "/password": {"POST": account.change_password},
    account.PATH + "/end-others": {"POST": account.end_others},
    account.PATH + "/link": {"POST": account.make_link},
    "/receiver": {"GET": built_in_receiver.show_receiver},
    "/receiver/open": {"POST": built_in_receiver.open_receiver},
    "/receiver/webhook": {"POST": built_in_receiver.create_webhook},
    "/receiver/answer": {"POST": built_in_receiver.answer_otherwise},
    "/receiver/clear": {"POST": built_in_receiver.clear_received},
    "/first-run/event": {"POST": first_run.publish_event},
    "/first-run/close": {"POST": first_run.close},
    "/settings/telemetry/metrics": {"GET": metrics.show_metrics},
    "/search": {"GET": search.search},
    "/about": {"GET": about.show_about},
    "/appearance": {"POST": appearance.choose_theme},
}

_ASK_FOR_A_CHANGE: Final = frozenset(
    {
        webhook_form.show_new,
        webhook_form.show_duplicate,
        webhook_keys.show_rotate,
        webhook_check.show_check,
        sources.show_new,
        sources.show_edit,
        sources.ask_rotate,
        sources.ask_delete,
        letter_replays.ask_all,
        replay_form.ask_attempt,
        replay_form.ask_replay,
        replay_form.choose_webhook,
        built_in_receiver.show_receiver,
        webhook_actions.ask_disable,
        webhook_actions.ask_delete,
    }
)
"""Pages that are of use only to those who may change something."""

_FOR_EVERYBODY: Final = frozenset(
    {
        account.show_account,
        account.change_password,
        account.end_others,
        sessions.end_session,
        appearance.choose_theme,
    }
)
"""What concerns the visitor alone, and needs nothing but to be signed in."""

_FOR_ADMINISTRATORS: Final = frozenset(
    handler
    for path, handlers in _PAGES.items()
    if path.startswith((tokens.LIST, people.LIST, sessions.LIST, audit.LIST, account.PATH))
    for handler in handlers.values()
    if handler not in _FOR_EVERYBODY
)
"""Pages about who may come in, and what they did."""

_FOR_PUBLISHERS: Final = frozenset({publish_form.show_form, publish_form.look_at_type, publish_form.publish_event})
"""Pages that need no scope but that to publish, besides the one to read."""

_log: Final = structlog.get_logger(__name__)


class Pages:
    """The pages of one service."""

    def __init__(
        self, service: Bellwire, static: StaticFiles, receiver: BuiltInReceiver | None, settings: tuple[Row, ...]
    ) -> None:
        self._service = service
        self._settings = settings
        self._receiver = receiver
        self._renderer = Renderer(static, {"WEBHOOKS": WEBHOOKS, "has_receiver": receiver is not None})
        self._in_hand = BodiesInHand()
        self._routes = [(Route(path, _nowhere), handlers) for path, handlers in _PAGES.items()]

    def answers(self, scope: Scope) -> bool:
        """Whether there is a page at the path."""
        return self._find(scope) is not None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; what goes wrong becomes a page too. How long it took goes with it: pages that look again
        by themselves do so the less often the more that costs.
        """
        request = Request(scope, receive)
        begun_s = time.thread_time()
        try:
            answer = await self._answer(request)
        except ClientGone:
            return
        answer.headers["Server-Timing"] = f"page;dur={(time.thread_time() - begun_s) * 1000:.1f}"
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        try:
            return await self._handled(request)
        except Refused as refused:
            return self._trouble(request, refused.problem)
        except ClientGone:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the visitor gets a page and the log the cause
            problem = problem_of(error) if isinstance(error, BellwireError) else UNEXPECTED
            if problem is UNEXPECTED:
                _log.error("page failed", method=request.method, path=request.url.path, exc_info=error)
            return self._trouble(request, problem)

    async def _handled(self, request: Request) -> Response:
        principal = visitor_of(self._service, request.scope)
        if principal is None:
            return _sign_in_first(request)
        request.scope.update({PRINCIPAL: principal, RECEIVER: self._receiver, SETTINGS: self._settings})
        found = self._find(request.scope)
        if found is None:
            raise Refused(Problem(status=404, detail="There is no page at this address."))
        path, handlers, request.scope["path_params"] = found
        request.scope[SAME] = EQUIVALENTS.get(path, ())
        handler = handlers.get("GET" if request.method == "HEAD" else request.method)
        if handler is None:
            raise Refused(Problem(status=405, detail="This address does not take that.", headers=_allow(handlers)))
        for needed in _scopes_for(handler, request.method):
            check_scope(principal, needed)
        visit = Visit(self._service, request, self._renderer, self._in_hand, principal)
        if request.method == "POST":
            await _require_own_form(visit)
        return await handler(visit)

    def _find(self, scope: Scope) -> tuple[str, dict[str, Handler], dict[str, str]] | None:
        for route, handlers in self._routes:
            match, child = route.matches({**scope, "method": "GET"})
            if match is Match.FULL:
                return route.path, handlers, child["path_params"]
        return None

    def _trouble(self, request: Request, problem: Problem) -> Response:
        title = problem.title or phrase(problem.status)
        shell = shell_of(request) | {
            "here": "",
            "now_ms": 0,
            "theme": theme_of(request),
            "notice": None,
            "attention": 0,
            "same": (),
        }
        text = self._renderer.render("trouble.html", shell | {"problem": problem, "title": title})
        answer = html_answer(request, text, problem.status)
        answer.headers.update(dict(problem.headers))
        return answer


def _scopes_for(handler: Handler, method: str) -> tuple[Granted, ...]:
    """All that the visitor must have been granted."""
    if handler in _FOR_EVERYBODY:
        return ()
    if handler in _FOR_ADMINISTRATORS:
        return (Granted.ADMIN,)
    if handler in _FOR_PUBLISHERS:
        return (Granted.READ, Granted.PUBLISH)
    return (Granted.WRITE,) if handler in _ASK_FOR_A_CHANGE or method == "POST" else (Granted.READ,)


def _sign_in_first(request: Request) -> Response:
    """Lead to the page to sign in, and from there back: to the page that was asked for, or where a form stood."""
    asked = request.url if request.method in SAFE_METHODS else urlsplit(request.headers.get("referer", ""))
    back = asked.path + (f"?{asked.query}" if asked.query else "")
    address = f"{SIGN_IN_PATH}?{urlencode({'next': back or '/'})}"
    if request.headers.get("HX-Request"):
        return Response(status_code=204, headers={"HX-Redirect": address, "Cache-Control": "no-store"})
    return RedirectResponse(address, 303, {"Cache-Control": "no-store"})


async def _require_own_form(visit: Visit) -> None:
    """Raises Forbidden where another site's page has sent the form, or one without the session's CSRF token.

    A token in the header Authorization is nothing that a browser sends by itself.
    """
    scope = visit.request.scope
    if "authorization" in visit.request.headers:
        check_origin(scope)
        return
    form = await visit.form()
    check_same_site(scope, csrf_token=form.text("csrf_token"))


def _allow(handlers: Mapping[str, Handler]) -> tuple[tuple[str, str], ...]:
    return (("Allow", ", ".join([*handlers, *(["HEAD"] if "GET" in handlers else [])])),)


async def _nowhere(_request: Request) -> Response:
    raise AssertionError("routes of pages are only asked what they match")
