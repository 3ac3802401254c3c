"""How many events came when: counted by tenths of a second, so that two processes can be compared afterwards."""

import itertools
from typing import Final

BUCKET_US: Final = 100_000

Timeline = dict[int, int]
"""Events by the tenth of a second of the machine's monotonic clock in which they came."""


def count_in(timeline: Timeline, at_us: int, events: int) -> None:
    """So many more came at that time."""
    bucket = at_us // BUCKET_US
    timeline[bucket] = timeline.get(bucket, 0) + events


def backlog(published: Timeline, delivered: Timeline, *, webhooks: int = 1) -> list[int]:
    """The deliveries that were still owed at the end of each tenth of a second in which something was published."""
    buckets = range(min(published), max(published) + 1)
    owed = itertools.accumulate(published.get(bucket, 0) * webhooks for bucket in buckets)
    done = itertools.accumulate(delivered.get(bucket, 0) for bucket in buckets)
    return [one - other for one, other in zip(owed, done, strict=True)]


def growth(published: Timeline, delivered: Timeline, *, webhooks: int = 1) -> float:
    """Which part of what was owed for the second half of the time piled up in it: the mean backlog of the last quarter,
    less that of the second, as a part of what was published between their middles. 0 where the time is too short.
    """
    owed = backlog(published, delivered, webhooks=webhooks)
    quarter = len(owed) // 4
    if not quarter:
        return 0.0
    earlier, later = owed[quarter : 2 * quarter], owed[-quarter:]
    between = sum(published.values()) * webhooks / 2
    return (sum(later) - sum(earlier)) / quarter / between
