"""The intake: takes events in. Checks and encodes them once, logs them, and only then acknowledges."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Final, cast

import uuid_utils

from bellwire.clock import Clock
from bellwire.engine.doorkeeper import Doorkeeper
from bellwire.engine.pacer import Pacer
from bellwire.engine.turnstile import Turnstile
from bellwire.errors import (
    BellwireError,
    ConflictingEvent,
    Fault,
    ForbiddenType,
    InterruptedLines,
    InvalidEvent,
    MalformedBody,
    Mistake,
    Stopping,
)
from bellwire.model.event import EVENT_BYTES_MAX, PUBLISHED_IDS_MAX, EventId, EventTypeId, NewEvent, Published
from bellwire.model.event_type import DECLARED_TYPES_MAX, Catalogue
from bellwire.model.principal import PROGRAM, Principal
from bellwire.rules.accepting import PublishedEvent, Unsound, accept_events, show_time
from bellwire.rules.converting_cloudevents import convert_cloudevents
from bellwire.rules.decoding import decode_body, decode_line, decode_lines
from bellwire.rules.permitting import check_types
from bellwire.rules.reading import Findings
from bellwire.rules.reading_cloudevents import Message
from bellwire.store import EventLog

CHUNK_EVENTS: Final = 500
CHUNK_BYTES: Final = 1024 * 1024
"""NDJSON is logged in chunks of so many events or bytes."""

MANY: Final = 16
EVENTS_PER_TURN: Final = 250
"""Of calls with MANY events and more so many are accepted in one turn of the event loop, which takes about a
millisecond: deliveries and other publishers have theirs between."""

LINE_BYTES_MAX: Final = 2 * EVENT_BYTES_MAX
"""Of one NDJSON line: escapes and white space may double an event of the largest size."""


class Intake:
    """Where events come in, from whatever source."""

    def __init__(
        self, log: EventLog, doorkeeper: Doorkeeper, *, clock: Clock, catalogue: Catalogue, pacer: Pacer
    ) -> None:
        self._log = log
        self._pacer = pacer
        self._doorkeeper = doorkeeper
        self._clock = clock
        self._catalogue = catalogue
        self._shipped_types = len(catalogue)
        self._turnstile = Turnstile(EVENTS_PER_TURN)
        self._closed = False
        self._shown_ms, self._shown = 0, ""

    def close(self) -> None:
        """Take no more events; what was begun is finished."""
        self._closed = True

    async def publish(self, events: Sequence[PublishedEvent], *, by: Principal = PROGRAM) -> Published:
        """Log the events, all or none, in their order; returns once they are on disk.

        Raises InvalidEvent, ConflictingEvent, ForbiddenType, Stopping, StorageUnavailable.
        """
        if len(events) >= MANY:
            await self._turnstile.enter(len(events))
        self._check_open()
        accepted, unsound = self._sift(events)
        if not unsound and (surplus := self._types_beyond_room(accepted)):
            index = next(index for index, event in enumerate(accepted) if event.type in surplus)
            unsound = [Unsound(index, _no_room_for(accepted[index].type))]
        if unsound:
            raise invalid_events(unsound)
        check_types(by, [event.type for event in accepted])
        return await self._log_all(accepted)

    async def announce(self, events: Sequence[PublishedEvent]) -> Published:
        """Log own events of Bellwire, also while it is stopping. Raises as publish does."""
        accepted, unsound = self._sift(events, own=True)
        if unsound:
            raise invalid_events(unsound)
        return await self._log_all(accepted)

    async def publish_json(self, body: bytes, *, by: Principal) -> Published:
        """Log one event, an array of events or `{"events": […]}`; also raises MalformedBody."""
        return await self.publish(decode_body(body), by=by)

    async def publish_cloudevents(self, message: Message, *, by: Principal) -> Published:
        """Log the CloudEvents of a message; also raises MalformedBody."""
        return await self.publish(convert_cloudevents(message, catalogue=self._catalogue), by=by)

    async def publish_sound(self, events: Sequence[PublishedEvent]) -> tuple[Published, list[Unsound]]:
        """Log those of the events that can be taken, as publish does; and tell of the others."""
        self._check_open()
        accepted, unsound = self._sift(events)
        surplus = self._types_beyond_room(accepted)
        if surplus:
            unsound += [
                Unsound(index, _no_room_for(event.type)) for index, event in enumerate(events) if event.type in surplus
            ]
            accepted = [event for event in accepted if event.type not in surplus]
        return await self._log_all(accepted), unsound

    async def publish_lines(self, body: AsyncIterator[bytes], *, by: Principal) -> Published:
        """Log NDJSON that comes in any pieces, chunk by chunk; raises InterruptedLines. Blank lines are passed over."""
        lines = _Lines(self, by)
        rest = b""
        async for piece in body:
            *whole, rest = (rest + piece).split(b"\n")
            await lines.take_all(whole)
            if len(rest) > LINE_BYTES_MAX:
                await lines.take(rest)
        await lines.take(rest)
        await lines.flush()
        return Published(accepted=lines.accepted, duplicates=lines.duplicates, ids=tuple(lines.ids))

    def _check_open(self) -> None:
        if self._closed:
            raise Stopping("Bellwire is stopping and takes no more events; publish again when it is back")

    async def _log_all(self, accepted: Sequence[NewEvent]) -> Published:
        await self._doorkeeper.admit()
        self._pacer.published()
        appended = await self._log.append(accepted, accepted_at_ms=self._clock.steady_ms())
        return Published(
            accepted=len(accepted), duplicates=appended.duplicates, ids=tuple(event.id for event in accepted)
        )

    def _sift(self, events: Sequence[PublishedEvent], *, own: bool = False) -> tuple[list[NewEvent], list[Unsound]]:
        """See accept_events."""
        return accept_events(
            events, catalogue=self._catalogue, accepted_at=self._present_time(), make_ids=_make_ids, own=own
        )

    def _present_time(self) -> str:
        """As show_time writes it, once a millisecond."""
        now_ms = self._clock.wall_ms()
        if now_ms != self._shown_ms:
            self._shown_ms, self._shown = now_ms, show_time(datetime.fromtimestamp(now_ms / 1000, UTC))
        return self._shown

    def _types_beyond_room(self, events: Sequence[NewEvent]) -> frozenset[EventTypeId]:
        """The types of these events that would have to be declared and cannot, as there are too many."""
        unseen = frozenset(type_id for type_id in {event.type for event in events} if type_id not in self._catalogue)
        if unseen and len(self._catalogue) - self._shipped_types + len(unseen) > DECLARED_TYPES_MAX:
            return unseen
        return frozenset()


def _no_room_for(type_id: str) -> Fault:
    return Fault("type", f"{type_id} would be one type more than the {DECLARED_TYPES_MAX:,} that can be declared")


def invalid_events(unsound: Sequence[Unsound]) -> InvalidEvent:
    """The error that tells of them all; there is at least one."""
    faults = Findings()
    for at, fault in unsound:
        faults.add(f"events/{at}/{fault.path}".rstrip("/"), fault.message)
    return InvalidEvent(unsound[0].at, *faults.all())


class _Lines:
    """The chunk in hand of one NDJSON body, and the counts of those before it."""

    def __init__(self, intake: Intake, by: Principal) -> None:
        self._intake = intake
        self._by = by
        self._chunk: list[PublishedEvent] = []
        self._chunk_lines: list[int] = []
        self._chunk_bytes = 0
        self._line = 0
        self.accepted = 0
        self.duplicates = 0
        self.ids: list[EventId] = []

    async def take_all(self, lines: Sequence[bytes]) -> None:
        """Put these lines into the chunk, as `take` does one by one where there is something to say about one."""
        for at in range(0, len(lines), CHUNK_EVENTS):
            some = lines[at : at + CHUNK_EVENTS]
            events = decode_lines(some) if max(map(len, some)) <= LINE_BYTES_MAX else None
            if events is None:
                for line in some:
                    await self.take(line)
                continue
            self._chunk += events
            self._chunk_lines += range(self._line + 1, self._line + 1 + len(some))
            self._chunk_bytes += sum(map(len, some))
            self._line += len(some)
            await self._flush_if_full()

    async def take(self, line: bytes) -> None:
        """Put one line into the chunk; log the chunk once it is full."""
        self._line += 1
        if not line.strip():
            return
        try:
            if len(line) > LINE_BYTES_MAX:
                raise MalformedBody(f"has more than {LINE_BYTES_MAX:,} bytes; an event may have {EVENT_BYTES_MAX:,}")
            event = decode_line(line)
        except Mistake as problem:
            await self.flush()
            raise self._interrupted(problem, self._line) from problem
        self._chunk.append(event)
        self._chunk_lines.append(self._line)
        self._chunk_bytes += len(line)
        await self._flush_if_full()

    async def _flush_if_full(self) -> None:
        if len(self._chunk) >= CHUNK_EVENTS or self._chunk_bytes >= CHUNK_BYTES:
            await self.flush()

    async def flush(self) -> None:
        """Log the chunk in hand; of a chunk with a bad event, what stands before it."""
        chunk, lines = self._chunk, self._chunk_lines
        self._chunk, self._chunk_lines, self._chunk_bytes = [], [], 0
        if not chunk:
            return
        try:
            await self._publish(chunk)
        except (InvalidEvent, ConflictingEvent, ForbiddenType) as problem:
            if problem.index:
                await self._publish(chunk[: problem.index])
            raise self._interrupted(problem, lines[problem.index]) from problem
        except BellwireError as problem:
            raise self._interrupted(problem, lines[0]) from problem

    async def _publish(self, chunk: Sequence[PublishedEvent]) -> None:
        published = await self._intake.publish(chunk, by=self._by)
        self.accepted += published.accepted
        self.duplicates += published.duplicates
        self.ids += published.ids[: PUBLISHED_IDS_MAX - len(self.ids)]

    def _interrupted(self, cause: BellwireError, line: int) -> InterruptedLines:
        if isinstance(cause, InvalidEvent):  # what later lines of the chunk have wrong is told once they are the first
            cause = InvalidEvent(cause.index, cause.faults[0])
        return InterruptedLines(cause, line=line, accepted=self.accepted, duplicates=self.duplicates)


def _make_ids(count: int) -> list[EventId]:
    """UUIDv7 (RFC 9562): one anew, the others count on from it (§6.2, method 2), which takes a quarter less time."""
    if not count:
        return []
    made = str(uuid_utils.uuid7())
    start, last_digits = made[:-12], int(made[-12:], 16)
    first = last_digits >> 1 | 1 << 46  # twelve digits, without a carry beyond them
    return cast("list[EventId]", [f"{start}{number:x}" for number in range(first, first + count)])
