"""The recorder: keeps figures over time. It reads the meter off once a minute, and writes everything in one call."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec
from msgspec.structs import replace

from bellwire.clock import Clock
from bellwire.engine.dispatcher import Dispatcher
from bellwire.engine.last_hour import PART_MS, LastHour
from bellwire.engine.meter import Meter
from bellwire.engine.routine import Routine
from bellwire.engine.supervisor import Supervisor
from bellwire.model.rollup import NOTHING, STEP_MS, Figures, Lately, Rollup, Series, SpanStep
from bellwire.model.webhook import WebhookId
from bellwire.reporter import Reporter
from bellwire.rules.summing import SPANS_MAX, added, added_up, begin_of, series_of, spans_of
from bellwire.store import Store

UNWRITTEN_MAX: Final = 20_000
"""Roll-ups that may wait for storage; of more, the oldest are lost."""

DISPATCHERS_PER_TURN: Final = 200
"""Asked how much waits before others have their turn on the event loop."""

Of = WebhookId | None


class _Span(msgspec.Struct, frozen=True):
    """The present minute, hour or day, and what was read off the meter in it."""

    begin_ms: int
    figures: dict[Of, Figures]


class _Logged(msgspec.Struct, frozen=True):
    """How far the log had come when it was looked at last."""

    events: int
    bytes: int


class Recorder:
    """Runs as one task from start() to stop(). A crash loses what was not written yet: of charts, never of accounts.

    waiting: backlog and lag of those webhooks for which anything waits, as they were at the end of the last minute.
    """

    def __init__(self, store: Store, meter: Meter, *, supervisor: Supervisor, clock: Clock, reporter: Reporter) -> None:
        self._timeline = store.timeline
        self._log = store.log
        self._meter = meter
        self._supervisor = supervisor
        self._clock = clock
        self._reporter = reporter
        self._last_hour = LastHour()
        self._spans: dict[SpanStep, _Span] = {}
        self._unwritten: dict[tuple[SpanStep, int, Of], Rollup] = {}
        self._since_start: dict[Of, Figures] = {}
        self.waiting: dict[WebhookId, Figures] = {}
        self._logged = _Logged(0, 0)
        self._routine = Routine(self._run, clock=clock)

    async def start(self) -> None:
        """Take up the present minute, hour and day where they stand, and begin; once. Raises StorageUnavailable."""
        now_ms = self._clock.steady_ms()
        for step in SpanStep:
            begin_ms = begin_of(step, now_ms)
            found = await self._timeline.of_each(step, since_ms=begin_ms, before_ms=begin_ms + 1)
            self._spans[step] = _Span(begin_ms, {one.webhook_id: one.figures for one in found})
        self._logged = self._log_now()
        self._routine.start()

    async def stop(self) -> None:
        """Write what was counted until now, and leave; also before start(), and again."""
        await self._routine.stop()

    @property
    def now_ms(self) -> int:
        """The time by which spans begin and end."""
        return self._clock.steady_ms()

    async def series(self, webhook_id: Of, step: SpanStep, *, since_ms: int, until_ms: int) -> Series:
        """The figures of a webhook, or (None) of all together, over the spans that have any of this time; of too many
        the last SPANS_MAX. What is not written yet is among them. Raises StorageUnavailable.
        """
        begins = spans_of(step, since_ms=since_ms, until_ms=until_ms)[-SPANS_MAX:]
        found = {
            begin: one.figures
            for (of, begin, whose), one in self._unwritten.items()
            if (of, whose) == (step, webhook_id)
        }
        span = self._spans[step]
        found[span.begin_ms] = added(span.figures.get(webhook_id, NOTHING), await self._present(webhook_id))
        stored = await self._timeline.of(webhook_id, step, since_ms=begins.start, before_ms=begins.stop)
        return series_of({one.begin_ms: one.figures for one in stored} | found, step, begins)

    def lately(self) -> Lately:
        """What happened in the last hour, of each webhook for which anything did, and of all together."""
        now_ms = self._clock.steady_ms()
        sums = self._last_hour.sums(now_ms)
        fresh = self._fresh()
        return Lately(
            since_ms=self._last_hour.begin_ms(now_ms),
            now_ms=now_ms,
            figures={of: added(sums.get(of, NOTHING), fresh.get(of, NOTHING)) for of in {*sums, *fresh}},
        )

    def since_start(self) -> dict[Of, Figures]:
        """What happened since the start of the process, of each webhook for which anything did, and of all together."""
        fresh, before = self._fresh(), self._since_start
        return {of: added(before.get(of, NOTHING), fresh.get(of, NOTHING)) for of in {**before, **fresh}}

    async def _run(self) -> None:
        await self._tried(self._recall)
        leaving = False
        while not leaving:
            await self._routine.rest(until_ms=self._spans[SpanStep.MINUTE].begin_ms + STEP_MS[SpanStep.MINUTE])
            leaving = self._routine.stopping
            await self._tried(self._ask)
            self._count_in()
            await self._tried(self._write)

    async def _tried(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except Exception as problem:  # noqa: BLE001 - whatever it is, the next minute may succeed
            self._reporter.recording_failed(problem)

    async def _recall(self) -> None:
        """Find out what happened in the hour before the start, part by part, as there may be much."""
        behind_ms = self._spans[SpanStep.MINUTE].begin_ms + 1
        for since_ms in range(self._last_hour.begin_ms(behind_ms), behind_ms, PART_MS):
            before_ms = min(behind_ms, since_ms + PART_MS)
            for one in await self._timeline.of_each(SpanStep.MINUTE, since_ms=since_ms, before_ms=before_ms):
                self._last_hour.add(one.begin_ms, {one.webhook_id: one.figures})

    async def _ask(self) -> None:
        """Find out how much waits, for each webhook for which anything does; not while everybody is in a hurry."""
        waiting: dict[WebhookId, Figures] = {}
        for number, dispatcher in enumerate(() if self._routine.stopping else self._supervisor.astir(), 1):
            gauge = await self._gauge(dispatcher)
            if gauge != NOTHING:
                waiting[dispatcher.webhook.id] = gauge
            if number % DISPATCHERS_PER_TURN == 0:
                await asyncio.sleep(0)
        self.waiting = waiting

    def _count_in(self) -> None:
        """Read the meter off, without a turn of the event loop, so that nothing is counted twice or not at all."""
        fresh = self._fresh()
        self._since_start = self.since_start()
        self._meter.clear()
        self._logged = self._log_now()
        self._last_hour.add(self._spans[SpanStep.MINUTE].begin_ms, fresh)
        now_ms = self._clock.steady_ms()
        for step, span in self._spans.items():
            for of, figures in fresh.items():
                span.figures[of] = whole = added(span.figures.get(of, NOTHING), figures)
                self._unwritten[step, span.begin_ms, of] = Rollup(
                    webhook_id=of, step=step, begin_ms=span.begin_ms, figures=whole
                )
            begin_ms = begin_of(step, now_ms)
            if begin_ms != span.begin_ms:
                self._spans[step] = _Span(begin_ms, {})

    async def _write(self) -> None:
        for key in list(self._unwritten)[:-UNWRITTEN_MAX]:
            del self._unwritten[key]
        written = dict(self._unwritten)
        await self._timeline.put(tuple(written.values()))
        for key in written:
            del self._unwritten[key]

    def _fresh(self) -> dict[Of, Figures]:
        """What happened since the meter was read off, where anything did, and what waited when that was asked last."""
        fresh: dict[Of, Figures] = dict(self._meter.all().items())
        for webhook_id, gauge in self.waiting.items():
            fresh[webhook_id] = added(fresh.get(webhook_id, NOTHING), gauge)
        logged = self._log_now()
        whole = replace(
            added_up(fresh.values()),
            backlog_max=sum(gauge.backlog_max for gauge in self.waiting.values()),
            accepted=logged.events - self._logged.events,
            accepted_bytes=logged.bytes - self._logged.bytes,
        )
        return fresh if whole == NOTHING else fresh | {None: whole}

    async def _present(self, webhook_id: Of) -> Figures:
        """What happened since the meter was read off, and of a single webhook how much waits now."""
        if webhook_id is None:
            return self._fresh().get(None, NOTHING)
        fresh = self._meter.figures(webhook_id)
        try:
            dispatcher = self._supervisor[webhook_id]
        except KeyError:
            return fresh  # it was deleted
        return added(fresh, await self._gauge(dispatcher))

    async def _gauge(self, dispatcher: Dispatcher) -> Figures:
        if dispatcher.needs_from is None:
            return NOTHING
        _, backlog = await dispatcher.standing()
        oldest = await dispatcher.oldest()
        lag_ms = max(0, self._clock.steady_ms() - oldest.accepted_at_ms) if oldest else 0
        return Figures(backlog_max=backlog, lag_max_ms=lag_ms)

    def _log_now(self) -> _Logged:
        return _Logged(self._log.end, self._log.bytes_logged)
