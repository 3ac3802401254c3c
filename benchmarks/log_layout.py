"""Which row layout suits the event log? Measures three of them and prints the table of docs/adr/0001-log-row-layout.md.

    python benchmarks/log_layout.py [--events 1000000] [--folder /where/the/disk/is]

Every layout has all its indexes in place: events are found by id, listed and counted by type, searched by time. Appends
run in a thread of their own, as in the store, once with an idle event loop in the main thread and once with one that is
kept busy over sockets. The limit beside them: the same bytes appended to a plain file, with fdatasync for each group.
"""

import argparse
import array
import asyncio
import collections
import itertools
import os
import random
import socket
import statistics
import struct
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple, Protocol

import apsw
import msgspec
import uuid_utils

from bellwire.model.event import EventId
from bellwire.stores.sqlite.event_key import keys_of

TYPES: Final = 40
GROUPS: Final = (1, 16, 64, 1000)
ROUNDS: Final = 3
SECONDS_PER_MEASUREMENT: Final = 0.4
BLOCK_EVENTS_MAX: Final = 1000
PAGE_EVENTS: Final = 1000
SINGLE_EVENTS: Final = 100_000


class Event(NamedTuple):
    id: str
    type: int
    encoded: bytes


class Row(msgspec.Struct, gc=False):
    position: int
    accepted_at_ms: int
    type: int
    encoded: bytes


class Layout(Protocol):
    name: str
    connection: apsw.Connection

    def append(self, first: int, events: Sequence[Event]) -> None: ...
    def read(self, start: int) -> list[Row]: ...
    def read_type(self, start: int, type_number: int) -> list[Row]: ...
    def count(self, type_number: int) -> int: ...
    def last_positions(self) -> dict[int, int]: ...
    def find(self, event_id: str) -> int: ...


PRAGMAS: Final = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA cache_size = -16384;
"""
IDS: Final = """
CREATE TABLE event_ids (id BLOB NOT NULL PRIMARY KEY, position INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE event_types (number INTEGER PRIMARY KEY, last INTEGER NOT NULL, total INTEGER NOT NULL) STRICT;
CREATE TABLE log_end (next INTEGER NOT NULL) STRICT;
INSERT INTO log_end VALUES (1);
"""
INSERT_IDS: Final = "INSERT INTO event_ids SELECT value, ?2 + rowid - 1 FROM carray(?1)"
FIND_ID: Final = "SELECT position FROM event_ids WHERE id = ?"
COUNT_TYPES: Final = """
INSERT INTO event_types SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?) WHERE true
ON CONFLICT (number) DO UPDATE SET last = excluded.last, total = total + excluded.total
"""


Append = Callable[[int, Sequence[Event]], None]


class Rows:
    """One row per event, and an index on id."""

    name = "rows"
    table = """
    CREATE TABLE events (position INTEGER PRIMARY KEY, accepted_at INTEGER NOT NULL, type INTEGER NOT NULL,
        encoded BLOB NOT NULL) STRICT;
    """

    def __init__(self, path: Path) -> None:
        self.connection = apsw.Connection(str(path))
        self.connection.execute(PRAGMAS + IDS + self.table).fetchall()

    def append(self, first: int, events: Sequence[Event]) -> None:
        types = array.array("q", [event.type for event in events])
        with self.connection as connection:
            connection.execute(
                "WITH t AS MATERIALIZED (SELECT rowid AS n, value FROM carray(?3)),"
                " e AS MATERIALIZED (SELECT rowid AS n, value FROM carray(?4))"
                " INSERT INTO events SELECT ?1 + n - 1, ?2, t.value, e.value FROM e JOIN t USING (n)",
                (first, now_ms(), apsw.carray(types), apsw.carray(tuple(event.encoded for event in events))),
            )
            append_ids(connection, first, events)

    def read(self, start: int) -> list[Row]:
        return [
            Row(*row)
            for row in self.connection.execute(
                "SELECT position, accepted_at, type, encoded FROM events WHERE position >= ? ORDER BY position LIMIT ?",
                (start, PAGE_EVENTS),
            )
        ]

    def read_type(self, start: int, type_number: int) -> list[Row]:
        return [
            Row(*row)
            for row in self.connection.execute(
                "SELECT position, accepted_at, type, encoded FROM events WHERE position >= ? AND type = ?"
                " ORDER BY position LIMIT ?",
                (start, type_number, PAGE_EVENTS),
            )
        ]

    def count(self, type_number: int) -> int:
        return scalar(self.connection, "SELECT count(*) FROM events WHERE type = ?", type_number)

    def last_positions(self) -> dict[int, int]:
        return dict(self.connection.execute("SELECT number, last FROM event_types"))

    def find(self, event_id: str) -> int:
        position = scalar(self.connection, FIND_ID, keys_of([EventId(event_id)])[0])
        return len(self.connection.execute("SELECT encoded FROM events WHERE position = ?", (position,)).fetchall())


class IndexedRows(Rows):
    """One row per event, an index on id and one on type."""

    name = "rows + type index"
    table = Rows.table + "CREATE INDEX events_by_type ON events (type, position);"


class Blocks:
    """One row per run of up to 1,000 neighbours, an index on id, and the blocks of each type."""

    name = "blocks"
    table = """
    CREATE TABLE blocks (first INTEGER PRIMARY KEY, accepted_at INTEGER NOT NULL, ends BLOB NOT NULL,
        types BLOB NOT NULL, encoded BLOB NOT NULL) STRICT;
    CREATE TABLE type_blocks (type INTEGER NOT NULL, first INTEGER NOT NULL, total_before INTEGER NOT NULL,
        PRIMARY KEY (type, first)) STRICT, WITHOUT ROWID;
    """

    def __init__(self, path: Path) -> None:
        self.connection = apsw.Connection(str(path))
        self.connection.execute(PRAGMAS + IDS + self.table).fetchall()
        self.totals: dict[int, int] = {}

    def append(self, first: int, events: Sequence[Event]) -> None:
        type_blocks: list[tuple[int, int, int]] = []
        blocks = [
            self.block(first + at, events[at : at + BLOCK_EVENTS_MAX], type_blocks)
            for at in range(0, len(events), BLOCK_EVENTS_MAX)
        ]
        with self.connection as connection:
            connection.executemany("INSERT INTO blocks VALUES (?, ?, ?, ?, ?)", blocks)
            connection.execute(
                "INSERT INTO type_blocks SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?)",
                (msgspec.json.encode(type_blocks).decode(),),
            )
            append_ids(connection, first, events)

    def block(
        self, first: int, events: Sequence[Event], type_blocks: list[tuple[int, int, int]]
    ) -> tuple[int, int, bytes, bytes, bytes]:
        types = [event.type for event in events]
        for number, count in sorted(collections.Counter(types).items()):
            total = self.totals.get(number, 0)
            type_blocks.append((number, first, total))
            self.totals[number] = total + count
        form = f"<{len(events)}I"
        pieces = [event.encoded for event in events]
        ends = itertools.accumulate(map(len, pieces))
        return first, now_ms(), struct.pack(form, *ends), struct.pack(form, *types), b"".join(pieces)

    def read(self, start: int) -> list[Row]:
        rows: list[Row] = []
        for first, accepted_at_ms, ends_blob, types_blob, encoded in self.blocks_from(start):
            count = len(ends_blob) // 4
            ends = (0, *struct.unpack(f"<{count}I", ends_blob))
            types = struct.unpack(f"<{count}I", types_blob)
            skip = max(0, start - first)
            take = min(count, skip + PAGE_EVENTS - len(rows))
            rows += [
                Row(first + at, accepted_at_ms, types[at], encoded[ends[at] : ends[at + 1]]) for at in range(skip, take)
            ]
            if len(rows) == PAGE_EVENTS:
                break
        return rows

    def blocks_from(self, start: int) -> apsw.Cursor:
        return self.connection.execute(
            "SELECT first, accepted_at, ends, types, encoded FROM blocks WHERE first >="
            " (SELECT max(first) FROM blocks WHERE first <= ?) ORDER BY first",
            (start,),
        )

    def read_type(self, start: int, type_number: int) -> list[Row]:
        rows: list[Row] = []
        for first, accepted_at_ms, ends_blob, types_blob, encoded in self.connection.execute(
            "SELECT first, accepted_at, ends, types, encoded FROM type_blocks JOIN blocks USING (first)"
            " WHERE type = ?1 AND first >= (SELECT max(first) FROM blocks WHERE first <= ?2) ORDER BY first",
            (type_number, start),
        ):
            count = len(ends_blob) // 4
            ends = (0, *struct.unpack(f"<{count}I", ends_blob))
            for at, number in enumerate(struct.unpack(f"<{count}I", types_blob)):
                if number == type_number and first + at >= start:
                    rows.append(Row(first + at, accepted_at_ms, number, encoded[ends[at] : ends[at + 1]]))
                    if len(rows) == PAGE_EVENTS:
                        return rows
        return rows

    def count(self, type_number: int) -> int:
        return scalar(
            self.connection,
            "SELECT total - (SELECT total_before FROM type_blocks WHERE type = ?1 ORDER BY first LIMIT 1)"
            " FROM event_types WHERE number = ?1",
            type_number,
        )

    def last_positions(self) -> dict[int, int]:
        return dict(self.connection.execute("SELECT number, last FROM event_types"))

    def find(self, event_id: str) -> int:
        position = scalar(self.connection, FIND_ID, keys_of([EventId(event_id)])[0])
        for first, _, ends_blob, _, encoded in self.blocks_from(position):
            ends = (0, *struct.unpack(f"<{len(ends_blob) // 4}I", ends_blob))
            return len(encoded[ends[position - first] : ends[position - first + 1]])
        return 0


class PlainFile:
    """The limit: the same bytes at the end of a file."""

    def __init__(self, path: Path) -> None:
        self.descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)

    def append(self, _first: int, events: Sequence[Event]) -> None:
        os.write(self.descriptor, b"".join([event.encoded for event in events]))
        os.fdatasync(self.descriptor)


def append_ids(connection: apsw.Connection, first: int, events: Sequence[Event]) -> None:
    lasts: dict[int, list[int]] = {}
    for position, event in enumerate(events, first):
        last = lasts.get(event.type)
        if last is None:
            lasts[event.type] = [event.type, position, 1]
        else:
            last[1] = position
            last[2] += 1
    connection.execute(INSERT_IDS, (apsw.carray(keys_of([EventId(event.id) for event in events])), first))
    connection.execute(COUNT_TYPES, (msgspec.json.encode(list(lasts.values())).decode(),))
    connection.execute("UPDATE log_end SET next = ?", (first + len(events),))


def scalar(connection: apsw.Connection, sql: str, parameter: int | bytes) -> int:
    number = connection.execute(sql, (parameter,)).get
    assert isinstance(number, int)
    return number


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def make_events(count: int) -> list[Event]:
    """Events of 270 to 290 bytes; type 0 holds a fifth of them, the last type one in a hundred."""
    dice = random.Random(1)  # noqa: S311 - it makes no secrets
    weights = [8.0, *([0.8] * (TYPES - 2)), 0.4]
    numbers = dice.choices(range(TYPES), weights, k=count)
    return [make_event(number, dice.randrange(20)) for number in numbers]


def make_event(number: int, more: int) -> Event:
    event_id = str(uuid_utils.uuid7())
    body = (
        f'"type":"group.type-{number:02}","data":{{"accountName":"jane.doe@example.com","text":"{"x" * (133 + more)}"}}'
    )
    return Event(event_id, number, f'{{"id":"{event_id}","createdAt":"2026-03-01T12:00:00.000Z",{body}}}'.encode())


class Speed(NamedTuple):
    """events_per_s: by the clock. cpu_us: of the appending thread, for each event; a noisy machine disturbs it less."""

    events_per_s: float
    cpu_us: float


def append_for_a_while(append: Append, groups: Iterator[Sequence[Event]]) -> Speed:
    """Append groups; the making of the groups is not counted."""
    done = 0
    seconds = cpu_seconds = 0.0
    while seconds < SECONDS_PER_MEASUREMENT:
        events = next(groups)
        began, cpu_began = time.perf_counter(), time.thread_time()
        append(1 + done, events)
        seconds += time.perf_counter() - began
        cpu_seconds += time.thread_time() - cpu_began
        done += len(events)
    return Speed(done / seconds, cpu_seconds / done * 1e6)


async def beside_a_loop(work: Callable[[], Speed], *, busy: bool) -> Speed:
    """Run the work in a thread, with the event loop of this one idle or busy over sockets."""
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    results: list[Speed] = []

    def run() -> None:
        results.append(work())
        loop.call_soon_threadsafe(done.set)

    thread = threading.Thread(target=run)
    thread.start()
    async with asyncio.TaskGroup() as players:
        if busy:
            for _ in range(16):
                players.create_task(play(done))
        await done.wait()
    thread.join()
    return results[0]


async def play(done: asyncio.Event) -> None:
    """Send an event to and fro, decoding it each time, as a server of requests would."""
    left, right = socket.socketpair()
    reader, writer = await asyncio.open_connection(sock=left)
    echo_reader, echo_writer = await asyncio.open_connection(sock=right)
    line = msgspec.json.encode({"type": "group.type", "data": {"text": "x" * 200}}) + b"\n"
    while not done.is_set():
        writer.write(line)
        msgspec.json.decode(await echo_reader.readline())
        echo_writer.write(line)
        msgspec.json.decode(await reader.readline())
    writer.close()
    echo_writer.close()


def groups_of(size: int) -> Iterator[Sequence[Event]]:
    """Groups of events with ids of their own, for ever."""
    prepared = make_events(max(size, 2_000))
    while True:
        for at in range(0, len(prepared), size):
            yield [event._replace(id=str(uuid_utils.uuid7())) for event in prepared[at : at + size]]


def measure_appends(layouts: Sequence[type[Rows | Blocks]], folder: Path) -> None:
    """Medians; each ratio is taken beside a limit that was measured just before it."""
    columns = [(size, busy) for busy in (False, True) for size in GROUPS]
    ratios: dict[str, list[str]] = {"plain file, 1000/s": []}
    cpu_us: dict[str, list[str]] = {"plain file": []}
    for size, busy in columns:
        speeds = measure_column(layouts, folder, size, busy=busy)
        limits = speeds["plain file"]
        ratios["plain file, 1000/s"].append(cell(median(one.events_per_s for one in limits) / 1000))
        for name, measured in speeds.items():
            cpu_us.setdefault(name, []).append(cell(median(one.cpu_us for one in measured)))
            if name != "plain file":
                shares = (one.events_per_s / limit.events_per_s for one, limit in zip(measured, limits, strict=True))
                ratios.setdefault(name, []).append(cell(median(shares)))
    heads = "".join(f"{size:>8}{'*' if busy else ' '}" for size, busy in columns)
    for title, rows in (
        ("share of the plain file's events/s (its own speed in the first line)", ratios),
        ("CPU of the appending thread, µs an event", cpu_us),
    ):
        print(f"\nappend: {title}; * beside a busy loop\n\n{'events in a group':<20}{heads}")
        for name, cells in rows.items():
            print(f"{name:<20}" + "".join(cells))


def measure_column(
    layouts: Sequence[type[Rows | Blocks]], folder: Path, size: int, *, busy: bool
) -> dict[str, list[Speed]]:
    speeds: dict[str, list[Speed]] = {}
    for turn in range(ROUNDS):
        plain = PlainFile(folder / f"plain-{size}-{busy}-{turn}")
        speeds.setdefault("plain file", []).append(measured(plain.append, size, busy=busy))
        for layout in layouts:
            opened = layout(folder / f"{layout.name}-{size}-{busy}-{turn}.db")
            speeds.setdefault(layout.name, []).append(measured(opened.append, size, busy=busy))
            opened.connection.close()
    return speeds


def measured(append: Append, size: int, *, busy: bool) -> Speed:
    groups = groups_of(size)
    return asyncio.run(beside_a_loop(lambda: append_for_a_while(append, groups), busy=busy))


def median(values: Iterable[float]) -> float:
    return statistics.median(values)


def cell(value: float) -> str:
    return f"{value:>8.2f} "


def measure_reads(layouts: Sequence[type[Rows | Blocks]], folder: Path, events_total: int) -> None:
    print(f"\nsize, and reading by CPU time; {events_total:,} events appended 1000 at a time\n")
    heads = ("size/payload", "same, singly", "read/s", "1 % type/s", "count ms", "lasts ms", "find µs")
    print(f"{'':<20}" + "".join(f"{head:>14}" for head in heads))
    for layout in layouts:
        singly = size_ratio(layout(folder / f"{layout.name}-singly.db"), min(events_total, SINGLE_EVENTS), group=1)
        opened = layout(folder / f"{layout.name}.db")
        cells = (
            f"{size_ratio(opened, events_total, group=1000):.3f}",
            f"{singly:.3f}",
            *measure_reads_of(opened, events_total),
        )
        print(f"{layout.name:<20}" + "".join(f"{cell:>14}" for cell in cells))
        opened.connection.close()


def size_ratio(layout: Layout, events_total: int, *, group: int) -> float:
    """Append that many events; the bytes of the file for each of theirs."""
    layout.connection.execute("PRAGMA synchronous = OFF")
    payload = 0
    for first in range(1, events_total + 1, 1000):
        events = make_events(1000)
        payload += sum(len(event.encoded) for event in events)
        for at in range(0, 1000, group):
            layout.append(first + at, events[at : at + group])
    layout.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return Path(layout.connection.filename).stat().st_size / payload


def measure_reads_of(layout: Layout, events_total: int) -> tuple[str, ...]:
    starts = range(1, min(events_total, 200_000), PAGE_EVENTS)
    timed(lambda: sum(len(layout.read(at)) for at in starts))  # into the system's cache
    reads, seconds = timed(lambda: sum(len(layout.read(at)) for at in starts))
    rare, rare_seconds = timed(lambda: read_all_of(layout, TYPES - 1))
    _, count_seconds = timed(lambda: layout.count(0))
    _, last_seconds = timed(lambda: len(layout.last_positions()))
    ids = [msgspec.json.decode(row.encoded)["id"] for row in layout.read(events_total // 2)]
    _, find_seconds = timed(lambda: sum(layout.find(event_id) for event_id in ids))
    return (
        f"{reads / seconds:,.0f}",
        f"{rare / rare_seconds:,.0f}",
        f"{count_seconds * 1000:.3f}",
        f"{last_seconds * 1000:.3f}",
        f"{find_seconds / len(ids) * 1e6:.1f}",
    )


def read_all_of(layout: Layout, type_number: int) -> int:
    start, count = 1, 0
    while rows := layout.read_type(start, type_number):
        count += len(rows)
        start = rows[-1].position + 1
    return count


def timed(work: Callable[[], int]) -> tuple[int, float]:
    """The work's result, and the seconds of CPU that it took: what is read here is in the system's cache."""
    began = time.process_time()
    result = work()
    return result, time.process_time() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=1_000_000, help="events to read and count (default 1,000,000)")
    parser.add_argument(
        "--folder", type=Path, default=None, help="where to write (default: the system's temporary folder)"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        layouts = (Rows, IndexedRows, Blocks)
        measure_appends(layouts, Path(folder))
        measure_reads(layouts, Path(folder), arguments.events)


if __name__ == "__main__":
    main()
