"""Requests as the engine makes them."""

from bellwire.model.attempt import Request
from bellwire.model.duration import DurationMs

HEADERS = (("Content-Type", "application/json"), ("User-Agent", "Bellwire/0"))


def make_request(
    url: str,
    *,
    headers: tuple[tuple[str, str], ...] = HEADERS,
    body: bytes = b'{"events":[]}',
    timeout_ms: int = 5_000,
    allow_invalid_certs: bool = False,
) -> Request:
    return Request(
        url=url,
        headers=headers,
        body=body,
        timeout_ms=DurationMs(timeout_ms),
        allow_invalid_certs=allow_invalid_certs,
    )


def allow_all(_host: str, _port: int) -> str:
    """No objection to any address."""
    return ""
