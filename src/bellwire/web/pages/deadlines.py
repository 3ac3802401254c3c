"""Deadlines: which webhooks hold events that are given up soonest, how many wait there, and when it begins."""

from collections.abc import Sequence
from typing import Final

import msgspec
from starlette.responses import Response

from bellwire.web.pages.visit import Visit
from bellwire.web.pages.webhook_rows import Row, left_of
from bellwire.web.pages.webhooks import rows_of

ROWS_MAX: Final = 100
SPANS: Final = {"": "Any time", "15m": "Within 15 minutes", "1h": "Within an hour", "1d": "Within a day"}
_SPANS_MS: Final = {"15m": 900_000, "1h": 3_600_000, "1d": 86_400_000}


class Deadline(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook with waiting events; at_ms: when the first of them is given up, unless it is delivered before, in
    milliseconds since 1970; left_ms: until then.
    """

    row: Row
    at_ms: int
    left_ms: int


async def list_deadlines(visit: Visit) -> Response:
    """GET /deadlines: the soonest first; within: only those that come so soon."""
    within = visit.query("within")
    rows = await rows_of(visit)
    deadlines = deadlines_of(rows, now_ms=visit.now_ms)
    found = [each for each in deadlines if within not in _SPANS_MS or each.left_ms < _SPANS_MS[within]]
    held = [row for row in rows if row.status.backlog and left_of(row.status) is None]
    return await visit.page(
        "deadlines.html",
        found=found[:ROWS_MAX],
        more=max(0, len(found) - ROWS_MAX),
        waiting=sum(each.row.status.backlog for each in found),
        held=held[:ROWS_MAX],
        held_events=sum(row.status.backlog for row in held),
        within=within if within in _SPANS_MS else "",
        spans=SPANS,
    )


def deadlines_of(rows: Sequence[Row], *, now_ms: int) -> list[Deadline]:
    """Of the webhooks whose waiting events have a deadline, the soonest first."""
    left = [(left_ms, row) for row in rows if (left_ms := left_of(row.status)) is not None]
    left.sort(key=lambda each: (each[0], -each[1].status.backlog, each[1].webhook.id))
    return [Deadline(row=row, at_ms=now_ms + left_ms, left_ms=left_ms) for left_ms, row in left]
