"""The watchdog: begins a dispatcher anew that makes no progress though it could."""

from typing import Final

import msgspec

from bellwire.clock import Clock
from bellwire.engine.dispatcher import Dispatcher
from bellwire.engine.routine import Routine
from bellwire.engine.supervisor import Supervisor
from bellwire.model.webhook import WebhookId

LOOK_PAUSE_MS: Final = 10_000
"""Between two looks."""

PATIENCE_MS: Final = 30_000
"""For how long a dispatcher must have been overdue, from the first look that found it so."""


class _Suspicion(msgspec.Struct, frozen=True):
    """Since when a dispatcher is seen overdue, and the round of its work that it was in then."""

    dispatcher: Dispatcher
    rounds: int
    since_ms: int


class Watchdog:
    """Runs as one task from start() to stop(). Only what its dispatcher itself says is due counts, so that one which
    waits for storage, a backoff, the throttle, an edit or an operator is left alone.
    """

    def __init__(self, supervisor: Supervisor, *, clock: Clock) -> None:
        self._supervisor = supervisor
        self._clock = clock
        self._suspicions: dict[WebhookId, _Suspicion] = {}
        self._looked_at_ms = 0
        self._routine = Routine(self._run, clock=clock)

    def start(self) -> None:
        """Begin; once, and not after stop()."""
        self._routine.start()

    async def stop(self) -> None:
        """Leave; also before start(), and again."""
        await self._routine.stop()

    async def _run(self) -> None:
        while not self._routine.stopping:
            self._look()
            await self._routine.rest(until_ms=self._clock.steady_ms() + LOOK_PAUSE_MS)

    def _look(self) -> None:
        now_ms = self._clock.steady_ms()
        if now_ms - self._looked_at_ms > 2 * LOOK_PAUSE_MS:
            self._suspicions = {}  # the whole process was stopped, and everybody is late
        self._looked_at_ms = now_ms
        seen: dict[WebhookId, _Suspicion] = {}
        for dispatcher in self._supervisor.watched():
            expected_ms = dispatcher.expected_ms
            if expected_ms is None or expected_ms >= now_ms:
                continue
            before = self._suspicions.get(dispatcher.webhook.id)
            if before is None or before.dispatcher is not dispatcher or before.rounds != dispatcher.rounds:
                seen[dispatcher.webhook.id] = _Suspicion(dispatcher, dispatcher.rounds, now_ms)
            elif now_ms - before.since_ms < PATIENCE_MS:
                seen[dispatcher.webhook.id] = before
            else:
                self._supervisor.restart(dispatcher, _reason(dispatcher))
        self._suspicions = seen


def _reason(dispatcher: Dispatcher) -> str:
    if dispatcher.sending:
        return f"a request has not ended {PATIENCE_MS // 1000} s after its timeout"
    return f"work has been due for {PATIENCE_MS // 1000} s and was not begun"
