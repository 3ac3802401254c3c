"""What does a Python program mean by an event that it writes?"""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from bellwire.errors import Fault, InvalidEvent
from bellwire.model.event import DATA_DEPTH_MAX
from bellwire.rules.accepting import PublishedEvent, show_time
from bellwire.rules.reading import PATH_STEP_LENGTH_MAX

_NO_JSON: Final = (TypeError, ValueError, OverflowError, RecursionError, msgspec.DecodeError)
_HALF_PAIR: Final = "holds half of a surrogate pair, which is no character; remove it"
_REMEDY: Final = "write it as text, a number, a list or a mapping"


class Event(msgspec.Struct, frozen=True):
    """An event to publish: its type's id, and its data as a mapping.

    data: whatever msgspec encodes as JSON, such as datetime, UUID, Decimal (as text, so that no digit is lost), enums
    and dataclasses; NaN becomes null, bytes become base64. JSON that is encoded already is given as msgspec.Raw.
    id: unique, at most 128 characters; None: one is made. created_at: RFC 3339, or a datetime with a time zone; None:
    the time at which the event is taken.
    """

    type: str
    data: Mapping[str, object] | msgspec.Raw
    id: str | None = None
    created_at: datetime | str | None = None


def write_event(event: Event, *, index: int) -> PublishedEvent:
    """The event in its JSON form. index: its place in the call. Raises InvalidEvent, which names the place within."""
    for name in ("type", "id"):
        written = getattr(event, name)
        if not isinstance(written, str) and not (name == "id" and written is None):
            raise _invalid(index, Fault(name, f"must be text, not {_kind_of(written)}"))
    created_at = _write_time(event.created_at)
    if isinstance(created_at, Fault):
        raise _invalid(index, created_at)
    try:
        data = _encode(event.data)
    except _NO_JSON as problem:
        raise _invalid(index, _find_fault(event.data, "data", problem, DATA_DEPTH_MAX)) from problem
    return PublishedEvent(
        type=event.type,
        data=msgspec.Raw(data),
        id=msgspec.UNSET if event.id is None else event.id,
        created_at=msgspec.UNSET if created_at is None else created_at,
    )


def _write_time(time: datetime | str | None) -> str | Fault | None:
    if not isinstance(time, datetime):
        if time is None or isinstance(time, str):
            return time
        return Fault("createdAt", f"must be a datetime or text, not {_kind_of(time)}")
    if time.utcoffset() is None:
        return Fault("createdAt", "has no time zone; write it as in datetime.now(UTC)")
    try:
        return show_time(time.astimezone(UTC))
    except OverflowError:
        return Fault("createdAt", "is no time in UTC that Python can tell; choose one after the year 1")


def _encode(value: object) -> bytes:
    """Compact JSON; the second pass finds what is wrong with a Raw, which is copied as it is."""
    encoded = _ENCODER.encode(value)
    encoded.decode()
    return msgspec.json.format(encoded, indent=-1)


def _write_mapping(value: object) -> dict[Any, object]:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(_kind_of(value))


_ENCODER: Final = msgspec.json.Encoder(enc_hook=_write_mapping)


def _find_fault(value: object, path: str, problem: Exception, levels_left: int) -> Fault:
    """Where the trouble is: follows the first member that cannot be encoded either."""
    if levels_left == 0:
        return Fault("data", f"is nested deeper than {DATA_DEPTH_MAX} levels, or holds itself")
    if isinstance(value, Mapping):
        for key in value:
            try:
                _encode({key: None})
            except _NO_JSON:
                return Fault(path, f"has a key that is {_kind_of(key)} and cannot be one in JSON; use text")
    for step, member in _members_of(value):
        try:
            _encode(member)
        except _NO_JSON as deeper:
            return _find_fault(member, f"{path}/{_step(step)}", deeper, levels_left - 1)
    match problem:
        case UnicodeError():
            return Fault(path, _HALF_PAIR)
        case msgspec.DecodeError():
            return Fault(path, f"is Raw that is not JSON: {str(problem).removeprefix('JSON is malformed: ')}")
        case _:
            return Fault(path, f"is {_kind_of(value)}, which JSON cannot hold; {_REMEDY}")


def _members_of(value: object) -> Iterator[tuple[object, object]]:
    match value:
        case Mapping():
            yield from value.items()
        case msgspec.Struct():
            yield from ((name, getattr(value, name)) for name in value.__struct_fields__)
        case str() | bytes() | bytearray():
            return
        case Sequence() | AbstractSet():
            yield from enumerate(value)
        case _ if dataclasses.is_dataclass(value):
            yield from ((field.name, getattr(value, field.name)) for field in dataclasses.fields(value))
        case _:
            return


def _step(step: object) -> str:
    return str(step)[:PATH_STEP_LENGTH_MAX].replace("~", "~0").replace("/", "~1")


def _kind_of(value: object) -> str:
    """What a Python value is, by the name of its type."""
    name = type(value).__name__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def _invalid(index: int, fault: Fault) -> InvalidEvent:
    return InvalidEvent(index, Fault(f"events/{index}/{fault.path}", fault.message))
