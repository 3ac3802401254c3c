"""What did the answer mean?"""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final, assert_never

from bellwire.model.attempt import (
    Answer,
    Delivered,
    Failed,
    Gone,
    NoAnswer,
    Outcome,
    Refused,
    Response,
    RetryLater,
)
from bellwire.model.duration import DurationMs

_DIGITS_MAX: Final = 10
"""Of a Retry-After in seconds; more are no time that anybody waits for."""


def judge(response: Response, *, now_ms: int) -> Outcome:
    """Any 2xx means that the whole batch was taken. now_ms: by the wall clock, for a Retry-After that is a date."""
    match response:
        case NoAnswer(detail=detail):
            return Failed(detail)
        case Answer(status=status) if 200 <= status <= 299:
            return Delivered()
        case Answer(status=status) if 300 <= status <= 399:
            location = dict(response.headers).get("location", "nowhere")
            return Failed(f"{_named(status)} to {location}; redirects are not followed, put the final address in url")
        case Answer(status=410):
            return Gone(f"{_named(410)}: the endpoint wants nothing more")
        case Answer(status=400 | 413 | 422 as status):
            return Refused(_named(status), too_large=status == 413)
        case Answer(status=429 | 503 as status, headers=headers):
            after_ms = _retry_after_ms(dict(headers).get("retry-after", ""), now_ms=now_ms)
            return Failed(_named(status)) if after_ms is None else RetryLater(_named(status), after_ms)
        case Answer(status=status):
            return Failed(_named(status))
    assert_never(response)


def _named(status: int) -> str:
    try:
        return f"answered {status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"answered {status}"


def _retry_after_ms(written: str, *, now_ms: int) -> DurationMs | None:
    """Seconds or an HTTP date (RFC 9110 §10.2.3); None for anything else, which is no wish at all."""
    written = written.strip()
    if written.isascii() and written.isdigit():
        return DurationMs(int(written[:_DIGITS_MAX]) * 1000)
    try:
        date = parsedate_to_datetime(written)
    except ValueError:
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    at_ms = int((date - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000)
    return DurationMs(max(0, at_ms - now_ms))
