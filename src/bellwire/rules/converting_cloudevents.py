"""Which event is this CloudEvent?"""

import base64
import binascii
import re
import uuid
from typing import Final

import msgspec

from bellwire.errors import Fault, InvalidEvent
from bellwire.model.event_type import TYPE_ID_LENGTH_MAX, Catalogue, is_type_id
from bellwire.rules.accepting import PublishedEvent, read_time
from bellwire.rules.reading import Findings, Place, kind_of
from bellwire.rules.reading_cloudevents import DATA, DATA_BASE64, Message, Written, read_message
from bellwire.rules.suggesting import quoted

MEMBER: Final = "cloudevent"
"""The member of an event's data that keeps the attributes of the CloudEvent that it was."""

SPECVERSION: Final = "1.0"
ATTRIBUTE_LENGTH_MAX: Final = 8_192

_REQUIRED: Final = ("specversion", "id", "source", "type")
_CORE: Final = (*_REQUIRED, "time", "subject", "dataschema", "datacontenttype")
_EXTENSION_NAME: Final = re.compile(r"[a-z0-9]+")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_TOKEN: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - RFC 9110 §5.6.2
MEDIA_TYPE_PATTERN: Final = rf"{_TOKEN}/{_TOKEN} *(;[ -~]*)?"
URI_PATTERN: Final = r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]+"
_MEDIA_TYPE: Final = re.compile(MEDIA_TYPE_PATTERN)
_URI: Final = re.compile(URI_PATTERN)
_TYPE_FORM: Final = (
    "a type has the letters a to z in either case, digits, - and _, in parts that dots part, as in "
    f"'com.example.order-paid', and at most {TYPE_ID_LENGTH_MAX} characters"
)

_MEMBERS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


def convert_cloudevents(message: Message, *, catalogue: Catalogue) -> list[PublishedEvent]:
    """The events that the CloudEvents of a message are, in their order.

    type in lower case, time and data become the event's own. Every attribute, as it came, is kept in data's member
    `cloudevent`; so is data that is no object with members, or has a member of that name, under CloudEvents' own names
    `data` and `data_base64`. Raises MalformedBody, and InvalidEvent with the faults of all.
    """
    faults = Findings()
    written = read_message(message, faults)
    events = [
        _convert(one, Place(None, f"events/{index}", faults), catalogue)
        for index, one in enumerate(written)
        if one is not None
    ]
    if found := faults.all():
        raise InvalidEvent(int(found[0].path.split("/")[1]), *found)
    return events


def cloudevent_id(source: str, event_id: str) -> str:
    """The id within Bellwire of the CloudEvent of that source and id: UUIDv5 (RFC 9562) of the id, in the namespace
    that is the UUIDv5 of the source as a URL. So the same CloudEvent sent again, in whatever mode, is known.
    """
    return str(uuid.uuid5(uuid.uuid5(uuid.NAMESPACE_URL, source), event_id))


def _convert(written: Written, place: Place, catalogue: Catalogue) -> PublishedEvent:
    attributes = written.attributes
    texts = {name: _read_core(place.at(name, attributes.get(name)), name) for name in _CORE}
    if texts["specversion"] not in {SPECVERSION, ""}:
        place.at("specversion", None).fault(f"{quoted(texts['specversion'])} is not known; send CloudEvents 1.0")
    extensions = sorted(attributes.keys() - set(_CORE))
    context = {name: msgspec.json.encode(text) for name, text in texts.items() if name in attributes}
    context |= {name: _read_extension(place.at(name, attributes[name]), name) for name in extensions}
    return PublishedEvent(
        type=_read_type(texts["type"], place, catalogue),
        data=msgspec.Raw(_data_of(context, written.data, _read_base64(written.base64, place))),
        id=cloudevent_id(texts["source"], texts["id"]),
        created_at=_read_created_at(texts["time"], place) if "time" in attributes else msgspec.UNSET,
    )


def _read_core(place: Place, name: str) -> str:
    """The text of an attribute that the specification names; empty where it is absent, and after a fault."""
    match place.value:
        case None if name in _REQUIRED:
            place.fault(f"is missing; a CloudEvent has {', '.join(_REQUIRED)}")
        case None:
            return ""
        case "":
            place.fault("is empty; leave it out" if name not in _REQUIRED else "is empty; write a text")
        case str() as text if _fault_of_text(text) is None:
            return _checked_form(text, name, place)
        case str() as text:
            place.fault(_fault_of_text(text) or "")
        case other:
            place.fault(f"must be text, not {kind_of(other)}")
    return ""


def _checked_form(text: str, name: str, place: Place) -> str:
    match name:
        case "source" if re.search(r"\s", text):
            place.fault(f"{quoted(text)} is no URI reference: it holds white space; percent-encode it")
        case "dataschema" if not _URI.fullmatch(text):
            place.fault(f"{quoted(text)} is no URI; write it with its scheme")
        case "datacontenttype" if not _MEDIA_TYPE.fullmatch(text):
            place.fault(f"{quoted(text)} is no media type; write it as application/json")
    return text


def _read_extension(place: Place, name: str) -> bytes:
    """An attribute that the specification does not name, in JSON."""
    if not _EXTENSION_NAME.fullmatch(name):
        place.fault("is no name of an attribute; use the letters a to z and digits only (CloudEvents §3)")
    match place.value:
        case str() as text if (fault := _fault_of_text(text)) is not None:
            place.fault(fault)
        case str() | bool() | int():
            return msgspec.json.encode(place.value)
        case other:
            place.fault(f"must be text, a whole number, true or false, not {kind_of(other)}")
    return b'""'


def _fault_of_text(text: str) -> str | None:
    if len(text) > ATTRIBUTE_LENGTH_MAX:
        return f"has {len(text):,} characters; {ATTRIBUTE_LENGTH_MAX:,} at most"
    return "holds a control character, which no attribute may; remove it" if _CONTROL.search(text) else None


def _read_type(written: str, place: Place, catalogue: Catalogue) -> str:
    if written in catalogue or is_type_id(written) or not written:
        return written
    lower = written.lower() if written.isascii() else written
    if not is_type_id(lower):
        place.at("type", written).fault(f"{quoted(written)} is no event type of Bellwire's; {_TYPE_FORM}")
    return lower


def _read_created_at(written: str, place: Place) -> str:
    time = read_time(written) if written else ""
    if isinstance(time, Fault):
        place.at("time", written).fault(time.message)
        return ""
    return time


def _read_base64(written: object, place: Place) -> bytes | None:
    """What stands for data in base64, as JSON."""
    member = place.at(DATA_BASE64, written)
    match written:
        case None:
            return None
        case bytes():
            return msgspec.json.encode(base64.b64encode(written).decode())
        case str():
            try:
                base64.b64decode(written, validate=True)
            except (binascii.Error, ValueError):
                member.fault("is not base64 (RFC 4648 §4); write it with its padding and without line breaks")
            return msgspec.json.encode(written)
        case other:
            member.fault(f"must be text in base64, not {kind_of(other)}")
            return None


def _data_of(context: dict[str, bytes], data: bytes | None, encoded: bytes | None) -> bytes:
    if data is not None and _takes_a_member(data):
        return b'%s,"%s":%s}' % (data[:-1], MEMBER.encode(), _object_of(context))
    more = {DATA: data} if data is not None else {}
    more |= {DATA_BASE64: encoded} if encoded is not None else {}
    return b'{"%s":%s}' % (MEMBER.encode(), _object_of(context | more))


def _takes_a_member(data: bytes) -> bool:
    """Whether it is an object with members, none of which is called `cloudevent` already."""
    return data.startswith(b'{"') and MEMBER not in _MEMBERS.decode(data)


def _object_of(members: dict[str, bytes]) -> bytes:
    return b"{%s}" % b",".join([b"%s:%s" % (msgspec.json.encode(name), value) for name, value in members.items()])
