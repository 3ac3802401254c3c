"""What a list of sessions shows of each of them."""

from collections.abc import Iterable

import msgspec

from bellwire.model.credentials import Session
from bellwire.model.principal import PrincipalKind
from bellwire.web.pages.browsers import browser_words
from bellwire.web.pages.visit import Visit
from bellwire.web.sessions import signed_in


class SessionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A session, and what its browser is. is_this: the visitor's own, of the browser before them."""

    session: Session
    browser: str
    is_this: bool


def rows_of(visit: Visit, sessions: Iterable[Session]) -> tuple[SessionRow, ...]:
    """A row for each of them, those used last first."""
    own = this_session(visit)
    ordered = sorted(sessions, key=lambda session: (-session.last_used_at_ms, session.id))
    return tuple(
        SessionRow(
            session=session,
            browser=browser_words(session.browser),
            is_this=own is not None and session.id == own.id,
        )
        for session in ordered
    )


def sessions_of(visit: Visit, name: str, kind: PrincipalKind) -> tuple[SessionRow, ...]:
    """The rows of that person's or token's sessions."""
    return rows_of(visit, (one for one in visit.service.access.sessions.all() if (one.name, one.kind) == (name, kind)))


def this_session(visit: Visit) -> Session | None:
    """The session that the request was made in; None for whoever shows a token instead."""
    if "authorization" in visit.request.headers:
        return None
    signed = signed_in(visit.service, visit.request.scope)
    return None if signed is None else signed.session
