from bellwire.model.attempt import Request
from bellwire.model.duration import DurationMs


def test_a_request_shows_neither_its_headers_nor_its_body() -> None:
    request = Request(
        url="https://hooks.example.com/in",
        headers=(("Authorization", "Bearer hidden"),),
        body=b"hidden",
        timeout_ms=DurationMs(30_000),
        allow_invalid_certs=False,
    )
    assert repr(request) == "Request(url='https://hooks.example.com/in', body_bytes=6)"
