"""Dead letters: every event that was given up, over all webhooks, and why."""

from starlette.responses import Response

from bellwire.web.pages.dead_letter_rows import REASONS, find_dead_letters, read_asked
from bellwire.web.pages.visit import Visit


async def list_dead_letters(visit: Visit) -> Response:
    """GET /dead-letters: the newest first, by reason, type and time."""
    asked, before = read_asked(visit), visit.query("before")
    found = await find_dead_letters(visit.service, asked, webhook_id=None, before=before)
    return await visit.page("dead_letters.html", found=found, asked=asked, reasons=REASONS, before=before)
