import pytest
from msgspec.structs import replace

from bellwire.model.change import (
    Blocked,
    Change,
    Edited,
    Failing,
    KeyRotated,
    LevelSet,
    Recovered,
    Resumed,
    Unblocked,
    WentGone,
)
from bellwire.model.cursor import Blockage, Cursor
from bellwire.model.event import EventTypeId, Position
from bellwire.model.event_type import EventLevel
from bellwire.model.secret import NoSecret, Value
from bellwire.model.webhook import PreviousKey, RegisteredWebhook, Resumption, WebhookId
from bellwire.rules.journalling import changes_of_edit, level_then, note_move
from builders import make_registered_webhook, make_webhook

BEFORE = Cursor(webhook_id=WebhookId("wh-1"), position=Position(5), delivered=3)
BLOCKAGE = Blockage(reason="no key", since_ms=1)
END = Position(9)
TYPE = EventTypeId("a.b")


def noted(before: Cursor, after: Cursor) -> tuple[list[object], bool]:
    """The changes, and whether the cursor is ailing afterwards."""
    move = note_move(before, after, at_ms=7)
    assert all((change.subject, change.at_ms, change.position) == ("wh-1", 7, 5) for change in move.changes)
    return [change.what for change in move.changes], move.cursor.ailing


def test_the_third_failure_in_a_row_makes_it_failing_and_the_fourth_says_no_more() -> None:
    second, third = replace(BEFORE, failures=2), replace(BEFORE, failures=3, failure="no")
    assert noted(BEFORE, second) == ([], False)
    assert noted(second, third) == ([Failing(reason="no", failures=3)], True)
    assert noted(replace(third, ailing=True), replace(third, failures=4, ailing=True)) == ([], True)


def test_going_counts_more_than_failing() -> None:
    gone = replace(BEFORE, failures=3, gone=True, failure="410")
    assert noted(replace(BEFORE, failures=2), gone) == ([WentGone(reason="410")], True)


def test_only_a_delivery_is_a_recovery_and_only_of_what_was_ailing() -> None:
    delivered = replace(BEFORE, delivered=4)
    assert noted(BEFORE, delivered) == ([], False)
    assert noted(replace(BEFORE, ailing=True), replace(delivered, ailing=True)) == ([Recovered()], False)
    assert noted(replace(BEFORE, ailing=True), replace(BEFORE, ailing=True)) == ([], True)


def test_a_set_aside_event_that_is_taken_while_others_fail_is_no_recovery() -> None:
    failing = replace(BEFORE, failures=3, ailing=True)
    assert noted(failing, replace(failing, delivered=4)) == ([], True)


def test_being_blocked_is_noted_once_and_so_is_its_end() -> None:
    blocked = replace(BEFORE, blocked=BLOCKAGE)
    assert noted(BEFORE, blocked) == ([Blocked(reason="no key")], True)
    other = replace(blocked, ailing=True, blocked=replace(BLOCKAGE, reason="no file"))
    assert noted(replace(blocked, ailing=True), other) == ([], True)
    free = replace(BEFORE, ailing=True, failures=1)
    assert noted(other, free) == ([Unblocked()], True)
    assert noted(other, replace(BEFORE, ailing=True, delivered=4)) == ([Unblocked(), Recovered()], False)


def edit(before: RegisteredWebhook, after: RegisteredWebhook) -> list[object]:
    return [change.what for change in changes_of_edit(before, after, log_end=END)]


def test_taking_one_key_for_another_is_a_rotation_and_anything_else_an_edit() -> None:
    unsigned = make_registered_webhook(make_webhook(signature_key=NoSecret()))
    one, two = (make_registered_webhook(make_webhook(signature_key=Value(key))) for key in ("one", "two"))
    assert edit(unsigned, one) == [Edited(fields=("signatureKey",))]
    assert edit(one, unsigned) == [Edited(fields=("signatureKey",))]
    assert edit(one, two) == [KeyRotated(previous_until_ms=None)]
    overlapping = replace(two, previous_key=PreviousKey(key=Value("one"), until_ms=77))
    assert edit(one, overlapping) == [KeyRotated(previous_until_ms=77)]


def test_resuming_what_was_not_paused_is_a_change_too() -> None:
    before = make_registered_webhook()
    after = replace(before, resumed=Resumption(at_ms=1, log_end=END))
    assert edit(before, after) == [Resumed()]
    assert edit(before, before) == []


def level_set(position: int, before: EventLevel, *, at_ms: int, earlier: int | None = None) -> Change:
    lagging = {} if earlier is None else {WebhookId("wh-1"): Position(earlier)}
    what = LevelSet(type=TYPE, before=before, after=EventLevel.TRACE, earlier=lagging)
    return Change(subject=TYPE, position=Position(position), at_ms=at_ms, what=what)


@pytest.mark.parametrize(
    ("position", "at_ms", "level"),
    [
        (4, None, EventLevel.INFO),
        (5, None, EventLevel.WARN),
        (9, None, EventLevel.WARN),
        (10, None, None),
        (10, 150, EventLevel.WARN),
        (10, 200, None),
        (10, 50, EventLevel.INFO),
    ],
)
def test_the_level_then_is_the_one_before_the_first_change_that_came_later(
    position: int, at_ms: int | None, level: EventLevel | None
) -> None:
    paused = Change(subject=TYPE, position=Position(99), at_ms=999, what=Resumed())
    changes = [
        level_set(7, EventLevel.INFO, at_ms=100, earlier=5),
        level_set(10, EventLevel.WARN, at_ms=200),
        paused,
    ]
    assert level_then(changes, WebhookId("wh-1"), Position(position), at_ms=at_ms) is level


def test_a_webhook_that_did_not_lag_goes_by_the_change_s_own_position() -> None:
    changes = [level_set(7, EventLevel.INFO, at_ms=100, earlier=5)]
    assert level_then(changes, WebhookId("wh-2"), Position(6)) is EventLevel.INFO
    assert level_then(changes, WebhookId("wh-2"), Position(7)) is None
