"""Which events does this body hold?"""

import re
from collections.abc import Sequence
from typing import Final, TypeVar

import msgspec

from bellwire.errors import Fault, InvalidEvent, MalformedBody
from bellwire.model.event import DATA_DEPTH_MAX
from bellwire.rules.accepting import PublishedEvent

_INDEX: Final = re.compile(r"`\$(?:\.events)?\[(\d+)\](?:\.(\w+))?|`\$\.(\w+)")
_MISSING: Final = re.compile(r"missing required field `(\w+)`")
_UNKNOWN: Final = re.compile(r"contains unknown field `(.*?)`(?: - at |$)", re.DOTALL)
_WRONG_TYPE: Final = re.compile(r"Expected `([^`]+)`, got `([^`]+)`")
_JSON_NAMES: Final = {"str": "text", "array": "a list", "object": "an object", "int": "a number", "float": "a number"}
_MEMBERS: Final = "an event has type and data, and may have id and createdAt"


class _Envelope(msgspec.Struct, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """One event, or the page's `{"events": […]}`."""

    events: list[PublishedEvent] | msgspec.UnsetType = msgspec.UNSET
    type: str | msgspec.UnsetType = msgspec.UNSET
    data: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    id: str | msgspec.UnsetType = msgspec.UNSET
    created_at: str | msgspec.UnsetType = msgspec.UNSET


Decoded = TypeVar("Decoded")

_EVENT: Final = msgspec.json.Decoder(PublishedEvent)
_EVENTS: Final = msgspec.json.Decoder(list[PublishedEvent])
_SPACES: Final = (b" ", b"\t", b"\r")
_ENVELOPE: Final = msgspec.json.Decoder(_Envelope)


def decode_body(body: bytes) -> list[PublishedEvent]:
    """One event, an array, or `{"events": […]}`. Raises MalformedBody, or InvalidEvent for the first bad one."""
    body = compacted(body)
    if body.startswith(b"["):
        return _decoded(_EVENTS, body)
    envelope = _decoded(_ENVELOPE, body)
    if envelope.events is msgspec.UNSET:
        return [_decoded(_EVENT, body)]
    if any(member is not msgspec.UNSET for member in (envelope.type, envelope.data, envelope.id, envelope.created_at)):
        raise MalformedBody('is both one event and a list of them; send either one event or {"events": […]} alone')
    return envelope.events


def decode_line(line: bytes) -> PublishedEvent:
    """One event. Raises MalformedBody, or InvalidEvent with index 0."""
    return _decoded(_EVENT, compacted(line))


def decode_lines(lines: Sequence[bytes]) -> list[PublishedEvent] | None:
    """One event of each line, all at once in less time; None where it takes decode_line to say what one of them is."""
    joined = b"\n".join(lines)
    # No document goes on behind `}`, a line's end and `{`: so as many documents as lines are one of each line.
    if not joined.startswith(b"{") or not joined.endswith(b"}") or joined.count(b"}\n{") != len(lines) - 1:
        return None
    try:
        joined.decode()
        events = _EVENT.decode_lines(joined)
    except (UnicodeDecodeError, msgspec.DecodeError, RecursionError):
        return None
    if len(events) != len(lines):
        return None
    if any(space in joined for space in _SPACES):
        return decode_body(b"[%b]" % b",".join(lines))
    return events


def compacted(body: bytes) -> bytes:
    """JSON without white space between tokens, every other byte kept, so that data keeps its digits and escapes.

    Raises MalformedBody.
    """
    try:
        body.decode()
        return msgspec.json.format(body, indent=-1)
    except UnicodeDecodeError as problem:
        raise MalformedBody(f"is not valid UTF-8 at byte {problem.start}") from problem
    except msgspec.DecodeError as problem:
        raise MalformedBody(f"is not JSON: {str(problem).removeprefix('JSON is malformed: ')}") from problem
    except RecursionError as problem:
        raise MalformedBody(f"is nested too deep; data may have {DATA_DEPTH_MAX} levels") from problem


def _decoded(decoder: msgspec.json.Decoder[Decoded], body: bytes) -> Decoded:
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as problem:
        raise _explained(str(problem)) from problem


def _explained(problem: str) -> InvalidEvent:
    """From the library's words, as in "Expected `str`, got `int` - at `$.events[3].type`"."""
    place = _INDEX.search(problem)
    index = int(place[1] or 0) if place else 0
    member = (place[2] or place[3] or "") if place else ""
    if missing := _MISSING.search(problem):
        member, message = missing[1], f"is missing; {_MEMBERS}"
    elif unknown := _UNKNOWN.search(problem):
        member, message = unknown[1], f"is no member of an event; {_MEMBERS}"
    else:
        wrong = _WRONG_TYPE.search(problem)
        expected, found = (_JSON_NAMES.get(name, name) for name in (wrong.groups() if wrong else ("", "")))
        message = f"must be {expected}, not {found}" if wrong else problem
    path = f"events/{index}/{member}" if member else f"events/{index}"
    return InvalidEvent(index, Fault(path, message))
