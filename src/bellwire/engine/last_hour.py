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
        _add_to(self._parts.setdefault(at_ms - at_ms % PART_MS, {}), figures)
        if self._sums is not None:
            _add_to(self._sums, figures)
        self._forget(at_ms)

    def begin_ms(self, now_ms: int) -> int:
        """Since when what happened is counted."""
        return (now_ms - LENGTH_MS) // PART_MS * PART_MS

    def sums(self, now_ms: int) -> Mapping[Of, Figures]:
        """What all of it comes to, by webhook."""
        self._forget(now_ms)
        if self._sums is None:
            self._sums = {}
            for part in self._parts.values():
                _add_to(self._sums, part)
        return self._sums

    def _forget(self, now_ms: int) -> None:
        begin_ms = self.begin_ms(now_ms)
        for at_ms in [at_ms for at_ms in self._parts if at_ms < begin_ms]:
            del self._parts[at_ms]
            self._sums = None


def _add_to(sums: dict[Of, Figures], figures: Mapping[Of, Figures]) -> None:
    for webhook_id, each in figures.items():
        sums[webhook_id] = added(sums.get(webhook_id, NOTHING), each)
