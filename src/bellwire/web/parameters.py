"""Query parameters: each is read and described by one object; what is wrong with them is refused together, by name."""

import datetime as dt
import enum
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, Generic, TypeVar

from starlette.datastructures import QueryParams

from bellwire.errors import Fault
from bellwire.model.duration import parse_duration
from bellwire.rules.accepting import read_time
from bellwire.rules.suggesting import alternatives, nearest, quoted
from bellwire.web.problem_kinds import INVALID_PARAMETER
from bellwire.web.problems import Problem, Refused

LIMIT_DEFAULT: Final = 100
LIMIT_MAX: Final = 1_000
REPEATED_MAX: Final = 100
"""How often a parameter may be given that may be repeated."""

NAME_LENGTH_MAX: Final = 60
UNKNOWN_TOLD_MAX: Final = 5
"""How much of unknown names, and how many of them, a refusal repeats: finding the nearest ones takes a while."""

T = TypeVar("T")
Choice = TypeVar("Choice", bound=enum.Enum)


class Parameter(Generic[T]):
    """A query parameter that may be given once.

    read: raises ValueError with what would be right. absent: what it stands for when it is not given. schema: of one
    value as it is written (JSON Schema).
    """

    repeated: Final = False

    def __init__(
        self,
        name: str,
        description: str,
        *,
        read: Callable[[str], T],
        absent: T,
        schema: dict[str, Any],
        examples: tuple[object, ...] = (),
    ) -> None:
        self.name = name
        self.description = description
        self.read = read
        self.absent = absent
        self.schema = schema
        self.examples = examples


class RepeatedParameter:
    """A query parameter that may be given up to REPEATED_MAX times, each value being text."""

    repeated: Final = True

    def __init__(self, name: str, description: str, *, examples: tuple[object, ...] = ()) -> None:
        self.name = name
        self.description = description
        self.schema: dict[str, Any] = {"type": "array", "items": {"type": "string"}, "maxItems": REPEATED_MAX}
        self.examples = examples


AnyParameter = Parameter[Any] | RepeatedParameter


def text_parameter(
    name: str, description: str, *, length_max: int | None = None, example: str | None = None
) -> Parameter[str | None]:
    """Any text."""

    def read(text: str) -> str:
        if length_max is not None and len(text) > length_max:
            raise ValueError(f"has {len(text)} characters; {length_max} at most")
        return text

    schema = {"type": "string"} | ({} if length_max is None else {"maxLength": length_max})
    return Parameter(name, description, read=read, absent=None, schema=schema, examples=(example,) if example else ())


def flag_parameter(name: str, description: str) -> Parameter[bool]:
    """`true` or `false`, which is what it stands for when absent."""

    def read(text: str) -> bool:
        if text not in {"true", "false"}:
            raise ValueError("is neither true nor false")
        return text == "true"

    schema = {"type": "boolean", "default": False}
    return Parameter(name, description, read=read, absent=False, schema=schema, examples=(True,))


def choice_parameter(name: str, description: str, choices: type[Choice]) -> Parameter[Choice | None]:
    """One of an enumeration's values, which are texts."""
    values = [str(choice.value) for choice in choices]

    def read(text: str) -> Choice:
        if text not in values:
            raise ValueError(f"{quoted(text)} is no {name}; write {alternatives(values)}")
        return choices(text)

    schema = {"type": "string", "enum": values}
    return Parameter(name, description, read=read, absent=None, schema=schema, examples=(values[0],))


def time_parameter(name: str, description: str) -> Parameter[int | None]:
    """A point in time: RFC 3339, or how long ago (`15m`); milliseconds since 1970."""
    return Parameter(
        name,
        f"{description} RFC 3339, or how long ago: `15m`, `2h`, `7d`.",
        read=_read_time_ms,
        absent=None,
        schema={"type": "string", "anyOf": [{"format": "date-time"}, {"pattern": AGO}]},
        examples=("15m", "2026-01-31T08:00:00Z"),
    )


def _read_limit(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < len("10000") and 1 <= int(text) <= LIMIT_MAX:
        return int(text)
    raise ValueError(f"{quoted(text)} is no whole number from 1 to {LIMIT_MAX}")


def _read_time_ms(text: str) -> int:
    # A plus that was not written as %2B has become a space on its way.
    written = read_time(text.replace(" ", "+"))
    if isinstance(written, str):
        return round(dt.datetime.fromisoformat(written).timestamp() * 1000)
    try:
        return max(0, time.time_ns() // 1_000_000 - parse_duration(text))
    except ValueError:
        message = f"{quoted(text)} is no time; write 2026-01-31T08:00:00Z, or how long ago: 15m, 2h, 7d"
        raise ValueError(message) from None


LIMIT: Final = Parameter(
    "limit",
    "How many items a page may have.",
    read=_read_limit,
    absent=LIMIT_DEFAULT,
    schema={"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT_DEFAULT},
    examples=(10,),
)
AGO: Final = r"^(?=.)(?:\d{1,15}d)?(?:\d{1,15}h)?(?:\d{1,15}m(?!s))?(?:\d{1,15}s)?(?:\d{1,15}ms)?$"
"""The form of how long ago something was."""


class Parameters:
    """The query of one request. Reading notes faults; `check` raises them all at once."""

    def __init__(self, query: QueryParams, known: Sequence[AnyParameter]) -> None:
        self._query = query
        self._known = [parameter.name for parameter in known]
        self._faults: list[Fault] = []
        unknown = [name for name in query if name not in self._known]
        for name in unknown[:UNKNOWN_TOLD_MAX]:
            self.fault(name[:NAME_LENGTH_MAX], _unknown(name, self._known))

    def read(self, parameter: Parameter[T]) -> T:
        """The value of one of the known parameters."""
        values = self._query.getlist(parameter.name)
        if len(values) > 1:
            self.fault(parameter.name, "is given more than once; give it once")
        elif values:
            try:
                return parameter.read(values[0])
            except ValueError as problem:
                self.fault(parameter.name, str(problem))
        return parameter.absent

    def read_all(self, parameter: RepeatedParameter) -> list[str]:
        """Every value of one of the known parameters that may be repeated."""
        values = self._query.getlist(parameter.name)
        if len(values) > REPEATED_MAX:
            self.fault(parameter.name, f"is given {len(values)} times; {REPEATED_MAX} at most")
            return []
        return values

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What was noted until now."""
        return tuple(self._faults)

    def fault(self, name: str, message: str) -> None:
        """Note what is wrong with a parameter."""
        self._faults.append(Fault(name, message))

    def check(self) -> None:
        """Refused (400) with every fault that was noted, if there is any."""
        if not self._faults:
            return
        first, *rest = self._faults
        more = f" (and {len(rest)} more)" if rest else ""
        detail = f"{first.path}: {first.message}{more}"
        raise Refused(Problem.of(INVALID_PARAMETER, detail, faults=tuple(self._faults)))


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
