"""A measurement: Bellwire and its limit in turn, several times, and what the figures are together."""

import statistics
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar

import msgspec

from benchmarks.latencies import Percentiles

MEMORY_BYTES_MAX: Final = 250 * 1000**2
"""What the server may have resident at any moment of any scenario."""

Reading = TypeVar("Reading")
Limit = TypeVar("Limit")


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """Repeated readings of one thing. unit: of each of them."""

    unit: str
    readings: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.readings)

    @property
    def spread(self) -> float:
        """Half of the distance between the lowest and the highest, as a part of the median."""
        return (max(self.readings) - min(self.readings)) / 2 / abs(self.median) if self.median else 0.0


class Goal(msgspec.Struct, frozen=True, kw_only=True):
    """What a scenario has to reach. at_least, at_most: one of them is given."""

    at_least: float | None = None
    at_most: float | None = None

    def is_reached(self, value: float) -> bool:
        """Whether that is enough."""
        return (self.at_least is None or value >= self.at_least) and (self.at_most is None or value <= self.at_most)

    @property
    def bound(self) -> float:
        """The one that is given."""
        return self.at_least if self.at_least is not None else self.at_most or 0.0

    def __str__(self) -> str:
        return f"{'≤' if self.at_least is None else '≥'} {self.bound:,.6g}"


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a scenario found.

    percentiles: latencies by what they are of. notes: figures beside it, each with its unit. memory_bytes_max: what the
    servers of the scenario had resident at most.
    """

    name: str
    measured: Figure
    goal: Goal
    limit: Figure | None = None
    percentiles: dict[str, Percentiles] = {}
    notes: dict[str, str] = {}
    memory_bytes_max: int | None = None

    @property
    def judged(self) -> Figure:
        """What the goal speaks of: the ratios of neighbouring readings of measured and limit; without a limit what was
        measured.
        """
        if self.limit is None:
            return self.measured
        pairs = zip(self.measured.readings, self.limit.readings, strict=True)
        return Figure(unit="of the limit", readings=tuple(one / other for one, other in pairs))

    @property
    def value(self) -> float:
        """The middle one of these."""
        return self.judged.median

    @property
    def is_reached(self) -> bool:
        """Whether the goal is."""
        return self.goal.is_reached(self.value)

    @property
    def is_small(self) -> bool:
        """Whether the server kept within its memory."""
        return self.memory_bytes_max is None or self.memory_bytes_max <= MEMORY_BYTES_MAX


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario that gave nothing: an event was lost, repeated or out of order, or it could not be run."""

    name: str
    problem: str


def figure(unit: str, readings: Iterable[float]) -> Figure:
    """The readings together."""
    return Figure(unit=unit, readings=tuple(readings))


def alternate(
    measure: Callable[[], Reading], limit: Callable[[], Limit], *, repeats: int
) -> tuple[list[Reading], list[Limit]]:
    """Both in turn, so that a machine that drifts drifts for both; the order changes each time."""
    measured: list[Reading] = []
    limits: list[Limit] = []
    for repeat in range(repeats):
        if repeat % 2:
            measured.append(measure())
            limits.append(limit())
        else:
            limits.append(limit())
            measured.append(measure())
    return measured, limits


def together(percentiles: Iterable[Percentiles]) -> Percentiles:
    """The median of each of them."""
    return tuple(statistics.median(one) for one in zip(*percentiles, strict=True))


def busy(parts: Sequence[float]) -> str:
    """How much of a core a process of the benchmark took; one that took nearly all of it may have been the limit."""
    part = statistics.median(parts)
    return f"{part:.0%} of a core{', which may have been the limit' if part > 0.9 else ''}"
