from bellwire.engine.last_hour import LENGTH_MS, PART_MS, LastHour
from bellwire.model.rollup import Figures
from bellwire.model.webhook import WebhookId

ONE = WebhookId("wh-1")
START_MS = 500_000 * LENGTH_MS


def test_what_happened_is_held_for_an_hour_and_a_part_at_most() -> None:
    hour = LastHour()
    for minute in range(3 * 60):
        hour.add(START_MS + minute * 60_000, {ONE: Figures(delivered=1)})
        assert len(hour._parts) <= LENGTH_MS // PART_MS + 1
    now_ms = START_MS + 3 * LENGTH_MS
    assert hour.begin_ms(now_ms) == now_ms - LENGTH_MS
    assert hour.sums(now_ms) == {ONE: Figures(delivered=60)}
    assert hour.sums(now_ms + 2 * PART_MS) == {ONE: Figures(delivered=50)}
    assert hour.sums(now_ms + 2 * LENGTH_MS) == {}


def test_what_is_added_later_is_among_sums_that_were_asked_for_before() -> None:
    hour = LastHour()
    hour.add(START_MS, {ONE: Figures(delivered=1)})
    assert hour.sums(START_MS) == {ONE: Figures(delivered=1)}
    hour.add(START_MS, {ONE: Figures(failed=2), None: Figures(accepted=3)})
    assert hour.sums(START_MS) == {ONE: Figures(delivered=1, failed=2), None: Figures(accepted=3)}
