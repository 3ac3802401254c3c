"""What do figures of several spans, or of several webhooks, come to together?"""

import bisect
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Final

from bellwire.model.rollup import LATENCY_BOUNDS_MS, NOTHING, STEP_MS, Figures, Series, SpanStep

SPANS_MAX: Final = 1_500
"""In one series: a day of minutes, two months of hours, four years of days."""

_US_PER_MS: Final = 1_000
_BOUNDS_US: Final = tuple(bound_ms * _US_PER_MS for bound_ms in LATENCY_BOUNDS_MS)
LATENCY_CLASSES: Final = len(LATENCY_BOUNDS_MS) + 1


def latency_class(total_us: int) -> int:
    """The number of the histogram's class that an attempt belongs to which took so long."""
    return bisect.bisect_left(_BOUNDS_US, total_us)


def shortened(latencies: Iterable[int]) -> tuple[int, ...]:
    """The histogram without the classes at its end in which there is nothing."""
    whole = list(latencies)
    while whole and not whole[-1]:
        whole.pop()
    return tuple(whole)


def added(one: Figures, other: Figures) -> Figures:
    """Both together; backlog and lag are the larger ones."""
    if one is NOTHING:
        return other
    return Figures(
        delivered=one.delivered + other.delivered,
        failed=one.failed + other.failed,
        refused=one.refused + other.refused,
        retry_later=one.retry_later + other.retry_later,
        gone=one.gone + other.gone,
        events=one.events + other.events,
        sent_bytes=one.sent_bytes + other.sent_bytes,
        discarded=one.discarded + other.discarded,
        backlog_max=max(one.backlog_max, other.backlog_max),
        lag_max_ms=max(one.lag_max_ms, other.lag_max_ms),
        latencies=_latencies_added(one.latencies, other.latencies),
        accepted=one.accepted + other.accepted,
        accepted_bytes=one.accepted_bytes + other.accepted_bytes,
    )


def added_up(figures: Iterable[Figures]) -> Figures:
    """All of them together."""
    whole = NOTHING
    for each in figures:
        whole = added(whole, each)
    return whole


def quantile_ms(latencies: tuple[int, ...], share: float) -> float | None:
    """Within how many milliseconds this share of the attempts ended (0 < share ≤ 1), as far as the histogram tells.

    Within a class they are taken to be spread evenly; of the last one, which has no end, only its begin is known. None
    where there was no attempt.
    """
    rank = share * sum(latencies)
    below, lower_ms = 0, 0
    for count, upper_ms in zip_longest(latencies, LATENCY_BOUNDS_MS, fillvalue=0):
        if rank and below + count >= rank:
            return lower_ms if not upper_ms else lower_ms + (upper_ms - lower_ms) * (rank - below) / count
        below, lower_ms = below + count, upper_ms
    return None


def begin_of(step: SpanStep, time_ms: int) -> int:
    """When the span begins that this time is in."""
    return time_ms - time_ms % STEP_MS[step]


def spans_of(step: SpanStep, *, since_ms: int, until_ms: int) -> range:
    """When the spans begin that have any of this time, ascending."""
    return range(begin_of(step, since_ms), until_ms, STEP_MS[step])


def series_of(found: Mapping[int, Figures], step: SpanStep, begins: range) -> Series:
    """The spans that begin then, also those in which nothing happened. found: figures by the begin of their span."""
    spans = tuple([found.get(begin, NOTHING) for begin in begins])
    return Series(step=step, since_ms=begins.start, spans=spans, whole=added_up(spans))


def grouped(spans: Sequence[Figures], size: int) -> tuple[Figures, ...]:
    """Of so many neighbours each what they come to together; the last ones may be fewer."""
    return tuple([added_up(spans[at : at + size]) for at in range(0, len(spans), size)])


def _latencies_added(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    if not one or not other:
        return one or other
    return tuple([sum(pair) for pair in zip_longest(one, other, fillvalue=0)])
