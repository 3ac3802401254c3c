"""The last hour: what happened in it for each webhook, at hand for lists of all of them."""

from collections.abc import Mapping
from typing import Final

from bellwire.model.rollup import NOTHING, Figures
from bellwire.model.webhook import WebhookId
from bellwire.rules.summing import added

LENGTH_MS: Final = 3_600_000
PART_MS: Final = 300_000
"""It goes part by part, so it is longer than an hour by up to one of them."""

Of = WebhookId | None


class LastHour:
    """Holds figures of twelve or thirteen parts for the webhooks for which anything happened, and nothing else."""

    def __init__(self) -> None:
        self._parts: dict[int, dict[Of, Figures]] = {}
        self._sums: dict[Of, Figures] | None = None

    def add(self, at_ms: int, figures: Mapping[Of, Figures]) -> None:
        """Count in what happened then."""
        part = self._parts.setdefault(at_ms - at_ms % PART_MS, {})
        for webhook_id, each in figures.items():
            part[webhook_id] = added(part.get(webhook_id, NOTHING), each)
        self._sums = None

    def begin_ms(self, now_ms: int) -> int:
        """Since when what happened is counted."""
        return (now_ms - LENGTH_MS) // PART_MS * PART_MS

    def sums(self, now_ms: int) -> Mapping[Of, Figures]:
        """What all of it comes to, by webhook."""
        begin_ms = self.begin_ms(now_ms)
        old = [at_ms for at_ms in self._parts if at_ms < begin_ms]
        for at_ms in old:
            del self._parts[at_ms]
        if self._sums is None or old:
            self._sums = {}
            for part in self._parts.values():
                for webhook_id, each in part.items():
                    self._sums[webhook_id] = added(self._sums.get(webhook_id, NOTHING), each)
        return self._sums
