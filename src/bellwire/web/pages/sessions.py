"""Sessions: which browsers are signed in, and signing one out."""

from typing import Final

from starlette.responses import Response

from bellwire.model.credentials import SessionId
from bellwire.web.pages.session_rows import rows_of, this_session
from bellwire.web.pages.visit import Notice, Visit
from bellwire.web.sessions import SIGN_IN_PATH, local_target, remove_cookie

LIST: Final = "/sessions"
ROWS_MAX: Final = 100


async def list_sessions(visit: Visit) -> Response:
    """GET /sessions: of everybody, those that were let in first before the others."""
    after = visit.query("after")
    going_on = sorted(visit.service.access.sessions.all(), key=lambda session: session.id)
    found = [session for session in going_on if session.id > after]
    older = found[ROWS_MAX - 1].id if len(found) > ROWS_MAX else ""
    return await visit.page("sessions.html", rows=rows_of(visit, found[:ROWS_MAX]), after=after, older=older)


async def end_session(visit: Visit) -> Response:
    """POST /sessions/{id}/end: one's own, or as an administrator any; then back to the list it stood in."""
    back = local_target((await visit.form()).text("back"))
    own = this_session(visit)
    session_id = SessionId(visit.path("session_id"))
    await visit.service.access.sessions.end(session_id, by=visit.principal)
    if own is not None and own.id == session_id:
        answer = visit.go(SIGN_IN_PATH)
        remove_cookie(answer, visit.request.scope)
        return answer
    return visit.go(back, Notice("good", "That browser is signed out"))
