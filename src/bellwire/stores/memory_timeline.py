"""Figures over time in a store that lives in memory."""

from collections.abc import Sequence
from typing import Final

from bellwire.model.rollup import Rollup, SpanStep
from bellwire.model.webhook import WebhookId
from bellwire.stores.gate import Gate

ROLLUPS_PER_STEP: Final = 1_000


class MemoryTimeline:
    """Roll-ups by what they are of."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._rollups: dict[tuple[SpanStep, int, WebhookId | None], Rollup] = {}

    async def put(self, rollups: Sequence[Rollup]) -> None:
        """Store these, each in place of the one before."""
        self._gate.check()
        self._rollups |= {(one.step, one.begin_ms, one.webhook_id): one for one in rollups}

    async def of(
        self, webhook_id: WebhookId | None, step: SpanStep, *, since_ms: int, before_ms: int
    ) -> tuple[Rollup, ...]:
        """The roll-ups of a webhook, ascending."""
        found = await self.of_each(step, since_ms=since_ms, before_ms=before_ms)
        return tuple(one for one in found if one.webhook_id == webhook_id)

    async def of_each(self, step: SpanStep, *, since_ms: int, before_ms: int) -> tuple[Rollup, ...]:
        """The roll-ups of every webhook, ascending."""
        self._gate.check()
        found = [one for one in self._rollups.values() if one.step is step and since_ms <= one.begin_ms < before_ms]
        return tuple(sorted(found, key=lambda one: one.begin_ms))

    async def remove(self, step: SpanStep, *, before_ms: int) -> int:
        """Remove roll-ups that begin earlier."""
        self._gate.check()
        old = [key for key, one in self._rollups.items() if one.step is step and one.begin_ms < before_ms]
        for key in old[:ROLLUPS_PER_STEP]:
            del self._rollups[key]
        return len(old[:ROLLUPS_PER_STEP])
