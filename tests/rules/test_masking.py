import base64
import html
import json
import urllib.parse

import pytest
from msgspec.structs import replace

from bellwire.model.attempt import (
    ANSWER_BYTES_KEPT_MAX,
    Answer,
    Delivered,
    Failed,
    Gone,
    NoAnswer,
    Outcome,
    Refused,
    Request,
    RetryLater,
    Timings,
    Trouble,
)
from bellwire.model.duration import DurationMs
from bellwire.model.principal import Principal, PrincipalKind, Scope
from bellwire.rules.masking import kept_of, masked_outcome, masked_request, request_as_seen
from builders import make_webhook

PAIR = base64.b64encode(b"account:pass-word").decode()


def request(*headers: tuple[str, str], secrets: tuple[str, ...] = ()) -> Request:
    return Request(
        url="https://a.example/",
        headers=headers,
        body=b"{}",
        timeout_ms=DurationMs(1),
        allow_invalid_certs=False,
        secrets=secrets,
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
    assert kept_of(response, request()) == response


def test_a_request_is_shown_without_its_credentials() -> None:
    shown = masked_request(request(("X-A", "1"), ("Authorization", "Bearer t0ken"), ("X-Signature", "s")))
    assert shown.headers == (("X-A", "1"), ("Authorization", "Bearer ****"), ("X-Signature", "s"))


SECRET = 'k"y/<ö> %'


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        json.dumps(SECRET),
        json.dumps(SECRET, ensure_ascii=False),
        json.dumps(SECRET, ensure_ascii=False).replace("/", "\\/"),
        urllib.parse.quote(SECRET),
        urllib.parse.quote(SECRET, safe=""),
        urllib.parse.quote_plus(SECRET),
        html.escape(SECRET),
    ],
)
def test_a_secret_is_masked_in_every_form_in_which_it_is_repeated(form: str) -> None:
    kept = kept_of(answer(f"[{form}]".encode()), request(secrets=(SECRET,)))
    assert isinstance(kept, Answer)
    assert kept.body.replace(b'"', b"") == b"[****]"


def test_a_header_of_an_answer_that_repeats_bytes_is_masked() -> None:
    kept = kept_of(answer(b"", ("x-echo", SECRET.encode().decode("latin-1"))), request(secrets=(SECRET,)))
    assert isinstance(kept, Answer)
    assert kept.headers == (("x-echo", "****"),)


@pytest.mark.parametrize(("length", "end"), [(4, b"****"), (11, b"****"), (3, b"mar")])
def test_a_secret_that_the_end_of_the_body_cuts_is_masked_too(length: int, end: bytes) -> None:
    secret = "marker-1-2-3"
    body = b"b" * (ANSWER_BYTES_KEPT_MAX - length) + secret.encode()[:length]
    kept = kept_of(answer(body), request(secrets=(secret,)))
    assert isinstance(kept, Answer)
    assert kept.body.endswith(b"b" + end[: ANSWER_BYTES_KEPT_MAX - len(body) + length])


@pytest.mark.parametrize(
    ("outcome", "masked"),
    [
        (Delivered(), Delivered()),
        (Failed("302 to /?k=t0ken"), Failed("302 to /?k=****")),
        (Gone("t0ken"), Gone("****")),
        (Refused("t0ken", too_large=True), Refused("****", too_large=True)),
        (RetryLater("t0ken", DurationMs(1)), RetryLater("****", DurationMs(1))),
    ],
)
def test_what_an_outcome_repeats_of_an_answer_is_masked(outcome: Outcome, masked: Outcome) -> None:
    assert masked_outcome(outcome, request(secrets=("t0ken",))) == masked


def test_what_went_wrong_is_told_without_secrets() -> None:
    response = NoAnswer(trouble=Trouble.BAD_HTTP, detail="said t0ken", timings=Timings())
    assert kept_of(response, request(secrets=("t0ken",))) == replace(response, detail="said ****")


def test_a_request_is_shown_without_the_headers_that_carry_credentials() -> None:
    shown = masked_request(
        request(("X-Api-Key", "a"), ("Authorization", "t0ken"), ("X-Colour", "green"), secrets=("a",))
    )
    assert shown.headers == (("X-Api-Key", "****"), ("Authorization", "****"), ("X-Colour", "green"))
    assert shown.secrets == ()


def test_values_of_chosen_headers_and_signatures_are_shown_only_to_who_may_write_webhooks() -> None:
    webhook = make_webhook(http_headers={"X-Colour": "blue"})
    sent = request(
        ("x-colour", "blue"), ("Authorization", "Bearer t"), ("X-Signature", "MDA="), ("Content-Type", "a/b")
    )
    reader, writer = (
        Principal(name="n", kind=PrincipalKind.PERSON, scopes=frozenset({scope})) for scope in (Scope.READ, Scope.WRITE)
    )
    shown = dict(request_as_seen(sent, webhook, by=writer).headers)
    assert shown == dict(sent.headers) | {"Authorization": "Bearer ****"}
    shown = dict(request_as_seen(sent, webhook, by=reader).headers)
    assert shown == {"x-colour": "****", "Authorization": "Bearer ****", "X-Signature": "****", "Content-Type": "a/b"}
