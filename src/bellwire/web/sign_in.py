"""The pages with which a person signs in, by a password or a link, and out."""

import base64
import functools
import hashlib
import inspect
from typing import Final
from urllib.parse import urlencode

import jinja2
from starlette.responses import RedirectResponse, Response

from bellwire.engine.gatekeeper import Pause
from bellwire.model.credentials import NAME_LENGTH_MAX
from bellwire.rules.granting import PASSWORD_LENGTH_MAX
from bellwire.web.operation import Operation, Tag, operation_id
from bellwire.web.parameters import AnyParameter, text_parameter
from bellwire.web.resource import Call, Function, Handler, Resources
from bellwire.web.sessions import (
    HOME,
    SIGN_IN_PATH,
    address_of,
    browser_of,
    check_origin,
    check_same_site,
    csrf_token_of,
    local_target,
    remove_cookie,
    set_cookie,
    signed_in,
)
from bellwire.web.static_files import static_files

LINK_PATH: Final = "/sign-in/link"
SIGN_OUT_PATH: Final = "/sign-out"

_NEXT: Final = text_parameter("next", "Where to go on, a path of this server.")
_CODE: Final = text_parameter("code", "What lets somebody in once.")

_TEMPLATES: Final = jinja2.Environment(
    loader=jinja2.PackageLoader("bellwire.web"), autoescape=True, undefined=jinja2.StrictUndefined
)


@functools.cache
def _style() -> str:
    return _TEMPLATES.get_template("sign_in.css").render(font=static_files().address("fonts/inter-ui.woff2"))


@functools.cache
def _headers() -> dict[str, str]:
    style_hash = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return {
        "Content-Security-Policy": (
            f"default-src 'none'; style-src 'sha256-{style_hash}'; font-src 'self'; img-src 'self'; "
            "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
        ),
        "Cache-Control": "no-store",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }


def link_target(code: str) -> str:
    """Where a login link leads, as a path of this server."""
    return f"{LINK_PATH}?{urlencode({'code': code})}"


async def show_sign_in(call: Call) -> Response:
    """GET /sign-in: asks for name and password, and leads on to `next`; at once where somebody is signed in."""
    parameters = call.parameters()
    target = local_target(parameters.read(_NEXT))
    parameters.check()
    signed = signed_in(call.service, call.request.scope)
    if signed is None:
        return _sign_in_page(target)
    if target != SIGN_IN_PATH:
        return _go_to(target)
    csrf_token = csrf_token_of(call.request.scope)
    return _page("signed_in.html", path=SIGN_OUT_PATH, name=signed.principal.name, csrf_token=csrf_token, problem="")


async def sign_in(call: Call) -> Response:
    """POST /sign-in."""
    check_origin(call.request.scope)
    form = await call.form()
    target = local_target(form.get("next"))
    name, password = form.get("name", ""), form.get("password", "")
    if not name or not password:
        return _sign_in_page(target, name=name, problem="Give both a name and a password.", status=422)
    if len(name) > NAME_LENGTH_MAX or len(password) > PASSWORD_LENGTH_MAX:
        return _sign_in_page(target, problem="Name and password do not go together.", status=403)
    signed = signed_in(call.service, call.request.scope)
    outcome = await call.service.access.sign_in(
        name,
        password,
        address=address_of(call.request.scope),
        instead_of=None if signed is None else signed.session,
        browser=browser_of(call.request.scope),
    )
    match outcome:
        case None:
            return _sign_in_page(target, name=name, problem="Name and password do not go together.", status=403)
        case Pause(wait_ms=wait_ms):
            wait_s = -(-wait_ms // 1000)
            problem = f"This has failed too often. Try again in {wait_s} s."
            page = _sign_in_page(target, name=name, problem=problem, status=429)
            page.headers["Retry-After"] = str(wait_s)
            return page
        case begun:
            answer = _go_to(target)
            set_cookie(answer, call.request.scope, begun.secret)
            return answer


async def show_link(call: Call) -> Response:
    """GET /sign-in/link: a button; whoever only looks at the page, as previews of links do, does not use the link."""
    parameters = call.parameters()
    code = parameters.read(_CODE) or ""
    parameters.check()
    return _page("sign_in_link.html", code=code, path=LINK_PATH, problem="" if code else "The link is incomplete.")


async def use_link(call: Call) -> Response:
    """POST /sign-in/link: uses the link, which can be used no more then."""
    check_origin(call.request.scope)
    form = await call.form()
    signed = signed_in(call.service, call.request.scope)
    begun = await call.service.access.use_link(
        form.get("code", ""),
        address=address_of(call.request.scope),
        instead_of=None if signed is None else signed.session,
        browser=browser_of(call.request.scope),
    )
    if begun is None:
        problem = "The link was used already or is too old. Ask for another one."
        return _page("sign_in_link.html", code="", path=LINK_PATH, problem=problem, status=403)
    answer = _go_to(HOME)
    set_cookie(answer, call.request.scope, begun.secret)
    return answer


async def sign_out(call: Call) -> Response:
    """POST /sign-out: ends the session. Nothing is asked of whoever has none."""
    scope = call.request.scope
    signed = signed_in(call.service, scope)
    if signed is not None:
        form = await call.form()
        check_same_site(scope, csrf_token=form.get("csrf_token", ""))
        await call.service.access.sessions.end(signed.session.id, by=signed.principal)
    answer = _go_to(SIGN_IN_PATH)
    remove_cookie(answer, scope)
    return answer


def _sign_in_page(target: str, *, name: str = "", problem: str = "", status: int = 200) -> Response:
    return _page("sign_in.html", path=SIGN_IN_PATH, target=target, name=name, problem=problem, status=status)


def _page(template: str, *, status: int = 200, **shown: str) -> Response:
    content = _TEMPLATES.get_template(template).render(style=_style(), icon=static_files().address("logo.svg"), **shown)
    return Response(content, status, _headers(), "text/html; charset=utf-8")


def _go_to(target: str) -> Response:
    return RedirectResponse(target, 303, _headers())


def _page_of(function: Function, *parameters: AnyParameter) -> Handler:
    """The handler of a page, which anybody may see, and which is no part of what describes the API to programs."""
    summary = inspect.getdoc(function) or ""
    return Handler(
        function,
        Operation(
            id=operation_id(function.__name__),
            summary=summary,
            description=summary,
            tag=Tag.ACCESS,
            answers=(),
            parameters=parameters,
        ),
    )


PAGES: Final[Resources] = {
    SIGN_IN_PATH: {"GET": _page_of(show_sign_in, _NEXT), "POST": _page_of(sign_in)},
    LINK_PATH: {"GET": _page_of(show_link, _CODE), "POST": _page_of(use_link)},
    SIGN_OUT_PATH: {"POST": _page_of(sign_out)},
}
"""What browsers are shown."""
