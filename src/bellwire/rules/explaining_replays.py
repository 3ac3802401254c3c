"""What did replays do with this event?"""

from collections.abc import Sequence
from typing import Final

import msgspec

from bellwire.model.attempt import Attempt
from bellwire.model.cursor import Cursor, Discard
from bellwire.model.event import LoggedEvent
from bellwire.model.positions import holds
from bellwire.model.replay import Replay, ReplayNote, ReplayVerdict

NOTES_MAX: Final = 100
"""Of one event and webhook: the newest replays."""


class ReplayEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one event in one replay. cursor: as it stands; None once the replay has ended.

    deliveries: attempts of the webhook whose events enclose the event, newest first; discards: that gave it up.
    """

    replay: Replay
    cursor: Cursor | None
    deliveries: Sequence[Attempt]
    discards: Sequence[Discard]


def explain_replay(event: LoggedEvent, evidence: ReplayEvidence) -> ReplayNote | None:
    """What one replay did with the event; None if it does not concern it."""
    replay, cursor = evidence.replay, evidence.cursor
    if not _concerns(replay, event):
        return None
    for discard in evidence.discards:
        if discard.replay_id == replay.id:
            because = f"the replay gave it up: {discard.reason.value}"
            return _note(replay, ReplayVerdict.DISCARDED, because, at_ms=discard.at_ms)
    if cursor is not None and _is_ahead(cursor, event):
        return _note(replay, ReplayVerdict.WAITING, "the replay has it still to deliver")
    for attempt in evidence.deliveries:
        if attempt.replay_id == replay.id:
            because = f"attempt {attempt.number} of its batch in the replay was accepted"
            return _note(replay, ReplayVerdict.DELIVERED, because, at_ms=attempt.at_ms)
    return None


def _note(replay: Replay, verdict: ReplayVerdict, because: str, *, at_ms: int | None = None) -> ReplayNote:
    return ReplayNote(replay_id=replay.id, verdict=verdict, because=because, at_ms=at_ms)


def _concerns(replay: Replay, event: LoggedEvent) -> bool:
    part = replay.part
    return (
        part.since <= event.position < part.until
        and (part.types is None or event.type in part.types)
        and (part.positions is None or holds(part.positions, event.position))
    )


def _is_ahead(cursor: Cursor, event: LoggedEvent) -> bool:
    """Whether the cursor has not come to it yet, or has it set aside."""
    return event.position >= cursor.position or any(aside.position == event.position for aside in cursor.set_aside)
