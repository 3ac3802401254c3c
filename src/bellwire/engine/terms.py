"""The terms: what a cursor goes by, as the webhook is now."""

from bellwire.clock import Clock
from bellwire.engine.selector import Selector
from bellwire.model.cursor import Cursor, SetAside
from bellwire.model.event import EventTypeId, LoggedEvent
from bellwire.model.webhook import Gap, RegisteredWebhook, WebHook
from bellwire.rules.expiring import Start, deadline_ms


class Terms:
    """Shared by the parts of a lane; `webhook` is put in anew with each edit."""

    def __init__(self, webhook: RegisteredWebhook, selector: Selector, *, clock: Clock, start: Start) -> None:
        self.webhook = webhook
        self._selector = selector
        self._clock = clock
        self._start = start

    @property
    def object(self) -> WebHook:
        """By which batches are cut and retried."""
        return self.webhook.object

    @property
    def types(self) -> frozenset[EventTypeId]:
        """The types that are wanted now."""
        return self._selector.types(self.webhook.object)

    @property
    def paused(self) -> bool:
        """Whether nothing is sent and nothing given up."""
        return self.webhook.paused_at_ms is not None

    def now_ms(self) -> int:
        """The steady time, from which ages are taken."""
        return self._clock.steady_ms()

    def wall_ms(self) -> int:
        """The time for people."""
        return self._clock.wall_ms()

    def events_max(self, cursor: Cursor) -> int:
        """How many events a batch may have."""
        events_max = self.webhook.object.max_batch_events
        return events_max if cursor.smaller is None else min(events_max, cursor.smaller.events_max)

    def gap_ahead(self, cursor: Cursor) -> Gap | None:
        """The next time in which the webhook was disabled, or is."""
        for gap in self.webhook.gaps:
            if gap.until is None or gap.until > cursor.position:
                return gap
        return None

    def deadline_ms(self, event: LoggedEvent) -> int:
        """When the event is given up, if it waits that long."""
        return deadline_ms(event.position, event.accepted_at_ms, self.webhook, self._start)

    def aside_deadline_ms(self, aside: SetAside) -> int:
        """When an event that was set aside is given up."""
        return deadline_ms(aside.position, aside.accepted_at_ms, self.webhook, self._start)

    def is_over(self, deadline_ms: int) -> bool:
        """Whether a deadline has passed; during a pause none does."""
        return not self.paused and deadline_ms <= self.now_ms()
