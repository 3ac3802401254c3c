"""The dispatcher: brings one webhook up to date, one batch at a time."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import msgspec
import uuid_utils
from msgspec.structs import replace

from bellwire.clock import Clock
from bellwire.engine.keyring import Keyring, Unreadable
from bellwire.engine.planner import Planner
from bellwire.engine.reader import Reader, Shelf
from bellwire.engine.selector import Selector
from bellwire.errors import StorageUnavailable
from bellwire.model.attempt import Attempt, AttemptId, Refused, Request
from bellwire.model.batch import Batch, BatchId
from bellwire.model.cursor import Cursor, CursorMove, Discard, DiscardReason, in_hand, read_to
from bellwire.model.event import LoggedEvent, Position
from bellwire.model.webhook import RegisteredWebhook, WebHook
from bellwire.reporter import Reporter
from bellwire.rules.batching import join_body
from bellwire.rules.composing import compose_request
from bellwire.rules.expiring import Start
from bellwire.rules.judging import judge
from bellwire.rules.masking import kept_of
from bellwire.rules.retrying import Situation, next_step
from bellwire.rules.settling import move_cursor
from bellwire.sender import Sender
from bellwire.store import EventLog, Ledger

STORAGE_PAUSE_MS: Final = 1_000
"""Between two tries of a write that storage refused; nothing is sent meanwhile."""

BLOCKED_PAUSE_MS: Final = 5_000
"""Between two looks at a secret that could not be read."""

SKIPPED_UNSAID_MAX: Final = 10_000
"""Positions that a cursor passes without a wanted event before that alone is worth a write."""


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What every dispatcher works with. dice: gives an even chance from 0 to 1."""

    log: EventLog
    ledger: Ledger
    sender: Sender
    clock: Clock
    reporter: Reporter
    selector: Selector
    shelf: Shelf
    keyring: Keyring
    start: Start
    dice: Callable[[], float]
    user_agent: str


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What an attempt made of the cursor, to be stored with it; without one, the cursor as it was."""

    cursor: Cursor
    discards: tuple[Discard, ...] = ()
    attempt: Attempt | None = None


class Dispatcher:
    """Runs while its webhook has something to do. It decides, then writes, in one place only."""

    def __init__(
        self, webhook: RegisteredWebhook, cursor: Cursor, parts: Parts, call: Callable[["Dispatcher"], None]
    ) -> None:
        self._webhook = webhook
        self._cursor = cursor
        self._parts = parts
        self._call = call
        self._heading = cursor
        self._reader = Reader(parts.log, parts.selector, parts.shelf, position=read_to(cursor))
        self._planner = Planner(webhook, self._reader, parts.selector, clock=parts.clock, start=parts.start)
        self._woken = asyncio.Event()
        self._free = asyncio.Event()
        self._free.set()
        self._blocked: Unreadable | None = None
        self._look_again_at_ms = 0
        self._planning_from: Position | None = None
        self._edited_from: Position | None = None

    def rest(self) -> None:
        """Nothing waits up to the end of the log, as somebody found out: read on from there."""
        self._reader.rest()

    def retire(self) -> None:
        """Let go of what is held in memory; another dispatcher takes over."""
        self._reader.seek(self._cursor.position)

    async def run(self) -> None:
        """Bring the webhook up to date; returns when nothing is left to do until it is woken."""
        made = Made(cursor=self._cursor)
        while True:
            await self._free.wait()
            self._woken.clear()
            self._planning_from = self._planner.needs_from(self._cursor) or self._parts.log.end
            plan = await self._planner.plan(made.cursor)
            await self._write(plan.cursor, made.discards + plan.discards, made.attempt)
            self._planning_from = None
            made = Made(cursor=self._cursor)
            due_ms = self._due_ms()
            if due_ms is None and not self._woken.is_set():
                return
            if due_ms is None or due_ms > self._parts.clock.steady_ms():
                await self._parts.clock.wait(self._woken, until_ms=due_ms)
            elif made.cursor.open is not None:
                made = await self._attempt(made.cursor, made.cursor.open)

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
        return self._heading

    @property
    def waits_from(self) -> Position:
        """Where the first event stands that waits, but for those set aside; else the end of the log."""
        return self._planner.waits_from(self._heading)

    @property
    def blocked(self) -> Unreadable | None:
        """Why nothing can be sent now, if that is so."""
        return self._blocked

    def offer(self, event: LoggedEvent) -> None:
        """See switchboard.Line."""
        self._reader.offer(event)

    def wake(self) -> None:
        """See switchboard.Line."""
        self._woken.set()
        self._call(self)

    @contextmanager
    def held(self) -> Iterator[None]:
        """While an edit is being stored, nothing begins that may contradict it."""
        self._free.clear()
        self._edited_from = self._parts.log.end
        try:
            yield
        finally:
            self._edited_from = None
            self._free.set()

    def apply(self, webhook: RegisteredWebhook) -> None:
        """The webhook was edited: what begins from now on goes by the new object."""
        resumed = self._webhook.resumed != webhook.resumed
        reached = _reaches_otherwise(self._webhook.object, webhook.object)
        self._planner.apply(webhook, hurry=resumed or reached, back=resumed or self.object.url != webhook.object.url)
        self._webhook = webhook
        self._look_again_at_ms = 0
        self.wake()

    def refilter(self) -> None:
        """The catalogue has changed: what waits goes by the types that are wanted now."""
        self._planner.refilter()
        self.wake()

    def finish(self) -> None:
        """The service stops: see Planner.finish."""
        self._planner.finish()
        self.wake()

    @property
    def needs_from(self) -> Position | None:
        """Where the part of the log begins that this webhook may still need; None: nothing waits for it.

        What a plan has taken in hand is needed until the plan is stored; what comes while an edit is stored may be
        wanted after it.
        """
        planned = self._planner.needs_from(self._cursor) if self._planning_from is None else self._planning_from
        return min((place for place in (planned, self._edited_from) if place is not None), default=None)

    async def standing(self) -> tuple[Cursor, int]:
        """The cursor, and how many events waited when it stood there: in hand, set aside, and in the log."""
        cursor = self._heading
        if self._reader.caught_up:
            return cursor, in_hand(cursor) + self._reader.held
        types = self._parts.selector.types(self.object)
        before = self._planner.horizon(cursor)
        return cursor, in_hand(cursor) + await self._parts.log.count(read_to(cursor), before=before, types=types)

    def deadline_ms(self, event: LoggedEvent) -> int:
        """When the event is given up, if it waits that long."""
        return self._planner.deadline_of(event)

    async def oldest(self) -> LoggedEvent | None:
        """The event that has waited longest, but for those set aside."""
        batch = self._heading.open
        if batch is not None:
            return (await self._parts.log.fetch(batch.members))[0]
        return next(iter(self._reader.waiting()), None)

    def _due_ms(self) -> int | None:
        due_ms = self._planner.due_ms(self._cursor)
        if due_ms is None or self._blocked is None:
            return due_ms
        return None if self._planner.finishing else max(due_ms, self._look_again_at_ms)

    async def _attempt(self, cursor: Cursor, batch: Batch) -> Made:
        """Make one request, and decide what follows from its answer."""
        parts, webhook = self._parts, self._webhook
        events = await self._planner.events_of(batch)
        body = join_body(events)
        at_ms = parts.clock.wall_ms()
        request = self.compose(body, batch.id, timestamp_s=at_ms // 1000)
        self._blocked = request if isinstance(request, Unreadable) else None
        if isinstance(request, Unreadable):
            # Never unsigned, never without authentication.
            self._look_again_at_ms = parts.clock.steady_ms() + BLOCKED_PAUSE_MS
            return Made(cursor=cursor)
        if self._webhook is not webhook or not self._free.is_set():
            return Made(cursor=cursor)
        response = await parts.sender.send(request)
        outcome = judge(response, now_ms=parts.clock.wall_ms())
        attempt = Attempt(
            id=AttemptId(str(uuid_utils.uuid7())),
            webhook_id=cursor.webhook_id,
            batch_id=batch.id,
            number=batch.attempts + 1,
            at_ms=at_ms,
            first=batch.members[0][0],
            last=batch.members[-1][1],
            events=len(events),
            body_bytes=len(body),
            response=kept_of(response, request),
            outcome=outcome,
        )
        return await self._settled(cursor, batch, events[0], attempt)

    async def _settled(self, cursor: Cursor, batch: Batch, first: LoggedEvent, attempt: Attempt) -> Made:
        """What the attempt makes of the cursor."""
        alone = isinstance(attempt.outcome, Refused) and attempt.events == 1
        now_ms = self._parts.clock.steady_ms()
        situation = Situation(
            webhook=self.object,
            cursor=cursor,
            batch=batch,
            followed=alone and await self._planner.followed(),
            deadline_ms=self._planner.deadline_of(first),
            now_ms=now_ms,
            dice=self._parts.dice(),
        )
        step = next_step(attempt.outcome, situation)
        settled = move_cursor(cursor, batch, first, outcome=attempt.outcome, step=step, now_ms=now_ms)
        discards: tuple[Discard, ...] = ()
        if settled.given_up:
            discard = Discard(
                webhook_id=cursor.webhook_id,
                reason=DiscardReason.LOSSY,
                at_ms=self._parts.clock.wall_ms(),
                members=settled.given_up,
            )
            discards = (discard,)
        return Made(cursor=settled.cursor, discards=discards, attempt=attempt)

    def compose(self, body: bytes, batch_id: BatchId, *, timestamp_s: int) -> Request | Unreadable:
        """The request that would carry this body now, by the object as it is."""
        previous = self._webhook.previous_key
        if previous is not None and previous.until_ms <= self._parts.clock.steady_ms():
            previous = None
        credentials = self._parts.keyring.read(self.object, previous.key if previous else None)
        if isinstance(credentials, Unreadable):
            return credentials
        return compose_request(
            self.object,
            credentials,
            body=body,
            batch_id=batch_id,
            timestamp_s=timestamp_s,
            user_agent=self._parts.user_agent,
        )

    async def _write(self, after: Cursor, discards: tuple[Discard, ...], attempt: Attempt | None) -> None:
        """Store what was decided, with the attempt that led to it; while storage refuses, nothing else is done."""
        before = self._cursor
        self._heading = after
        if attempt is None and not discards and self._goes_without_saying(before, after):
            self._cursor = after
            return
        after = replace(after, revision=before.revision + 1)
        move = CursorMove(before=before, after=after, discards=discards)
        while True:
            try:
                await (self._parts.ledger.skip(move) if attempt is None else self._parts.ledger.settle(move, attempt))
                break
            except StorageUnavailable as problem:
                self._parts.reporter.storage_failed(after.webhook_id, problem)
                pause_until_ms = self._parts.clock.steady_ms() + STORAGE_PAUSE_MS
                await self._parts.clock.wait(asyncio.Event(), until_ms=pause_until_ms)
        self._cursor = self._heading = after
        if attempt is not None:
            self._parts.reporter.attempt_settled(attempt)
        for discard in discards:
            self._parts.reporter.events_discarded(discard)

    def _goes_without_saying(self, before: Cursor, after: Cursor) -> bool:
        """Whether only unwanted events were passed, so few that reading them again costs less than a write."""
        few = after.position - before.position <= SKIPPED_UNSAID_MAX and after.position < self._planner.horizon(after)
        return after == before or (few and replace(after, position=before.position) == before)


def _reaches_otherwise(old: WebHook, new: WebHook) -> bool:
    """Whether an edit may mend what made attempts fail, so that a waiting backoff ends."""
    return (
        old.url != new.url
        or old.http_auth != new.http_auth
        or old.http_headers != new.http_headers
        or old.signature_key != new.signature_key
        or old.allow_invalid_certs != new.allow_invalid_certs
    )
