"""The events of the benchmarks: each says which publisher it is from, its number there, and when it was sent."""

import re
import time
from typing import Final, NamedTuple

PAD: Final = "x" * 116
"""So that an event has about 290 bytes as it is delivered, as real ones have on average (docs/performance.md)."""

_MARKS: Final = re.compile(rb'"c":"(\d{4})","n":"(\d{9})","t":"(\d{16})"')


class Mark(NamedTuple):
    """What an event says. sent_us: microseconds of the machine's monotonic clock, which all processes share."""

    publisher: int
    number: int
    sent_us: int


def now_us() -> int:
    """The machine's monotonic clock, in microseconds."""
    return time.monotonic_ns() // 1000


def event(type_id: str, publisher: int, number: int, sent_us: int) -> str:
    """One event as it is published."""
    return f'{{"type":"{type_id}","data":{{"c":"{publisher:04}","n":"{number:09}","t":"{sent_us:016}","pad":"{PAD}"}}}}'


def marks(body: bytes) -> list[Mark]:
    """What the events in a delivered body say, in their order."""
    return [Mark(int(publisher), int(number), int(sent)) for publisher, number, sent in _MARKS.findall(body)]
