"""The settings that say how long who was let in stays in, how often they may call, and how long it is remembered."""

from typing import Final

from bellwire.model.duration import show_duration
from bellwire.rules.reading_limits import read_age, read_count, read_rate, show_rate
from bellwire.setting import Setting

ACCESS_SETTINGS: Final = (
    Setting(
        name="access.session-age",
        form="DURATION",
        default="12h",
        help="How long after signing in a person must sign in again.",
        read=lambda value, _: read_age(value),
        write=show_duration,
    ),
    Setting(
        name="access.session-idle",
        form="DURATION",
        default="1h",
        help="After how long without a call a person must sign in again.",
        read=lambda value, _: read_age(value),
        write=show_duration,
    ),
    Setting(
        name="access.requests-per-second",
        form="NUMBER|unlimited",
        default="unlimited",
        help="How many requests a second one token or person may make.",
        read=lambda value, _: read_rate(value),
        write=show_rate,
    ),
    Setting(
        name="access.requests-burst",
        form="NUMBER",
        default="100",
        help="How many requests may come at once before their number a second is limited.",
        read=lambda value, _: read_count(value),
    ),
    Setting(
        name="access.audit-age",
        form="DURATION",
        default="365d",
        help="How long the audit trail is kept.",
        read=lambda value, _: read_age(value),
        write=show_duration,
    ),
    Setting(
        name="access.audit-entries",
        form="NUMBER",
        default="100000",
        help="How many entries of the audit trail are kept; the newest stay.",
        read=lambda value, _: read_count(value),
    ),
)
