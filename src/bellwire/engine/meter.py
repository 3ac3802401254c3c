"""The meter: counts what attempts and discards come to, a few additions for each, until somebody reads it off."""

from collections.abc import Sequence
from typing import assert_never

from bellwire.model.attempt import Attempt, Delivered, Failed, Gone, Refused, RetryLater
from bellwire.model.cursor import Discard
from bellwire.model.positions import count_of
from bellwire.model.rollup import NOTHING, Figures
from bellwire.model.webhook import WebhookId
from bellwire.rules.summing import LATENCY_CLASSES, latency_class, shortened


class Meter:
    """Told by the lanes what is on disk. Those webhooks cost nothing for which nothing happens."""

    def __init__(self) -> None:
        self._counts: dict[WebhookId, _Counts] = {}

    def settled(self, webhook_id: WebhookId, attempt: Attempt | None, discards: Sequence[Discard]) -> None:
        """An attempt was settled, or events were given up."""
        counts = self._counts.get(webhook_id)
        if counts is None:
            if attempt is None and not discards:
                return
            counts = self._counts[webhook_id] = _Counts()
        if attempt is not None:
            counts.add(attempt)
        for discard in discards:
            counts.discarded += count_of(discard.members)

    def figures(self, webhook_id: WebhookId) -> Figures:
        """What happened for a webhook since the meter was cleared."""
        counts = self._counts.get(webhook_id)
        return NOTHING if counts is None else counts.figures()

    def all(self) -> dict[WebhookId, Figures]:
        """The same of every webhook for which anything happened."""
        return {webhook_id: counts.figures() for webhook_id, counts in self._counts.items()}

    def clear(self) -> None:
        """Count anew."""
        self._counts.clear()


class _Counts:
    """Of one webhook."""

    def __init__(self) -> None:
        self.delivered = self.failed = self.refused = self.retry_later = self.gone = 0
        self.events = self.sent_bytes = self.discarded = 0
        self.latencies = [0] * LATENCY_CLASSES

    def add(self, attempt: Attempt) -> None:
        match attempt.outcome:
            case Delivered():
                self.delivered += 1
                self.events += attempt.events
            case Failed():
                self.failed += 1
            case Refused():
                self.refused += 1
            case RetryLater():
                self.retry_later += 1
            case Gone():
                self.gone += 1
            case _:
                assert_never(attempt.outcome)
        self.sent_bytes += attempt.body_bytes
        self.latencies[latency_class(attempt.response.timings.total_us)] += 1

    def figures(self) -> Figures:
        return Figures(
            delivered=self.delivered,
            failed=self.failed,
            refused=self.refused,
            retry_later=self.retry_later,
            gone=self.gone,
            events=self.events,
            sent_bytes=self.sent_bytes,
            discarded=self.discarded,
            latencies=shortened(self.latencies),
        )
