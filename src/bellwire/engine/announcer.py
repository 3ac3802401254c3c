"""The announcer: publishes what Bellwire has to say about itself, and never holds up those who have to say it."""

import asyncio
import collections
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

import msgspec

from bellwire.clock import Clock
from bellwire.engine.tallier import Tallier
from bellwire.errors import BellwireError
from bellwire.model.cursor import CursorMove
from bellwire.model.event import EventTypeId, Published
from bellwire.model.webhook import RegisteredWebhook, WebhookId
from bellwire.reporter import Reporter
from bellwire.rules.accepting import PublishedEvent
from bellwire.rules.announcing import EVENTS_DISCARDED, announcements_of
from bellwire.rules.matching import ABOUT
from bellwire.rules.writing_events import Event, write_event
from bellwire.store import EventLog

WAITING_MAX: Final = 1_000
"""Events, and moves that gave events up, that may wait to be published; what comes beyond is lost and counted."""

PUBLISHED_MAX: Final = 100
"""Of those, in one call."""

Publish = Callable[[Sequence[PublishedEvent]], Awaitable[Published]]


class _GivenUp(msgspec.Struct, frozen=True, kw_only=True):
    """A move that gave events up, of a webhook as it was then."""

    webhook: RegisteredWebhook
    move: CursorMove


class Announcer:
    """Runs as one task from start() to stop(). lost: how many of what it was given could not be published."""

    def __init__(self, log: EventLog, *, clock: Clock, reporter: Reporter) -> None:
        self._clock = clock
        self._reporter = reporter
        self._tallier = Tallier(log, clock=clock)
        self._waiting: collections.deque[Event | _GivenUp] = collections.deque()
        self._woken = asyncio.Event()
        self._stopped = False
        self._task: asyncio.Task[None] | None = None
        self.lost = 0

    def start(self, publish: Publish) -> None:
        """Begin; once, and not after stop(). publish: logs own events, see Intake.announce."""
        if self._task is None and not self._stopped:
            self._task = asyncio.get_running_loop().create_task(self._run(publish))

    async def stop(self) -> None:
        """Publish what waits and what was summed up, then leave; also before start(), and again."""
        self._stopped = True
        self._woken.set()
        if self._task is not None:
            await asyncio.wait([self._task])

    def announce(self, type_id: EventTypeId, data: Mapping[str, object], *, about: WebhookId | None = None) -> None:
        """Have an own event published soon. about: the webhook that it speaks of, and is never sent to.

        Neither waits nor raises: what cannot be published is lost, counted and reported.
        """
        self._take(Event(type=type_id, data=data if about is None else {ABOUT: about, **data}))

    def moved(self, webhook: RegisteredWebhook, move: CursorMove) -> None:
        """A move of the webhook's cursor is on disk: announce what it means, as announce does."""
        for type_id, data in announcements_of(webhook, move):
            self.announce(type_id, data, about=webhook.id)
        if move.discards:
            self._take(_GivenUp(webhook=webhook, move=move))

    def _take(self, one: Event | _GivenUp) -> None:
        if self._stopped:
            self._lose(1, "Bellwire is stopping")
        elif len(self._waiting) >= WAITING_MAX:
            self._lose(1, f"{WAITING_MAX:,} wait already")
        else:
            self._waiting.append(one)
            self._woken.set()

    async def _run(self, publish: Publish) -> None:
        while True:
            leaving = self._stopped
            self._woken.clear()
            try:
                await self._say_some(publish, leaving=leaving)
            except Exception as problem:  # noqa: BLE001 - whatever is wrong with one event, the next may be sound
                self._lose(1, str(problem))
            if self._waiting:
                continue
            if leaving:
                return
            await self._clock.wait(self._woken, until_ms=self._tallier.next_due_ms())

    async def _say_some(self, publish: Publish, *, leaving: bool) -> None:
        """Publish what waits, a bounded number, and what was summed up long enough."""
        events: list[Event] = []
        while self._waiting and len(events) < PUBLISHED_MAX:
            match self._waiting.popleft():
                case _GivenUp(webhook=webhook, move=move):
                    await self._tallier.add(webhook, move)
                case event:
                    events.append(event)
        for webhook_id, data in self._tallier.take_due(all_of_them=leaving):
            events.append(Event(type=EVENTS_DISCARDED, data={ABOUT: webhook_id, **data}))
        if not events:
            return
        try:
            await publish([write_event(event, index=index) for index, event in enumerate(events)])
        except BellwireError as problem:
            self._lose(len(events), str(problem))

    def _lose(self, count: int, problem: str) -> None:
        self.lost += count
        self._reporter.announcements_lost(count, problem)
