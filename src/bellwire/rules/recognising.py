"""Which event is this, though its upstream server gives it another id each time?"""

import hashlib
import uuid

import msgspec

from bellwire.errors import Fault, InvalidEvent, MalformedBody
from bellwire.model.source import SourceName
from bellwire.rules.accepting import PublishedEvent
from bellwire.rules.decoding import decode_line


class _Body(msgspec.Struct):
    events: list[msgspec.Raw]


_BODY = msgspec.json.Decoder(_Body)


def split_body(body: bytes) -> list[msgspec.Raw]:
    """The events of `{"events": […]}`, none of them read yet. Raises MalformedBody."""
    try:
        return _BODY.decode(body).events
    except msgspec.ValidationError as problem:
        raise MalformedBody('is no {"events": […]}, which is what an upstream server posts') from problem
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise MalformedBody(f"is not JSON: {str(problem).removeprefix('JSON is malformed: ')}") from problem


class Recogniser:
    """Gives the events of one request their ids.

    An id is UUIDv5 of what a retry leaves as it is: the source, the event's type, createdAt and data, and which one it
    is among equal ones in its request. So the same events in another request, in whatever order and company, get the
    same ids; equal ones in one request get ids of their own; and equal ones in two requests are taken for one.
    """

    def __init__(self, source: SourceName) -> None:
        self._namespace = uuid.uuid5(uuid.NAMESPACE_URL, f"bellwire:source:{source}").bytes
        self._seen: dict[bytes, int] = {}

    def read(self, written: msgspec.Raw) -> PublishedEvent | Fault:
        """The next event of the request under its id, or what is wrong with it (path relative to the event)."""
        try:
            event = decode_line(bytes(written))
        except MalformedBody as problem:
            return problem.faults[0]
        except InvalidEvent as problem:
            path, message = problem.faults[0]
            return Fault(path.removeprefix("events/0").removeprefix("/"), message)
        if event.created_at is msgspec.UNSET:
            return Fault("createdAt", "is missing; without it a retry cannot be told from another event")
        return msgspec.structs.replace(event, id=self._id_of(event.type, event.created_at, bytes(event.data)))

    def _id_of(self, type_id: str, created_at: str, data: bytes) -> str:
        content = b"%s\n%s\n%s" % (type_id.encode(), created_at.encode(), data)
        key = _sha1(content)
        number = self._seen[key] = self._seen.get(key, 0) + 1
        return str(uuid.UUID(bytes=_sha1(b"%s%d\n%s" % (self._namespace, number, content))[:16], version=5))


def _sha1(content: bytes) -> bytes:
    """UUIDv5 is made with it (RFC 9562 §5.5)."""
    return hashlib.sha1(content, usedforsecurity=False).digest()
