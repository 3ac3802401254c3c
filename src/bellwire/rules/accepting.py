"""Which of these events are sound, and what are their bytes?"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Final, NamedTuple

import msgspec

from bellwire.errors import Fault
from bellwire.model.event import (
    DATA_DEPTH_MAX,
    EVENT_BYTES_MAX,
    EVENT_ID_LENGTH_MAX,
    EventId,
    EventTypeId,
    NewEvent,
)
from bellwire.model.event_type import TYPE_ID_LENGTH_MAX, TYPE_ID_PATTERN, Catalogue, is_type_id
from bellwire.rules.matching import OWN_PREFIX

_TYPE_FORM: Final = "write it in lower case with a dot, as in 'auth.success'"
_NOT_THEIRS: Final = Fault(
    "type", f"only Bellwire itself publishes {OWN_PREFIX}* events; choose a type of another group"
)
_ID_FORBIDDEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_RFC3339: Final = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:(\d{2})(?:\.(\d+))?(?:[Zz]|[+-]\d{2}:\d{2})", re.ASCII)
_ID_START: Final = b'{"id":"'
_BRACE: Final = ord("{")
_SECONDS_AT: Final = slice(17, 19)


class PublishedEvent(msgspec.Struct, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """An event as a publisher writes it; id and createdAt are optional. data: compact JSON in valid UTF-8."""

    type: Annotated[
        str,
        msgspec.Meta(
            description="Its event type, by a present or a former name. One never seen before is declared by this.",
            examples=["auth.success"],
            extra_json_schema={"pattern": TYPE_ID_PATTERN, "maxLength": TYPE_ID_LENGTH_MAX},
        ),
    ]
    data: Annotated[
        msgspec.Raw,
        msgspec.Meta(
            description=f"What is to be told, in at most {DATA_DEPTH_MAX} levels; numbers keep their digits.",
            extra_json_schema={"type": "object"},
        ),
    ]
    id: Annotated[
        str | msgspec.UnsetType,
        msgspec.Meta(
            description="One of your own, so that a repetition is recognised; made here where it is left out.",
            examples=["order-7"],
            extra_json_schema={
                "minLength": 1,
                "maxLength": EVENT_ID_LENGTH_MAX,
                "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]+$",
            },
        ),
    ] = msgspec.UNSET
    created_at: Annotated[
        str | msgspec.UnsetType,
        msgspec.Meta(
            description="When it happened (RFC 3339); the time of acceptance where it is left out.",
            extra_json_schema={"format": "date-time"},
        ),
    ] = msgspec.UNSET


class Unsound(NamedTuple):
    """An event that cannot be taken: its index within the call, and what is wrong, its path relative to the event."""

    at: int
    fault: Fault


MakeIds = Callable[[int], Iterable[EventId]]
"""Makes so many ids, none of which needs escaping in JSON."""


def accept_events(
    events: Sequence[PublishedEvent], *, catalogue: Catalogue, accepted_at: str, make_ids: MakeIds, own: bool = False
) -> tuple[list[NewEvent], list[Unsound]]:
    """Those that are sound, encoded once and for all; and the others.

    accepted_at: the present time as show_time writes it, taken where the publisher gives none. own: they are Bellwire's
    own, whose types nobody else may publish.
    """
    types = {written: _read_type(written, catalogue, own=own) for written in {event.type for event in events}}
    accepted = _accept_plain(events, types, accepted_at=accepted_at, make_ids=make_ids)
    if accepted is not None:
        return accepted, []
    return _accept_each(events, types, accepted_at=accepted_at, make_ids=make_ids)


class _Type(NamedTuple):
    """A type, and what stands before the data of its events, from content_at on."""

    id: EventTypeId
    start: bytes
    fault: Fault | None


def _accept_plain(
    events: Sequence[PublishedEvent], types: Mapping[str, _Type], *, accepted_at: str, make_ids: MakeIds
) -> list[NewEvent] | None:
    """All of them at once, in less than half the time; None where one has an id or a time, or may be unsound."""
    chosen = [event.id for event in events] + [event.created_at for event in events]
    if chosen.count(msgspec.UNSET) != len(chosen) or any(known.fault for known in types.values()):
        return None
    content = [bytes(event.data) for event in events]
    if [data[0] for data in content].count(_BRACE) != len(content):
        return None
    if _may_be_deep(content) and max(map(_brackets, content)) > DATA_DEPTH_MAX:
        return None
    present = b'","createdAt":"%b",' % accepted_at.encode()
    ids = list(make_ids(len(events)))
    known = [types[event.type] for event in events]
    encoded = [
        b"%b%b%b%b%b}" % (_ID_START, event_id.encode(), present, start, data)
        for event_id, (_, start, _), data in zip(ids, known, content, strict=True)
    ]
    if max(map(len, encoded), default=0) > EVENT_BYTES_MAX:
        return None
    return [
        NewEvent(
            id=event_id,
            type=type_id,
            encoded=whole,
            content_at=len(_ID_START) + len(event_id) + len(present),
            id_given=False,
        )
        for event_id, (type_id, _, _), whole in zip(ids, known, encoded, strict=True)
    ]


def _accept_each(
    events: Sequence[PublishedEvent], types: Mapping[str, _Type], *, accepted_at: str, make_ids: MakeIds
) -> tuple[list[NewEvent], list[Unsound]]:
    accepted: list[NewEvent] = []
    unsound: list[Unsound] = []
    made = iter(make_ids([event.id for event in events].count(msgspec.UNSET)))
    for at, event in enumerate(events):
        known, data = types[event.type], bytes(event.data)
        event_id = next(made) if event.id is msgspec.UNSET else EventId(event.id)
        head, fault_of_head = _head_of(event, event_id, accepted_at)
        encoded = b"".join((head, known.start, data, b"}"))
        fault = known.fault or _fault_of_data(data) or fault_of_head
        if fault is None and len(encoded) > EVENT_BYTES_MAX:
            fault = _too_large(encoded)
        if fault is not None:
            unsound.append(Unsound(at, fault))
            continue
        accepted.append(
            NewEvent(
                id=event_id,
                type=known.id,
                encoded=encoded,
                content_at=len(head),
                id_given=event.id is not msgspec.UNSET,
            )
        )
    return accepted, unsound


def _read_type(written: str, catalogue: Catalogue, *, own: bool) -> _Type:
    fault = None
    if written not in catalogue and not is_type_id(written):
        fault = Fault("type", f"{written[:80]!r} is not an event type; {_TYPE_FORM}")
    elif written.startswith(OWN_PREFIX) and not own:
        fault = _NOT_THEIRS
    return _Type(EventTypeId(written), b'"type":"%b","data":' % written.encode("utf-8", "replace"), fault)


def _head_of(event: PublishedEvent, event_id: EventId, accepted_at: str) -> tuple[bytes, Fault | None]:
    """What stands before content_at, or what is wrong."""
    created_at = accepted_at if event.created_at is msgspec.UNSET else read_time(event.created_at)
    if isinstance(created_at, Fault):
        return b"", created_at
    if event.id is not msgspec.UNSET and (fault := _fault_of_id(event.id)) is not None:
        return b"", fault
    return b'{"id":%b,"createdAt":"%b",' % (msgspec.json.encode(event_id), created_at.encode()), None


def read_time(written: str) -> str | Fault:
    """An RFC 3339 time as Bellwire writes it: UTC, milliseconds, finer digits cut; a leap second ends its minute."""
    form = _RFC3339.fullmatch(written)
    if form is None:
        return _not_a_time(written)
    leap = form[1] == "60"
    if leap:
        written = written[: _SECONDS_AT.start] + "59" + written[_SECONDS_AT.stop :]
    try:
        time = datetime.fromisoformat(written.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return _not_a_time(written)
    return show_time(time.replace(microsecond=999_000) if leap else time)


def show_time(time: datetime) -> str:
    """RFC 3339 in UTC with milliseconds: 2026-11-24T15:12:46.000Z. The time must be in UTC."""
    return time.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def _not_a_time(written: str) -> Fault:
    return Fault("createdAt", f"{written[:80]!r} is not an RFC 3339 time; write it as in '2026-11-24T15:12:46.000Z'")


def _fault_of_id(event_id: str) -> Fault | None:
    if not event_id:
        return Fault("id", "is empty; leave it out to have one made")
    if len(event_id) > EVENT_ID_LENGTH_MAX:
        return Fault("id", f"has {len(event_id)} characters; {EVENT_ID_LENGTH_MAX} at most")
    if _ID_FORBIDDEN.search(event_id):
        return Fault("id", "contains control characters; use printable ones only")
    return None


def _too_large(encoded: bytes) -> Fault:
    return Fault("", f"has {len(encoded):,} bytes; an event may have {EVENT_BYTES_MAX:,} at most")


def _may_be_deep(content: Sequence[bytes]) -> bool:
    """Whether one of them may have too many levels: all together have so many brackets besides the outermost ones.

    Counted at once, it takes a third of the time that one after the other does.
    """
    return _brackets(b"".join(content)) - len(content) >= DATA_DEPTH_MAX


def _brackets(data: bytes) -> int:
    return data.count(b"{") + data.count(b"[")


def _fault_of_data(data: bytes) -> Fault | None:
    if not data.startswith(b"{"):
        return Fault("data", 'is not a JSON object; put the value into one, as in {"value": 1}')
    if _brackets(data) > DATA_DEPTH_MAX and _depth(data) > DATA_DEPTH_MAX:
        return Fault("data", f"is nested deeper than {DATA_DEPTH_MAX} levels")
    return None


_STRING_OR_BRACKET: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\]]', re.DOTALL)


def _depth(data: bytes) -> int:
    depth = deepest = 0
    for token in _STRING_OR_BRACKET.finditer(data):
        if token[0] in (b"{", b"["):
            depth += 1
            deepest = max(deepest, depth)
        elif token[0] in (b"}", b"]"):
            depth -= 1
    return deepest
