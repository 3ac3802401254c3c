"""The sampler: looks at the newest part of the log now and then, and says how often events of each type came."""

from collections import Counter
from typing import Final

from bellwire.clock import Clock
from bellwire.model.event import EventTypeId, LoggedEvent, Position
from bellwire.model.type_rates import TypeRates
from bellwire.model.webhook import MIB
from bellwire.rules.estimating import rates_of
from bellwire.store import PAGE_BYTES_MAX, EventLog

EVENTS_MAX: Final = 5_000
BYTES_MAX: Final = 16 * MIB
AGE_MAX_MS: Final = 24 * 3_600_000
"""The part that is looked at: no more events, no more bytes, and none that is older."""

STEP_EVENTS: Final = 500
KEPT_MS: Final = 15_000
"""How long an answer is given again."""


class Sampler:
    """Reads the log; changes nothing."""

    def __init__(self, log: EventLog, *, clock: Clock) -> None:
        self._log = log
        self._clock = clock
        self._rates: TypeRates | None = None
        self._measured_at_ms = 0

    async def rates(self) -> TypeRates:
        """How often events came lately, as of KEPT_MS ago at most."""
        now_ms = self._clock.steady_ms()
        if self._rates is None or now_ms - self._measured_at_ms >= KEPT_MS:
            self._rates, self._measured_at_ms = await self._measure(), now_ms
        return self._rates

    async def _measure(self) -> TypeRates:
        now_ms = self._clock.wall_ms()
        counts: Counter[EventTypeId] = Counter()
        total_bytes, oldest_ms, is_cut = 0, now_ms, False
        before = self._log.end
        while before > self._log.begin:
            if counts.total() >= EVENTS_MAX or total_bytes >= BYTES_MAX:
                is_cut = True
                break
            start = max(self._log.begin, Position(before - STEP_EVENTS))
            found = await self._read(start, before)
            young = [event for event in found if event.accepted_at_ms > now_ms - AGE_MAX_MS]
            counts.update(event.type for event in young)
            total_bytes += sum(len(event.encoded) for event in young)
            oldest_ms = min([oldest_ms, *(event.accepted_at_ms for event in young)])
            if len(young) < len(found):
                oldest_ms = now_ms - AGE_MAX_MS
                break
            before = start
        return rates_of(counts, total_bytes=total_bytes, span_ms=now_ms - oldest_ms, is_cut=is_cut)

    async def _read(self, start: Position, before: Position) -> list[LoggedEvent]:
        found: list[LoggedEvent] = []
        while start < before:
            page = await self._log.read(
                start, before=before, types=None, events_max=STEP_EVENTS, bytes_max=PAGE_BYTES_MAX
            )
            found += page.events
            start = page.next
        return found
