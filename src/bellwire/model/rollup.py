"""Figures of a span of time: what became of one webhook's events, or of all events, in a minute, an hour or a day."""

import enum
from typing import Final

import msgspec

from bellwire.model.webhook import WebhookId

LATENCY_BOUNDS_MS: Final = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000)
"""The upper ends of the histogram's classes, each included; one more class takes what is longer."""


class SpanStep(enum.Enum):
    """How long a span is. Spans begin at whole minutes, hours and days of UTC."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"


STEP_MS: Final = {SpanStep.MINUTE: 60_000, SpanStep.HOUR: 3_600_000, SpanStep.DAY: 86_400_000}


class Figures(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """What happened in a span of time; replays are counted as live delivery is.

    delivered, failed, refused, retry_later, gone: attempts, by their outcome. events, sent_bytes: of events that were
    delivered, and of the bodies of all attempts. discarded: events. backlog_max, lag_max_ms: the most that was seen at
    the end of a minute. latencies: attempts by how long they took, a number for each class of LATENCY_BOUNDS_MS;
    classes at the end in which there is nothing are left out. accepted, accepted_bytes: events that were logged, own
    ones of Bellwire included; only where the figures are those of all webhooks.
    """

    delivered: int = 0
    failed: int = 0
    refused: int = 0
    retry_later: int = 0
    gone: int = 0
    events: int = 0
    sent_bytes: int = 0
    discarded: int = 0
    backlog_max: int = 0
    lag_max_ms: int = 0
    latencies: tuple[int, ...] = ()
    accepted: int = 0
    accepted_bytes: int = 0

    @property
    def attempts(self) -> int:
        """Whatever their outcome."""
        return self.delivered + self.unsuccessful

    @property
    def unsuccessful(self) -> int:
        """Attempts that were not delivered."""
        return self.failed + self.refused + self.retry_later + self.gone


NOTHING: Final = Figures()


class Rollup(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of one span. webhook_id: None for those of all webhooks. begin_ms: since 1970."""

    webhook_id: WebhookId | None
    step: SpanStep
    begin_ms: int
    figures: Figures


class Lately(msgspec.Struct, frozen=True, kw_only=True):
    """What happened in about an hour up to now, for each webhook for which anything did; None: for all together."""

    since_ms: int
    now_ms: int
    figures: dict[WebhookId | None, Figures]


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of spans that follow one another; since: the begin of the first one. whole: of all of them together.

    A span that has not ended yet has what happened up to now.
    """

    step: SpanStep
    since_ms: int
    spans: tuple[Figures, ...]
    whole: Figures
