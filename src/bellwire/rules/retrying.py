"""Settled, again, smaller, set aside, or stop?"""

from typing import Final, assert_never

import msgspec

from bellwire.model.attempt import (
    Advance,
    Delivered,
    Drop,
    Failed,
    Gone,
    Halve,
    NextStep,
    Outcome,
    PutAside,
    Refused,
    RetryAt,
    RetryLater,
    Stop,
    TryNext,
)
from bellwire.model.batch import Batch
from bellwire.model.cursor import Cursor
from bellwire.model.positions import count_of
from bellwire.model.webhook import WebHook

BACKOFF_FIRST_MS: Final = 1_000
BACKOFF_MAX_MS: Final = 60_000

FAILING_FROM: Final = 3
"""Failures in a row from which an endpoint is failing, no longer only retrying."""

RETRY_AFTER_MAX_MS: Final = 3_600_000
LAST_CHANCE_MS: Final = 1_000
"""Before the oldest deadline, at which an attempt is made although the receiver asked for a longer wait."""

SET_ASIDE_MAX: Final = 100
"""Events of one webhook that are set aside; with more, it waits."""


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """What was attempted, and where its webhook stood.

    followed: an event waits behind the batch. deadline_ms: that of its oldest event. dice: even chance from 0 to 1.
    """

    webhook: WebHook
    cursor: Cursor
    batch: Batch
    followed: bool
    deadline_ms: int
    now_ms: int
    dice: float


def next_step(outcome: Outcome, situation: Situation) -> NextStep:
    """What follows an attempt."""
    match outcome:
        case Delivered():
            return Advance()
        case Gone():
            return Stop()
        case Refused() if not situation.batch.aside:
            return _after_refusal(situation)
        case RetryLater(after_ms=after_ms):
            return _after_failure(situation, not_before_ms=_wished_ms(situation, after_ms))
        case Refused() | Failed():
            return _after_failure(situation, not_before_ms=0)
    assert_never(outcome)


def backoff_ms(failures: int, *, dice: float) -> int:
    """min(60 s, 1 s · 2^(failures - 1)), of which a random part between a half and all; failures ≥ 1, 0 ≤ dice ≤ 1."""
    # Bounded before it is raised: 2 to the power of a long outage is no number of milliseconds.
    doublings = min(failures - 1, BACKOFF_MAX_MS.bit_length())
    return round(min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS << doublings) * (0.5 + dice / 2))


def _after_failure(situation: Situation, *, not_before_ms: int) -> NextStep:
    cursor, batch, webhook = situation.cursor, situation.batch, situation.webhook
    failures = 1 + (batch.attempts if batch.aside else cursor.failures)
    delay_ms = max(webhook.throttle_ms, backoff_ms(failures, dice=situation.dice))
    at_ms = max(situation.now_ms + delay_ms, not_before_ms)
    if webhook.lossy and failures >= FAILING_FROM and not batch.aside and cursor.splitting is None:
        return Drop(at_ms)
    return RetryAt(at_ms)


def _wished_ms(situation: Situation, after_ms: int) -> int:
    """When the receiver wants the next attempt, cut so that one is made before the oldest deadline."""
    wished_ms = situation.now_ms + min(after_ms, RETRY_AFTER_MAX_MS)
    return min(wished_ms, situation.deadline_ms - LAST_CHANCE_MS)


def _after_refusal(situation: Situation) -> NextStep:
    """Halve down to single events; one of those is set aside only if the receiver takes others."""
    splitting = situation.cursor.splitting
    failure = _after_failure(situation, not_before_ms=0)
    if splitting is not None and splitting.requests_left <= 1:
        return failure
    if count_of(situation.batch.members) > 1:
        return Halve()
    refused = len(splitting.refused) if splitting is not None else 0
    if len(situation.cursor.set_aside) + refused >= SET_ASIDE_MAX:
        return failure
    at_ms = situation.now_ms + max(situation.webhook.throttle_ms, backoff_ms(1, dice=situation.dice))
    if splitting is None:
        return TryNext(at_ms) if situation.followed else failure
    if splitting.accepted:
        return PutAside(at_ms)
    return TryNext(at_ms) if splitting.parts else failure
