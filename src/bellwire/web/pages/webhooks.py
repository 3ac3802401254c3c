"""The list of all webhooks (Settings, Telemetry, Webhooks), those first that need attention."""

from collections import Counter
from typing import Final

from starlette.responses import Response

from bellwire.web.pages.numbered import page_of
from bellwire.web.pages.visit import Visit
from bellwire.web.pages.webhook_rows import SORTS, STATES, Listing, Row, listed, row_of

ROWS_MAX: Final = 100
TEXT_LENGTH_MAX: Final = 200


async def list_webhooks(visit: Visit) -> Response:
    """GET /settings/telemetry/webhooks: searched, narrowed to a state, sorted, in pages."""
    listing = read_listing(visit)
    rows = await rows_of(visit)
    states = Counter(row.status.state for row in rows)
    found = listed(rows, listing)
    return await visit.page(
        "webhooks.html",
        numbered=page_of(found, visit.query("page"), rows_max=ROWS_MAX),
        total=len(rows),
        states=[(state, states[state]) for state in STATES if states[state]],
        listing=listing,
        sorts=SORTS,
        types=len(visit.service.catalogue),
    )


async def rows_of(visit: Visit) -> list[Row]:
    """A row for each webhook."""
    service = visit.service
    lately = service.figures.lately()
    return [row_of(webhook, await service.webhook_status(webhook.id), lately) for webhook in service.webhooks()]


def read_listing(visit: Visit) -> Listing:
    """What the query asks for; what it does not know counts as not given."""
    state, sort = visit.query("state"), visit.query("sort")
    return Listing(
        text=visit.query("q")[:TEXT_LENGTH_MAX],
        state=state if state in STATES else "",
        sort=sort if sort in SORTS else Listing().sort,
    )
