"""Whether all came that was to come: once each, in order, for every endpoint."""

import time
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from benchmarks.loader import Loaded
from benchmarks.programs import Receiver
from benchmarks.receiver import Received

DRAIN_S_MAX: Final = 300
SETTLE_S: Final = 0.1
TOLD_MAX: Final = 5


class Wrong(Exception):
    """A run in which an event was lost, repeated, out of order or refused: its figures count for nothing."""


def drained(receiver: Receiver, wanted: Mapping[str, Loaded], *, before: int = 0) -> Received:
    """Wait until each endpoint has got what was published for it; raises Wrong where it gets anything else.

    before: of these events so many had come when the present count began.
    """
    due = {path: _due(path, loaded) for path, loaded in wanted.items()}
    total = sum(_count(path, loaded) for path, loaded in wanted.items()) - before
    until = time.monotonic() + DRAIN_S_MAX
    while (counted := receiver.counted()).events < total and time.monotonic() < until and not counted.wrong:
        time.sleep(SETTLE_S)
    received = receiver.received()
    if received.wrong:
        raise Wrong("; ".join(received.wrong))
    troubles = [
        f"{path}: {_difference(expected, received.next.get(path, {}))}"
        for path, expected in due.items()
        if received.next.get(path, {}) != expected
    ]
    if troubles:
        more = f"; and {len(troubles) - TOLD_MAX} more endpoints" if len(troubles) > TOLD_MAX else ""
        raise Wrong("; ".join(troubles[:TOLD_MAX]) + more)
    if received.events != total:
        raise Wrong(f"{received.events:,} events came in all, {total:,} were due")
    return received


def endpoint(name: str, *, first: int, step: int) -> str:
    """The path of one that gets every step-th event of each publisher, from that number on."""
    return f"{name}?first={first}&step={step}"


def _part(path: str) -> tuple[int, int]:
    query = dict(parse_qsl(path.partition("?")[2]))
    return int(query.get("first", 0)), int(query.get("step", 1))


def _due(path: str, loaded: Loaded) -> dict[int, int]:
    """The number that comes next of each publisher, where the endpoint has got all that were published for it."""
    first, step = _part(path)
    return {
        publisher: first + step * len(range(first, numbers, step))
        for publisher, numbers in loaded.numbers.items()
        if numbers > first
    }


def _count(path: str, loaded: Loaded) -> int:
    first, step = _part(path)
    return sum(len(range(first, numbers, step)) for numbers in loaded.numbers.values())


def _difference(due: Mapping[int, int], come: Mapping[int, int]) -> str:
    return ", ".join(
        f"of publisher {publisher} came up to {come.get(publisher, 0):,}, due were up to {due.get(publisher, 0):,}"
        for publisher in sorted({*due, *come})
        if due.get(publisher, 0) != come.get(publisher, 0)
    )
