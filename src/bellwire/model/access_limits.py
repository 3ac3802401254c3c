"""How long who was let in stays in, how often they may call, and how long is kept what they did."""

from typing import Final

import msgspec

from bellwire.model.duration import DurationMs
from bellwire.model.limits import DAY_MS


class AccessLimits(msgspec.Struct, frozen=True, kw_only=True):
    """session_age_ms: from sign-in; session_idle_ms: since the last call. requests_per_second: of one token or person,
    None: as many as come; requests_burst: how many more at once. audit_age_ms, audit_entries: of the audit trail,
    whichever is reached first.
    """

    session_age_ms: DurationMs = DurationMs(DAY_MS // 2)
    session_idle_ms: DurationMs = DurationMs(DAY_MS // 24)
    requests_per_second: int | None = None
    requests_burst: int = 100
    audit_age_ms: DurationMs = DurationMs(365 * DAY_MS)
    audit_entries: int = 100_000


DEFAULT_ACCESS: Final = AccessLimits()
