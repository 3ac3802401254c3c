"""The dispatcher: brings one webhook up to date, one request at a time; live delivery goes first, then its replays."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Final

import uuid_utils

from bellwire.engine.keyring import Unreadable
from bellwire.engine.lane import Lane
from bellwire.engine.parts import Parts
from bellwire.engine.replay_lanes import ReplayLanes
from bellwire.engine.terms import Terms
from bellwire.model.attempt import AddressRefused, Attempt, AttemptId, Gone, Request, Response
from bellwire.model.batch import BatchId
from bellwire.model.cursor import Cursor, ReplayId
from bellwire.model.event import LoggedEvent, Position
from bellwire.model.replay import Replay
from bellwire.model.webhook import RegisteredWebhook, WebHook
from bellwire.rules.batching import join_body
from bellwire.rules.composing import Composer, Credentials
from bellwire.rules.expiring import deadline_ms
from bellwire.rules.judging import judge
from bellwire.rules.masking import kept_of, masked_outcome
from bellwire.rules.taking_turns import is_replays_turn

BLOCKED_PAUSE_MS: Final = 5_000
"""Between two looks at a secret that could not be read, or a name whose addresses are all forbidden."""


class Dispatcher:
    """Runs while its webhook has something to do. What it works with is made when it is first needed, as most webhooks
    are idle; `rests`: it was not needed yet, and nothing waits.
    """

    def __init__(
        self, webhook: RegisteredWebhook, cursor: Cursor, parts: Parts, call: Callable[["Dispatcher"], None]
    ) -> None:
        self._webhook = webhook
        self._parts = parts
        self._call = call
        self._taken_up = cursor
        self.rests = False
        self._live_in_a_row = 0
        self._finishing = False
        self._look_again_at_ms = 0
        self._holds: list[Position] = []
        self._stands = True
        self._answer_by_ms: int | None = None
        self._composer: Composer | None = None
        self.rounds = 0

    @cached_property
    def _live(self) -> Lane:
        terms = Terms(self._webhook, self._parts.selector, clock=self._parts.clock, start=self._parts.start)
        lane = Lane(self._taken_up, terms, self._parts)
        if self.rests:
            self.rests = False
            lane.rest()
        return lane

    @cached_property
    def _replays(self) -> ReplayLanes:
        return ReplayLanes(self._parts)

    @cached_property
    def _woken(self) -> asyncio.Event:
        return asyncio.Event()

    @cached_property
    def _free(self) -> asyncio.Event:
        free = asyncio.Event()
        free.set()
        return free

    def rest(self) -> None:
        """Nothing waits up to the end of the log, as somebody found out: read on from there, once something comes. Only
        for one that has done nothing yet.
        """
        self.rests = True

    @property
    def holds_events(self) -> bool:
        """Whether events that wait are held in memory."""
        return not self.rests and self._live.held > 0

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits for it, so that there is nothing to do before it is woken."""
        return self.needs_from is None

    def give_way(self) -> None:
        """Another dispatcher is about to take over, and is waited for no longer than for storage."""
        self._stands = False

    def retire(self) -> None:
        """Let go of what is held in memory; another dispatcher takes over."""
        for lane in (self._live, *self._replays.all()):
            lane.retire()

    async def run(self) -> None:
        """Bring the webhook up to date; returns when nothing is left to do until it is woken."""
        while True:
            self._stands = False
            self.rounds += 1
            await self._parts.pacer.enter()  # before a batch is cut, so that batches grow while others have their turn
            await self._free.wait()
            self._woken.clear()
            await self._live.advance()
            await self._replays.advance()
            lane = self._next_lane()
            if lane is not None:
                await self._attempt(lane)
                continue
            due_ms = self._due_ms()
            self._stands = True
            if due_ms is None and not self._woken.is_set():
                return
            if due_ms is None or due_ms > self._parts.clock.steady_ms():
                await self._parts.clock.wait(self._woken, until_ms=due_ms)

    @property
    def object(self) -> WebHook:
        """See switchboard.Line."""
        return self._webhook.object

    @property
    def webhook(self) -> RegisteredWebhook:
        """The webhook as it counts now."""
        return self._webhook

    @property
    def enabled(self) -> bool:
        """Whether new events are wanted at all."""
        gaps = self._webhook.gaps
        return not gaps or gaps[-1].until is not None

    @property
    def cursor(self) -> Cursor:
        """Where the webhook stands: as stored, or as it is being stored just now."""
        return self._taken_up if self.rests else self._live.cursor

    @property
    def waits_from(self) -> Position:
        """Where the first event stands that waits, but for those set aside; else the end of the log."""
        return self._live.waits_from

    @property
    def next_attempt_ms(self) -> int | None:
        """When the next attempt is made, if nothing happens before (steady time); None: none is to come."""
        due_ms = self._live.attempt_due_ms
        return due_ms if due_ms is None or self.cursor.blocked is None else max(due_ms, self._look_again_at_ms)

    @property
    def expected_ms(self) -> int | None:
        """By when it should have gone on by itself (steady time); None: that is up to others, as it has nothing to do,
        or waits for storage or for an edit.
        """
        if self._answer_by_ms is not None:
            return self._answer_by_ms
        return self._due_ms() if self._stands and self._free.is_set() else None

    @property
    def sending(self) -> bool:
        """Whether a request is under way."""
        return self._answer_by_ms is not None

    async def freed(self) -> None:
        """Wait until no edit is being stored."""
        await self._free.wait()

    def offer(self, events: Sequence[LoggedEvent]) -> None:
        """See switchboard.Line. While events wait already, more of them change nothing about when it goes on."""
        waited = self._live.held
        self._live.offer(events)
        if not waited:
            self.wake()

    def wake(self) -> None:
        """Something happened that it should look at."""
        self._woken.set()
        self._call(self)

    @contextmanager
    def held(self) -> Iterator[Position]:
        """While an edit is being stored, nothing begins that may contradict it. Gives the place from where on what is
        wanted may change: the first event that waits.
        """
        since = self.waits_from
        self._free.clear()
        self._holds.append(since)
        self._call(self)
        try:
            yield since
        finally:
            self._holds.remove(since)
            if not self._holds:
                self._free.set()

    def apply(self, webhook: RegisteredWebhook) -> None:
        """The webhook was edited: what begins from now on goes by the new object."""
        resumed = self._webhook.resumed != webhook.resumed
        hurry = resumed or _reaches_otherwise(self.object, webhook.object)
        back = resumed or self.object.url != webhook.object.url
        for lane in (self._live, *self._replays.all()):
            if hurry:
                lane.hurry(back=back)
            lane.apply(webhook)
        self._webhook = webhook
        if not self.enabled:
            self._replays.cancel_all(self._why_cancelled())
        self._look_again_at_ms = 0
        self.wake()

    def refilter(self, since: Position) -> None:
        """The catalogue has changed: what waits from there on goes by the types that are wanted now."""
        for lane in (self._live, *self._replays.all()):
            lane.refilter(since)
        self.wake()

    def finish(self) -> None:
        """The service stops: see Window.finish."""
        self._finishing = True
        self._live.finish()
        self.wake()

    def add_replay(self, replay: Replay, cursor: Cursor) -> None:
        """Take up a replay where its cursor stands."""
        self._replays.add(replay, self._webhook, cursor)
        if not self.enabled:
            self._replays.cancel_all(self._why_cancelled())
        self.wake()

    def apply_replay(self, replay: Replay) -> None:
        """A replay was edited; it counts from now on."""
        self._replays[replay.id].apply_replay(replay)
        self.wake()

    def replay_lane(self, replay_id: ReplayId) -> Lane:
        """The lane of a replay; raises KeyError for one that has ended."""
        return self._replays[replay_id]

    @property
    def needs_from(self) -> Position | None:
        """Where the part of the log begins that this webhook may still need; None: nothing waits for it.

        What comes while an edit is stored may be wanted after it.
        """
        return min([*self._holds, *(position for _, position in self.holds_from())], default=None)

    def holds_from(self) -> list[tuple[ReplayId | None, Position]]:
        """Live delivery (None) and the replays, as far as they need a part of the log, and where that part begins."""
        live = self._live.needs_from
        return [*([(None, live)] if live is not None else []), *self._replays.needs_from()]

    async def standing(self) -> tuple[Cursor, int]:
        """The cursor, and how many events waited when it stood there: in hand, set aside, and in the log."""
        return await self._live.standing()

    def deadline_ms(self, event: LoggedEvent) -> int:
        """When the event is given up, if it waits that long."""
        return deadline_ms(event.position, event.accepted_at_ms, self._webhook, self._parts.start)

    @property
    def first_deadline_ms(self) -> int | None:
        """When the first event is given up, if it waits that long; as far as that is known."""
        return self._live.first_deadline_ms

    async def oldest(self) -> LoggedEvent | None:
        """The event that has waited longest, but for those set aside."""
        return await self._live.oldest()

    def _next_lane(self) -> Lane | None:
        """Whose open batch is sent now; None: nobody's."""
        now_ms, live_at_ms, replays_from_ms = (
            self._parts.clock.steady_ms(),
            self._sends_at_ms(),
            self._replays_from_ms(),
        )
        live_is_ready = live_at_ms is not None and live_at_ms <= now_ms
        replay = None if replays_from_ms is None else self._replays.ready(not_before_ms=replays_from_ms, now_ms=now_ms)
        if replay is not None and (not live_is_ready or is_replays_turn(live_in_a_row=self._live_in_a_row)):
            self._live_in_a_row = 0
            self._replays.served(replay)
            return replay
        self._live_in_a_row = 0 if replay is None else self._live_in_a_row + 1
        return self._live if live_is_ready else None

    def _sends_at_ms(self) -> int | None:
        """When live delivery may send; None: not before something happens."""
        sends_at_ms = self._live.sends_at_ms
        if sends_at_ms is None or self.cursor.blocked is None:
            return sends_at_ms
        return None if self._finishing else max(sends_at_ms, self._look_again_at_ms)

    def _replays_from_ms(self) -> int | None:
        """When replays may send, as far as the webhook goes; None: not before something happens.

        While live delivery waits for its next try, so do they; and it is live delivery that makes that try.
        """
        cursor = self._live.cursor
        if self._finishing or cursor.gone or (cursor.failures and cursor.open is not None and not cursor.open.aside):
            return None
        look_again_at_ms = self._look_again_at_ms if cursor.blocked is not None else 0
        return max(look_again_at_ms, (cursor.retry_at_ms or 0) if cursor.failures else 0)

    def _due_ms(self) -> int | None:
        """When something is to be done; None: not before something happens."""
        times = [self._live.due_ms, self._sends_at_ms()]
        if not self._finishing:
            times += self._replays.due_ms(not_before_ms=self._replays_from_ms())
        return min((at_ms for at_ms in times if at_ms is not None), default=None)

    def _why_cancelled(self) -> str:
        return "the webhook was deleted" if self._webhook.deleted else "the webhook was disabled"

    async def _attempt(self, lane: Lane) -> None:
        """Send the lane's open batch, and have it decide what follows from the answer."""
        parts, webhook, replay, batch = self._parts, self._webhook, lane.replay, lane.cursor.open
        if batch is None:
            return
        events = await lane.events_of(batch)
        body = join_body(events)
        at_ms = parts.clock.wall_ms()
        request = self.compose(body, batch.id, timestamp_s=at_ms // 1000)
        if isinstance(request, Unreadable):
            self._block(request.reason)  # never unsigned, never without authentication
            return
        if self._webhook is not webhook or lane.replay is not replay or not self._free.is_set():
            return
        response = await self._send(request)
        if isinstance(response, AddressRefused):
            self._block(response.reason)
            return
        self._live.unblocked()
        attempt = Attempt(
            id=AttemptId(str(uuid_utils.uuid7())),
            webhook_id=webhook.id,
            batch_id=batch.id,
            number=batch.attempts + 1,
            at_ms=at_ms,
            first=batch.members[0][0],
            last=batch.members[-1][1],
            events=len(events),
            body_bytes=len(body),
            response=kept_of(response, request),
            outcome=masked_outcome(judge(response, now_ms=parts.clock.wall_ms()), request),
            replay_id=None if replay is None else replay.id,
        )
        if replay is not None and isinstance(attempt.outcome, Gone):
            self._live.stop(attempt.outcome)
        await lane.attempted(batch, events[0], attempt)

    async def _send(self, request: Request) -> Response | AddressRefused:
        self._answer_by_ms = self._parts.clock.steady_ms() + request.timeout_ms
        try:
            return await self._parts.sender.send(request)
        finally:
            self._answer_by_ms = None

    def _block(self, reason: str) -> None:
        """Nothing was sent; all stays as it was, and is looked at again after a while."""
        self._look_again_at_ms = self._parts.clock.steady_ms() + BLOCKED_PAUSE_MS
        self._live.blocked(reason)

    def credentials(self) -> Credentials | Unreadable:
        """The secrets that the object names, as they can be read now."""
        previous = self._webhook.previous_key
        if previous is not None and previous.until_ms <= self._parts.clock.steady_ms():
            previous = None
        return self._parts.keyring.read(self.object, previous.key if previous else None)

    def compose(self, body: bytes, batch_id: BatchId, *, timestamp_s: int) -> Request | Unreadable:
        """The request that would carry this body now, by the object as it is."""
        credentials = self.credentials()
        if isinstance(credentials, Unreadable):
            return credentials
        composer = self._composer
        if composer is None or not composer.is_for(self.object, credentials):
            composer = self._composer = Composer(self.object, credentials, user_agent=self._parts.user_agent)
        return composer.compose(body=body, batch_id=batch_id, timestamp_s=timestamp_s)


def _reaches_otherwise(old: WebHook, new: WebHook) -> bool:
    """Whether an edit may mend what made attempts fail, so that a waiting backoff ends."""
    return (
        old.url != new.url
        or old.http_auth != new.http_auth
        or old.http_headers != new.http_headers
        or old.signature_key != new.signature_key
        or old.allow_invalid_certs != new.allow_invalid_certs
    )
