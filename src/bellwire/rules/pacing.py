"""How fast does a replay go?"""

import math
from typing import Final

from bellwire.model.cursor import Cursor

SECOND_MS: Final = 1_000


def rests_until_ms(cursor: Cursor, rate_per_s: float | None) -> int:
    """When the next batch may be cut, as far as the chosen rate goes: n events are followed by n / rate seconds."""
    if rate_per_s is None or cursor.window_opened_at_ms is None:
        return 0
    return cursor.window_opened_at_ms + math.ceil(cursor.window_events * SECOND_MS / rate_per_s)


def events_a_second(rate_per_s: float) -> int:
    """How many events a batch may have at this rate: about what one second brings, one at least."""
    return max(1, math.ceil(rate_per_s))


def left_s(waiting: int, *, rate_per_s: float | None, measured_per_s: float | None) -> float | None:
    """How long the rest will take; None where nothing tells."""
    pace = measured_per_s or rate_per_s
    if waiting == 0:
        return 0.0
    return None if pace is None else waiting / pace
