"""Do the server's own accounts agree with what its receiver has seen?"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import msgspec

from faults.ledger.audit import Trail
from faults.ledger.record import Violation

ATTEMPTS_MAX: Final = 10_000
"""With more attempts than this of one webhook the oldest may have been forgotten: then they are not counted up."""

ACCOUNTED: Final = "wanted = delivered + waiting + discarded"
ATTEMPTED: Final = "each batch has one attempt that delivered it, and none after it"


class Account(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A webhook's status, as the API shows it."""

    state: str
    backlog: int
    delivered: int
    discarded: int


class Attempt(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An attempt, as the API shows it."""

    batch_id: str
    number: int
    events: int
    outcome: str


def audit_account(name: str, trail: Trail, account: Account, attempts: Sequence[Attempt]) -> list[Violation]:
    """What is wrong with the accounts of one webhook after all was delivered. attempts: the newest first."""
    violations = []
    due = Account(state="healthy", backlog=0, delivered=trail.wanted, discarded=0)
    if account != due:
        violations.append(Violation(promise=ACCOUNTED, place=name, evidence=f"{account}, though it should be {due}"))
    if len(attempts) < ATTEMPTS_MAX:
        violations += [
            Violation(promise=ATTEMPTED, place=name, evidence=evidence) for evidence in _find(trail, attempts)
        ]
    return violations


def _find(trail: Trail, attempts: Sequence[Attempt]) -> list[str]:
    troubles = []
    delivered = Counter(attempt.batch_id for attempt in attempts if attempt.outcome == "delivered")
    if set(delivered) != trail.batch_ids:
        odd = sorted(set(delivered) ^ trail.batch_ids)
        troubles.append(f"{len(odd)} batches were delivered here and not there, the first is {odd[0]}")
    troubles += [f"batch {name} was delivered {times} times" for name, times in delivered.items() if times > 1]
    if (total := sum(attempt.events for attempt in attempts if attempt.outcome == "delivered")) != trail.wanted:
        troubles.append(f"attempts delivered {total} events in place of {trail.wanted}")
    if len(attempts) > trail.requests:
        troubles.append(f"{len(attempts)} attempts are recorded, but only {trail.requests} requests came")
    if trail.set_aside:
        return troubles
    numbers: Counter[str] = Counter()
    for attempt in reversed(attempts):
        numbers[attempt.batch_id] += 1
        if attempt.number != numbers[attempt.batch_id]:
            troubles.append(
                f"attempt {numbers[attempt.batch_id]} of batch {attempt.batch_id} is said to be {attempt.number}"
            )
    return troubles
