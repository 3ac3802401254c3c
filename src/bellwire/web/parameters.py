"""Query parameters, checked: unknown, repeated and bad ones are refused together, each by its name."""

import datetime as dt
import time
from collections.abc import Iterable, Sequence
from typing import Final

from starlette.datastructures import QueryParams

from bellwire.errors import Fault
from bellwire.model.duration import parse_duration
from bellwire.rules.accepting import read_time
from bellwire.rules.suggesting import alternatives, nearest, quoted
from bellwire.web.problems import Problem, Refused

LIMIT_DEFAULT: Final = 100
LIMIT_MAX: Final = 1_000
REPEATED_MAX: Final = 100
"""How often a parameter may be given that may be repeated."""

NAME_LENGTH_MAX: Final = 60
UNKNOWN_TOLD_MAX: Final = 5
"""How much of unknown names, and how many of them, a refusal repeats: finding the nearest ones takes a while."""


class Parameters:
    """The query of one request. Reading notes faults; `check` raises them all at once."""

    def __init__(self, query: QueryParams, known: Sequence[str]) -> None:
        self._query = query
        self._faults: list[Fault] = []
        unknown = [name for name in query if name not in known]
        for name in unknown[:UNKNOWN_TOLD_MAX]:
            self.fault(name[:NAME_LENGTH_MAX], _unknown(name, known))

    def text(self, name: str) -> str | None:
        """The value of a parameter that may be given once."""
        values = self._query.getlist(name)
        if len(values) > 1:
            self.fault(name, "is given more than once; give it once")
            return None
        return values[0] if values else None

    def texts(self, name: str) -> list[str]:
        """The values of a parameter that may be repeated, up to REPEATED_MAX times."""
        values = self._query.getlist(name)
        if len(values) > REPEATED_MAX:
            self.fault(name, f"is given {len(values)} times; {REPEATED_MAX} at most")
            return []
        return values

    def flag(self, name: str) -> bool:
        """Whether a parameter is `true`; false where it is absent."""
        match self.text(name):
            case "true":
                return True
            case None | "false":
                return False
            case _:
                self.fault(name, "is neither true nor false")
                return False

    def limit(self) -> int:
        """How many items a page may have, 1 to LIMIT_MAX."""
        text = self.text("limit")
        if text is None:
            return LIMIT_DEFAULT
        if text.isascii() and text.isdigit() and len(text) < len("10000") and 1 <= int(text) <= LIMIT_MAX:
            return int(text)
        self.fault("limit", f"{quoted(text)} is no whole number from 1 to {LIMIT_MAX}")
        return LIMIT_DEFAULT

    def time_ms(self, name: str) -> int | None:
        """A point in time: RFC 3339, or how long ago (`15m`); milliseconds since 1970."""
        text = self.text(name)
        if text is None:
            return None
        # A plus that was not written as %2B has become a space on its way.
        written = read_time(text.replace(" ", "+"))
        if isinstance(written, str):
            return round(dt.datetime.fromisoformat(written).timestamp() * 1000)
        try:
            return max(0, time.time_ns() // 1_000_000 - parse_duration(text))
        except ValueError:
            self.fault(name, f"{quoted(text)} is no time; write 2026-01-31T08:00:00Z, or how long ago: 15m, 2h, 7d")
            return None

    def fault(self, name: str, message: str) -> None:
        """Note what is wrong with a parameter."""
        self._faults.append(Fault(name, message))

    def check(self) -> None:
        """Refused (400) with every fault that was noted, if there is any."""
        if not self._faults:
            return
        first, *rest = self._faults
        more = f" (and {len(rest)} more)" if rest else ""
        raise Refused(
            Problem(
                status=400,
                kind="invalid-parameter",
                title="A query parameter is unknown or has a bad value",
                detail=f"{first.path}: {first.message}{more}",
                faults=tuple(self._faults),
            )
        )


def _unknown(name: str, known: Sequence[str]) -> str:
    if not known:
        return "this call takes no parameters"
    return f"there is no such parameter; {did_you_mean(name, known) or f'there are {alternatives(known)}'}"


def refuse_parameters(query_string: bytes) -> None:
    """Refused (400) if there are any query parameters; for calls that take none."""
    Parameters(QueryParams(query_string), ()).check()


def did_you_mean(written: str, known: Iterable[str]) -> str:
    """A question naming the known name most like the written one; empty where none is."""
    close = nearest(written, known, count=1)
    return f"did you mean {close[0]}?" if close else ""
