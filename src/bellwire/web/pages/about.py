"""About: the version, how much is stored and may be, for how long, and the settings in force."""

from typing import Final

from starlette.responses import Response

from bellwire.config import EVENT_TYPES, SETTINGS
from bellwire.model.principal import Scope
from bellwire.rules.permitting import may
from bellwire.web.pages.visit import Visit

HELP: Final = {setting.name: setting.help for setting in SETTINGS} | {EVENT_TYPES: "Event types of one's own."}
"""What each setting does."""


async def show_about(visit: Visit) -> Response:
    """GET /about; the settings are for administrators, as they tell of paths and networks."""
    service = visit.service
    return await visit.page(
        "about.html",
        whole=await service.status(),
        limits=service.limits,
        types=len(service.catalogue),
        help=HELP,
        settings=visit.settings if may(visit.principal, Scope.ADMIN) else (),
    )
