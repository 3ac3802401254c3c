"""/v1/people: who signs in with a password or a link, and what is granted to them."""

from typing import Annotated, Final

import msgspec
from starlette.responses import Response

from bellwire.model.credentials import Person
from bellwire.model.principal import Scope
from bellwire.rules.granting import read_change
from bellwire.rules.granting import read_person as read_wish
from bellwire.web.answers import Time, json_answer, show_time_ms
from bellwire.web.bodies import PATCH_TYPE
from bellwire.web.operation import LOCATION, Answer, Body, Content, Example, Tag, json_content
from bellwire.web.paging import PAGING, Page, listing, place_from
from bellwire.web.parameters import LIMIT
from bellwire.web.problem_kinds import CONFLICTING_NAME, INVALID_OBJECT, OVERLOADED, unknown
from bellwire.web.resource import Call, described
from bellwire.web.schemas.grants import PERSON_CHANGE, WRITTEN_PERSON
from bellwire.web.sessions import set_cookie, signed_in


class PersonPlace(msgspec.Struct, frozen=True, array_like=True, tag="person"):
    """Where a page of people ends."""

    name: str


class PersonView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Somebody who may sign in."""

    name: str
    scopes: tuple[Scope, ...]
    has_password: Annotated[bool, msgspec.Meta(description="false: only links let them in.")]
    created_at: Time


_PLACES: Final = msgspec.json.Decoder(PersonPlace)
_UNKNOWN: Final = unknown("person")
_EXAMPLE: Final = PersonView(
    name="nadia", scopes=(Scope.WRITE,), has_password=True, created_at="2026-01-31T08:00:00.000Z"
)
_NEW_SCOPES: Final = Example(summary="Look, but change nothing", value={"scopes": ["read"]})
_ONE: Final = json_content(PersonView, one=Example(summary="A person", value=_EXAMPLE))


@described(
    summary="List people",
    needs=Scope.ADMIN,
    tag=Tag.ACCESS,
    parameters=PAGING,
    answers=(
        Answer(
            status=200,
            description="A page of people.",
            contents=json_content(
                Page[PersonView], one=Example(summary="One person", value=Page(items=[_EXAMPLE], next=None))
            ),
        ),
    ),
)
async def list_people(call: Call) -> Response:
    """People by their names."""
    parameters = call.parameters()
    limit, place = parameters.read(LIMIT), place_from(parameters, _PLACES)
    parameters.check()
    found = [person for person in call.service.access.people.all() if place is None or person.name > place.name]
    page = listing(found[:limit], more=len(found) > limit, show=_view, place=lambda person: PersonPlace(person.name))
    return json_answer(page)


@described(
    summary="Add a person",
    needs=Scope.ADMIN,
    tag=Tag.ACCESS,
    body=Body(
        contents=json_content(
            WRITTEN_PERSON, one=Example(summary="By links only", value={"name": "omar", "scopes": ["read"]})
        )
    ),
    answers=(Answer(status=201, description="The person may sign in.", contents=_ONE, headers=(LOCATION,)),),
    problems=(INVALID_OBJECT, CONFLICTING_NAME, OVERLOADED),
)
async def add_person(call: Call) -> Response:
    """Let a person sign in, with a password, or without one by links only."""
    person = await call.service.access.people.add(read_wish(await call.document()), by=call.principal)
    return json_answer(_view(person), status=201, headers={"Location": f"/v1/people/{person.name}"})


@described(
    summary="Read a person",
    needs=Scope.ADMIN,
    tag=Tag.ACCESS,
    answers=(Answer(status=200, description="The person.", contents=_ONE),),
    problems=(_UNKNOWN,),
)
async def read_person(call: Call) -> Response:
    """One person, and what is granted to them."""
    return json_answer(_view(call.service.access.people.get(call.path("person_name"))))


@described(
    summary="Change a person",
    needs=Scope.ADMIN,
    tag=Tag.ACCESS,
    body=Body(
        contents=(
            Content(shape=PERSON_CHANGE, media_type=PATCH_TYPE, examples={"scopes": _NEW_SCOPES}),
            Content(shape=PERSON_CHANGE, examples={"scopes": _NEW_SCOPES}),
        )
    ),
    answers=(Answer(status=200, description="The person as they are now.", contents=_ONE),),
    problems=(INVALID_OBJECT, OVERLOADED, _UNKNOWN),
)
async def change_person(call: Call) -> Response:
    """Give a person other scopes or another password. Their sessions end; the one that asks for it is renewed."""
    wish = read_change(call.path("person_name"), await call.document())
    signed = signed_in(call.service, call.request.scope)
    person = await call.service.access.people.change(wish, by=call.principal)
    answer = json_answer(_view(person))
    if signed is not None and (signed.session.kind, signed.session.name) == (call.principal.kind, person.name):
        begun = await call.service.access.renew(signed)
        set_cookie(answer, call.request.scope, begun.secret)
    return answer


@described(
    summary="Remove a person",
    needs=Scope.ADMIN,
    tag=Tag.ACCESS,
    answers=(Answer(status=204, description="The person may sign in no more."),),
    problems=(_UNKNOWN,),
)
async def remove_person(call: Call) -> Response:
    """Let a person in no more; their sessions end."""
    await call.service.access.people.remove(call.path("person_name"), by=call.principal)
    return Response(status_code=204)


def _view(person: Person) -> PersonView:
    return PersonView(
        name=person.name,
        scopes=person.scopes,
        has_password=person.password_hash is not None,
        created_at=show_time_ms(person.created_at_ms),
    )
