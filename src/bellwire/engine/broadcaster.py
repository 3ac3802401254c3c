"""The broadcaster: tells whoever listens what happens, as it happens; it holds up nobody and costs nothing unheard."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from msgspec.structs import replace

from bellwire.engine.listener import Listener
from bellwire.engine.recaller import EventsWanted, Recaller
from bellwire.engine.selector import Selector
from bellwire.engine.summing_listener import SummingListener
from bellwire.engine.tailer import Latest, Tailer
from bellwire.errors import Overloaded, Stopping, StorageError
from bellwire.model.attempt import Attempt
from bellwire.model.change import NumberedChange
from bellwire.model.cursor import Cursor, CursorMove
from bellwire.model.event import LoggedEvent, Position
from bellwire.model.live import LiveKind, Place, Wish
from bellwire.model.webhook import RegisteredWebhook
from bellwire.rules.telling import told_types, wants, wants_event
from bellwire.store import NumberedDiscard, Store

LISTENERS_MAX: Final = 50
"""At once. Each may hold 2 MiB (listener.py), and when it comes back 2 MiB of events and 5 MiB of attempts that it
recalls: 450 MiB in all, where everybody comes back at once and reads nothing."""

Webhooks = Callable[[], tuple[RegisteredWebhook, ...]]


class Broadcaster:
    """Events and attempts come as they are reported. Discards and changes are read from where they were recorded, once
    for all listeners, as only there they have the numbers by which a reader goes on after a pause.
    """

    def __init__(self, store: Store, selector: Selector) -> None:
        self._log = store.log
        self._selector = selector
        self._recaller = Recaller(store)
        self._tailer = Tailer(store.log)
        self._webhooks: Webhooks = tuple
        self._state: Callable[[RegisteredWebhook], str] = str
        self._listeners: dict[Listener, None] = {}
        self._joining = 0
        self._discard = self._change = 0
        self._behind = False
        self._reading: asyncio.Task[None] | None = None
        self._stopped = False
        self._states: Counter[str] | None = None

    def start(self, webhooks: Webhooks, state: Callable[[RegisteredWebhook], str]) -> None:
        """Begin to follow the log. webhooks: gives those that are registered now; state: that of one of them."""
        self._webhooks, self._state = webhooks, state
        self._log.follow(self._logged)

    @property
    def listening(self) -> int:
        """How many listen."""
        return len(self._listeners)

    def states(self) -> dict[str, int]:
        """How many webhooks are in each state now."""
        if self._states is None:
            self._states = Counter(map(self._state, self._webhooks()))
        return dict(self._states)

    async def listen(self, wish: Wish, after: Place | None = None) -> Listener:
        """Hear from now on what the wish says, until leave() or close(); after: what has happened since that place is
        told before, as far as it is retained and bounds allow. Raises Stopping, Overloaded, StorageUnavailable.
        """
        self._check_room()
        self._joining += 1
        try:
            newest = await self._newest()
            end = newest.position
            place = newest if after is None else _within(after, newest)
            listener = self._join(Listener(wish, place, log_end=end))
        finally:
            self._joining -= 1
        self._read_on()
        if after is not None:
            try:
                listener.recall(await self._recaller.recall(wish, self._wanted(wish), place, before=end))
            except BaseException:
                self.leave(listener)
                raise
        return listener

    async def listen_summed(self, wish: Wish) -> Listener:
        """Hear from now on how much happens of what the wish says: pulses. Raises as listen()."""
        self._check_room()
        self._joining += 1
        try:
            listener = self._join(SummingListener(wish, await self._newest()))
        finally:
            self._joining -= 1
        self._read_on()
        return listener

    async def latest(
        self,
        wish: Wish,
        since: Position | None,
        *,
        limit: int,
        holds: Callable[[LoggedEvent], bool] = lambda _event: True,
    ) -> Latest:
        """The newest events of the wish, without listening; as Tailer.latest()."""
        return await self._tailer.latest(self._wanted(wish), since, limit=limit, holds=holds)

    def leave(self, listener: Listener) -> None:
        """Hear nothing more; again it does nothing."""
        self._listeners.pop(listener, None)

    def settled(self, move: CursorMove, attempt: Attempt | None) -> None:
        """A move of a cursor is on disk, and the attempt that led to it."""
        if _condition(move.before) != _condition(move.after):
            self._states = None
        if not self._listeners:
            return
        if attempt is not None:
            for listener in self._listeners:
                if wants(attempt, listener.wish):
                    listener.offer(attempt)
                else:
                    listener.passed([attempt])
        if move.discards or move.changes:
            self._read_on()

    def changed(self) -> None:
        """The journal has something new."""
        self._states = None
        if self._listeners:
            self._read_on()

    async def close(self) -> None:
        """Let every listener end, once it has what waits for it; again it does nothing."""
        self._stopped = True
        if self._reading is not None:
            await asyncio.wait([self._reading])
        for listener in self._listeners:
            listener.close()

    def _check_room(self) -> None:
        if self._stopped:
            raise Stopping("Bellwire is stopping")
        if len(self._listeners) + self._joining >= LISTENERS_MAX:
            raise Overloaded(f"{LISTENERS_MAX} listen already; try again in a moment")

    async def _newest(self) -> Place:
        """Where somebody stands who begins to listen at this moment."""
        newest = await self._recaller.newest()
        if not self._listeners:
            self._discard, self._change = newest.discard, newest.change
        return replace(newest, position=self._log.end)

    def _join(self, listener: Listener) -> Listener:
        if self._stopped:
            listener.close()
        self._listeners[listener] = None
        return listener

    def _logged(self, events: Sequence[LoggedEvent]) -> None:
        if not self._listeners:
            return
        for listener in self._listeners:
            if LiveKind.EVENTS in listener.wish.kinds:
                wanted = self._wanted(listener.wish)
                for event in events:
                    if wants_event(event, wanted.types, wanted.webhooks):
                        listener.offer(event)
            listener.passed(events[-1:])

    def _wanted(self, wish: Wish) -> EventsWanted:
        """Which events are wanted, by the catalogue and the webhooks as they are now."""
        catalogue = self._selector.catalogue
        if wish.webhook_ids is None:
            return EventsWanted(types=told_types(wish, (), catalogue), webhooks=None)
        webhooks = tuple(
            webhook for webhook in self._webhooks() if webhook.id in wish.webhook_ids and webhook.object.enable
        )
        got = [self._selector.types(webhook.object) for webhook in webhooks]
        return EventsWanted(types=told_types(wish, got, catalogue), webhooks=webhooks)

    def _read_on(self) -> None:
        """Have what was recorded since read soon, by the one task that does."""
        self._behind = True
        if self._reading is None and not self._stopped:
            self._reading = asyncio.get_running_loop().create_task(self._read())

    async def _read(self) -> None:
        try:
            while self._behind:
                self._behind = False
                discards, missed = await self._recaller.discards(self._discard)
                self._tell(LiveKind.DISCARDS, discards, missed)
                changes, missed = await self._recaller.changes(self._change)
                self._tell(LiveKind.CHANGES, changes, missed)
        except StorageError:
            return  # the next record makes up for it
        finally:
            self._reading = None

    def _tell(self, kind: LiveKind, found: Sequence[NumberedDiscard] | Sequence[NumberedChange], missed: int) -> None:
        for listener in self._listeners:
            if missed and kind in listener.wish.kinds:
                listener.miss(kind, missed)
            for one in found:
                if wants(one.discard if isinstance(one, NumberedDiscard) else one.change, listener.wish):
                    listener.offer(one)
                else:
                    listener.passed([one])
        if found and kind is LiveKind.DISCARDS:
            self._discard = found[-1].number
        elif found:
            self._change = found[-1].number


def _condition(cursor: Cursor) -> tuple[int, bool, bool]:
    """What the state of a webhook goes by, as far as its cursor goes."""
    return cursor.failures, cursor.gone, cursor.blocked is not None


def _within(after: Place, newest: Place) -> Place:
    """The place of a reader, but nothing that has not happened yet: it may come from another store."""
    return Place(
        position=min(after.position, newest.position),
        discard=min(after.discard, newest.discard),
        change=min(after.change, newest.change),
        attempt=after.attempt,
    )
