"""What a list of webhooks shows of each of them."""

from collections.abc import Callable, Iterable
from typing import Final
from urllib.parse import urlsplit

import msgspec

from bellwire.model.event_type import TracingLevel
from bellwire.model.rollup import NOTHING, Lately
from bellwire.model.secret import NoSecret
from bellwire.model.status import WebhookStatus
from bellwire.model.webhook import EventPolicy, RegisteredWebhook, Unauthenticated, WebHook
from bellwire.rules.summing import quantile_ms
from bellwire.web.pages.showing import host_of, path_of, plural

STATES: Final = ("failing", "blocked", "gone", "retrying", "paused", "healthy", "disabled")
"""The states of a webhook, those first that need somebody's attention most."""

_MINUTE_MS: Final = 60_000

SORTS: Final = {
    "attention": "Needs attention",
    "name": "Name",
    "backlog": "Largest backlog",
    "lag": "Oldest event waiting",
    "success": "Longest without success",
    "discarded": "Most discarded",
    "rate": "Most delivered",
    "failed": "Least success",
    "slow": "Slowest",
}


class Recent(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to a webhook in the last hour. events_per_min: delivered. success: the share of attempts, 0 to 1;
    None: there was none.
    """

    attempts: int
    events_per_min: float
    success: float | None
    p95_ms: float | None


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook and how it does. used: the share of its time that the oldest waiting event has used, 0 to 1."""

    webhook: RegisteredWebhook
    status: WebhookStatus
    used: float
    recent: Recent

    @property
    def object(self) -> WebHook:
        """The webhook's object."""
        return self.webhook.object

    @property
    def named(self) -> bool:
        """Whether the webhook has a name other than its host."""
        return self.object.name not in {host_of(self.object.url), urlsplit(self.object.url).hostname}

    @property
    def signed(self) -> bool:
        """Whether requests carry a signature."""
        return not isinstance(self.object.signature_key, NoSecret)

    @property
    def auth(self) -> str:
        """basic, bearer, or empty."""
        auth = self.object.http_auth
        return "" if isinstance(auth, Unauthenticated) else type(auth).__name__.lower()

    @property
    def plain_http(self) -> bool:
        """Whether requests are not encrypted."""
        return self.object.url.lower().startswith("http:")

    @property
    def path(self) -> str:
        """What follows the host in the URL."""
        return path_of(self.object.url)

    @property
    def receives(self) -> str:
        """Which events it gets, in words."""
        listed = len(self.object.events)
        if self.object.events_policy is EventPolicy.INCLUDE:
            return plural(listed, "listed type")
        return f"all but {plural(listed, 'type')}" if listed else "all types"

    @property
    def floor(self) -> str:
        """The level that an event type must have at least; empty where there is no floor."""
        if self.object.level is not None:
            return self.object.level.value
        return "" if self.object.events_policy is EventPolicy.INCLUDE else TracingLevel.INFO.value


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for: text in URL, name or id; a state, or empty for any; an order out of SORTS."""

    text: str = ""
    state: str = ""
    sort: str = "attention"


def left_of(status: WebhookStatus) -> int | None:
    """Milliseconds until the first of what waits is given up; None where nothing waits or nothing is given up."""
    if status.first_deadline_ms is None or not status.backlog or status.state == "paused":
        return None
    return max(0, status.first_deadline_ms - status.now_ms)


def recent_of(webhook: RegisteredWebhook, lately: Lately) -> Recent:
    """What a list shows of the last hour; of a webhook that is younger the rate is that since it exists."""
    figures = lately.figures.get(webhook.id, NOTHING)
    length_ms = max(_MINUTE_MS, lately.now_ms - max(lately.since_ms, webhook.created_at_ms))
    return Recent(
        attempts=figures.attempts,
        events_per_min=figures.events * _MINUTE_MS / length_ms,
        success=figures.delivered / figures.attempts if figures.attempts else None,
        p95_ms=quantile_ms(figures.latencies, 0.95),
    )


def row_of(webhook: RegisteredWebhook, status: WebhookStatus, lately: Lately) -> Row:
    """The row of one webhook."""
    used = 0.0
    left_ms = left_of(status)
    if left_ms is not None:
        used = min(1.0, max(0.0, 1 - left_ms / webhook.object.discard_after_ms))
    return Row(webhook=webhook, status=status, used=used, recent=recent_of(webhook, lately))


def listed(rows: Iterable[Row], listing: Listing) -> list[Row]:
    """The rows that are asked for, in that order."""
    text = listing.text.casefold()
    found = [
        row
        for row in rows
        if listing.state in {"", row.status.state}
        and text in f"{row.object.url}\n{row.object.name}\n{row.webhook.id}".casefold()
    ]
    return sorted(found, key=_ORDERS[listing.sort])


def _by_attention(row: Row) -> tuple[object, ...]:
    return (STATES.index(row.status.state), -row.status.backlog, row.object.name.casefold())


_ORDERS: Final[dict[str, Callable[[Row], tuple[object, ...]]]] = {
    "attention": _by_attention,
    "name": lambda row: (row.object.name.casefold(), row.object.url),
    "backlog": lambda row: (-row.status.backlog, *_by_attention(row)),
    "lag": lambda row: (-row.status.lag_ms, *_by_attention(row)),
    "success": lambda row: (row.status.last_success_at_ms or 0, *_by_attention(row)),
    "discarded": lambda row: (-row.status.discarded, *_by_attention(row)),
    "rate": lambda row: (-row.recent.events_per_min, *_by_attention(row)),
    "failed": lambda row: (1.0 if row.recent.success is None else row.recent.success, *_by_attention(row)),
    "slow": lambda row: (-(row.recent.p95_ms or 0), *_by_attention(row)),
}
