"""The pruner: forgets what is settled and old enough, in small steps that let everybody else write in between."""

from collections.abc import Awaitable, Callable
from typing import Final

from msgspec.structs import replace

from bellwire.clock import Clock
from bellwire.engine.doorkeeper import Doorkeeper
from bellwire.engine.routine import Routine
from bellwire.engine.supervisor import Supervisor
from bellwire.model.limits import Limits
from bellwire.model.rollup import SpanStep
from bellwire.reporter import Reporter
from bellwire.rules.retaining import ID_KNOWN_MS, ROLLUPS_KEPT_MS, removable_before
from bellwire.store import AttemptsKept, Store

PAUSE_MS: Final = 5_000
"""Between two rounds."""

STEP_PAUSE_MS: Final = 5
"""Between two steps of a round, so that what others write waits for one of them at most."""

SPARE_BYTES: Final = 64 * 1024 * 1024
"""Of free room that stays in the store's file for what comes next."""

LOW_FLOORS: Final = 2
"""With less free than so many times the floor, settled events are removed before their time, and no room is spared."""


class Pruner:
    """Runs as one task from start() to stop(). What fails is reported and tried again in the next round."""

    def __init__(
        self,
        store: Store,
        doorkeeper: Doorkeeper,
        *,
        supervisor: Supervisor,
        clock: Clock,
        reporter: Reporter,
        limits: Limits,
    ) -> None:
        self._store = store
        self._doorkeeper = doorkeeper
        self._supervisor = supervisor
        self._clock = clock
        self._reporter = reporter
        self._limits = limits
        self._routine = Routine(self._run, clock=clock)

    def start(self) -> None:
        """Begin; once, and not after stop()."""
        self._routine.start()

    async def stop(self) -> None:
        """Finish the step in hand and leave; also before start(), and again."""
        await self._routine.stop()

    async def _run(self) -> None:
        while not self._routine.stopping:
            try:
                await self._round()
            except Exception as problem:  # noqa: BLE001 - whatever it is, later rounds may succeed
                self._reporter.pruning_failed(problem)
            await self._routine.rest(until_ms=self._clock.steady_ms() + PAUSE_MS)

    async def _round(self) -> None:
        """Do all that is to be done now, unless stop() comes in between."""
        await self._doorkeeper.look()
        for step in (
            self._remove_events,
            self._remove_events_early,
            self._remove_discards,
            self._remove_changes,
            self._remove_attempts,
            self._remove_rollups,
            self._forget_ids,
            self._forget_replays,
            self._give_back,
        ):
            await self._exhaust(step)
        self._supervisor.bring_forward(self._store.log.begin)

    async def _exhaust(self, step: Callable[[], Awaitable[bool]]) -> bool:
        """Repeat the step until it finds nothing to do; others get their turn after each. Says if it ever did."""
        did = False
        while not self._routine.stopping and await step():
            did = True
            await self._routine.rest(until_ms=self._clock.steady_ms() + STEP_PAUSE_MS)
        return did

    async def _remove_events(self) -> bool:
        return await self._remove(self._limits)

    async def _remove_events_early(self) -> bool:
        """While the file system is nearly full, settled events give way; but only as long as that gives room back."""
        if self._is_low():
            await self._exhaust(self._give_back)
        if not self._is_low():
            return False
        removed = await self._remove(replace(self._limits, retention_bytes=0))
        return removed and await self._exhaust(self._give_back)

    async def _remove(self, limits: Limits) -> bool:
        async with self._supervisor.removal:
            return await self._remove_settled(limits)

    async def _remove_settled(self, limits: Limits) -> bool:
        log, now_ms = self._store.log, self._clock.steady_ms()
        needed_from = min(self._doorkeeper.needed_from, self._supervisor.needs_from or log.end)
        before = removable_before(
            await log.oldest(),
            needed_from=needed_from,
            settled_to=await log.bytes_before(needed_from),
            now_ms=now_ms,
            limits=limits,
        )
        if before is None:
            return False
        await log.remove(before=before, remembered_since_ms=now_ms - ID_KNOWN_MS)
        return True

    async def _remove_discards(self) -> bool:
        return await self._store.ledger.remove_discards(before=self._store.log.begin) > 0

    async def _remove_changes(self) -> bool:
        made_before_ms = self._clock.wall_ms() - self._limits.retention_age_ms
        begin = self._store.log.begin
        return await self._store.journal.remove_changes(made_before_ms=made_before_ms, before=begin) > 0

    async def _remove_attempts(self) -> bool:
        kept = AttemptsKept(
            since_ms=self._clock.wall_ms() - self._limits.attempts_age_ms,
            per_webhook=self._limits.attempts_per_webhook,
            total_bytes=self._limits.attempts_bytes,
        )
        return await self._store.ledger.remove_attempts(kept) > 0

    async def _remove_rollups(self) -> bool:
        now_ms, remove = self._clock.steady_ms(), self._store.timeline.remove
        return any([await remove(step, before_ms=now_ms - ROLLUPS_KEPT_MS[step]) for step in SpanStep])

    async def _forget_ids(self) -> bool:
        return await self._store.log.forget(accepted_before_ms=self._clock.steady_ms() - ID_KNOWN_MS) > 0

    async def _forget_replays(self) -> bool:
        await self._supervisor.forget_replays()
        return False

    async def _give_back(self) -> bool:
        spare_bytes = 0 if self._is_low() else SPARE_BYTES
        return await self._store.give_back(spare_bytes=spare_bytes) > 0

    def _is_low(self) -> bool:
        free_bytes = self._store.free_bytes()
        return free_bytes is not None and free_bytes < LOW_FLOORS * self._limits.free_floor_bytes
