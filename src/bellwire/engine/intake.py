"""The intake: takes events in. Checks and encodes them once, logs them, and only then acknowledges."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

import uuid_utils

from bellwire.clock import Clock
from bellwire.engine.doorkeeper import Doorkeeper
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
from bellwire.rules.accepting import PublishedEvent, accept_event, show_time
from bellwire.rules.converting_cloudevents import convert_cloudevents
from bellwire.rules.decoding import decode_body, decode_line
from bellwire.rules.matching import OWN_PREFIX
from bellwire.rules.permitting import check_types
from bellwire.rules.reading import Findings
from bellwire.rules.reading_cloudevents import Message
from bellwire.store import EventLog

CHUNK_EVENTS: Final = 1_000
CHUNK_BYTES: Final = 1024 * 1024
"""NDJSON is logged in chunks of so many events or bytes."""

LINE_BYTES_MAX: Final = 2 * EVENT_BYTES_MAX
"""Of one NDJSON line: escapes and white space may double an event of the largest size."""


class Unsound(NamedTuple):
    """An event that cannot be taken: its index within the call, and what is wrong, its path relative to the event."""

    at: int
    fault: Fault


class Intake:
    """Where events come in, from whatever source."""

    def __init__(self, log: EventLog, doorkeeper: Doorkeeper, *, clock: Clock, catalogue: Catalogue) -> None:
        self._log = log
        self._doorkeeper = doorkeeper
        self._clock = clock
        self._catalogue = catalogue
        self._shipped_types = len(catalogue)
        self._closed = False

    def close(self) -> None:
        """Take no more events; what was begun is finished."""
        self._closed = True

    async def publish(self, events: Sequence[PublishedEvent], *, by: Principal = PROGRAM) -> Published:
        """Log the events, all or none, in their order; returns once they are on disk.

        Raises InvalidEvent, ConflictingEvent, ForbiddenType, Stopping, StorageUnavailable.
        """
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
            for line in whole:
                await lines.take(line)
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
        appended = await self._log.append(accepted, accepted_at_ms=self._clock.steady_ms())
        return Published(
            accepted=len(accepted), duplicates=appended.duplicates, ids=tuple(event.id for event in accepted)
        )

    def _sift(self, events: Sequence[PublishedEvent], *, own: bool = False) -> tuple[list[NewEvent], list[Unsound]]:
        """Those that are sound, and the others. own: they are Bellwire's own, whose types nobody else may publish."""
        now = show_time(datetime.fromtimestamp(self._clock.wall_ms() / 1000, UTC))
        accepted: list[NewEvent] = []
        unsound: list[Unsound] = []
        for index, published in enumerate(events):
            event = accept_event(published, catalogue=self._catalogue, accepted_at=now, make_id=_make_id)
            if isinstance(event, Fault):
                unsound.append(Unsound(index, event))
            elif not own and event.type.startswith(OWN_PREFIX):
                unsound.append(Unsound(index, _NOT_THEIRS))
            else:
                accepted.append(event)
        return accepted, unsound

    def _types_beyond_room(self, events: Sequence[NewEvent]) -> frozenset[EventTypeId]:
        """The types of these events that would have to be declared and cannot, as there are too many."""
        unseen = frozenset(event.type for event in events if event.type not in self._catalogue)
        if unseen and len(self._catalogue) - self._shipped_types + len(unseen) > DECLARED_TYPES_MAX:
            return unseen
        return frozenset()


_NOT_THEIRS: Final = Fault(
    "type", f"only Bellwire itself publishes {OWN_PREFIX}* events; choose a type of another group"
)


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


def _make_id() -> str:
    return str(uuid_utils.uuid7())
