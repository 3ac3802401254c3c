import errno

import pycurl  # type: ignore[import-untyped] # it brings no types
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bellwire.model.attempt import Timings, Trouble
from bellwire.senders.transfers import Ending
from bellwire.senders.troubles import Failure, no_answer
from senders.requesting import make_request


def make_failure(
    code: int,
    message: str = "libcurl's words",
    *,
    url: str = "https://hooks.example.com/in",
    timings: Timings | None = None,
    refusal: str = "",
    kept: bool = False,
    error_number: int = 0,
) -> Failure:
    return Failure(
        request=make_request(url, timeout_ms=30_000, body=b"12345"),
        ending=Ending(code, message),
        timings=timings or Timings(),
        refusal=refusal,
        status=0,
        kept=kept,
        sent_bytes=2,
        error_number=error_number,
        verify_result=0,
    )


@pytest.mark.parametrize(
    ("timings", "kept", "progress"),
    [
        (Timings(), False, "name lookup not finished"),
        (Timings(name_lookup_us=1_500_000), False, "name looked up after 1.5 s, not connected"),
        (Timings(name_lookup_us=1, connect_us=1_234), False, "connected after 1.2 ms, TLS handshake not finished"),
        (Timings(connect_us=1_234, tls_us=2_000), False, "connected after 1.2 ms, 2 of 5 bytes sent"),
        (Timings(), True, "on a kept connection, 2 of 5 bytes sent"),
    ],
)
def test_a_timeout_says_how_far_it_came(timings: Timings, kept: bool, progress: str) -> None:
    response = no_answer(make_failure(pycurl.E_OPERATION_TIMEDOUT, timings=timings, kept=kept))
    assert (response.trouble, response.detail) == (Trouble.TIMEOUT, f"no answer within 30s ({progress})")


@pytest.mark.parametrize(
    ("url", "error_number", "detail"),
    [
        ("http://a.example/", errno.ECONNREFUSED, "connection refused by a.example:80"),
        ("https://a.example/", errno.ENETUNREACH, "could not connect to a.example:443: Network is unreachable"),
        ("https://[2001:db8::1]:8443/", errno.EMFILE, "could not connect to [2001:db8::1]:8443: Too many open files"),
        ("https://a.example/", 0, "could not connect to a.example:443: libcurl's words"),
    ],
)
def test_a_failed_connection_names_the_endpoint_and_the_cause(url: str, error_number: int, detail: str) -> None:
    response = no_answer(make_failure(pycurl.E_COULDNT_CONNECT, url=url, error_number=error_number))
    assert (response.trouble, response.detail) == (Trouble.CONNECT, detail)


def test_what_the_reader_refused_goes_before_what_libcurl_says() -> None:
    response = no_answer(make_failure(pycurl.E_WRITE_ERROR, refusal="is odd"))
    assert (response.trouble, response.detail) == (Trouble.BAD_HTTP, "the endpoint's answer is odd")


@given(st.integers(0, 200), st.text(st.characters()))
def test_every_ending_has_a_short_sentence_that_can_be_stored(code: int, message: str) -> None:
    detail = no_answer(make_failure(code, message)).detail
    assert detail.isprintable()
    assert len(detail.encode()) < 2_000
