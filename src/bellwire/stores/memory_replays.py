"""The replays of a store that lives in memory."""

from collections.abc import Sequence

from bellwire.model.audit import AuditEntry
from bellwire.model.cursor import Cursor, CursorKey, ReplayId, key_of
from bellwire.model.replay import Replay
from bellwire.stores.gate import Gate
from bellwire.stores.memory_directory import MemoryDirectory


class MemoryReplays:
    """Replays by their ids; their cursors are among those of the ledger."""

    def __init__(self, gate: Gate, cursors: dict[CursorKey, Cursor], directory: MemoryDirectory) -> None:
        self._gate = gate
        self._directory = directory
        self._cursors = cursors
        self._replays: dict[ReplayId, Replay] = {}

    async def all(self) -> tuple[Replay, ...]:
        """Those that are kept, in the order of their ids."""
        self._gate.check()
        return tuple(self._replays[replay_id] for replay_id in sorted(self._replays))

    async def add(self, replay: Replay, cursor: Cursor, *, audit: AuditEntry) -> None:
        """Store a replay together with its first cursor."""
        self._gate.check()
        self._replays[replay.id] = replay
        self._cursors[key_of(cursor)] = cursor
        self._directory.record(audit)

    async def put(self, replay: Replay, *, audit: AuditEntry) -> None:
        """Store an edit of a replay."""
        self._gate.check()
        self._replays[replay.id] = replay
        self._directory.record(audit)

    async def end(self, replay: Replay) -> None:
        """Store a replay that has ended, and remove its cursor."""
        self._gate.check()
        self._replays[replay.id] = replay
        self._cursors.pop(CursorKey(replay.id), None)

    async def remove(self, replay_ids: Sequence[ReplayId]) -> None:
        """Forget replays."""
        self._gate.check()
        for replay_id in replay_ids:
            self._replays.pop(replay_id, None)
