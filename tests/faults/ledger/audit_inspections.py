"""Was each account true at the moment at which it was asked for?"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Final

from faults.ledger.inspecting import Inspection
from faults.ledger.record import ExpectedEvent, ReceivedRequest, Violation, event_ids
from faults.ledger.webhooks import Subject

EQUATION: Final = "at any moment, wanted = delivered + waiting + discarded"
WANTED: Final = "at any moment, wanted is what was logged of the types that the webhook wants"
DELIVERED: Final = "at any moment, delivered is what the receiver took"


def audit_inspections(
    inspections: Iterable[Inspection],
    log: Sequence[ExpectedEvent],
    subjects: Sequence[Subject],
    requests: Iterable[ReceivedRequest],
) -> list[Violation]:
    """What is wrong with the accounts, held against the log and what came to the receiver (in the order it came)."""
    books = {subject.name: _Book(subject, log) for subject in subjects}
    for request in requests:
        if request.webhook in books:
            books[request.webhook].enter(request)
    return [violation for one in inspections for violation in books[one.webhook].check(one)]


class _Book:
    """How many events one webhook wanted by any position, and had delivered, and settled, by any request."""

    def __init__(self, subject: Subject, log: Sequence[ExpectedEvent]) -> None:
        self._subject = subject
        self._positions = [event.position for event in log if event.type in subject.wants]
        self._taken: set[str] = set()
        self._numbers: list[int] = []
        self._delivered: list[int] = [0]
        self._settled: list[int] = [0]
        self._batch_id: str | None = None

    def enter(self, request: ReceivedRequest) -> None:
        """The next request."""
        batch_id = request.header("webhook-id")
        self._settled.append(self._settled[-1] if batch_id == self._batch_id else len(self._taken))
        self._batch_id = batch_id
        if request.answer.delivers:
            self._taken.update(event_ids(request.body))
        self._numbers.append(request.number)
        self._delivered.append(len(self._taken))

    def check(self, seen: Inspection) -> list[Violation]:
        """What is wrong with an account. The batch that came last may not be settled yet; those before it are."""
        found = []
        if seen.wanted != seen.delivered + seen.waiting + seen.discarded:
            found.append(self._break(EQUATION, seen, ""))
        least, most = (bisect_right(self._positions, events) for events in (seen.events_before, seen.events_after))
        if not self._subject.sometimes and not least <= seen.wanted <= most:
            found.append(self._break(WANTED, seen, f"between {least} and {most} were logged"))
        least = self._settled[bisect_right(self._numbers, seen.requests_before)]
        most = self._delivered[bisect_right(self._numbers, seen.requests_after)]
        if not least <= seen.delivered <= most:
            found.append(self._break(DELIVERED, seen, f"the receiver took between {least} and {most}"))
        if seen.discarded:
            found.append(self._break(DELIVERED, seen, "nothing was to be discarded"))
        return found

    def _break(self, promise: str, seen: Inspection, evidence: str) -> Violation:
        return Violation(promise=promise, place=self._subject.name, evidence=f"{seen} {evidence}".strip())
