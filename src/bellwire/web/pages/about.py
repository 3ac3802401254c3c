"""About: the version, how much is stored and may be, and for how long."""

from starlette.responses import Response

from bellwire.web.pages.visit import Visit


async def show_about(visit: Visit) -> Response:
    """GET /about."""
    service = visit.service
    return await visit.page(
        "about.html", whole=await service.status(), limits=service.limits, types=len(service.catalogue)
    )
