"""Which events have waited too long?"""

import msgspec

from bellwire.model.event import Position
from bellwire.model.replay import Replay
from bellwire.model.webhook import RegisteredWebhook


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """When this process began and where the log ended then: downtime of ours is not counted against an event."""

    at_ms: int
    log_end: Position


def deadline_ms(position: Position, accepted_at_ms: int, webhook: RegisteredWebhook, start: Start) -> int:
    """When the event is given up: discardAfter from the latest of its acceptance, the last resume and our start."""
    counted_from_ms = start.at_ms if position < start.log_end else accepted_at_ms
    resumed = webhook.resumed
    if resumed is not None and position < resumed.log_end:
        counted_from_ms = max(counted_from_ms, resumed.at_ms)
    return counted_from_ms + webhook.object.discard_after_ms


def replay_deadline_ms(replay: Replay, webhook: RegisteredWebhook, start: Start, *, since_ms: int) -> int:
    """When a replay's event is given up: discardAfter from the latest of since_ms, the replay's start, last resume or
    change of rate, the webhook's last resume and our start.

    since_ms: of a waiting event, when the replay last got on: its last success, or the end of a rest that its rate
    asks for, so that no rate is too slow; of an event set aside, when it was refused.
    """
    resumed_ms = webhook.resumed.at_ms if webhook.resumed is not None else 0
    counted_from_ms = max(since_ms, replay.counted_from_ms, resumed_ms, start.at_ms)
    return counted_from_ms + webhook.object.discard_after_ms
