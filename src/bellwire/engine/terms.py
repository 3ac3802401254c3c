"""The terms: what a cursor goes by, as its webhook and its replay are now."""

from msgspec.structs import replace

from bellwire.clock import Clock
from bellwire.engine.selector import Selector
from bellwire.model.cursor import Cursor, SetAside
from bellwire.model.event import EventTypeId, LoggedEvent
from bellwire.model.replay import Part, Replay
from bellwire.model.webhook import Gap, RegisteredWebhook, WebHook
from bellwire.rules.expiring import Start, deadline_ms, replay_deadline_ms
from bellwire.rules.pacing import events_a_second, rests_until_ms


class Terms:
    """Shared by the parts of a lane; `webhook` and `replay` are put in anew with each edit.

    A replay goes by the webhook's object too, except that lossy does not concern it, and neither do the times in which
    the webhook was disabled: to deliver what came then, and what was dropped, is what replays are for.
    """

    def __init__(
        self,
        webhook: RegisteredWebhook,
        selector: Selector,
        *,
        clock: Clock,
        start: Start,
        replay: Replay | None = None,
    ) -> None:
        self.webhook = webhook
        self.replay = replay
        self._selector = selector
        self._clock = clock
        self._start = start

    @property
    def object(self) -> WebHook:
        """By which batches are cut and retried."""
        found = self.webhook.object
        return replace(found, lossy=False) if self.replay is not None and found.lossy else found

    @property
    def part(self) -> Part | None:
        """Which part of the log it goes through; None: all that comes."""
        return None if self.replay is None else self.replay.part

    @property
    def rate_per_s(self) -> float | None:
        """How many events a second may be sent, where that was chosen."""
        return None if self.replay is None else self.replay.rate_per_s

    @property
    def types(self) -> frozenset[EventTypeId]:
        """The types that are wanted now."""
        wanted = self._selector.types(self.webhook.object)
        return wanted if self.part is None or self.part.types is None else wanted & self.part.types

    @property
    def paused(self) -> bool:
        """Whether nothing is sent and nothing given up."""
        return self.webhook.paused_at_ms is not None or self.is_replay_paused

    @property
    def is_replay_paused(self) -> bool:
        """Whether it is a replay, and paused itself."""
        return self.replay is not None and self.replay.paused_at_ms is not None

    def now_ms(self) -> int:
        """The steady time, from which ages are taken."""
        return self._clock.steady_ms()

    def wall_ms(self) -> int:
        """The time for people."""
        return self._clock.wall_ms()

    def events_max(self, cursor: Cursor) -> int:
        """How many events a batch may have."""
        events_max = self.webhook.object.max_batch_events
        if self.rate_per_s is not None:
            events_max = min(events_max, events_a_second(self.rate_per_s))
        return events_max if cursor.smaller is None else min(events_max, cursor.smaller.events_max)

    def rests_until_ms(self, cursor: Cursor) -> int:
        """When the next batch may be cut, as far as the rate of a replay goes."""
        return rests_until_ms(cursor, self.rate_per_s)

    def gap_ahead(self, cursor: Cursor) -> Gap | None:
        """The next time in which the webhook was disabled, or is."""
        if self.replay is not None:
            return None
        for gap in self.webhook.gaps:
            if gap.until is None or gap.until > cursor.position:
                return gap
        return None

    def deadline_ms(self, event: LoggedEvent, cursor: Cursor) -> int:
        """When the event is given up, if it waits that long."""
        if self.replay is not None:
            got_on_ms = max(cursor.last_success_at_ms or 0, self.rests_until_ms(cursor))
            return replay_deadline_ms(self.replay, self.webhook, self._start, since_ms=got_on_ms)
        return deadline_ms(event.position, event.accepted_at_ms, self.webhook, self._start)

    def aside_deadline_ms(self, aside: SetAside) -> int:
        """When an event that was set aside is given up."""
        if self.replay is not None:
            return replay_deadline_ms(self.replay, self.webhook, self._start, since_ms=aside.accepted_at_ms)
        return deadline_ms(aside.position, aside.accepted_at_ms, self.webhook, self._start)

    def is_over(self, deadline_ms: int) -> bool:
        """Whether a deadline has passed; during a pause none does."""
        return not self.paused and deadline_ms <= self.now_ms()
