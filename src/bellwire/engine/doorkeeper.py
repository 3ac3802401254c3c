"""The doorkeeper: lets events in while there is room for them, and knows what takes the room."""

from typing import Final

from msgspec.structs import replace

from bellwire.clock import Clock
from bellwire.engine.supervisor import Supervisor
from bellwire.errors import StorageUnavailable
from bellwire.model.event import Position
from bellwire.model.limits import Limits
from bellwire.model.room import Holder, Room, RoomState
from bellwire.reporter import Reporter
from bellwire.rules.rationing import blameworthy, explain, state_of
from bellwire.store import Store

HOLDERS_MAX: Final = 10
"""How many webhooks are named as holding the log: those that stand furthest back."""

LOOK_PAUSE_MS: Final = 100
"""Between two looks that publishers cause while the door is shut."""

GROWTH: Final = 2
"""How much of the file system an event is taken to need for each of its bytes, between two looks: write-ahead log,
index and file."""


class Doorkeeper:
    """Between two looks it goes by what was logged since, which is exact, and lets nothing be settled meanwhile."""

    def __init__(
        self, store: Store, *, supervisor: Supervisor, clock: Clock, reporter: Reporter, limits: Limits
    ) -> None:
        self._store = store
        self._supervisor = supervisor
        self._clock = clock
        self._reporter = reporter
        self._logged = 0
        self._looked_at_ms = 0
        self.needed_from = Position(0)
        self.room = Room(
            state=RoomState.AMPLE,
            used_bytes=0,
            limit_bytes=limits.backlog_bytes,
            free_bytes=None,
            floor_bytes=limits.free_floor_bytes,
            holders=(),
        )

    async def start(self) -> None:
        """Find the limit, where none was set, and look for the first time. Raises StorageUnavailable."""
        free_bytes = self._store.free_bytes()
        if self.room.limit_bytes is None and free_bytes is not None:
            limit_bytes = (free_bytes + self._store.size_bytes()) // 2
            self.room = replace(self.room, limit_bytes=limit_bytes)
        await self.look()

    async def admit(self) -> None:
        """Return if more events can be taken now; raises StorageUnavailable, with what to do about it."""
        if self._is_open():
            return
        if self._clock.steady_ms() - self._looked_at_ms >= LOOK_PAUSE_MS or self.room.state is not RoomState.FULL:
            await self.look()
        if self.room.state is RoomState.FULL:
            raise StorageUnavailable(f"no events are taken: {explain(self.room)}; publishing goes on by itself then")

    async def look(self) -> None:
        """See what waits and what is free; a change of the state is reported. Raises StorageUnavailable."""
        log, room = self._store.log, self.room
        holders = sorted(self._supervisor.holders(), key=lambda holder: holder[2])
        logged = log.bytes_logged
        needed_from = holders[0][2] if holders else log.end
        used_bytes = logged - await log.bytes_before(needed_from)
        named = [
            Holder(
                webhook_id=webhook.id,
                name=webhook.object.name,
                bytes=max(0, logged - await log.bytes_before(position)),
                replay_id=replay_id,
            )
            for webhook, replay_id, position in holders[:HOLDERS_MAX]
        ]
        free_bytes = self._store.free_bytes()
        state = state_of(used_bytes, limit_bytes=room.limit_bytes, free_bytes=free_bytes, floor_bytes=room.floor_bytes)
        self.room = replace(
            room,
            state=state,
            used_bytes=used_bytes,
            free_bytes=free_bytes,
            holders=blameworthy(named, used_bytes=used_bytes),
        )
        self.needed_from, self._logged, self._looked_at_ms = needed_from, logged, self._clock.steady_ms()
        if state is not room.state:
            self._reporter.room_changed(self.room)

    def _is_open(self) -> bool:
        room = self.room
        grown = self._store.log.bytes_logged - self._logged
        return (
            room.state is not RoomState.FULL
            and (room.limit_bytes is None or room.used_bytes + grown < room.limit_bytes)
            and (room.free_bytes is None or room.free_bytes - GROWTH * grown >= room.floor_bytes)
        )
