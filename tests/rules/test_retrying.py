import hypothesis.strategies as st
from hypothesis import example, given

from bellwire.model.attempt import Advance, Delivered, Failed, RetryAt
from bellwire.model.duration import DurationMs
from bellwire.rules.retrying import BACKOFF_MAX_MS, backoff_ms, next_step
from builders import make_webhook

DICE = st.floats(0, 1)


def test_success_advances() -> None:
    assert next_step(Delivered(), make_webhook(), failures=1, now_ms=5, dice=0.5) == Advance()


def test_backoff_doubles_from_a_second_to_a_minute() -> None:
    assert [backoff_ms(failures, dice=1) for failures in range(1, 9)] == [
        1_000,
        2_000,
        4_000,
        8_000,
        16_000,
        32_000,
        60_000,
        60_000,
    ]
    assert backoff_ms(3, dice=0) == 2_000


@given(failures=st.integers(1, 10**9), dice=DICE)
@example(failures=2000, dice=1.0)
def test_backoff_is_between_half_and_all_of_its_step_however_long_it_lasts(failures: int, dice: float) -> None:
    assert backoff_ms(failures, dice=0) <= backoff_ms(failures, dice=dice) <= backoff_ms(failures, dice=1)
    assert 500 <= backoff_ms(failures, dice=dice) <= BACKOFF_MAX_MS


@given(throttle=st.integers(0, 86_400_000), failures=st.integers(1, 100), dice=DICE)
def test_a_retry_waits_for_the_throttle_and_the_backoff_whichever_is_longer(
    throttle: int, failures: int, dice: float
) -> None:
    webhook = make_webhook(throttle_ms=DurationMs(throttle))
    step = next_step(Failed("no"), webhook, failures=failures, now_ms=1_000_000, dice=dice)
    assert step == RetryAt(1_000_000 + max(throttle, backoff_ms(failures, dice=dice)))
