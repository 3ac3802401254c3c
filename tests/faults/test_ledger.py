import random
from pathlib import Path

import pytest

from faults.ledger.run import Plan, Progress, run
from faults.ledger.telling import tell_report

KILLS = 20


@pytest.mark.timeout(240)
def test_no_promise_is_broken_by_twenty_kills_and_a_receiver_that_often_fails(tmp_path: Path) -> None:
    # The seed comes from pytest-randomly, so its -p option repeats it; the report names it for a run by hand.
    plan = Plan(seed=random.getrandbits(32), kills=KILLS, seconds=6.0, publishers=4, webhooks=10, folder=tmp_path)
    report = run(plan, _say_nothing)
    told = tell_report(report)
    assert report.violations == (), told
    assert report.kills == KILLS, told
    # A run in which nothing happened proves nothing.
    assert report.repeated_calls, told
    assert all(trail.arrived for trail in report.trails.values()), told
    assert report.inspections, told
    assert report.edits, told
    assert any(trail.repeated for trail in report.trails.values()), told


def _say_nothing(_: Progress) -> None:
    """Nobody watches a test."""
