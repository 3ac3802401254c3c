from typing import Any

import msgspec

from bellwire.model.attempt import Answer, Attempt, AttemptId, Delivered, Timings
from bellwire.model.batch import BatchId
from bellwire.model.cursor import Cursor, Discard, DiscardReason, ReplayId, SetAside
from bellwire.model.event import EventTypeId, Position
from bellwire.model.positions import Positions
from bellwire.model.replay import Part, ReplayVerdict
from bellwire.model.webhook import WebhookId
from bellwire.rules.explaining_replays import ReplayEvidence, explain_replay
from builders import make_event, make_replay

REPLAY = make_replay()
EVENT = make_event(5)


def delivery(replay_id: str | None = "replay-1") -> Attempt:
    return Attempt(
        id=AttemptId("attempt-1"),
        webhook_id=WebhookId("wh-1"),
        batch_id=BatchId("batch-1"),
        number=2,
        at_ms=7,
        first=Position(1),
        last=Position(9),
        events=9,
        body_bytes=9,
        response=Answer(status=200, headers=(), body=b"", timings=Timings()),
        outcome=Delivered(),
        replay_id=None if replay_id is None else ReplayId(replay_id),
    )


def discard(replay_id: str | None) -> Discard:
    return Discard(
        webhook_id=WebhookId("wh-1"),
        reason=DiscardReason.EXPIRED,
        at_ms=8,
        members=Positions(((Position(5), Position(5)),)),
        replay_id=None if replay_id is None else ReplayId(replay_id),
    )


def cursor_at(position: int, *aside: int) -> Cursor:
    return Cursor(
        webhook_id=WebhookId("wh-1"),
        position=Position(position),
        set_aside=tuple(
            SetAside(position=Position(one), type=EVENT.type, accepted_at_ms=0, failures=1, retry_at_ms=0)
            for one in aside
        ),
    )


def verdict(**evidence: Any) -> tuple[ReplayVerdict, int | None] | None:  # noqa: ANN401 - fields of any type
    fields: dict[str, Any] = {"replay": REPLAY, "cursor": None, "deliveries": (), "discards": ()}
    note = explain_replay(EVENT, ReplayEvidence(**(fields | evidence)))
    return None if note is None else (note.verdict, note.at_ms)


def test_a_replay_delivered_it_by_an_attempt_of_its_own() -> None:
    assert verdict(deliveries=[delivery(None), delivery()]) == (ReplayVerdict.DELIVERED, 7)
    assert verdict(deliveries=[delivery(None), delivery("replay-2")]) is None


def test_a_replay_gave_it_up_by_a_discard_of_its_own() -> None:
    assert verdict(discards=[discard(None), discard("replay-1")]) == (ReplayVerdict.DISCARDED, 8)
    assert verdict(discards=[discard(None), discard("replay-2")]) is None


def test_a_replay_holds_what_is_ahead_of_its_cursor_or_set_aside() -> None:
    assert verdict(cursor=cursor_at(5)) == (ReplayVerdict.WAITING, None)
    assert verdict(cursor=cursor_at(6, 5)) == (ReplayVerdict.WAITING, None)
    assert verdict(cursor=cursor_at(6)) is None


def test_what_a_replay_does_not_go_through_does_not_concern_it() -> None:
    part = REPLAY.part
    elsewhere = (
        msgspec.structs.replace(part, since=Position(6)),
        msgspec.structs.replace(part, until=Position(5)),
        msgspec.structs.replace(part, types=frozenset({EventTypeId("auth.failed")})),
        Part(since=Position(1), until=Position(9), positions=Positions(((Position(1), Position(4)),))),
    )
    for other in elsewhere:
        replay = msgspec.structs.replace(REPLAY, part=other)
        assert verdict(replay=replay, cursor=cursor_at(1)) is None
