"""What a list of attempts shows of each of them, and finding those that failed."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

import msgspec

from bellwire.model.attempt import Answer, Attempt, AttemptId, Delivered
from bellwire.model.webhook import RegisteredWebhook, WebhookId
from bellwire.service import Bellwire
from bellwire.store import AttemptSearch
from bellwire.web.api.attempts import view_outcome
from bellwire.web.pages.exchanges import Phase, phases_of
from bellwire.web.pages.rendering import phrase

ROWS_MAX: Final = 50
LOOKED_AT_MAX: Final = 1_000
"""How many attempts are looked at for one page of those that were accepted; those that failed are found by an index."""

SHOWN: Final = {"": "All", "failed": "Failed", "delivered": "Delivered"}

Fetch = Callable[[AttemptId | None, int], Awaitable[Sequence[Attempt]]]


class AttemptRow(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt, and the name of its webhook (its id, where that is deleted)."""

    attempt: Attempt
    name: str
    good: bool
    status: int | None
    told: str
    phases: tuple[Phase, ...]


class AttemptPage(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of a page; older: the id behind which the next page begins, None after the last."""

    rows: tuple[AttemptRow, ...]
    older: AttemptId | None


async def find_attempts(
    service: Bellwire, *, webhook_id: WebhookId | None, shown: str, before: str, rows_max: int = ROWS_MAX
) -> AttemptPage:
    """The newest attempts, of one webhook or of all; shown: a key of SHOWN."""

    async def fetch(behind: AttemptId | None, count: int) -> Sequence[Attempt]:
        return await service.attempts(
            AttemptSearch(webhook_id=webhook_id, failed=shown == "failed", before=behind, limit=count)
        )

    names = names_of(service.webhooks())
    attempts, older = await gather(fetch, shown=shown, before=AttemptId(before) if before else None, rows_max=rows_max)
    return AttemptPage(rows=tuple(row_of(attempt, names) for attempt in attempts), older=older)


async def gather(
    fetch: Fetch, *, shown: str, before: AttemptId | None, rows_max: int
) -> tuple[list[Attempt], AttemptId | None]:
    """Up to rows_max attempts of that outcome out of LOOKED_AT_MAX, and behind which one to look further."""
    found: list[Attempt] = []
    looked_at = 0
    while looked_at < LOOKED_AT_MAX:
        step = await fetch(before, rows_max + 1)
        for attempt in step:
            if len(found) == rows_max:
                return found, before
            if shown in {"", "delivered" if isinstance(attempt.outcome, Delivered) else "failed"}:
                found.append(attempt)
            before = attempt.id
        if len(step) <= rows_max:
            return found, None
        looked_at += len(step)
    return found, before


def row_of(attempt: Attempt, names: Mapping[WebhookId, str]) -> AttemptRow:
    """The row of one attempt."""
    good = isinstance(attempt.outcome, Delivered)
    status = attempt.response.status if isinstance(attempt.response, Answer) else None
    told = phrase(status) if good and status is not None else view_outcome(attempt.outcome)[1] or ""
    return AttemptRow(
        attempt=attempt,
        name=names.get(attempt.webhook_id, attempt.webhook_id),
        good=good,
        status=status,
        told=told,
        phases=phases_of(attempt.response.timings, answered=status is not None),
    )


def names_of(webhooks: Sequence[RegisteredWebhook]) -> dict[WebhookId, str]:
    """The name of each webhook."""
    return {webhook.id: webhook.object.name for webhook in webhooks}
