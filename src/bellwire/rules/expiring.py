"""Which events have waited too long?"""

import msgspec

from bellwire.model.event import LoggedEvent, Position
from bellwire.model.webhook import WebHook


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """When this process began and where the log ended then: downtime of ours is not counted against an event."""

    at_ms: int
    log_end: Position


def deadline_ms(event: LoggedEvent, webhook: WebHook, start: Start) -> int:
    """When the event is given up: discardAfter from its acceptance, or from our start for one that was there before."""
    counted_from_ms = start.at_ms if event.position < start.log_end else event.accepted_at_ms
    return counted_from_ms + webhook.discard_after_ms
