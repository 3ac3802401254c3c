"""A measurement: Bellwire and its limit in turn, several times, and what the figures are together."""

import statistics
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

UNIT_PER_S: Final = "events/s"


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
        return (max(self.readings) - min(self.readings)) / 2 / self.median if self.median else 0.0


class Goal(msgspec.Struct, frozen=True, kw_only=True):
    """What a scenario has to reach. at_least, at_most: one of them is given."""

    at_least: float | None = None
    at_most: float | None = None

    def is_reached(self, value: float) -> bool:
        """Whether that is enough."""
        return (self.at_least is None or value >= self.at_least) and (self.at_most is None or value <= self.at_most)

    def __str__(self) -> str:
        return f"≥ {self.at_least:g}" if self.at_least is not None else f"≤ {self.at_most:g}"


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What one scenario gave.

    value: what the goal speaks of: the median of the ratios of neighbouring readings of measured and limit, or, where
    there is no limit, the median of measured. notes: figures beside it, each with its unit.
    """

    name: str
    measured: Figure
    limit: Figure | None
    goal: Goal
    notes: dict[str, str] = {}

    @property
    def value(self) -> float:
        """What the goal speaks of."""
        if self.limit is None:
            return self.measured.median
        return statistics.median(
            one / other for one, other in zip(self.measured.readings, self.limit.readings, strict=True)
        )

    @property
    def is_reached(self) -> bool:
        """Whether the goal is."""
        return self.goal.is_reached(self.value)


def alternate(
    measure: Callable[[], float], limit: Callable[[], float], *, repeats: int, unit: str
) -> tuple[Figure, Figure]:
    """Both in turn, so that a machine that drifts drifts for both; the order changes each time."""
    measured: list[float] = []
    limits: list[float] = []
    for repeat in range(repeats):
        for one, readings in ((measure, measured), (limit, limits))[:: 1 if repeat % 2 else -1]:
            readings.append(one())
    return Figure(unit=unit, readings=tuple(measured)), Figure(unit=unit, readings=tuple(limits))


def quantile(values: Sequence[int], part: float) -> float:
    """The value below which that part of them lies; 0 where there are none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else 0.0
