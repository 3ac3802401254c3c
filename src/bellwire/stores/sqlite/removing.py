"""Forgetting, in the writer's thread: old events, ids, attempts, discards, changes, and the room that they leave."""

import array
from collections.abc import Callable, Iterator, Sequence
from typing import Final, assert_never

import apsw
import msgspec

from bellwire.model.event import FIRST_POSITION, Position
from bellwire.store import AttemptsKept
from bellwire.stores.repeating import digest_of, take_apart
from bellwire.stores.sqlite.block import Block, block_of
from bellwire.stores.sqlite.connection import rows_of
from bellwire.stores.sqlite.event_key import keys_of
from bellwire.stores.sqlite.statements import statement
from bellwire.stores.sqlite.writer import Written

IDS_PER_STEP: Final = 1_000
"""Ids that one step forgets, but for those of the block that reaches this number."""

ATTEMPTS_PER_STEP: Final = 200
DISCARDS_PER_STEP: Final = 200
CHANGES_PER_STEP: Final = 200

_FIND_LOG_BEGIN: Final = statement("find_log_begin")
_LIST_BLOCKS: Final = statement("list_blocks")
_REMOVE_BLOCKS: Final = statement("remove_blocks")
_REMOVE_TYPE_BLOCKS: Final = statement("remove_type_blocks")
_REMOVE_EVENT_IDS: Final = statement("remove_event_ids")
_ADD_REMOVED_BLOCKS: Final = statement("add_removed_blocks")
_LIST_REMOVED_BLOCKS: Final = statement("list_removed_blocks")
_REMOVE_REMOVED_BLOCKS: Final = statement("remove_removed_blocks")
_ADD_ATTEMPT_TALLIES: Final = statement("add_attempt_tallies")
_LIST_ATTEMPT_TALLIES: Final = statement("list_attempt_tallies")
_LIST_OLDEST_ATTEMPTS: Final = statement("list_oldest_attempts")
_LIST_OLDEST_WEBHOOK_ATTEMPTS: Final = statement("list_oldest_webhook_attempts")
_REMOVE_ATTEMPTS: Final = statement("remove_attempts")
_REMOVE_ATTEMPT_TALLIES: Final = statement("remove_attempt_tallies")
_REMOVE_DISCARDS: Final = statement("remove_discards")
_REMOVE_CHANGES: Final = statement("remove_changes")
_COUNT_FREE_PAGES: Final = statement("count_free_pages")
_GIVE_PAGES_BACK: Final = statement("give_pages_back")
_FIND_PAGE_SIZE: Final = statement("find_page_size")


RemainsRow = tuple[Position, int, bytes, bytes]
"""first, accepted_at_ms, digests, keys"""


class RemoveEvents(msgspec.Struct, frozen=True, kw_only=True):
    """One call of EventLog.remove. types: of the events; forgotten: keys of ids; remains: of the blocks whose ids stay
    known.
    """

    before: Position
    types: frozenset[int]
    forgotten: tuple[bytes, ...]
    remains: tuple[RemainsRow, ...]


class ForgetIds(msgspec.Struct, frozen=True):
    """One call of EventLog.forget."""

    accepted_before_ms: int


class RemoveAttempts(msgspec.Struct, frozen=True):
    """One call of remove_attempts."""

    kept: AttemptsKept


class RemoveDiscards(msgspec.Struct, frozen=True):
    """One call of remove_discards."""

    before: Position


class RemoveChanges(msgspec.Struct, frozen=True):
    """One call of remove_changes."""

    made_before_ms: int
    before: Position


class GiveBack(msgspec.Struct, frozen=True):
    """One call of give_back."""

    spare_bytes: int


Removal = RemoveEvents | ForgetIds | RemoveAttempts | RemoveDiscards | RemoveChanges | GiveBack


def find_log_begin(connection: apsw.Connection) -> Position | None:
    """Where the log begins; None where it holds nothing."""
    ((first,),) = rows_of(connection, _FIND_LOG_BEGIN)
    return None if first is None else Position(first)


def prepare_removal(connection: apsw.Connection, before: Position, *, remembered_since_ms: int) -> RemoveEvents:
    """What removing the blocks before this position comes to; in another thread than the writer's, as it takes longer
    than the removal itself. Blocks never change, so it stays true.
    """
    types: set[int] = set()
    forgotten: list[bytes] = []
    remains: list[RemainsRow] = []
    for row in connection.execute(_LIST_BLOCKS, (FIRST_POSITION, before)):
        block = block_of(row)
        types.update(block.types)
        taken = [take_apart(encoded) for encoded in _each_of(block)]
        keys = keys_of([one.id for one in taken])
        if block.accepted_at_ms < remembered_since_ms:
            forgotten += keys
        else:
            digests = b"".join([digest_of(one.content) for one in taken])
            remains.append((block.first, block.accepted_at_ms, digests, msgspec.msgpack.encode(keys)))
    return RemoveEvents(before=before, types=frozenset(types), forgotten=tuple(forgotten), remains=tuple(remains))


class Remover:
    """Each work is one small step. removed: called on the event loop with the place where the log begins now."""

    def __init__(self, connection: apsw.Connection, removed: Callable[[Position], None]) -> None:
        self._connection = connection
        self._removed = removed

    def write(self, works: Sequence[Removal]) -> Written:
        """Take the steps in their order."""
        outcomes = [self._write(work) for work in works]
        begin = max((work.before for work in works if isinstance(work, RemoveEvents)), default=None)
        if begin is None:
            return Written(outcomes)
        return Written(outcomes, announce=lambda: self._removed(begin))

    def _write(self, work: Removal) -> int | None:
        match work:
            case RemoveEvents():
                self._remove_events(work)
                return None
            case ForgetIds(accepted_before_ms):
                return self._forget_ids(accepted_before_ms)
            case RemoveAttempts(kept):
                return self._remove_attempts(kept)
            case RemoveDiscards(before):
                self._connection.execute(_REMOVE_DISCARDS, (before, DISCARDS_PER_STEP))
                return self._connection.changes()
            case RemoveChanges(made_before_ms, before):
                self._connection.execute(_REMOVE_CHANGES, (made_before_ms, before, CHANGES_PER_STEP))
                return self._connection.changes()
            case GiveBack(spare_bytes):
                return self._give_back(spare_bytes)
        assert_never(work)

    def _remove_events(self, work: RemoveEvents) -> None:
        self._connection.execute(_REMOVE_BLOCKS, (work.before,))
        if work.types:
            self._connection.execute(_REMOVE_TYPE_BLOCKS, (apsw.carray(array.array("q", work.types)), work.before))
        self._connection.executemany(_ADD_REMOVED_BLOCKS, work.remains)
        self._forget(work.forgotten, work.before)

    def _forget_ids(self, accepted_before_ms: int) -> int:
        firsts: list[int] = []
        keys: list[bytes] = []
        behind = 0
        for first, packed in self._connection.execute(_LIST_REMOVED_BLOCKS, (accepted_before_ms, IDS_PER_STEP)):
            of_block = msgspec.msgpack.decode(packed, type=list[bytes])
            firsts.append(first)
            keys += of_block
            behind = max(behind, first + len(of_block))
            if len(keys) >= IDS_PER_STEP:
                break
        if firsts:
            self._connection.execute(_REMOVE_REMOVED_BLOCKS, (apsw.carray(array.array("q", firsts)),))
            self._forget(keys, Position(behind))
        return len(keys)

    def _forget(self, keys: Sequence[bytes], before: Position) -> None:
        if keys:
            self._connection.execute(_REMOVE_EVENT_IDS, (apsw.carray(tuple(keys)), before))

    def _remove_attempts(self, kept: AttemptsKept) -> int:
        tallies = rows_of(self._connection, _LIST_ATTEMPT_TALLIES)
        surplus_bytes = sum(size for _, _, size in tallies) - kept.total_bytes
        doomed: list[tuple[int, str, int]] = []
        for number, webhook_id, size, at_ms in self._connection.execute(_LIST_OLDEST_ATTEMPTS, (ATTEMPTS_PER_STEP,)):
            if at_ms >= kept.since_ms and surplus_bytes <= 0:
                break
            surplus_bytes -= size
            doomed.append((number, webhook_id, size))
        for webhook_id, attempts, _ in tallies:
            surplus = min(attempts - kept.per_webhook, ATTEMPTS_PER_STEP - len(doomed))
            if surplus > 0 and not doomed:
                rows = rows_of(self._connection, _LIST_OLDEST_WEBHOOK_ATTEMPTS, webhook_id, surplus)
                doomed += [(number, webhook_id, size) for number, size in rows]
        if doomed:
            numbers = array.array("q", [number for number, _, _ in doomed])
            self._connection.execute(_REMOVE_ATTEMPTS, (apsw.carray(numbers),))
            removed = [(webhook_id, -1, -size) for _, webhook_id, size in doomed]
            self._connection.execute(_ADD_ATTEMPT_TALLIES, (msgspec.json.encode(removed).decode(),))
            webhook_ids = tuple({webhook_id for _, webhook_id, _ in doomed})
            self._connection.execute(_REMOVE_ATTEMPT_TALLIES, (apsw.carray(webhook_ids),))
        return len(doomed)

    def _give_back(self, spare_bytes: int) -> int:
        page_bytes = self._number(_FIND_PAGE_SIZE)
        free = self._number(_COUNT_FREE_PAGES)
        if free * page_bytes <= spare_bytes:
            return 0
        rows_of(self._connection, _GIVE_PAGES_BACK)
        return (free - self._number(_COUNT_FREE_PAGES)) * page_bytes

    def _number(self, sql: str) -> int:
        ((number,),) = rows_of(self._connection, sql)
        return int(number)


def _each_of(block: Block) -> Iterator[bytes]:
    for at in range(len(block.types)):
        yield block.encoded[block.ends[at] : block.ends[at + 1]]
