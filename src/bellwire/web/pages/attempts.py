"""Attempts: every request that was made, over all webhooks, and each with its whole exchange."""

import msgspec
from starlette.responses import Response

from bellwire.model.attempt import Attempt
from bellwire.model.status import SentRequest
from bellwire.web.pages.attempt_rows import SHOWN, find_attempts, names_of
from bellwire.web.pages.exchanges import ExchangeView, view_attempted, view_request
from bellwire.web.pages.visit import Visit


async def list_attempts(visit: Visit) -> Response:
    """GET /attempts: the newest first, all or those that failed or were accepted."""
    shown = read_shown(visit)
    found = await find_attempts(visit.service, webhook_id=None, shown=shown, before=visit.query("before"))
    return await visit.page("attempts.html", found=found, shown=shown, choices=SHOWN, before=visit.query("before"))


async def show_attempt(visit: Visit) -> Response:
    """GET /attempts/{id}: time line, request and answer."""
    attempt = await visit.service.attempt(visit.path("attempt_id"))
    sent = await visit.service.inspector.sent(attempt, by=visit.principal)
    names = names_of(visit.service.webhooks())
    return await visit.page(
        "attempt.html",
        attempt=attempt,
        exchange=view_recorded(attempt, sent),
        exact=sent is not None and sent.exact,
        name=names.get(attempt.webhook_id),
    )


def view_recorded(attempt: Attempt, sent: SentRequest | None) -> ExchangeView:
    """A recorded attempt with what it sent, where that is still known."""
    view = view_attempted(attempt.response, attempt.outcome)
    return view if sent is None else msgspec.structs.replace(view, sent=view_request(sent.request))


def read_shown(visit: Visit) -> str:
    """Which attempts are asked for; what is not known counts as all."""
    shown = visit.query("show")
    return shown if shown in SHOWN else ""
