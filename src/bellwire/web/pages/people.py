"""People: who may sign in and what they may do, letting somebody in, changing that, and letting them in no more."""

from collections import Counter
from typing import Final
from urllib.parse import quote

import msgspec
from starlette.responses import Response

from bellwire.errors import ConflictingName, Fault, InvalidObject
from bellwire.model.credentials import NAME_LENGTH_MAX, Person
from bellwire.model.principal import PrincipalKind
from bellwire.rules.granting import (
    PASSWORD_LENGTH_MAX,
    PASSWORD_LENGTH_MIN,
    PersonWish,
    read_change,
    read_person,
)
from bellwire.web.pages.account import PATH as ACCOUNT
from bellwire.web.pages.form_fields import faults_by_field
from bellwire.web.pages.passwords import unlike_twice
from bellwire.web.pages.scope_words import SCOPE_WORDS, words_of
from bellwire.web.pages.session_rows import sessions_of
from bellwire.web.pages.visit import Fields, Notice, Visit
from bellwire.web.sessions import set_cookie, signed_in
from bellwire.web.sign_in import link_target

LIST: Final = "/people"
ROWS_MAX: Final = 100
TITLES: Final = {"name": "Name", "scopes": "What they may do", "password": "Password", "again": "The same again"}
LINK: Final = "link"
PASSWORD: Final = "password"  # noqa: S105 - the name of a choice, no password
"""How somebody who is added comes in."""


class PersonRow(msgspec.Struct, frozen=True, kw_only=True):
    """A person. sessions: in how many browsers they are signed in. is_you: the visitor."""

    person: Person
    sessions: int
    is_you: bool

    @property
    def address(self) -> str:
        """Their page."""
        return address_of(self.person.name)


async def list_people(visit: Visit) -> Response:
    """GET /people: by name."""
    after = visit.query("after")
    found = [person for person in visit.service.access.people.all() if person.name > after]
    counts = _sessions_by_name(visit)
    rows = [_row(visit, person, sessions=counts[person.name]) for person in found[:ROWS_MAX]]
    older = rows[-1].person.name if len(found) > ROWS_MAX else ""
    return await visit.page("people.html", rows=rows, after=after, older=older)


async def show_new(visit: Visit) -> Response:
    """GET /people/new."""
    return await _form(visit, Fields({"kind": [LINK]}))


async def add_person(visit: Visit) -> Response:
    """POST /people: with a password, or with a link that is shown this once."""
    fields = await visit.form()
    document: dict[str, object] = {"name": fields.text("name").strip(), "scopes": fields.texts("scopes")}
    with_link = fields.text("kind") != PASSWORD
    try:
        wish = read_person(document) if with_link else _with_password(fields, document, name=None)
        person = await visit.service.access.people.add(wish, by=visit.principal)
    except (ConflictingName, InvalidObject) as problem:
        code = 409 if isinstance(problem, ConflictingName) else 422
        return await _form(visit, fields, faults=problem.faults, code=code)
    if with_link:
        return await _link(visit, person.name)
    notice = Notice("good", f"{person.name} may sign in", "Tell them their password in a safe way; they can change it.")
    return visit.go(address_of(person.name), notice)


async def show_person(visit: Visit) -> Response:
    """GET /people/{name}."""
    return await _person(visit)


async def change_scopes(visit: Visit) -> Response:
    """POST /people/{name}/scopes: their sessions end, so that nobody goes on with what was granted before."""
    fields, name = await visit.form(), visit.path("person_name")
    try:
        wish = read_change(name, {"scopes": fields.texts("scopes")})
        return await _change(visit, wish, told=f"What {name} may do is changed")
    except InvalidObject as problem:
        return await _person(visit, scopes=fields.texts("scopes"), faults=problem.faults, code=422)


async def change_password(visit: Visit) -> Response:
    """POST /people/{name}/password: their sessions end."""
    fields, name = await visit.form(), visit.path("person_name")
    try:
        wish = _with_password(fields, {}, name=name)
        return await _change(visit, wish, told=f"{name} has another password")
    except InvalidObject as problem:
        return await _person(visit, faults=problem.faults, code=422)


async def make_link(visit: Visit) -> Response:
    """POST /people/{name}/link: lets the person in once; it is shown this once."""
    return await _link(visit, visit.path("person_name"))


async def ask_remove(visit: Visit) -> Response:
    """GET /people/{name}/remove: what they can do no more."""
    row = _named_row(visit)
    return await visit.page("person_remove.html", row=row, words=words_of(row.person.scopes))


async def remove_person(visit: Visit) -> Response:
    """POST /people/{name}/remove."""
    name = visit.path("person_name")
    await visit.service.access.people.remove(name, by=visit.principal)
    return visit.go(LIST, Notice("good", f"{name} is removed", "They are signed out everywhere."))


def address_of(name: str) -> str:
    """The page of a person."""
    return f"{LIST}/{quote(name, safe='')}"


def _with_password(fields: Fields, document: dict[str, object], *, name: str | None) -> PersonWish:
    """The person that the form asks for, or (name) what it changes of one. Raises InvalidObject with all faults."""
    document = document | {"password": fields.text("password")}
    faults: tuple[Fault, ...] = ()
    wish = None
    try:
        wish = read_person(document) if name is None else read_change(name, document)
    except InvalidObject as problem:
        faults = problem.faults
    faults += unlike_twice(fields, "password")
    if wish is None or faults:
        raise InvalidObject(faults)
    return wish


async def _change(visit: Visit, wish: PersonWish, *, told: str) -> Response:
    """Who has changed themselves goes on in a session of its own, as all of theirs have ended."""
    signed = signed_in(visit.service, visit.request.scope)
    person = await visit.service.access.people.change(wish, by=visit.principal)
    is_you = _is_you(visit, person.name)
    notice = Notice(
        "good", told, "They are signed out everywhere." if not is_you else "Your other browsers are signed out."
    )
    answer = visit.go(ACCOUNT if is_you else address_of(person.name), notice)
    if is_you and signed is not None:
        begun = await visit.service.access.renew(signed)
        set_cookie(answer, visit.request.scope, begun.secret)
    return answer


async def _form(visit: Visit, fields: Fields, *, faults: tuple[Fault, ...] = (), code: int = 200) -> Response:
    return await visit.page(
        "person_form.html",
        code=code,
        f=fields,
        faults=faults,
        errors=faults_by_field(faults, whole="name"),
        titles=TITLES,
        words=SCOPE_WORDS,
        name_length_max=NAME_LENGTH_MAX,
        length_min=PASSWORD_LENGTH_MIN,
        length_max=PASSWORD_LENGTH_MAX,
    )


async def _person(
    visit: Visit, *, scopes: list[str] | None = None, faults: tuple[Fault, ...] = (), code: int = 200
) -> Response:
    """scopes: as they were sent; None: those that the person has."""
    row = _named_row(visit)
    return await visit.page(
        "person.html",
        code=code,
        row=row,
        rows=sessions_of(visit, row.person.name, PrincipalKind.PERSON),
        chosen=[scope.value for scope in row.person.scopes] if scopes is None else scopes,
        faults=faults,
        errors=faults_by_field(faults, whole="scopes"),
        titles=TITLES,
        words=SCOPE_WORDS,
        length_min=PASSWORD_LENGTH_MIN,
        length_max=PASSWORD_LENGTH_MAX,
    )


async def _link(visit: Visit, name: str) -> Response:
    link = await visit.service.access.make_link(name, by=visit.principal)
    url = visit.site_url + link_target(link.code)
    return await visit.page("sign_in_link_made.html", url=url, link=link, name=name, is_own=_is_you(visit, name))


def _named_row(visit: Visit) -> PersonRow:
    """The person that the path names; raises UnknownThing."""
    person = visit.service.access.people.get(visit.path("person_name"))
    return _row(visit, person, sessions=_sessions_by_name(visit)[person.name])


def _row(visit: Visit, person: Person, *, sessions: int) -> PersonRow:
    return PersonRow(person=person, sessions=sessions, is_you=_is_you(visit, person.name))


def _sessions_by_name(visit: Visit) -> Counter[str]:
    """In how many browsers each person is signed in."""
    return Counter(each.name for each in visit.service.access.sessions.all() if each.kind is PrincipalKind.PERSON)


def _is_you(visit: Visit, name: str) -> bool:
    return (visit.principal.kind, visit.principal.name) == (PrincipalKind.PERSON, name)
