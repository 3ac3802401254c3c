"""How pages look: light, dark, or as the system does."""

from typing import Final

from starlette.responses import Response

from bellwire.web.pages.visit import THEME_COOKIE, THEMES, Visit
from bellwire.web.sessions import local_target

_YEAR_S: Final = 365 * 86_400


async def choose_theme(visit: Visit) -> Response:
    """POST /appearance: remembered in this browser; leads back to the page."""
    fields = await visit.form()
    answer = visit.go(local_target(fields.text("back")))
    theme = fields.text("theme")
    if theme in THEMES:
        answer.set_cookie(THEME_COOKIE, theme, max_age=_YEAR_S, path="/", samesite="lax")
    return answer
