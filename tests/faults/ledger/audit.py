"""Did each webhook get what it wants: all of it, in order, byte for byte, signed, repeated only where it must be?"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from faults.ledger.making import is_poisoned
from faults.ledger.record import ExpectedEvent, ReceivedRequest, Violation
from faults.ledger.signatures import find_bad_signature
from faults.ledger.webhooks import Manner, Subject

EVIDENCE_MAX: Final = 20
"""How many violations of one webhook are told; the first ones say the most."""

ALL_ARRIVE: Final = "every acknowledged event arrives"
IN_ORDER: Final = "events arrive in log order, each in one batch"
ONLY_WANTED: Final = "only wanted events arrive"
BYTE_FOR_BYTE: Final = "events arrive byte for byte"
ONE_ID_ONE_BODY: Final = "one webhook-id, one body"
REPEATED_WITH_REASON: Final = "a batch comes again only if it was not settled, or was in flight at a crash"
SETTLED_BEFORE_NEXT: Final = "the next batch comes when the one before was taken"
SIGNED: Final = "every request is signed with its webhook's key, and verifies"
AUTHENTICATED: Final = "every request carries its webhook's authentication"
WITHIN_LIMITS: Final = "a batch keeps within its webhook's limit"


class Trail(msgspec.Struct, frozen=True, kw_only=True):
    """What reached one webhook. wanted, arrived: events; of those that it wants only at times, the ones that arrived.

    repeated: requests of a batch that had come before. batch_ids: of the batches that were taken. set_aside: whether
    events may have been, whose attempts count on under other ids.
    """

    wanted: int
    arrived: int
    requests: int
    repeated: int
    batch_ids: frozenset[str]
    set_aside: bool
    violations: tuple[Violation, ...]


def audit_deliveries(
    log: Sequence[ExpectedEvent], subjects: Sequence[Subject], requests: Iterable[ReceivedRequest]
) -> tuple[dict[str, Trail], list[Violation]]:
    """What became of each webhook, by name, and requests that belong to none. requests: in the order they came."""
    audits = {subject.name: _WebhookAudit(subject, log) for subject in subjects}
    strays = []
    for request in requests:
        if request.webhook in audits:
            audits[request.webhook].take(request)
        else:
            strays.append(Violation(promise=ONLY_WANTED, place=request.webhook, evidence=_shown(request)))
    return {name: audit.close() for name, audit in audits.items()}, strays


class _Event(msgspec.Struct, frozen=True):
    id: str
    type: str


class _Body(msgspec.Struct, frozen=True):
    events: list[_Event]


_BODIES: Final = msgspec.json.Decoder(_Body)


class _WebhookAudit:
    """Walks along a webhook's requests beside the events that it wants; places count these from 0."""

    def __init__(self, subject: Subject, log: Sequence[ExpectedEvent]) -> None:
        self._subject = subject
        self._wanted = [event for event in log if event.type in subject.wants]
        self._places = {event.id: place for place, event in enumerate(self._wanted)}
        self._known = {event.id for event in log}
        self._next = 0
        self._last: ReceivedRequest | None = None
        self._open: list[int] = []
        self._batch_ids: set[str] = set()
        self._delivered_ids: set[str] = set()
        self._requests = 0
        self._repeated = 0
        self._arrived: set[int] = set()
        self._violations: list[Violation] = []

    def take(self, request: ReceivedRequest) -> None:
        """Check the next request against all before it."""
        self._requests += 1
        if (trouble := find_bad_signature(request, self._subject.key)) is not None:
            self._break(SIGNED, request, trouble)
        if (given := request.header("authorization")) != self._subject.authorization:
            self._break(AUTHENTICATED, request, f"Authorization is {given}")
        batch_id = request.header("webhook-id")
        if batch_id is None:
            self._break(ONE_ID_ONE_BODY, request, "it has no webhook-id, or several")
        elif self._last is not None and batch_id == self._last.header("webhook-id"):
            self._take_repetition(self._last, request)
        else:
            self._take_batch(batch_id, request)
        self._last = request

    def close(self) -> Trail:
        """All requests were taken."""
        if self._last is not None:
            self._close_batch(self._last)
            if not self._last.answer.delivers:
                self._break(ALL_ARRIVE, self._last, "the last batch was not taken, and did not come again")
        missing = [
            event.id
            for place, event in enumerate(self._wanted)
            if place not in self._arrived and event.type not in self._subject.sometimes
        ]
        if missing:
            shown = ", ".join(missing[:EVIDENCE_MAX])
            evidence = f"{len(missing)} of {len(self._wanted)} never came: {shown}"
            violation = Violation(promise=ALL_ARRIVE, place=self._subject.name, evidence=evidence)
            self._violations.insert(0, violation)
        return Trail(
            wanted=len(self._arrived) + len(missing),
            arrived=len(self._arrived),
            requests=self._requests,
            repeated=self._repeated,
            batch_ids=frozenset(self._delivered_ids),
            set_aside=self._subject.manner is Manner.PICKY,
            violations=tuple(self._violations[:EVIDENCE_MAX]),
        )

    def _take_repetition(self, last: ReceivedRequest, request: ReceivedRequest) -> None:
        self._repeated += 1
        if request.body != last.body:
            self._break(ONE_ID_ONE_BODY, request, f"its body differs from the one of {_shown(last)}")
        if last.answer.delivers and request.life == last.life:
            self._break(REPEATED_WITH_REASON, request, f"{_shown(last)} was taken, and the server lived on")

    def _take_batch(self, batch_id: str, request: ReceivedRequest) -> None:
        if batch_id in self._batch_ids:
            self._repeated += 1
            self._break(REPEATED_WITH_REASON, request, "its batch came before, and others came between")
            return
        self._batch_ids.add(batch_id)
        if self._last is not None:
            self._close_batch(self._last)
            if not self._last.answer.delivers and not self._may_leave(self._last):
                self._break(SETTLED_BEFORE_NEXT, request, f"{_shown(self._last)} was not taken")
        try:
            events = _BODIES.decode(request.body).events
        except msgspec.DecodeError as problem:
            self._break(BYTE_FOR_BYTE, request, f"the body cannot be read: {problem}")
            return
        if not 0 < len(events) <= self._subject.events_max:
            self._break(WITHIN_LIMITS, request, f"{len(events)} events; at least 1, at most {self._subject.events_max}")
        self._take_events(events, request)

    def _close_batch(self, last: ReceivedRequest) -> None:
        """What was open is settled, if the receiver took it."""
        if last.answer.delivers:
            self._arrived.update(self._open)
            self._delivered_ids.add(last.header("webhook-id") or "")
            in_order = (place for place in self._open if not self._may_come_late(place))
            self._next = max(in_order, default=self._next - 1) + 1
        self._open = []

    def _may_leave(self, last: ReceivedRequest) -> bool:
        """Whether another batch may come though this one was not taken: a part of it, or one that is cut anew."""
        return last.answer.refuses or self._subject.manner.parts_batches or bool(self._subject.sometimes)

    def _take_events(self, events: Sequence[_Event], request: ReceivedRequest) -> None:
        in_body = []
        awaited = self._next
        for event in events:
            place = self._places.get(event.id)
            if place is None:
                trouble = "this webhook does not want it" if event.id in self._known else "nobody published it"
                self._break(ONLY_WANTED, request, f"event {event.id} ({event.type}): {trouble}")
                continue
            in_body.append(self._wanted[place].encoded)
            if place in self._arrived or place in self._open:
                self._break(IN_ORDER, request, f"{event.id} came before")
            elif not self._may_come_late(place):
                if (missed := self._missed(awaited, place)) is not None:
                    self._break(IN_ORDER, request, f"{event.id} came where {self._wanted[missed].id} was to come")
                awaited = place + 1
            self._open.append(place)
        expected = b'{"events":[' + b",".join(in_body) + b"]}"
        if request.body != expected and len(in_body) == len(events):
            self._break(BYTE_FOR_BYTE, request, _difference(request.body, expected))

    def _may_come_late(self, place: int) -> bool:
        """Whether the event may have been set aside, so that others come before it."""
        return self._subject.manner is Manner.PICKY and is_poisoned(self._wanted[place].id)

    def _missed(self, awaited: int, place: int) -> int | None:
        """The place of an event that should have come instead, if this one comes too early or too late."""
        if place < awaited:
            return min(awaited, len(self._wanted) - 1)
        between = (
            missed
            for missed in range(awaited, place)
            if self._wanted[missed].type not in self._subject.sometimes and not self._may_come_late(missed)
        )
        return next(between, None)

    def _break(self, promise: str, request: ReceivedRequest, evidence: str) -> None:
        if len(self._violations) <= EVIDENCE_MAX:
            told = f"{_shown(request)}: {evidence}"
            self._violations.append(Violation(promise=promise, place=self._subject.name, evidence=told))


def _shown(request: ReceivedRequest) -> str:
    return f"request {request.number} (life {request.life}, batch {request.header('webhook-id')})"


def _difference(body: bytes, expected: bytes) -> str:
    pairs = zip(body, expected, strict=False)
    at = next((at for at, (one, other) in enumerate(pairs) if one != other), min(len(body), len(expected)))
    start = max(0, at - 40)
    return f"from byte {at} on: {body[start : at + 40]!r} in place of {expected[start : at + 40]!r}"
