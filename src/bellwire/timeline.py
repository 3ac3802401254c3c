"""Contract: figures of webhooks over time, as roll-ups. It is a part of the store, see store.py."""

from collections.abc import Sequence
from typing import Protocol

from bellwire.model.rollup import Rollup, SpanStep
from bellwire.model.webhook import WebhookId


class Timeline(Protocol):
    """What stands here is for people to look at; nothing that is delivered depends on it."""

    async def put(self, rollups: Sequence[Rollup]) -> None:
        """Store these, all or none, each in place of the one of the same webhook, step and begin."""

    async def of(
        self, webhook_id: WebhookId | None, step: SpanStep, *, since_ms: int, before_ms: int
    ) -> tuple[Rollup, ...]:
        """The roll-ups of a webhook, or (None) of all webhooks together, that begin at since_ms ≤ begin < before_ms,
        ascending. Looks at each span of that time once; the caller sees to it that there are not too many.
        """

    async def of_each(self, step: SpanStep, *, since_ms: int, before_ms: int) -> tuple[Rollup, ...]:
        """The same of every webhook, and of all together, in the order of time."""

    async def remove(self, step: SpanStep, *, before_ms: int) -> int:
        """Remove roll-ups that begin earlier, a bounded number; how many, 0 once none is left."""
