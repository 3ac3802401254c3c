"""Dead letters: every event that was given up, over all webhooks, and why."""

from starlette.responses import Response

from bellwire.web.pages.dead_letter_rows import REASONS, find_dead_letters
from bellwire.web.pages.visit import Visit


async def list_dead_letters(visit: Visit) -> Response:
    """GET /dead-letters: the newest first, for one reason or any."""
    reason = read_reason(visit)
    found = await find_dead_letters(visit.service, webhook_id=None, reason=reason, before=visit.query("before"))
    return await visit.page(
        "dead_letters.html", found=found, reason=reason, reasons=REASONS, before=visit.query("before")
    )


def read_reason(visit: Visit) -> str:
    """For which reason; what is not known counts as any."""
    reason = visit.query("reason")
    return reason if reason in REASONS else ""
