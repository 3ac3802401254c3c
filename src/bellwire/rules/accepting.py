"""Is this a sound event, and what are its bytes?"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Final

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

_TYPE_FORM: Final = "write it in lower case with a dot, as in 'auth.success'"
_ID_FORBIDDEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_RFC3339: Final = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:(\d{2})(?:\.(\d+))?(?:[Zz]|[+-]\d{2}:\d{2})", re.ASCII)
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


def accept_event(
    published: PublishedEvent, *, catalogue: Catalogue, accepted_at: str, make_id: Callable[[], str]
) -> NewEvent | Fault:
    """The event, encoded once and for all, or what is wrong with it (path relative to the event).

    accepted_at: the present time as show_time writes it, taken where the publisher gives none.
    """
    if published.type not in catalogue and not is_type_id(published.type):
        return Fault("type", f"{published.type[:80]!r} is not an event type; {_TYPE_FORM}")
    data = bytes(published.data)
    if (fault := _fault_of_data(data)) is not None:
        return fault
    created_at = accepted_at if published.created_at is msgspec.UNSET else read_time(published.created_at)
    if isinstance(created_at, Fault):
        return created_at
    if published.id is msgspec.UNSET:
        event_id, id_given = make_id(), False
    elif (fault := _fault_of_id(published.id)) is not None:
        return fault
    else:
        event_id, id_given = published.id, True
    head = b'{"id":%s,"createdAt":"%s",' % (msgspec.json.encode(event_id), created_at.encode())
    encoded = b"".join((head, b'"type":"', published.type.encode(), b'","data":', data, b"}"))
    if len(encoded) > EVENT_BYTES_MAX:
        return Fault("", f"has {len(encoded):,} bytes; an event may have {EVENT_BYTES_MAX:,} at most")
    return NewEvent(
        id=EventId(event_id), type=EventTypeId(published.type), encoded=encoded, content_at=len(head), id_given=id_given
    )


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


def _fault_of_data(data: bytes) -> Fault | None:
    if not data.startswith(b"{"):
        return Fault("data", 'is not a JSON object; put the value into one, as in {"value": 1}')
    if data.count(b"{") + data.count(b"[") > DATA_DEPTH_MAX and _depth(data) > DATA_DEPTH_MAX:
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
