"""/v1/sessions and /v1/login-links: which browsers were let in, and links that let one in."""

from typing import Annotated, Final

import msgspec
from starlette.responses import Response

from bellwire.model.credentials import Session, SessionId
from bellwire.model.principal import PrincipalKind, Scope
from bellwire.rules.granting import read_link_wish
from bellwire.web.answers import Time, json_answer, show_time_ms
from bellwire.web.operation import Answer, Body, Example, Tag, json_content
from bellwire.web.paging import PAGING, Page, listing, place_from
from bellwire.web.parameters import LIMIT
from bellwire.web.problem_kinds import INVALID_OBJECT, unknown
from bellwire.web.resource import Call, described
from bellwire.web.schemas.grants import LOGIN_LINK_WISH
from bellwire.web.sign_in import link_target


class SessionPlace(msgspec.Struct, frozen=True, array_like=True, tag="session"):
    """Where a page of sessions ends."""

    session_id: str


class SessionView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A browser that was let in."""

    id: str
    name: Annotated[str, msgspec.Meta(description="Of the person or token that it stands for.")]
    kind: PrincipalKind
    address: Annotated[str, msgspec.Meta(description="From where it was begun.")]
    browser: Annotated[str, msgspec.Meta(description="What it said that it is (User-Agent).")]
    created_at: Time
    last_used: Time


class LoginLinkView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A link that lets somebody in once."""

    path: Annotated[str, msgspec.Meta(description="To be put behind the address of the server.")]
    expires_at: Time


_PLACES: Final = msgspec.json.Decoder(SessionPlace)
_EXAMPLE: Final = SessionView(
    id="019786a4-2b6c-7aaa-8f00-5d1c6b7a8f90",
    name="nadia",
    kind=PrincipalKind.PERSON,
    address="192.0.2.7",
    browser="Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    created_at="2026-01-31T08:00:00.000Z",
    last_used="2026-01-31T08:21:00.000Z",
)
_LINK_EXAMPLE: Final = LoginLinkView(path="/sign-in/link?code=…", expires_at="2026-01-31T08:05:00.000Z")


@described(
    summary="List sessions",
    needs=Scope.ADMIN,
    tag=Tag.ACCESS,
    parameters=PAGING,
    answers=(
        Answer(
            status=200,
            description="A page of sessions.",
            contents=json_content(
                Page[SessionView], one=Example(summary="One session", value=Page(items=[_EXAMPLE], next=None))
            ),
        ),
    ),
)
async def list_sessions(call: Call) -> Response:
    """Browsers that are signed in, those that were let in first before the others."""
    parameters = call.parameters()
    limit, place = parameters.read(LIMIT), place_from(parameters, _PLACES)
    parameters.check()
    going_on = sorted(call.service.access.sessions.all(), key=lambda session: session.id)
    found = [session for session in going_on if place is None or session.id > place.session_id]
    page = listing(found[:limit], more=len(found) > limit, show=_view, place=lambda session: SessionPlace(session.id))
    return json_answer(page)


@described(
    summary="End a session",
    needs=Scope.ADMIN,
    tag=Tag.ACCESS,
    answers=(Answer(status=204, description="The browser is signed out."),),
    problems=(unknown("session"),),
)
async def end_session(call: Call) -> Response:
    """Sign a browser out."""
    await call.service.access.sessions.end(SessionId(call.path("session_id")), by=call.principal)
    return Response(status_code=204)


@described(
    summary="Make a login link",
    needs=Scope.ADMIN,
    tag=Tag.ACCESS,
    body=Body(
        contents=json_content(LOGIN_LINK_WISH, one=Example(summary="For a person", value={"person": "nadia"})),
        required=False,
    ),
    answers=(
        Answer(
            status=201,
            description="The link.",
            contents=json_content(LoginLinkView, one=Example(summary="A link", value=_LINK_EXAMPLE)),
        ),
    ),
    problems=(INVALID_OBJECT, unknown("person")),
)
async def make_login_link(call: Call) -> Response:
    """A link that signs a browser in once, within 5 minutes: as a person, or without one as whoever asks for it."""
    person = read_link_wish(await call.document())
    link = await call.service.access.make_link(person, by=call.principal)
    return json_answer(
        LoginLinkView(path=link_target(link.code), expires_at=show_time_ms(link.expires_at_ms)), status=201
    )


def _view(session: Session) -> SessionView:
    return SessionView(
        id=session.id,
        name=session.name,
        kind=session.kind,
        address=session.address,
        browser=session.browser,
        created_at=show_time_ms(session.created_at_ms),
        last_used=show_time_ms(session.last_used_at_ms),
    )
