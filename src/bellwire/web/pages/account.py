"""Somebody's own account: what they may do, their password, and the browsers in which they are signed in."""

import contextlib
from typing import Final

from starlette.responses import Response

from bellwire.engine.gatekeeper import Pause
from bellwire.errors import Fault, Forbidden, InvalidObject, UnknownThing
from bellwire.model.principal import PrincipalKind
from bellwire.rules.granting import PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN, OwnPassword, read_own_password
from bellwire.web.pages.form_fields import faults_by_field
from bellwire.web.pages.passwords import unlike_twice
from bellwire.web.pages.scope_words import words_of
from bellwire.web.pages.session_rows import SessionRow, sessions_of, this_session
from bellwire.web.pages.visit import Fields, Notice, Visit
from bellwire.web.sessions import address_of
from bellwire.web.sign_in import link_target

PATH: Final = "/account"
TITLES: Final = {"password": "Password as it is", "newPassword": "New password", "again": "The same again"}


async def show_account(visit: Visit) -> Response:
    """GET /account; needs no scope."""
    return await _account(visit)


async def change_password(visit: Visit) -> Response:
    """POST /account/password: with the old one; the person's other sessions end. Needs no scope."""
    fields = await visit.form()
    try:
        wish = _read(visit, fields)
    except InvalidObject as problem:
        return await _account(visit, faults=problem.faults, code=422)
    changed = await visit.service.access.change_own_password(
        wish, address=address_of(visit.request.scope), session=this_session(visit)
    )
    match changed:
        case Pause(wait_ms=wait_ms):
            wait_s = -(-wait_ms // 1000)
            fault = Fault("password", f"this has failed too often; try again in {wait_s} s")
            answer = await _account(visit, faults=(fault,), code=429)
            answer.headers["Retry-After"] = str(wait_s)
            return answer
        case False:
            return await _account(visit, faults=(Fault("password", "is not your password"),), code=403)
        case _:
            return visit.go(PATH, Notice("good", "The new password counts", "Your other browsers are signed out."))


async def end_others(visit: Visit) -> Response:
    """POST /account/end-others: sign out every browser but this one. Needs no scope."""
    own = this_session(visit)
    others = [row.session for row in _sessions(visit) if own is None or row.session.id != own.id]
    for session in others:
        with contextlib.suppress(UnknownThing, Forbidden):  # it has ended by itself meanwhile
            await visit.service.access.sessions.end(session.id, by=visit.principal)
    return visit.go(PATH, Notice("good", "Your other browsers are signed out"))


async def make_link(visit: Visit) -> Response:
    """POST /account/link: lets another browser of the visitor in, once."""
    link = await visit.service.access.make_link(None, by=visit.principal)
    url = visit.site_url + link_target(link.code)
    return await visit.page("sign_in_link_made.html", url=url, link=link, name=visit.principal.name, is_own=True)


def _read(visit: Visit, fields: Fields) -> OwnPassword:
    """Raises InvalidObject with all faults; that both are the same is a matter of the form alone."""
    document: dict[str, object] = {"name": visit.principal.name}
    document |= {name: fields.text(name) for name in ("password", "newPassword")}
    faults: tuple[Fault, ...] = ()
    wish = None
    try:
        wish = read_own_password(document)
    except InvalidObject as problem:
        faults = problem.faults
    faults += unlike_twice(fields, "newPassword")
    if wish is None or faults:
        raise InvalidObject(faults)
    return wish


async def _account(visit: Visit, *, faults: tuple[Fault, ...] = (), code: int = 200) -> Response:
    principal, rows = visit.principal, _sessions(visit)
    is_person = principal.kind is PrincipalKind.PERSON
    return await visit.page(
        "account.html",
        code=code,
        principal=principal,
        words=words_of(principal.scopes),
        is_person=is_person,
        has_password=is_person and visit.service.access.people.get(principal.name).password_hash is not None,
        rows=rows,
        others=sum(not row.is_this for row in rows),
        faults=faults,
        errors=faults_by_field(faults, whole="newPassword"),
        titles=TITLES,
        length_min=PASSWORD_LENGTH_MIN,
        length_max=PASSWORD_LENGTH_MAX,
    )


def _sessions(visit: Visit) -> tuple[SessionRow, ...]:
    return sessions_of(visit, visit.principal.name, visit.principal.kind)
