"""One webhook: how it does and why, its attempts, its dead letters."""

from typing import Any, Final

import msgspec
from starlette.responses import Response

from bellwire.model.attempt import Attempt
from bellwire.model.status import Account
from bellwire.rules.matching import counted_types
from bellwire.web.pages.attempt_rows import SHOWN, find_attempts
from bellwire.web.pages.attempts import read_shown, view_recorded
from bellwire.web.pages.charts import OF_WEBHOOK, chart_context
from bellwire.web.pages.dead_letter_rows import REASONS, find_dead_letters, read_asked
from bellwire.web.pages.events import types_like
from bellwire.web.pages.exchanges import ExchangeView, advise_attempt, view_attempted
from bellwire.web.pages.replays import replay_rows
from bellwire.web.pages.visit import Visit
from bellwire.web.pages.webhook_rows import Row, left_of, row_of

RECENT: Final = 5
REPLAYS: Final = 3

_TELLING: Final = ("retrying", "failing", "gone")
_MEANINGS: Final = {
    "healthy": "The last request was accepted, or none was needed yet.",
    "retrying": "The last attempt failed. The same batch is tried again by itself.",
    "failing": "Three or more attempts in a row failed. The same batch is tried again by itself, at growing intervals.",
    "blocked": "Nothing can be sent safely now. It goes on by itself once the reason is gone.",
    "paused": "Nothing is sent. What waits is kept, and its time stands still.",
    "gone": "The endpoint wants nothing more. Nothing is sent until it is resumed or has another URL.",
    "disabled": "Nothing is sent, and nothing that is published now will be.",
}


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """How a webhook does, and what the last attempt says about it where that explains the state."""

    row: Row
    account: Account
    meaning: str
    left_ms: int | None
    last: Attempt | None
    last_exchange: ExchangeView | None
    advice: str


async def show_health(visit: Visit) -> Response:
    """GET …/{id}: state, reason, next attempt, what waits and until when, account, last attempts, replays."""
    row = await _row(visit)
    recent = await find_attempts(visit.service, webhook_id=row.webhook.id, shown="", before="", rows_max=RECENT)
    last = recent.rows[0].attempt if recent.rows else None
    account = await visit.service.account(row.webhook.id)
    health = health_of(row, account, last)
    types = len(counted_types(row.object, visit.service.catalogue))
    charts = await chart_context(visit, OF_WEBHOOK, row.webhook.id)
    replays = await replay_rows(visit.service, visit.service.replays.all(row.webhook.id)[:REPLAYS])
    return await visit.page(
        "webhook_health.html",
        **_common(row),
        **charts,
        health=health,
        recent=recent,
        types=types,
        replays=replays,
    )


async def show_attempts(visit: Visit) -> Response:
    """GET …/{id}/attempts: a list, and one of them in full beside it."""
    row, shown = await _row(visit), read_shown(visit)
    found = await find_attempts(visit.service, webhook_id=row.webhook.id, shown=shown, before=visit.query("before"))
    named = visit.query("attempt") or (found.rows[0].attempt.id if found.rows else "")
    attempt = await visit.service.attempt(named) if named else None
    sent = await visit.service.inspector.sent(attempt, by=visit.principal) if attempt else None
    return await visit.page(
        "webhook_attempts.html",
        **_common(row),
        found=found,
        shown=shown,
        choices=SHOWN,
        before=visit.query("before"),
        attempt=attempt,
        exchange=view_recorded(attempt, sent) if attempt else None,
        exact=sent is not None and sent.exact,
    )


async def show_dead_letters(visit: Visit) -> Response:
    """GET …/{id}/dead-letters."""
    row, asked, before = await _row(visit), read_asked(visit), visit.query("before")
    found = await find_dead_letters(visit.service, asked, webhook_id=row.webhook.id, before=before)
    return await visit.page(
        "webhook_dead_letters.html",
        **_common(row),
        found=found,
        asked=asked,
        types=types_like(asked.type, visit.service.catalogue) if asked.type else (),
        reasons=REASONS,
        before=before,
    )


def health_of(row: Row, account: Account, last: Attempt | None) -> Health:
    """What the page says of a webhook. left_ms: until the oldest waiting event is given up."""
    status = row.status
    telling = last if status.state in _TELLING else None
    return Health(
        row=row,
        account=account,
        meaning=_MEANINGS[status.state],
        left_ms=left_of(status),
        last=telling,
        last_exchange=view_attempted(telling.response, telling.outcome) if telling else None,
        advice=advise_attempt(telling) if telling else "",
    )


async def _row(visit: Visit) -> Row:
    webhook = visit.service.webhook(visit.webhook_id)
    return row_of(webhook, await visit.service.webhook_status(webhook.id), visit.service.figures.lately())


def _common(row: Row) -> dict[str, Any]:
    return {"row": row, "webhook": row.webhook, "status": row.status}
