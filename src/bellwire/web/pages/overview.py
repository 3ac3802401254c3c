"""Overview: how all of it does, and what needs attention first."""

from collections.abc import Sequence
from typing import Final

import msgspec
from starlette.responses import Response

from bellwire.model.event import LoggedEvent
from bellwire.store import EventSearch
from bellwire.web.pages.attempt_rows import find_attempts
from bellwire.web.pages.charts import OF_ALL, chart_context
from bellwire.web.pages.events import row_of
from bellwire.web.pages.first_run import first_run_of, remember
from bellwire.web.pages.visit import Visit
from bellwire.web.pages.webhook_rows import STATES, Listing, Row, listed
from bellwire.web.pages.webhooks import rows_of

RECENT: Final = 6
ATTENTION_ROWS_MAX: Final = 20

_FINE: Final = ("healthy", "disabled")
_HIGH: Final = 0.6
"""The share of its time that a waiting event may use before the page speaks of it."""


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """Over all webhooks, in events. lag_ms: of the event that has waited longest."""

    delivered: int
    waiting: int
    discarded: int
    lag_ms: int
    states: tuple[tuple[str, int], ...]


async def show_overview(visit: Visit) -> Response:
    """GET /."""
    service = visit.service
    rows = listed(await rows_of(visit), Listing())
    troubled = [row for row in rows if needs_attention(row)]
    recent: Sequence[LoggedEvent] = await service.events(EventSearch(limit=RECENT))
    first_run = await first_run_of(visit, rows)
    answer = await visit.page(
        "overview.html",
        first_run=first_run,
        rows=rows,
        troubled=len(troubled),
        worst=troubled[:ATTENTION_ROWS_MAX],
        totals=totals_of(rows),
        whole=await service.status(),
        events=[row_of(event, service.catalogue) for event in recent],
        attempts=await find_attempts(service, webhook_id=None, shown="", before="", rows_max=RECENT),
        types=len(service.catalogue),
        **await chart_context(visit, OF_ALL),
    )
    if first_run is not None:
        remember(answer)
    return answer


def needs_attention(row: Row) -> bool:
    """Whether the page names the webhook first: it does not deliver, or what waits for it comes near its deadline."""
    return row.status.state not in _FINE or row.used > _HIGH


def totals_of(rows: Sequence[Row]) -> Totals:
    """The sums over these webhooks."""
    states = [row.status.state for row in rows]
    return Totals(
        delivered=sum(row.status.delivered for row in rows),
        waiting=sum(row.status.backlog for row in rows),
        discarded=sum(row.status.discarded for row in rows),
        lag_ms=max((row.status.lag_ms for row in rows), default=0),
        states=tuple((state, states.count(state)) for state in STATES if state in states),
    )
