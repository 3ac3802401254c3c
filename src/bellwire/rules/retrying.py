"""Settled, or again, and when?"""

from typing import Final

from bellwire.model.attempt import Advance, Delivered, Failed, NextStep, Outcome, RetryAt
from bellwire.model.webhook import WebHook

BACKOFF_FIRST_MS: Final = 1_000
BACKOFF_MAX_MS: Final = 60_000


def next_step(outcome: Outcome, webhook: WebHook, *, failures: int, now_ms: int, dice: float) -> NextStep:
    """What follows an attempt. failures: in a row, this one included; dice: even chance from 0 to 1."""
    match outcome:
        case Delivered():
            return Advance()
        case Failed():
            return RetryAt(now_ms + max(webhook.throttle_ms, backoff_ms(failures, dice=dice)))


def backoff_ms(failures: int, *, dice: float) -> int:
    """min(60 s, 1 s · 2^(failures - 1)), of which a random part between a half and all; failures ≥ 1, 0 ≤ dice ≤ 1."""
    # Bounded before it is raised: 2 to the power of a long outage is no number of milliseconds.
    doublings = min(failures - 1, BACKOFF_MAX_MS.bit_length())
    return round(min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS << doublings) * (0.5 + dice / 2))
