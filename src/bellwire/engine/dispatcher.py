"""The dispatcher: brings one webhook up to date, one request at a time."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import uuid_utils

from bellwire.engine.keyring import Unreadable
from bellwire.engine.lane import Lane
from bellwire.engine.parts import Parts
from bellwire.engine.terms import Terms
from bellwire.model.attempt import Attempt, AttemptId, Request
from bellwire.model.batch import Batch, BatchId
from bellwire.model.cursor import Cursor
from bellwire.model.event import LoggedEvent, Position
from bellwire.model.webhook import RegisteredWebhook, WebHook
from bellwire.rules.batching import join_body
from bellwire.rules.composing import compose_request
from bellwire.rules.judging import judge
from bellwire.rules.masking import kept_of

BLOCKED_PAUSE_MS: Final = 5_000
"""Between two looks at a secret that could not be read."""


class Dispatcher:
    """Runs while its webhook has something to do."""

    def __init__(
        self, webhook: RegisteredWebhook, cursor: Cursor, parts: Parts, call: Callable[["Dispatcher"], None]
    ) -> None:
        self._webhook = webhook
        self._parts = parts
        self._call = call
        terms = Terms(webhook, parts.selector, clock=parts.clock, start=parts.start)
        self._live = Lane(cursor, terms, parts)
        self._woken = asyncio.Event()
        self._free = asyncio.Event()
        self._free.set()
        self._finishing = False
        self._blocked: Unreadable | None = None
        self._look_again_at_ms = 0
        self._edited_from: Position | None = None

    def rest(self) -> None:
        """Nothing waits up to the end of the log, as somebody found out: read on from there."""
        self._live.rest()

    def retire(self) -> None:
        """Let go of what is held in memory; another dispatcher takes over."""
        self._live.retire()

    async def run(self) -> None:
        """Bring the webhook up to date; returns when nothing is left to do until it is woken."""
        while True:
            await self._free.wait()
            self._woken.clear()
            await self._live.advance()
            now_ms = self._parts.clock.steady_ms()
            sends_at_ms = self._sends_at_ms()
            batch = self._live.cursor.open
            if batch is not None and sends_at_ms is not None and sends_at_ms <= now_ms:
                await self._attempt(self._live, batch)
                continue
            due_ms = min((at_ms for at_ms in (self._live.due_ms, sends_at_ms) if at_ms is not None), default=None)
            if due_ms is None and not self._woken.is_set():
                return
            if due_ms is None or due_ms > now_ms:
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
        return self._live.cursor

    @property
    def waits_from(self) -> Position:
        """Where the first event stands that waits, but for those set aside; else the end of the log."""
        return self._live.waits_from

    @property
    def blocked(self) -> Unreadable | None:
        """Why nothing can be sent now, if that is so."""
        return self._blocked

    def offer(self, event: LoggedEvent) -> None:
        """See switchboard.Line."""
        self._live.offer(event)

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
        if resumed or _reaches_otherwise(self.object, webhook.object):
            self._live.hurry(back=resumed or self.object.url != webhook.object.url)
        self._live.apply(webhook)
        self._webhook = webhook
        self._look_again_at_ms = 0
        self.wake()

    def refilter(self) -> None:
        """The catalogue has changed: what waits goes by the types that are wanted now."""
        self._live.refilter()
        self.wake()

    def finish(self) -> None:
        """The service stops: see Window.finish."""
        self._finishing = True
        self._live.finish()
        self.wake()

    @property
    def needs_from(self) -> Position | None:
        """Where the part of the log begins that this webhook may still need; None: nothing waits for it.

        What comes while an edit is stored may be wanted after it.
        """
        return min((place for place in (self._live.needs_from, self._edited_from) if place is not None), default=None)

    async def standing(self) -> tuple[Cursor, int]:
        """The cursor, and how many events waited when it stood there: in hand, set aside, and in the log."""
        return await self._live.standing()

    def deadline_ms(self, event: LoggedEvent) -> int:
        """When the event is given up, if it waits that long."""
        return self._live.deadline_ms(event)

    async def oldest(self) -> LoggedEvent | None:
        """The event that has waited longest, but for those set aside."""
        return await self._live.oldest()

    def _sends_at_ms(self) -> int | None:
        sends_at_ms = self._live.sends_at_ms
        if sends_at_ms is None or self._blocked is None:
            return sends_at_ms
        return None if self._finishing else max(sends_at_ms, self._look_again_at_ms)

    async def _attempt(self, lane: Lane, batch: Batch) -> None:
        """Make one request, and have the lane decide what follows from its answer."""
        parts, webhook = self._parts, self._webhook
        events = await lane.events_of(batch)
        body = join_body(events)
        at_ms = parts.clock.wall_ms()
        request = self.compose(body, batch.id, timestamp_s=at_ms // 1000)
        self._blocked = request if isinstance(request, Unreadable) else None
        if isinstance(request, Unreadable):
            # Never unsigned, never without authentication.
            self._look_again_at_ms = parts.clock.steady_ms() + BLOCKED_PAUSE_MS
            return
        if self._webhook is not webhook or not self._free.is_set():
            return
        response = await parts.sender.send(request)
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
            outcome=judge(response, now_ms=parts.clock.wall_ms()),
        )
        await lane.attempted(batch, events[0], attempt)

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


def _reaches_otherwise(old: WebHook, new: WebHook) -> bool:
    """Whether an edit may mend what made attempts fail, so that a waiting backoff ends."""
    return (
        old.url != new.url
        or old.http_auth != new.http_auth
        or old.http_headers != new.http_headers
        or old.signature_key != new.signature_key
        or old.allow_invalid_certs != new.allow_invalid_certs
    )
