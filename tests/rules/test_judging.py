import pytest

from bellwire.model.attempt import Answer, Delivered, Failed, NoAnswer, Timings, Trouble
from bellwire.rules.judging import judge


def answer(status: int, *headers: tuple[str, str]) -> Answer:
    return Answer(status=status, headers=headers, body=b"", timings=Timings())


@pytest.mark.parametrize("status", [200, 201, 202, 204, 206, 299])
def test_any_2xx_means_delivered(status: int) -> None:
    assert judge(answer(status)) == Delivered()


@pytest.mark.parametrize("status", [300, 304, 400, 401, 404, 410, 413, 429, 500, 503, 599, 799])
def test_every_other_status_means_not_delivered(status: int) -> None:
    outcome = judge(answer(status))
    assert isinstance(outcome, Failed)
    assert str(status) in outcome.reason


def test_a_redirect_is_a_failure_whose_location_is_shown() -> None:
    outcome = judge(answer(301, ("location", "https://elsewhere.example/")))
    assert isinstance(outcome, Failed)
    assert "https://elsewhere.example/" in outcome.reason


def test_no_answer_fails_with_what_happened() -> None:
    response = NoAnswer(trouble=Trouble.CONNECT, detail="connection refused by 127.0.0.1:9", timings=Timings())
    assert judge(response) == Failed("connection refused by 127.0.0.1:9")
