"""Figures over time in SQLite."""

import array
from collections.abc import Iterable, Sequence
from typing import Final, assert_never

import apsw
import msgspec

from bellwire.model.rollup import STEP_MS, Figures, Rollup, SpanStep
from bellwire.model.webhook import WebhookId
from bellwire.stores.sqlite.connection import Row, rows_of
from bellwire.stores.sqlite.readers import Readers
from bellwire.stores.sqlite.statements import statement
from bellwire.stores.sqlite.writer import Writer, Written

ROLLUPS_PER_STEP: Final = 1_000

_PUT_ROLLUPS: Final = statement("put_rollups")
_LIST_WEBHOOK_ROLLUPS: Final = statement("list_webhook_rollups")
_LIST_ROLLUPS: Final = statement("list_rollups")
_REMOVE_ROLLUPS: Final = statement("remove_rollups")
_ALL_WEBHOOKS: Final = ""
_EMPTY: Final[tuple[object, ...]] = (0, ())


class PutRollups(msgspec.Struct, frozen=True):
    """One call of put. rows: JSON, as put_rollups.sql takes it."""

    rows: str


class RemoveRollups(msgspec.Struct, frozen=True):
    """One call of remove."""

    step: SpanStep
    before_ms: int


RollupWork = PutRollups | RemoveRollups


class TimelineWriter:
    """Lives in the writer's thread."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def write(self, works: Sequence[RollupWork]) -> Written:
        """Do the works in their order."""
        return Written([self._write(work) for work in works])

    def _write(self, work: RollupWork) -> int | None:
        match work:
            case PutRollups(rows):
                self._connection.execute(_PUT_ROLLUPS, (rows,))
                return None
            case RemoveRollups(step, before_ms):
                self._connection.execute(_REMOVE_ROLLUPS, (STEP_MS[step], before_ms, ROLLUPS_PER_STEP))
                return self._connection.changes()
        assert_never(work)


class SqliteTimeline:
    """Figures over time as the event loop sees them."""

    def __init__(self, writer: Writer, timeline_writer: TimelineWriter, readers: Readers) -> None:
        self._writer = writer
        self._timeline_writer = timeline_writer
        self._readers = readers

    async def put(self, rollups: Sequence[Rollup]) -> None:
        """Store these, each in place of the one before."""
        if rollups:
            rows = msgspec.json.encode([_row_of(one) for one in rollups]).decode()
            await self._writer.write(self._timeline_writer, PutRollups(rows), size_bytes=len(rows))

    async def of(
        self, webhook_id: WebhookId | None, step: SpanStep, *, since_ms: int, before_ms: int
    ) -> tuple[Rollup, ...]:
        """The roll-ups of a webhook, ascending: one look into the table for each span."""
        first = -(-since_ms // STEP_MS[step]) * STEP_MS[step]
        begins = apsw.carray(array.array("q", range(first, before_ms, STEP_MS[step])))
        key = _ALL_WEBHOOKS if webhook_id is None else webhook_id
        return await self._readers.read(
            lambda connection: _rollups(rows_of(connection, _LIST_WEBHOOK_ROLLUPS, key, STEP_MS[step], begins), step)
        )

    async def of_each(self, step: SpanStep, *, since_ms: int, before_ms: int) -> tuple[Rollup, ...]:
        """The roll-ups of every webhook, ascending."""
        return await self._readers.read(
            lambda connection: _rollups(rows_of(connection, _LIST_ROLLUPS, STEP_MS[step], since_ms, before_ms), step)
        )

    async def remove(self, step: SpanStep, *, before_ms: int) -> int:
        """Remove roll-ups that begin earlier."""
        removed: int = await self._writer.write(self._timeline_writer, RemoveRollups(step, before_ms))
        return removed


def _row_of(rollup: Rollup) -> tuple[int, int, str, str]:
    figures = list(msgspec.structs.astuple(rollup.figures))
    while figures and figures[-1] in _EMPTY:
        figures.pop()
    key = _ALL_WEBHOOKS if rollup.webhook_id is None else rollup.webhook_id
    return STEP_MS[rollup.step], rollup.begin_ms, key, msgspec.json.encode(figures).decode()


def _rollups(rows: Iterable[Row], step: SpanStep) -> tuple[Rollup, ...]:
    decoder = msgspec.json.Decoder(Figures)
    return tuple(
        [
            Rollup(
                webhook_id=WebhookId(webhook_id) if webhook_id else None,
                step=step,
                begin_ms=begin_ms,
                figures=decoder.decode(figures),
            )
            for begin_ms, webhook_id, figures in rows
        ]
    )
