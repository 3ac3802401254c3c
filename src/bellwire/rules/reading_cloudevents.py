"""Which CloudEvents does this message hold?"""

import re
from collections.abc import Mapping
from typing import Final, assert_never
from urllib.parse import unquote_to_bytes

import msgspec

from bellwire.errors import MalformedBody
from bellwire.rules.decoding import compacted
from bellwire.rules.reading import Findings, Place, kind_of

DATA: Final = "data"
DATA_BASE64: Final = "data_base64"
CONTENT_TYPE: Final = "datacontenttype"

_QUOTED_STRING: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_JSON_SUBTYPE: Final = re.compile(r"[^/]+/(?:[^/]+\+)?json")
_TEXT_TYPE: Final = re.compile(r"text/[^/]+|[^/]+/(?:[^/]+\+)?xml")
_OTHER_CHARSET: Final = re.compile(r";\s*charset\s*=\s*\"?(?!utf-?8\b|us-ascii\b)", re.IGNORECASE)

_MEMBERS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST: Final = msgspec.json.Decoder(list[msgspec.Raw])


class Structured(msgspec.Struct, frozen=True):
    """One CloudEvent in the JSON format, `application/cloudevents+json`."""

    body: bytes


class Batched(msgspec.Struct, frozen=True):
    """An array of them, `application/cloudevents-batch+json`."""

    body: bytes


class Binary(msgspec.Struct, frozen=True):
    """A CloudEvent whose attributes are headers. attributes: the values by the headers' names without `ce-`, as sent;
    content_type: empty where there is none.
    """

    attributes: Mapping[str, bytes]
    content_type: str
    body: bytes


Message = Structured | Batched | Binary
"""The three modes of the HTTP binding of CloudEvents 1.0 (§3)."""


class Written(msgspec.Struct, frozen=True):
    """A CloudEvent as it came. attributes: those that are set. data: JSON without white space; None where it is absent
    or base64. base64: the member data_base64, or what is no text.
    """

    attributes: dict[str, object]
    data: bytes | None = None
    base64: object = None


def read_message(message: Message, faults: Findings) -> list[Written | None]:
    """The CloudEvents in their order; None where one cannot be read, which is noted. Raises MalformedBody."""
    match message:
        case Structured(body=body):
            return [_read_object(compacted(body), Place(None, "events/0", faults))]
        case Batched(body=body):
            body = compacted(body)
            if not body.startswith(b"["):
                raise MalformedBody("is no array; a batch is a JSON array of CloudEvents")
            raws = _LIST.decode(body)
            return [_read_object(bytes(raw), Place(None, f"events/{at}", faults)) for at, raw in enumerate(raws)]
        case Binary():
            return [_read_headers(message, Place(None, "events/0", faults))]
    assert_never(message)


def _read_object(written: bytes, place: Place) -> Written | None:
    if not written.startswith(b"{"):
        place.fault(f"must be a CloudEvent, which is an object, not {kind_of(_value(written, place))}")
        return None
    members = {name: bytes(raw) for name, raw in _MEMBERS.decode(written).items()}
    data = members.pop(DATA, None)
    # null is the same as absent for whatever is not data (JSON format §3)
    values = {name: _value(raw, place.at(name, None)) for name, raw in members.items() if raw != b"null"}
    base64 = values.pop(DATA_BASE64, None)
    if data is not None and base64 is not None:
        place.at(DATA_BASE64, None).fault("excludes data; send one of the two")
    return Written(attributes=values, data=data, base64=base64)


def _value(written: bytes, place: Place) -> object:
    try:
        return msgspec.json.decode(written)
    except msgspec.ValidationError:
        place.fault("holds a number that is out of range; CloudEvents has whole numbers of 32 bits")
        return 0


def _read_headers(message: Binary, place: Place) -> Written | None:
    attributes: dict[str, object] = {}
    for name, value in message.attributes.items():
        attribute = place.at(name, value)
        if name in {CONTENT_TYPE, DATA, DATA_BASE64}:
            attribute.fault(f"must not come as the header ce-{name}; in binary mode Content-Type and body say it")
        elif (text := _decoded(value)) is None:
            attribute.fault(f"is not UTF-8 once the header ce-{name} is percent-decoded; encode it as UTF-8")
        else:
            attributes[name] = text
    if place.faults.all():
        return None
    if message.content_type:
        attributes[CONTENT_TYPE] = message.content_type
    return _with_body(attributes, message.content_type, message.body)


def _decoded(value: bytes) -> str | None:
    """The attribute that a header's value stands for: unquoted, then percent-decoded once (HTTP binding §3.1.3.2);
    None where that is not UTF-8.
    """
    written = value.decode("latin-1").strip()
    quoted = _QUOTED_STRING.fullmatch(written)
    unquoted = _ESCAPED.sub(r"\1", quoted[1]) if quoted else written
    try:
        return unquote_to_bytes(unquoted.encode("latin-1")).decode()
    except UnicodeDecodeError:
        return None


def _with_body(attributes: dict[str, object], content_type: str, body: bytes) -> Written:
    """Data by its declared type: JSON as it is, text and XML in UTF-8 as text, all else in base64. Without a
    Content-Type a body that is JSON is taken for JSON.
    """
    name = content_type.partition(";")[0].strip().lower()
    if not body:
        return Written(attributes=attributes)
    if _JSON_SUBTYPE.fullmatch(name):
        return Written(attributes=attributes, data=compacted(body))
    if not content_type:
        try:
            return Written(attributes=attributes, data=compacted(body))
        except MalformedBody:
            return Written(attributes=attributes, base64=body)
    if _TEXT_TYPE.fullmatch(name) and not _OTHER_CHARSET.search(content_type):
        try:
            return Written(attributes=attributes, data=msgspec.json.encode(body.decode()))
        except UnicodeDecodeError:
            pass
    return Written(attributes=attributes, base64=body)
