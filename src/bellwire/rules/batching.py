"""Which events go into the next request?"""

from collections.abc import Iterable
from itertools import islice
from typing import Final

from bellwire.model.event import LoggedEvent

HEAD: Final = b'{"events":['
TAIL: Final = b"]}"


def count_fitting(waiting: Iterable[LoggedEvent], *, events_max: int, body_bytes_max: int) -> int:
    """How many waiting events, from the first on, fit into one body; the first always does, whatever its size."""
    body_bytes = len(HEAD) + len(TAIL) - 1
    count = 0
    for event in islice(waiting, events_max):
        body_bytes += len(event.encoded) + 1
        if body_bytes > body_bytes_max and count:
            break
        count += 1
    return count


def join_body(events: Iterable[LoggedEvent]) -> bytes:
    """The body that carries these events: their bytes as they were encoded at acceptance."""
    return HEAD + b",".join([event.encoded for event in events]) + TAIL
