"""How does this webhook do?"""

import msgspec

from bellwire.model.cursor import Cursor
from bellwire.model.webhook import RegisteredWebhook
from bellwire.rules.retrying import FAILING_FROM


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """state: healthy, retrying, failing, blocked, paused, gone or disabled. reason: in words, empty where it is
    healthy. since_ms: since 1970.
    """

    state: str
    reason: str
    since_ms: int


def diagnose(webhook: RegisteredWebhook, cursor: Cursor) -> Diagnosis:
    """The one state that an operator sees: what keeps everything from being sent comes first."""
    since_ms = max(cursor.since_ms, webhook.switched_at_ms)
    if webhook.gaps and webhook.gaps[-1].until is None:
        return Diagnosis(state="disabled", reason="disabled by an operator", since_ms=since_ms)
    if webhook.paused_at_ms is not None:
        return Diagnosis(state="paused", reason="paused by an operator; what waits is kept", since_ms=since_ms)
    if cursor.gone:
        return Diagnosis(state="gone", reason=cursor.failure, since_ms=since_ms)
    if cursor.blocked is not None:
        since_ms = max(cursor.blocked.since_ms, webhook.switched_at_ms)
        return Diagnosis(state="blocked", reason=cursor.blocked.reason, since_ms=since_ms)
    if cursor.failures == 0:
        return Diagnosis(state="healthy", reason="", since_ms=since_ms)
    state = "failing" if cursor.failures >= FAILING_FROM else "retrying"
    return Diagnosis(state=state, reason=cursor.failure, since_ms=since_ms)
