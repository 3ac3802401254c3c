import pytest

from bellwire.model.duration import DurationMs
from bellwire.model.event import Position
from bellwire.model.webhook import Resumption
from bellwire.rules.expiring import Start, deadline_ms, replay_deadline_ms
from builders import make_registered_webhook, make_replay, make_webhook

START = Start(at_ms=10_000, log_end=Position(50))
WEBHOOK = make_registered_webhook(make_webhook(discard_after_ms=DurationMs(5_000)))
RESUMED = make_registered_webhook(
    make_webhook(discard_after_ms=DurationMs(5_000)), resumed=Resumption(at_ms=60_000, log_end=Position(70))
)


def test_discard_after_counts_from_acceptance() -> None:
    assert deadline_ms(Position(50), 12_000, WEBHOOK, START) == 17_000


def test_for_an_event_that_was_there_at_our_start_it_counts_from_then() -> None:
    assert deadline_ms(Position(49), 1_000, WEBHOOK, START) == 15_000


def test_an_event_that_a_clock_ahead_of_ours_accepted_waits_no_longer_for_it() -> None:
    assert deadline_ms(Position(49), 99_000_000, WEBHOOK, START) == 15_000


def test_for_an_event_that_waited_at_the_last_resume_it_counts_from_then() -> None:
    assert deadline_ms(Position(69), 12_000, RESUMED, START) == 65_000
    assert deadline_ms(Position(70), 61_000, RESUMED, START) == 66_000


def test_a_resume_before_our_start_counts_no_longer() -> None:
    start = Start(at_ms=100_000, log_end=Position(80))
    assert deadline_ms(Position(60), 12_000, RESUMED, start) == 105_000


@pytest.mark.parametrize(
    ("since_ms", "replay_ms", "resumed_ms", "start_ms"),
    [(9_000, 1, 2, 3), (1, 9_000, 2, 3), (1, 2, 9_000, 3), (1, 2, 3, 9_000)],
)
def test_a_replays_deadline_counts_from_the_latest_of_progress_edit_resume_and_start(
    since_ms: int, replay_ms: int, resumed_ms: int, start_ms: int
) -> None:
    webhook = make_registered_webhook(
        make_webhook(discard_after_ms=DurationMs(500)), resumed=Resumption(at_ms=resumed_ms, log_end=Position(1))
    )
    start = Start(at_ms=start_ms, log_end=Position(1))
    replay = make_replay(counted_from_ms=replay_ms)
    assert replay_deadline_ms(replay, webhook, start, since_ms=since_ms) == 9_500


def test_a_webhook_that_was_never_resumed_counts_no_resume() -> None:
    webhook = make_registered_webhook(make_webhook(discard_after_ms=500))
    start = Start(at_ms=5, log_end=Position(1))
    assert replay_deadline_ms(make_replay(counted_from_ms=7), webhook, start, since_ms=0) == 507
