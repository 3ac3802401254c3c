import base64

import pytest

from bellwire.model.attempt import ANSWER_BYTES_KEPT_MAX, Answer, NoAnswer, Request, Timings, Trouble
from bellwire.model.duration import DurationMs
from bellwire.rules.masking import kept_of, masked_request

PAIR = base64.b64encode(b"account:pass-word").decode()


def request(*headers: tuple[str, str]) -> Request:
    return Request(
        url="https://a.example/", headers=headers, body=b"{}", timeout_ms=DurationMs(1), allow_invalid_certs=False
    )


def answer(body: bytes, *headers: tuple[str, str]) -> Answer:
    return Answer(status=200, headers=headers, body=body, timings=Timings())


@pytest.mark.parametrize(
    ("sent", "echoed", "kept"),
    [
        (f"Basic {PAIR}", f"you sent Basic {PAIR}", b"you sent Basic ****"),
        (f"Basic {PAIR}", "hello account, pass-word is right", b"hello account, **** is right"),
        ("Bearer t0ken", "token t0ken accepted", b"token **** accepted"),
        ("basic not-base64!", "basic not-base64!", b"basic ****"),
        ("Basic //79", "plain", b"plain"),
        ("Negotiate", "plain", b"plain"),
    ],
)
def test_credentials_that_an_endpoint_echoes_are_masked(sent: str, echoed: str, kept: bytes) -> None:
    response = kept_of(answer(echoed.encode(), ("x-echo", echoed)), request(("Authorization", sent)))
    assert isinstance(response, Answer)
    assert response.body == kept
    assert response.headers == (("x-echo", kept.decode()),)


def test_of_headers_and_body_the_first_4_kib_are_kept() -> None:
    large = answer(b"b" * 10_000, *[(f"x-{number}", "v" * 100) for number in range(100)])
    kept = kept_of(large, request(("Content-Type", "application/json")))
    assert isinstance(kept, Answer)
    assert len(kept.body) == ANSWER_BYTES_KEPT_MAX
    assert kept.headers == large.headers[: len(kept.headers)]
    assert 0 < sum(len(name) + len(value) for name, value in kept.headers) <= ANSWER_BYTES_KEPT_MAX


def test_what_is_no_answer_is_kept_as_it_is() -> None:
    response = NoAnswer(trouble=Trouble.CONNECT, detail="refused", timings=Timings())
    assert kept_of(response, request()) is response


def test_a_request_is_shown_without_its_credentials() -> None:
    shown = masked_request(request(("X-A", "1"), ("Authorization", "Bearer t0ken"), ("X-Signature", "s")))
    assert shown.headers == (("X-A", "1"), ("Authorization", "Bearer ****"), ("X-Signature", "s"))
