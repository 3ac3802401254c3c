"""Does the log hold exactly what was acknowledged, in each publisher's order, byte for byte?"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from faults.ledger.making import make_event, origin
from faults.ledger.record import ExpectedEvent, Violation

OWN_TYPES: Final = "bellwire."
"""How the types begin that the server publishes about itself."""


class LoggedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event as the API shows it."""

    position: int
    id: str
    type: str
    created_at: str
    data: bytes


class PublisherTally(msgspec.Struct, frozen=True, kw_only=True):
    """How far a publisher came: its events before `acknowledged` are acknowledged, none from `begun` on was sent."""

    number: int
    acknowledged: int
    begun: int


def audit_log(
    logged: Iterable[LoggedEvent], tallies: Sequence[PublisherTally], *, seed: int
) -> tuple[list[ExpectedEvent], list[Violation]]:
    """What receivers must get, in log order, and what is wrong with the log. logged: the oldest first."""
    audit = _LogAudit(tallies, seed=seed)
    expected = [event for one in logged if (event := audit.take(one)) is not None]
    audit.close()
    return expected, audit.violations


class _LogAudit:
    def __init__(self, tallies: Sequence[PublisherTally], *, seed: int) -> None:
        self.violations: list[Violation] = []
        self._seed = seed
        self._tallies = {tally.number: tally for tally in tallies}
        self._next = dict.fromkeys(self._tallies, 0)
        self._position = 0

    def take(self, logged: LoggedEvent) -> ExpectedEvent | None:
        """The event as receivers must get it; None for one that nobody published."""
        if logged.position <= self._position:
            self._break("positions ascend", f"{logged.id} at {logged.position} stands behind {self._position}")
        self._position = logged.position
        if logged.type.startswith(OWN_TYPES):
            return None
        publisher, number = origin(logged.id) or (-1, -1)
        if publisher not in self._tallies or number >= self._tallies[publisher].begun:
            self._break("the log holds only what was published", f"{logged.id} at {logged.position}")
            return None
        if number != self._next[publisher]:
            promise = "each acknowledged event is logged once, in its publisher's order"
            self._break(promise, f"after {publisher}.{self._next[publisher] - 1} came {logged.id}")
        self._next[publisher] = number + 1
        made = make_event(self._seed, publisher, number)
        if (logged.id, logged.type, logged.data) != (made.id, made.type, made.data):
            self._break("what was published is kept byte for byte", f"{logged} is not {made}")
        if made.created_at is not None and logged.created_at != made.created_at:
            self._break("createdAt is the publisher's", f"{logged.id}: {logged.created_at} is not {made.created_at}")
        encoded = made.encoded(logged.created_at)
        return ExpectedEvent(position=logged.position, id=made.id, type=made.type, encoded=encoded)

    def close(self) -> None:
        """All of the log was taken."""
        for tally in self._tallies.values():
            if (found := self._next[tally.number]) < tally.acknowledged:
                lost = f"{tally.number}.{found}" + (f" to {tally.number}.{tally.acknowledged - 1}")
                self._break("each acknowledged event is logged once, in its publisher's order", f"missing: {lost}")

    def _break(self, promise: str, evidence: str) -> None:
        self.violations.append(Violation(promise=promise, place="the log", evidence=evidence))
