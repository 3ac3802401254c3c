"""Request bodies, read within limits."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

import msgspec
from starlette.types import Receive, Scope

from bellwire.errors import Fault
from bellwire.model.webhook import MIB
from bellwire.rules.suggesting import alternatives, quoted
from bellwire.web.problem_kinds import BUSY, INVALID_JSON, TOO_LARGE, UNSUPPORTED_TYPE
from bellwire.web.problems import ClientGone, Problem, Refused

BODIES_BYTES_MAX: Final = 256 * MIB

JSON_TYPE: Final = "application/json"
LINES_TYPE: Final = "application/x-ndjson"
CLOUDEVENT_TYPE: Final = "application/cloudevents+json"
CLOUDEVENTS_TYPE: Final = "application/cloudevents-batch+json"
PATCH_TYPE: Final = "application/merge-patch+json"
FORM_TYPE: Final = "application/x-www-form-urlencoded"

_PARAMETERS: Final = ("", "charset=utf-8", 'charset="utf-8"', "charset=utf8")


Head = Mapping[bytes, bytes]
"""The headers of a request, names in lower case."""


class BodiesInHand:
    """How many bytes of bodies are held that came in several pieces, over all requests; at most BODIES_BYTES_MAX."""

    def __init__(self) -> None:
        self._bytes = 0

    def take(self, count: int) -> None:
        """Hold more; where that is too much the request is refused (503) and nothing more is held for it."""
        if self._bytes + count > BODIES_BYTES_MAX:
            detail = f"{BODIES_BYTES_MAX // MIB} MiB of request bodies are in hand; send this one again"
            raise Refused(Problem.of(BUSY, detail, headers=(("Retry-After", "1"),)))
        self._bytes += count

    def give_back(self, count: int) -> None:
        """Let go of what was taken."""
        self._bytes -= count


class BodyReader:
    """The body of one request, whole or in pieces; `close` once it is no longer needed."""

    def __init__(self, head: Head, receive: Receive, in_hand: BodiesInHand) -> None:
        self._length = head.get(b"content-length", b"")
        self._receive = receive
        self._in_hand = in_hand
        self._held = 0

    async def whole(self, *, bytes_max: int) -> bytes:
        """All of the body. Refused (413) when it has more than bytes_max, if Content-Length says so before reading."""
        if self._length.isdigit() and int(self._length[:20]) > bytes_max:
            raise _too_large(bytes_max)
        first, complete = await self._piece()
        if complete and len(first) <= bytes_max:
            return first
        body = bytearray(first)
        while True:
            if len(body) > bytes_max:
                raise _too_large(bytes_max)
            self._in_hand.take(len(body) - self._held)
            self._held = len(body)
            if complete:
                return bytes(body)
            piece, complete = await self._piece()
            body += piece

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body as it comes in; raises ClientGone where it ends before its end."""
        complete = False
        while not complete:
            piece, complete = await self._piece()
            if piece:
                yield piece

    def close(self) -> None:
        """Let go of the body; a second call does nothing."""
        self._in_hand.give_back(self._held)
        self._held = 0

    async def _piece(self) -> tuple[bytes, bool]:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        return message.get("body", b""), not message.get("more_body", False)


def head_of(scope: Scope) -> Head:
    """The headers of a request; of several of one name the last."""
    return dict(scope["headers"])


def media_type(head: Head, accepted: tuple[str, ...]) -> str:
    """Which of the accepted types the body is of; none given is the first of them. Refused (415) for any other.

    A charset parameter is taken when it says UTF-8, which JSON always is (RFC 8259 §8.1); compressed bodies are not
    taken.
    """
    refuse_compressed(head)
    content_type = head.get(b"content-type", b"").decode("latin-1")
    if not content_type:
        return accepted[0]
    if content_type in accepted:
        return content_type
    name, *parameters = (part.strip().lower() for part in content_type.split(";"))
    if name in accepted and all(parameter in _PARAMETERS for parameter in parameters):
        return name
    detail = f"the Content-Type {quoted(content_type)} is not taken here; send {alternatives(accepted)}, in UTF-8"
    told_by = "Accept-Patch" if PATCH_TYPE in accepted else "Accept-Post"
    raise Refused(Problem.of(UNSUPPORTED_TYPE, detail, headers=((told_by, ", ".join(accepted)),)))


def refuse_compressed(head: Head) -> None:
    """Refused (415) for a body with a Content-Encoding."""
    if b"content-encoding" in head and head[b"content-encoding"].strip().lower() != b"identity":
        detail = "a body with a Content-Encoding is not taken; send it uncompressed"
        raise Refused(Problem.of(UNSUPPORTED_TYPE, detail, headers=(("Accept-Encoding", "identity"),)))


def json_object(body: bytes) -> dict[str, Any]:
    """Decode a body that must be a JSON object; Refused (400) otherwise, with the byte at which it went wrong."""
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise _not_json(_why(body, error)) from error
    if not isinstance(document, dict):
        raise _not_json("the body is JSON but no object; send an object: {…}")
    return document


def _why(body: bytes, error: Exception) -> str:
    if not body.strip():
        return "the body is empty; send a JSON object"
    if isinstance(error, RecursionError):
        return "the body is nested too deeply"
    try:
        text = body.decode()
    except UnicodeDecodeError as wrong:
        return f"the body is not UTF-8 at byte {wrong.start}"
    try:
        json.loads(text)
    except json.JSONDecodeError as wrong:
        return f"the body is not JSON at byte {len(text[: wrong.pos].encode())}: {wrong.msg}"
    except (ValueError, RecursionError):
        pass
    return f"the body is not JSON: {error}"


def _not_json(detail: str) -> Refused:
    return Refused(Problem.of(INVALID_JSON, detail, faults=(Fault("", detail),)))


def _too_large(bytes_max: int) -> Refused:
    return Refused(Problem.of(TOO_LARGE, f"the body has more than {bytes_max // MIB} MiB, the limit of this call"))
