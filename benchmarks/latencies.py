"""Latencies of which there may be millions: a bounded, even sample of them, and what it says."""

from array import array
from collections.abc import Sequence
from typing import Final

SAMPLE_MAX: Final = 1_000_000
PARTS: Final = (0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0)
"""The percentiles that are told."""

Percentiles = tuple[float, ...]
"""Milliseconds at each of PARTS; empty where there was nothing."""


class Latencies:
    """Keeps every latency until there are SAMPLE_MAX, then every second, every fourth, and so on."""

    def __init__(self) -> None:
        self._kept = array("L")
        self._step = 1
        self._skip = 0

    def take(self, latencies_us: Sequence[int]) -> None:
        """Some more of them."""
        self._kept.extend(latencies_us[self._skip :: self._step])
        self._skip = (self._skip - len(latencies_us)) % self._step
        if len(self._kept) > SAMPLE_MAX:
            self._kept = self._kept[::2]
            self._step *= 2

    def percentiles(self) -> Percentiles:
        """What they say together."""
        ordered = sorted(self._kept)
        last = len(ordered) - 1
        return tuple(ordered[min(last, int(len(ordered) * part))] / 1000 for part in PARTS) if ordered else ()


def at(percentiles: Percentiles, part: float) -> float:
    """The milliseconds that this part of them does not exceed; raises ValueError for none of PARTS."""
    return percentiles[PARTS.index(part)] if percentiles else 0.0
