"""What does one member of a written object say?"""

import enum
import re
from collections.abc import Collection
from typing import Final, TypeVar

import msgspec

from bellwire.errors import Fault
from bellwire.model.duration import FORM, DurationMs, parse_duration, show_duration
from bellwire.model.size import parse_size
from bellwire.model.webhook import KIB, MIB
from bellwire.rules.suggesting import alternatives, nearest, quoted

FAULTS_MAX: Final = 100
DURATION_LENGTH_MAX: Final = 64
PATH_STEP_LENGTH_MAX: Final = 128

_WHOLE_FLOAT_MAX: Final = 2**53
_HALF_PAIR: Final = re.compile(r"[\ud800-\udfff]")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")

_KINDS: Final[tuple[tuple[type, str], ...]] = (
    (type(None), "null"),
    (bool, "true or false"),
    (int, "a number"),
    (float, "a number with a fraction or an exponent"),
    (str, "text"),
    (list, "an array"),
    (object, "an object"),
)

Choice = TypeVar("Choice", bound=enum.Enum)


class Findings:
    """Gathers what is found while an object is read, in the order of finding; at most FAULTS_MAX, then a last one
    that tells how many more there are.
    """

    def __init__(self) -> None:
        self._kept: list[Fault] = []
        self._more = 0

    def add(self, path: str, message: str) -> None:
        """Note one thing."""
        if self.full:
            self._more += 1
        else:
            self._kept.append(Fault(path, message))

    @property
    def full(self) -> bool:
        """Whether what is found from now on is only counted."""
        return len(self._kept) == FAULTS_MAX

    def touch(self, *names: str) -> bool:
        """Whether something was found in one of these top-level members."""
        return any(fault.path.split("/", 1)[0] in names for fault in self._kept)

    def all(self) -> tuple[Fault, ...]:
        """Everything that was found."""
        rest = (Fault("", f"{self._more} more of the kind are not listed"),) if self._more else ()
        return (*self._kept, *rest)


class Place(msgspec.Struct, frozen=True):
    """A value within the written object, and where to note what is wrong with it; None where there is none."""

    value: object
    path: str
    faults: Findings

    def fault(self, message: str) -> None:
        """Note what is wrong here and what would be right."""
        self.faults.add(self.path, message)

    def at(self, step: str | int, value: object) -> "Place":
        """A value one step further in (RFC 6901 escapes)."""
        name = str(step)[:PATH_STEP_LENGTH_MAX].replace("~", "~0").replace("/", "~1")
        return Place(value, f"{self.path}/{name}" if self.path else name, self.faults)


def refuse_unknown(members: dict[str, object], known: Collection[str], *, place: Place, owner: str) -> None:
    """Note every member whose name is none of the known ones."""
    for name in members:
        if name in known:
            continue
        close = [] if place.faults.full else nearest(name, known, count=1)
        remedy = f"did you mean {close[0]}?" if close else f"it has {alternatives(known) if known else 'no members'}"
        place.at(name, None).fault(f"{owner} has no member {quoted(name)}; {remedy}")


def read_flag(place: Place, *, default: bool) -> bool:
    """Read true or false; null stands for the default."""
    match place.value:
        case None:
            return default
        case bool() as flag:
            return flag
        case other:
            place.fault(f"must be true or false, not {kind_of(other)}")
            return default


def read_choice(place: Place, choices: type[Choice]) -> Choice | None:
    """Read one of the enumeration's values; None for null, and after a fault."""
    known = [str(choice.value) for choice in choices]
    match place.value:
        case None:
            return None
        case str() as written if written in known:
            return choices(written)
        case str() as written:
            close = nearest(written, known, count=1)
            remedy = f"did you mean {close[0]!r}?" if close else f"write {alternatives(known)}"
            place.fault(f"{quoted(written)} is none of its values; {remedy}")
        case other:
            place.fault(f"must be text ({alternatives(known)}), not {kind_of(other)}")
    return None


def read_text(place: Place, *, length_max: int) -> str:
    """Read text that is neither empty nor longer than length_max characters; empty after a fault."""
    match place.value:
        case None:
            place.fault("is required and missing")
        case "":
            place.fault("is empty; write a text")
        case str() as text if len(text) > length_max:
            place.fault(f"is longer than {length_max} characters; shorten it")
        case str() as text if _HALF_PAIR.search(text):
            place.fault("holds half of a surrogate pair, which is no character; remove it")
        case str() as text:
            return text
        case other:
            place.fault(f"must be text, not {kind_of(other)}")
    return ""


def read_line(place: Place, *, length_max: int) -> str:
    """Read text as read_text does, and refuse control characters and line ends in it."""
    text = read_text(place, length_max=length_max)
    if _CONTROL.search(text):
        place.fault("holds a control character or a line end; remove it")
        return ""
    return text


def read_duration(place: Place, *, least_ms: int, most_ms: int, default: DurationMs) -> DurationMs:
    """Read `"1m30s"` or a whole number of milliseconds within the limits; null stands for the default."""
    match place.value:
        case None:
            return default
        case str() as written if len(written) > DURATION_LENGTH_MAX:
            place.fault(f"is too long for a duration; {FORM}")
        case int() | str() as written:
            try:
                duration = parse_duration(written)
            except ValueError as problem:
                place.fault(str(problem))
                return default
            if least_ms <= duration <= most_ms:
                return duration
            place.fault(f"must be {show_duration(DurationMs(least_ms))} to {show_duration(DurationMs(most_ms))}")
        case other:
            place.fault(f"must be a duration, not {kind_of(other)}; {_without_fraction(other) or FORM}")
    return default


def read_count(place: Place, *, most: int, default: int) -> int:
    """Read a whole number from 1 to most; null stands for the default."""
    match place.value:
        case None:
            return default
        case int() as count if not isinstance(count, bool):
            if 1 <= count <= most:
                return count
            place.fault(f"must be 1 to {most}")
        case other:
            remedy = _without_fraction(other) or f"write 1 to {most}"
            place.fault(f"must be a whole number, not {kind_of(other)}; {remedy}")
    return default


def read_size(place: Place, *, least: int, most: int, default: int) -> int:
    """Read a number of bytes, or text like `"512KiB"` and `"1MiB"`; null stands for the default."""
    form = 'write a whole number of bytes, or text like "512KiB" or "1MiB"'
    match place.value:
        case None:
            return default
        case str() as written:
            parsed = _parsed_size(written)
            if parsed is None:
                place.fault(f"{quoted(written)} is not a size; {form}")
                return default
            size = parsed
        case int() as size if not isinstance(size, bool):
            pass
        case other:
            place.fault(f"must be a size, not {kind_of(other)}; {_without_fraction(other) or form}")
            return default
    if least <= size <= most:
        return size
    place.fault(f"must be {least // KIB}KiB to {most // MIB}MiB")
    return default


def _parsed_size(written: str) -> int | None:
    """A size with its unit; digits alone are a number, which in JSON is no text."""
    try:
        return None if written.isdigit() else parse_size(written)
    except ValueError:
        return None


def kind_of(value: object) -> str:
    """What a JSON value is, as a person calls it."""
    return next(name for kind, name in _KINDS if isinstance(value, kind))


def _without_fraction(value: object) -> str:
    """The remedy for 1.0 and 1e3, which JSON tells from 1 and 1000 though people may not."""
    if isinstance(value, float) and abs(value) < _WHOLE_FLOAT_MAX and value.is_integer():
        return f"write {int(value)}"
    return ""
