"""The events of the benchmarks: each says which publisher it is from, its number there, and when it was sent."""

import time
from typing import Final, NamedTuple

PAD: Final = "x" * 123
"""So that an event has about 290 bytes as it is delivered, as real ones have on average (docs/performance.md)."""

NUMBERS: Final = 1_000_000_000
"""So many events may a publisher number. An event's key is its publisher times this, plus its number."""

_ENDINGS: Final = [f"{number:03}" for number in range(1000)]
_KEY: Final = b'"k":"'
_KEY_END: Final = 13
_SENT_AT: Final = 20
_SENT_END: Final = 36


class Marks(NamedTuple):
    """What the events of a body say, in their order. sent_us: the microseconds of the machine's monotonic clock, which
    all processes share, at which the first and the last of them were sent.
    """

    keys: list[int]
    sent_us: tuple[int, int]


def now_us() -> int:
    """The machine's monotonic clock, in microseconds."""
    return time.monotonic_ns() // 1000


def written(types: list[str], publisher: int, numbers: range, *, sent_us: int, between: str) -> str:
    """The events of these numbers as they are published, of the types in turn, with `between` between them."""
    heads = [f'{{"type":"{type_id}","data":{{"k":"{publisher:04}' for type_id in types]
    tail = f'","t":"{sent_us:016}","pad":"{PAD}"}}}}'
    if len(heads) == 1:
        (head,) = heads
        return head + (tail + between + head).join(_numerals(numbers)) + tail
    numerals = zip(numbers, _numerals(numbers), strict=True)
    return between.join([heads[number % len(heads)] + numeral + tail for number, numeral in numerals])


def marks(body: bytes) -> Marks:
    """What a delivered body says."""
    pieces = body.split(_KEY)[1:]
    if not pieces:
        return Marks([], (0, 0))
    first, last = pieces[0], pieces[-1]
    return Marks(
        [int(piece[:_KEY_END]) for piece in pieces],
        (int(first[_SENT_AT:_SENT_END]), int(last[_SENT_AT:_SENT_END])),
    )


def _numerals(numbers: range) -> list[str]:
    """Nine digits of each; thousands at a time, as a loader that formats every number is slower than what it loads."""
    return [
        thousands + ending
        for start in range(numbers.start - numbers.start % 1000, numbers.stop, 1000)
        for thousands in (f"{start // 1000:06}",)
        for ending in _ENDINGS[max(numbers.start - start, 0) : numbers.stop - start]
    ]


def told(key: int) -> str:
    """A key, for people."""
    return f"event {key % NUMBERS:,} of publisher {key // NUMBERS}"
