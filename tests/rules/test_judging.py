from datetime import UTC, datetime

import pytest

from bellwire.model.attempt import (
    Answer,
    Delivered,
    Failed,
    Gone,
    NoAnswer,
    Outcome,
    Refused,
    RetryLater,
    Timings,
    Trouble,
)
from bellwire.model.duration import DurationMs
from bellwire.rules.judging import judge

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)


def answer(status: int, *headers: tuple[str, str], body: bytes = b"") -> Answer:
    return Answer(status=status, headers=headers, body=body, timings=Timings())


def judged(status: int, *headers: tuple[str, str]) -> Outcome:
    return judge(answer(status, *headers), now_ms=int(NOW.timestamp() * 1000))


@pytest.mark.parametrize("status", [200, 201, 202, 204, 206, 299])
def test_any_2xx_means_delivered(status: int) -> None:
    assert judged(status) == Delivered()


@pytest.mark.parametrize("status", [300, 304, 401, 404, 405, 429, 500, 503, 599, 799])
def test_other_statuses_mean_a_failure_that_names_them(status: int) -> None:
    outcome = judged(status)
    assert isinstance(outcome, Failed)
    assert str(status) in outcome.reason


@pytest.mark.parametrize(("status", "too_large"), [(400, False), (413, True), (422, False)])
def test_a_refusal_may_concern_parts_of_the_batch_only(status: int, *, too_large: bool) -> None:
    outcome = judged(status)
    assert isinstance(outcome, Refused)
    assert outcome.too_large is too_large


def test_410_means_gone() -> None:
    assert isinstance(judged(410), Gone)


def test_a_redirect_is_a_failure_whose_location_is_shown() -> None:
    outcome = judged(301, ("location", "https://elsewhere.example/"))
    assert isinstance(outcome, Failed)
    assert "https://elsewhere.example/" in outcome.reason


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("written", "after_ms"),
    [
        ("0", 0),
        ("120", 120_000),
        (" 7 ", 7_000),
        ("Tue, 24 Nov 2026 12:05:00 GMT", 300_000),
        ("Tue, 24 Nov 2026 11:00:00 GMT", 0),
        ("Tuesday, 24-Nov-26 12:00:10 GMT", 10_000),
        ("Tue Nov 24 12:00:10 2026", 10_000),
        ("9" * 400, 9_999_999_999_000),
    ],
)
def test_retry_after_is_read_as_seconds_and_as_a_date(status: int, written: str, after_ms: int) -> None:
    outcome = judged(status, ("retry-after", written))
    assert isinstance(outcome, RetryLater)
    assert outcome.after_ms == DurationMs(after_ms)


@pytest.mark.parametrize("written", ["", "soon", "-5", "1.5", "٣", "Tue, 99 Nov 2026 12:05:00 GMT"])
def test_a_retry_after_that_cannot_be_read_is_none(written: str) -> None:
    assert isinstance(judged(503, ("retry-after", written)), Failed)


def test_retry_after_counts_only_where_it_asks_for_patience() -> None:
    assert isinstance(judged(500, ("retry-after", "5")), Failed)


def test_no_answer_fails_with_what_happened() -> None:
    response = NoAnswer(trouble=Trouble.CONNECT, detail="connection refused by 127.0.0.1:9", timings=Timings())
    assert judge(response, now_ms=0) == Failed("connection refused by 127.0.0.1:9")
