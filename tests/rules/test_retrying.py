import hypothesis.strategies as st
from hypothesis import example, given

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
from bellwire.model.batch import Batch, BatchId
from bellwire.model.cursor import Cursor, SetAside, Splitting
from bellwire.model.duration import DurationMs
from bellwire.model.event import EventTypeId, Position
from bellwire.model.positions import Positions, runs_of
from bellwire.model.webhook import WebhookId
from bellwire.rules.retrying import BACKOFF_MAX_MS, SET_ASIDE_MAX, Situation, backoff_ms, next_step
from builders import make_webhook

DICE = st.floats(0, 1)
NOW = 1_000_000
ONE = runs_of([Position(5)])
TWO = runs_of([Position(5), Position(6)])
REFUSED = Refused("answered 400 Bad Request", too_large=False)
ASIDE = SetAside(position=Position(1), type=EventTypeId("a.b"), accepted_at_ms=0, failures=1, retry_at_ms=0)


def step_after(
    outcome: Outcome,
    *,
    members: Positions = ONE,
    failures: int = 0,
    splitting: Splitting | None = None,
    set_aside: int = 0,
    aside_failures: int | None = None,
    followed: bool = False,
    deadline_ms: int = NOW + 300_000,
    dice: float = 1.0,
    **webhook: object,
) -> NextStep:
    batch = Batch(id=BatchId("b"), members=members, attempts=aside_failures or 0, aside=aside_failures is not None)
    cursor = Cursor(
        webhook_id=WebhookId("w"),
        position=Position(5),
        open=batch,
        failures=failures,
        splitting=splitting,
        set_aside=(ASIDE,) * set_aside,
    )
    situation = Situation(
        webhook=make_webhook(**webhook),
        cursor=cursor,
        batch=batch,
        followed=followed,
        deadline_ms=deadline_ms,
        now_ms=NOW,
        dice=dice,
    )
    return next_step(outcome, situation)


def splitting(*, parts: int = 0, requests_left: int = 10, accepted: bool = False, refused: int = 0) -> Splitting:
    return Splitting(parts=(TWO,) * parts, requests_left=requests_left, accepted=accepted, refused=(ASIDE,) * refused)


def test_success_advances() -> None:
    assert step_after(Delivered()) == Advance()


def test_gone_stops() -> None:
    assert step_after(Gone("gone")) == Stop()


def test_backoff_doubles_from_a_second_to_a_minute() -> None:
    delays = [backoff_ms(failures, dice=1) for failures in range(1, 9)]
    assert delays == [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]
    assert backoff_ms(3, dice=0) == 2_000


@given(failures=st.integers(1, 10**9), dice=DICE)
@example(failures=2000, dice=1.0)
def test_backoff_is_between_half_and_all_of_its_step_however_long_it_lasts(failures: int, dice: float) -> None:
    assert backoff_ms(failures, dice=0) <= backoff_ms(failures, dice=dice) <= backoff_ms(failures, dice=1)
    assert 500 <= backoff_ms(failures, dice=dice) <= BACKOFF_MAX_MS


@given(throttle=st.integers(0, 86_400_000), failures=st.integers(0, 100), dice=DICE)
def test_a_retry_waits_for_the_throttle_and_the_backoff_whichever_is_longer(
    throttle: int, failures: int, dice: float
) -> None:
    step = step_after(Failed("no"), failures=failures, dice=dice, throttle_ms=DurationMs(throttle))
    assert step == RetryAt(NOW + max(throttle, backoff_ms(failures + 1, dice=dice)))


def test_retry_after_wins_when_longer_than_our_own_delay() -> None:
    assert step_after(RetryLater("later", DurationMs(90_000))) == RetryAt(NOW + 90_000)
    assert step_after(RetryLater("later", DurationMs(10))) == RetryAt(NOW + 1_000)


def test_retry_after_is_cut_to_an_hour() -> None:
    step = step_after(RetryLater("later", DurationMs(86_400_000)), deadline_ms=NOW + 10**9)
    assert step == RetryAt(NOW + 3_600_000)


def test_retry_after_leaves_one_attempt_before_the_oldest_deadline() -> None:
    step = step_after(RetryLater("later", DurationMs(600_000)), deadline_ms=NOW + 60_000)
    assert step == RetryAt(NOW + 59_000)


def test_a_refused_batch_of_several_is_halved() -> None:
    assert step_after(REFUSED, members=TWO) == Halve()


def test_a_split_batch_that_has_cost_all_its_requests_is_a_failure() -> None:
    assert isinstance(step_after(REFUSED, members=TWO, splitting=splitting(parts=1, requests_left=1)), RetryAt)


def test_a_single_event_is_set_aside_once_another_part_was_accepted() -> None:
    assert step_after(REFUSED, splitting=splitting(parts=1, accepted=True)) == PutAside(NOW + 1_000)
    assert step_after(REFUSED, splitting=splitting(accepted=True)) == PutAside(NOW + 1_000)


def test_a_single_event_refused_before_any_was_accepted_waits_for_what_the_next_part_shows() -> None:
    assert step_after(REFUSED, splitting=splitting(parts=1)) == TryNext(NOW + 1_000)


def test_when_nothing_at_all_was_accepted_it_is_a_failure_like_any_other() -> None:
    assert isinstance(step_after(REFUSED, splitting=splitting(refused=1)), RetryAt)


def test_a_single_event_at_the_head_is_tested_by_the_one_behind_it() -> None:
    assert step_after(REFUSED, followed=True) == TryNext(NOW + 1_000)
    assert isinstance(step_after(REFUSED, followed=False), RetryAt)


def test_with_a_hundred_set_aside_it_waits() -> None:
    full = SET_ASIDE_MAX
    assert isinstance(step_after(REFUSED, splitting=splitting(parts=1, accepted=True), set_aside=full), RetryAt)
    assert step_after(REFUSED, splitting=splitting(parts=1, accepted=True), set_aside=full - 1) == PutAside(NOW + 1_000)
    assert isinstance(step_after(REFUSED, splitting=splitting(parts=1, refused=1), set_aside=full - 1), RetryAt)


def test_an_event_set_aside_is_tried_at_the_pace_of_its_own_failures() -> None:
    assert step_after(REFUSED, aside_failures=3, failures=0) == RetryAt(NOW + 8_000)
    assert step_after(Failed("no"), aside_failures=1) == RetryAt(NOW + 2_000)


def test_a_lossy_webhook_drops_a_batch_once_the_endpoint_is_failing() -> None:
    assert isinstance(step_after(Failed("no"), failures=1, lossy=True), RetryAt)
    assert step_after(Failed("no"), failures=2, lossy=True) == Drop(NOW + 4_000)
    assert isinstance(step_after(Failed("no"), failures=9, lossy=False), RetryAt)


def test_a_part_of_a_split_batch_is_not_dropped_alone_as_others_wait_before_and_behind_it() -> None:
    assert isinstance(step_after(Failed("no"), failures=9, lossy=True, splitting=splitting(parts=1)), RetryAt)
