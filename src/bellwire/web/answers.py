"""JSON answers, and times in them."""

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from starlette.responses import Response

from bellwire.rules.accepting import show_time

Time = Annotated[str, msgspec.Meta(examples=["2026-01-31T08:00:00.000Z"], extra_json_schema={"format": "date-time"})]
"""A point in time as answers have it: RFC 3339 in UTC with milliseconds."""


PRIVATE: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
"""What every answer of the API carries: no cache keeps what one caller was shown, no browser takes it for a page."""


def json_answer(content: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:  # noqa: ANN401 - whatever JSON can say
    """An answer with a JSON body."""
    return Response(msgspec.json.encode(content), status, {**PRIVATE, **(headers or {})}, "application/json")


def show_time_ms(time_ms: int) -> str:
    """Milliseconds since 1970 as RFC 3339 in UTC with milliseconds: 0 → `"1970-01-01T00:00:00.000Z"`."""
    seconds, milliseconds = divmod(time_ms, 1000)
    moment = dt.datetime.fromtimestamp(seconds, tz=dt.UTC)
    return show_time(moment.replace(microsecond=milliseconds * 1000))


def show_time_ms_or_none(time_ms: int | None) -> str | None:
    """As show_time_ms; None stays None."""
    return None if time_ms is None else show_time_ms(time_ms)
