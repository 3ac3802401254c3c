"""The window: when the next batch may be cut, and what goes into it."""

from msgspec.structs import replace

from bellwire.engine.reader import Reader
from bellwire.engine.terms import Terms
from bellwire.model.cursor import Cursor
from bellwire.model.event import LoggedEvent
from bellwire.model.webhook import CatchUp
from bellwire.rules.batching import count_fitting


class Window:
    """Opens at once after a quiet time, and then a throttle after the one before."""

    def __init__(self, terms: Terms, reader: Reader) -> None:
        self._terms = terms
        self._reader = reader
        self._end = reader.position
        self._last_batches: int | None = None

    def finish(self) -> None:
        """The service stops: one last batch without waiting for the throttle, if the endpoint is healthy."""
        self._last_batches = 1

    @property
    def finishing(self) -> bool:
        """Whether the service stops."""
        return self._last_batches is not None

    def due_ms(self, cursor: Cursor) -> int:
        """When the next batch may be cut: at once after a quiet time, else a throttle after the last window, and after
        a backoff; at a rate that was chosen, after the rest that it asks for.
        """
        retry_at_ms = cursor.retry_at_ms or 0
        if self._terms.rate_per_s is not None:
            return max(retry_at_ms, self._terms.rests_until_ms(cursor))
        if cursor.window_opened_at_ms is None or self._last_batches is not None or self._is_open():
            return retry_at_ms
        return max(retry_at_ms, cursor.window_opened_at_ms + self._terms.object.throttle_ms)

    def take(self, cursor: Cursor) -> tuple[Cursor, tuple[LoggedEvent, ...]]:
        """The events of the next batch, none unless some wait and the throttle allows; and the cursor that knows it."""
        if not self._reader.held or self.due_ms(cursor) > self._terms.now_ms() or not self._may_open(cursor):
            return cursor, ()
        if not self._is_open():
            self._end = self._reader.end
            cursor = replace(cursor, window_opened_at_ms=self._terms.now_ms())
        in_window = self._reader.waiting_before(self._end)
        fitting = count_fitting(
            in_window, events_max=self._terms.events_max(cursor), body_bytes_max=self._terms.object.max_batch_bytes
        )
        if self._terms.rate_per_s is not None:
            cursor = replace(cursor, window_opened_at_ms=self._terms.now_ms(), window_events=fitting)
        return cursor, self._reader.take(fitting)

    def _may_open(self, cursor: Cursor) -> bool:
        if self._last_batches is None:
            return True
        self._last_batches, left = 0, self._last_batches
        return left > 0 and not cursor.failures

    def _is_open(self) -> bool:
        return self._terms.object.catch_up is CatchUp.FAST and self._reader.position < self._end
