"""What may be forgotten now?"""

from collections.abc import Sequence
from itertools import takewhile
from typing import Final

from bellwire.model.event import Position
from bellwire.model.limits import DAY_MS, Limits
from bellwire.model.rollup import SpanStep
from bellwire.model.stretch import Stretch

ID_KNOWN_MS: Final = DAY_MS
"""For which an id stays known at least, counted from the acceptance of its event."""

ROLLUPS_KEPT_MS: Final = {SpanStep.MINUTE: 25 * DAY_MS // 24, SpanStep.HOUR: 32 * DAY_MS, SpanStep.DAY: 400 * DAY_MS}
"""How long roll-ups are kept, by their step: so that a chart of a day, of a month and of a year has all its spans."""


def removable_before(
    oldest: Sequence[Stretch], *, needed_from: Position, settled_to: int, now_ms: int, limits: Limits
) -> Position | None:
    """Where the first events end that need not be kept; None: all must be.

    oldest: the first stretches of the log, ascending. needed_from: where the first event waits for any webhook; no
    stretch that reaches there is removed. settled_to: the bytes of all events that were ever logged before that place.
    """
    doomed = takewhile(
        lambda stretch: (
            stretch.behind <= needed_from
            and (
                stretch.accepted_at_ms + limits.retention_age_ms <= now_ms
                or settled_to - stretch.bytes_before > limits.retention_bytes
            )
        ),
        oldest,
    )
    return max((stretch.behind for stretch in doomed), default=None)
