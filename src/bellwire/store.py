"""Contract: what is kept, and what a crash before and after each call means.

A store has seven parts over one truth: the event log, the registry (webhooks, sources, event types), the ledger
(cursors, attempts, discards), the replays, the journal, whose changes are stored by the calls that make them, the
directory (who may come in, and what they did; see directory.py), and the timeline (figures for charts, timeline.py).
Every call is whole or nothing. A call that has returned survives kill -9 and power loss; one that was cut off by a
crash may have happened or not, and the caller finds out by reading. A call that raises StorageUnavailable has changed
nothing.

All calls are made from one event loop; writes are applied in the order of the calls.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Final, Protocol

import msgspec

from bellwire.directory import Directory
from bellwire.model.attempt import Attempt, AttemptId
from bellwire.model.audit import AuditEntry
from bellwire.model.change import Change, NumberedChange
from bellwire.model.cursor import Cursor, CursorMove, Discard, ReplayId
from bellwire.model.event import EventId, EventTypeId, LoggedEvent, NewEvent, Position
from bellwire.model.event_type import EventType
from bellwire.model.positions import Positions
from bellwire.model.replay import Replay
from bellwire.model.source import RegisteredSource, SourceName
from bellwire.model.stretch import Stretch
from bellwire.model.webhook import RegisteredWebhook, WebhookId
from bellwire.timeline import Timeline

PAGE_EVENTS_MAX: Final = 10_000
PAGE_BYTES_MAX: Final = 64 * 1024 * 1024


class Appended(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an append. logged: the events that are new; duplicates: how many were known already."""

    logged: tuple[LoggedEvent, ...]
    duplicates: int


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of the log, ascending. next: from where to read on; it moves also when nothing matched."""

    events: tuple[LoggedEvent, ...]
    next: Position


class EventSearch(msgspec.Struct, frozen=True, kw_only=True):
    """Which events to list, newest first. before: only positions below it; since ≤ time of acceptance < until."""

    types: frozenset[EventTypeId] | None = None
    since_ms: int | None = None
    until_ms: int | None = None
    before: Position | None = None
    limit: int = 100


class AttemptSearch(msgspec.Struct, frozen=True, kw_only=True):
    """Which attempts to list, newest first. failed: only those that did not deliver; before: only those
    recorded earlier than that one.
    """

    webhook_id: WebhookId | None = None
    failed: bool = False
    before: AttemptId | None = None
    limit: int = 100


class DiscardSearch(msgspec.Struct, frozen=True, kw_only=True):
    """Which discards to list, newest first. before: only those with a lower number.

    since_ms: the list may end before the first discard up to which none was made then or later; of those that it has
    some may be older, where the clock was set back.
    """

    webhook_id: WebhookId | None = None
    since_ms: int | None = None
    before: int | None = None
    limit: int = 100


class ChangeSearch(msgspec.Struct, frozen=True, kw_only=True):
    """Which changes to list, newest first: of a webhook or event type, or (None) of all. before: only those with a
    lower number.
    """

    subject: str | None = None
    before: int | None = None
    limit: int = 100


class AttemptsKept(msgspec.Struct, frozen=True, kw_only=True):
    """Which attempts are kept: those made since then (milliseconds since 1970), of each webhook so many of the newest,
    of all webhooks together the newest that take so many bytes as they are encoded.
    """

    since_ms: int
    per_webhook: int
    total_bytes: int


class Settlements(msgspec.Struct, frozen=True, kw_only=True):
    """What may have settled the event at one position, each newest first.

    deliveries: the kept attempts that delivered and whose first and last event enclose the position. discards: those
    that gave up this very event.
    """

    deliveries: tuple[Attempt, ...]
    discards: tuple[Discard, ...]


class NumberedDiscard(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded discard; numbers ascend in the order of recording and are not used twice."""

    number: int
    discard: Discard


Listener = Callable[[Sequence[LoggedEvent]], None]


class EventLog(Protocol):
    """Append-only, ordered, the truth."""

    @property
    def begin(self) -> Position:
        """The position of the first retained event, the end if none is. Nothing is found at positions before it; a read
        that starts there goes on from here.
        """

    @property
    def end(self) -> Position:
        """The position behind the last logged event, as the listeners know it: raised just before they are called.

        It stays where it is when all events are removed, also across a restart.
        """

    @property
    def bytes_logged(self) -> int:
        """The bytes, as encoded, of all events that were ever logged before the end, the removed ones included."""

    def follow(self, listener: Listener) -> None:
        """Call the listener with every event that is logged from now on: once each, in log order, from the event loop,
        once it is on disk and before its append returns. It must not raise. An append whose caller was cancelled is
        reported all the same.
        """

    async def append(self, events: Sequence[NewEvent], *, accepted_at_ms: int) -> Appended:
        """Put the events at the end of the log, all or none, in their order, as neighbours among the new ones.

        An event whose id is known (in the log, removed and not forgotten, or twice in this call) with the same type
        and data is a duplicate and is not stored again. Raises ConflictingEvent for a known id with others,
        StorageUnavailable.
        """

    async def read(
        self,
        start: Position,
        *,
        before: Position,
        types: frozenset[EventTypeId] | None,
        events_max: int,
        bytes_max: int,
    ) -> Page:
        """The events of these types (None: all) at start ≤ position < before, ascending; types as they were published.

        At most events_max events and bytes_max bytes, but at least one event if there is any. `next` is `before` once
        nothing is left. A call looks at a bounded stretch of the log, so an empty page with next < before is possible.
        """

    async def fetch(self, positions: Positions) -> tuple[LoggedEvent, ...]:
        """The events at these positions, ascending; those that retention has removed are left out."""

    async def find(self, event_id: EventId) -> LoggedEvent | None:
        """The event of that id."""

    async def search(self, search: EventSearch) -> tuple[LoggedEvent, ...]:
        """Events, newest first; fewer than the limit only when there are no more."""

    async def count(self, start: Position, *, before: Position, types: frozenset[EventTypeId] | None) -> int:
        """How many events of these types stand at start ≤ position < before."""

    async def count_at(self, positions: Positions, *, types: frozenset[EventTypeId] | None) -> int:
        """How many of these positions hold an event of these types; removed ones hold none."""

    async def position_at(self, time_ms: int) -> Position:
        """Where the first event stands up to which one was accepted at that time or later; the end if there is none.

        By a clock that stepped back, events behind it may have been accepted earlier; none before it was later.
        """

    async def last_positions(self) -> dict[EventTypeId, Position]:
        """For each type that was ever logged, the position of its last event, though it be removed; quick whatever the
        log's length.
        """

    async def bytes_before(self, position: Position) -> int:
        """What bytes_logged was when the next event was logged at this position; before `begin`, as at `begin`."""

    async def oldest(self) -> tuple[Stretch, ...]:
        """The first stretches of the log, as many as may be removed in one call; none where nothing is retained."""

    async def remove(self, *, before: Position, remembered_since_ms: int) -> None:
        """Remove the events before this position, which is `behind` of a stretch that oldest has just given.

        The ids of those that were accepted at that time or later stay known, though they are found no more; those of
        the others are forgotten. Whether a removed event may still be wanted is the caller's business.
        """

    async def forget(self, *, accepted_before_ms: int) -> int:
        """Forget ids of removed events that were accepted earlier, a bounded number; how many, 0 once none is left."""


class Registry(Protocol):
    """Webhooks, sources and event types. Each change is stored together with its entry in the audit trail. What it is
    given it keeps as it is; the vault seals secrets before.
    """

    async def webhooks(self) -> tuple[RegisteredWebhook, ...]:
        """All of them in the order of their ids, the deleted ones included."""

    async def add_webhook(
        self, webhook: RegisteredWebhook, cursor: Cursor, changes: Sequence[Change] = (), *, audit: AuditEntry
    ) -> None:
        """Register a webhook together with its first cursor and what the journal says of it."""

    async def replace_webhook(
        self, webhook: RegisteredWebhook, changes: Sequence[Change] = (), *, audit: AuditEntry
    ) -> None:
        """Store an edit, and in the journal what it changes. Raises EditConflict unless the stored revision is the one
        before this.
        """

    async def rewrite_webhooks(self, webhooks: Sequence[RegisteredWebhook]) -> None:
        """Store these webhooks in another form, all or none, at the revisions that they have; raises EditConflict where
        another one is stored.
        """

    async def wipe(self) -> None:
        """Leave nothing in the files of what was rewritten, nor of what an earlier version has overwritten; only while
        nothing else is asked of the store. Raises StorageUnavailable; then it is for a later call, also after a crash.
        """

    async def declared_types(self) -> tuple[EventType, ...]:
        """The types that were declared, by an operator or by first use."""

    async def declare_types(
        self, types: Sequence[EventType], changes: Sequence[Change] = (), *, audit: AuditEntry
    ) -> None:
        """Add types, or replace those of the same id, and put into the journal what that changes."""

    async def sources(self) -> tuple[RegisteredSource, ...]:
        """The registered sources in the order of their names."""

    async def put_source(self, source: RegisteredSource, *, audit: AuditEntry) -> None:
        """Add a source, or replace the one of that name."""

    async def rewrite_sources(self, sources: Sequence[RegisteredSource]) -> None:
        """Store these sources in another form, all or none; what they are does not change."""

    async def remove_source(self, name: SourceName, *, audit: AuditEntry) -> None:
        """Remove the source of that name, if there is one."""


class Ledger(Protocol):
    """Where each webhook stands and what was done for it."""

    async def cursors(self) -> tuple[Cursor, ...]:
        """The cursor of every webhook, the deleted ones included, and of every replay that has not ended."""

    async def skip(self, move: CursorMove) -> None:
        """Move a cursor without an attempt: open or close a batch, pass unwanted events; record discards and changes.

        Raises StaleCursor, and changes nothing, unless the stored cursor's revision is that of move.before.
        """

    async def settle(self, move: CursorMove, attempt: Attempt) -> None:
        """Record the attempt and move the cursor, both or neither; raises as skip does."""

    async def attempts(self, search: AttemptSearch) -> tuple[Attempt, ...]:
        """Attempts, newest first."""

    async def attempt(self, attempt_id: AttemptId) -> Attempt | None:
        """The attempt of that id."""

    async def settlements(self, position: Position, webhook_ids: Collection[WebhookId]) -> Settlements:
        """What settled the event at the position for these webhooks, in live delivery and in replays; one look however
        many they are. Its cost is that of the attempts and discards kept of these webhooks.
        """

    async def discards(self, search: DiscardSearch) -> tuple[NumberedDiscard, ...]:
        """Discards, newest first."""

    async def remove_attempts(self, kept: AttemptsKept) -> int:
        """Remove attempts that are not to be kept, the oldest first, a bounded number; how many, 0 once none is left.

        The order of recording counts: what was recorded after an attempt that is kept is kept with it, as far as age
        and bytes go.
        """

    async def remove_discards(self, *, before: Position) -> int:
        """Remove discards all of whose events stood before this position, a bounded number; how many."""


class Replays(Protocol):
    """What is delivered again on request."""

    async def all(self) -> tuple[Replay, ...]:
        """Those that are kept, in the order of their ids, which is that of their creation."""

    async def add(self, replay: Replay, cursor: Cursor, *, audit: AuditEntry) -> None:
        """Store a replay together with its first cursor."""

    async def put(self, replay: Replay, *, audit: AuditEntry) -> None:
        """Store an edit of a replay that has not ended."""

    async def end(self, replay: Replay) -> None:
        """Store a replay that has ended, and remove its cursor, both or neither."""

    async def remove(self, replay_ids: Sequence[ReplayId]) -> None:
        """Forget replays that have ended."""


class Journal(Protocol):
    """What was changed of webhooks and event types. Of each the newest are kept: WEBHOOK_CHANGES_MAX, or
    LEVEL_CHANGES_MAX of an event type.
    """

    async def changes(self, search: ChangeSearch) -> tuple[NumberedChange, ...]:
        """Changes, newest first; fewer than the limit only when there are no more."""

    async def remove_changes(self, *, made_before_ms: int, before: Position) -> int:
        """Remove changes that were made earlier and decide on no event before this position any more: a bounded
        number; how many, 0 once none is left.
        """


class Store(Protocol):
    """The seven parts over one truth."""

    @property
    def log(self) -> EventLog:
        """The events."""

    @property
    def registry(self) -> Registry:
        """Webhooks, sources and event types."""

    @property
    def ledger(self) -> Ledger:
        """Cursors, attempts and discards."""

    @property
    def replays(self) -> Replays:
        """What is delivered again on request."""

    @property
    def journal(self) -> Journal:
        """What was changed."""

    @property
    def directory(self) -> Directory:
        """Tokens, people, sessions and the audit trail."""

    @property
    def timeline(self) -> Timeline:
        """Figures over time."""

    def size_bytes(self) -> int:
        """How much the store takes: on disk, its companion files included, or in memory where it has no files."""

    def free_bytes(self) -> int | None:
        """How much room the file system has left; None for a store that is on none. Raises StorageUnavailable."""

    async def give_back(self, *, spare_bytes: int) -> int:
        """Give room that removals have left in the files back to the file system, a bounded piece, and no more than
        leaves spare_bytes of it for what will be stored; how many bytes, 0 once nothing is to be given.
        """

    async def close(self) -> None:
        """Finish what was begun and let go of the files; a second call does nothing."""
