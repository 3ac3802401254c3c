"""The summing listener: counts for one reader what happened, and holds nothing of it however much that is."""

from collections import Counter
from typing import Final

from bellwire.engine.listener import Item, Listener, Told, advanced, kind_of
from bellwire.model.attempt import Attempt
from bellwire.model.change import NumberedChange
from bellwire.model.live import LiveKind, Place, Pulse, Wish
from bellwire.model.webhook import WebhookId
from bellwire.store import NumberedDiscard

WEBHOOKS_MAX: Final = 100
"""Named by one pulse."""


class SummingListener(Listener):
    """What there is to take is one pulse at most; whoever takes it seldom gets larger sums."""

    def __init__(self, wish: Wish, place: Place) -> None:
        super().__init__(wish, place, log_end=place.position)
        self._sums: Counter[str] = Counter()
        self._webhook_ids: set[WebhookId] = set()

    def offer(self, item: Item) -> None:
        """Something wanted happened."""
        self._seen = advanced(self._seen, item)
        self._sums[kind_of(item).value] += 1
        webhook_id = _webhook_of(item)
        if webhook_id is not None and len(self._webhook_ids) <= WEBHOOKS_MAX:
            self._webhook_ids.add(webhook_id)
        self.woken.set()

    def miss(self, kind: LiveKind, count: int) -> None:
        """So many happened that could not be read in time; of whom, nobody knows."""
        self._sums[kind.value] += count
        self.woken.set()

    def take(self) -> Told | None:
        """The sums since the last time; None: nothing has happened."""
        self._place = self._seen
        if not self._sums:
            return None
        named = frozenset(self._webhook_ids) if len(self._webhook_ids) <= WEBHOOKS_MAX else None
        pulse = Pulse(**self._sums, webhook_ids=named)
        self._sums.clear()
        self._webhook_ids.clear()
        return Told(pulse, self._place)


def _webhook_of(item: Item) -> WebhookId | None:
    """None for an event, and for a change of an event type, whose id has a dot as those of webhooks have not."""
    match item:
        case Attempt(webhook_id=webhook_id):
            return webhook_id
        case NumberedDiscard(discard=discard):
            return discard.webhook_id
        case NumberedChange(change=change):
            return None if "." in change.subject else WebhookId(change.subject)
        case _:
            return None
