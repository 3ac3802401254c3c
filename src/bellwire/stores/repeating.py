"""Is an event of a known id the same event again?"""

import hashlib
from typing import Final

import msgspec

from bellwire.model.event import EventId, NewEvent

DIGEST_BYTES: Final = 16


class Remains(msgspec.Struct, frozen=True):
    """What is kept of a removed event, so that its id stays known. digest: of its type and data."""

    digest: bytes


class Taken(msgspec.Struct, frozen=True):
    """An encoded event taken apart. content: `"type":…,"data":{…}}`, as NewEvent.content_at says."""

    id: EventId
    content: bytes


class _Members(msgspec.Struct):
    id: str
    type: msgspec.Raw
    data: msgspec.Raw


_DECODER: Final = msgspec.json.Decoder(_Members)
_CONTENT_FRAME_BYTES: Final = len(b'"type":' + b',"data":' + b"}")


def repeats(event: NewEvent, known: bytes | Remains) -> bool:
    """Whether what is known of its id, encoded or as remains, has the type and data of the new event; createdAt may
    differ.

    Comparing the end is enough: it reads `"type":…,"data":{…}}` and closes one brace more than it opens, so in a
    sound event it can only begin at the outermost level, where there is one member called type.
    """
    content = event.encoded[event.content_at :]
    return known.digest == digest_of(content) if isinstance(known, Remains) else known.endswith(content)


def take_apart(encoded: bytes) -> Taken:
    """The id and the content of an event in the log."""
    members = _DECODER.decode(encoded)
    content_bytes = len(bytes(members.type)) + len(bytes(members.data)) + _CONTENT_FRAME_BYTES
    return Taken(EventId(members.id), encoded[-content_bytes:])


def digest_of(content: bytes) -> bytes:
    """What is compared once the content itself is gone."""
    return hashlib.blake2b(content, digest_size=DIGEST_BYTES).digest()
