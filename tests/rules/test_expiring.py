from bellwire.model.duration import DurationMs
from bellwire.model.event import Position
from bellwire.rules.expiring import Start, deadline_ms
from builders import make_event, make_webhook

START = Start(at_ms=10_000, log_end=Position(50))
WEBHOOK = make_webhook(discard_after_ms=DurationMs(5_000))


def test_discard_after_counts_from_acceptance() -> None:
    assert deadline_ms(make_event(50, accepted_at_ms=12_000), WEBHOOK, START) == 17_000


def test_for_an_event_that_was_there_at_our_start_it_counts_from_then() -> None:
    assert deadline_ms(make_event(49, accepted_at_ms=1_000), WEBHOOK, START) == 15_000


def test_an_event_that_a_clock_ahead_of_ours_accepted_waits_no_longer_for_it() -> None:
    assert deadline_ms(make_event(49, accepted_at_ms=99_000_000), WEBHOOK, START) == 15_000
