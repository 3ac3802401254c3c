import msgspec
import pytest

from bellwire.model.cursor import Cursor
from bellwire.model.event import Position
from bellwire.model.webhook import WebhookId
from bellwire.rules.pacing import events_a_second, left_s, rests_until_ms

CURSOR = Cursor(webhook_id=WebhookId("wh-1"), position=Position(1), window_opened_at_ms=10_000, window_events=50)


def test_a_batch_is_followed_by_the_rest_that_its_events_ask_for() -> None:
    assert rests_until_ms(CURSOR, 100) == 10_500
    assert rests_until_ms(CURSOR, 0.5) == 110_000


def test_there_is_no_rest_without_a_rate_or_before_the_first_batch() -> None:
    assert rests_until_ms(CURSOR, None) == 0
    assert rests_until_ms(msgspec.structs.replace(CURSOR, window_opened_at_ms=None), 1) == 0


@pytest.mark.parametrize(("rate", "events"), [(0.001, 1), (1, 1), (1.5, 2), (100, 100)])
def test_a_batch_has_about_one_second_of_events(rate: float, events: int) -> None:
    assert events_a_second(rate) == events


def test_the_time_left_goes_by_what_was_measured_else_by_the_chosen_rate() -> None:
    assert left_s(100, rate_per_s=50, measured_per_s=10) == 10
    assert left_s(100, rate_per_s=50, measured_per_s=None) == 2
    assert left_s(100, rate_per_s=None, measured_per_s=None) is None
    assert left_s(0, rate_per_s=None, measured_per_s=None) == 0
