"""Which events go into the next request?"""

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate, islice
from typing import Final

from bellwire.model.event import LoggedEvent

HEAD: Final = b'{"events":['
TAIL: Final = b"]}"


def count_fitting(waiting: Iterable[LoggedEvent], *, events_max: int, body_bytes_max: int) -> int:
    """How many waiting events, from the first on, fit into one body; the first always does, whatever its size."""
    sizes = [len(event.encoded) + 1 for event in islice(waiting, events_max)]
    room_bytes = body_bytes_max - len(HEAD) - len(TAIL) + 1
    return max(bisect_right(list(accumulate(sizes)), room_bytes), min(1, len(sizes)))


def join_body(events: Iterable[LoggedEvent]) -> bytes:
    """The body that carries these events: their bytes as they were encoded at acceptance."""
    return HEAD + b",".join([event.encoded for event in events]) + TAIL
