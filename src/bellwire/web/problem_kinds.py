"""The kinds of problems that calls of the API are answered with (RFC 9457): what they are called and mean."""

from typing import Final

import msgspec

_TYPE_PREFIX: Final = "urn:bellwire:problem:"


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of problem. name: the last part of its `type`; empty for what the status alone says (`about:blank`).

    means: when it occurs and what to do, for who reads the description of the API. headers: beside every such answer.
    example: a `detail`. fault: the path in `errors` beside it, None where there are no such.
    """

    status: int
    name: str = ""
    title: str = ""
    means: str
    headers: tuple[str, ...] = ()
    example: str = ""
    fault: str | None = None

    @property
    def type(self) -> str:
        """The `type` of its problem documents."""
        return type_of(self.name)


def type_of(name: str) -> str:
    """The `type` of the kind that is so called."""
    return _TYPE_PREFIX + name if name else "about:blank"


def unknown(thing: str) -> Kind:
    """The kind of problem that there is no such webhook, event, …"""
    return Kind(
        status=404,
        name=f"unknown-{thing.replace(' ', '-')}",
        title=f"There is no such {thing}",
        means=f"There is no {thing} of that id or name.",
        example=f"there is no {thing} 'nothing'",
    )


INVALID_PARAMETER: Final = Kind(
    status=400,
    name="invalid-parameter",
    title="A query parameter is unknown or has a bad value",
    means="Query parameters that are unknown, given twice or have a bad value; `errors` lists all of them.",
    example="limit: '0' is no whole number from 1 to 1000",
    fault="limit",
)
INVALID_JSON: Final = Kind(
    status=400,
    name="invalid-json",
    title="The body is no JSON of the expected form",
    means="The body cannot be read as JSON of the expected form; `detail` tells the byte where it can be told.",
    example="the body is not JSON at byte 7: Expecting value",
    fault="",
)
BAD_CONDITION: Final = Kind(
    status=400,
    means="`If-Match` or `If-None-Match` is neither `*` nor a list of ETags.",
    example='If-Match is neither * nor a list of ETags; write it as the ETag came: If-Match: "1"',
)
UNAUTHORISED: Final = Kind(
    status=401,
    means="The request carries no token, or one that is not valid.",
    example="send the header Authorization: Bearer <token>",
    headers=("WWW-Authenticate",),
)
NOT_ADMITTED: Final = Kind(
    status=403,
    name="not-admitted",
    title="The request does not show that a source sent it",
    means="There is no such source, it is disabled, or the request does not show what it asks for; which of these it "
    "is stands in the source's `reception`.",
    example="there is no such source, it is disabled, or the request does not show what it asks for",
)
FORBIDDEN: Final = Kind(
    status=403,
    name="forbidden",
    title="The caller may not do that",
    means="The caller is known, but the scope that the call needs was not granted, or not this type of event.",
    example="this needs the scope write; the token 'shop' has publish",
)
CONFLICTING_EVENT: Final = Kind(
    status=409,
    name="conflicting-event",
    title="The id names another event",
    means="A known id with another type or other data; nothing of the call was stored. `errors` names the event.",
    example="event 0: the id 'order-7' is already taken by an event with another type or other data; publish it under "
    "an id of its own, or repeat the first event exactly",
    fault="events/0/id",
)
CONFLICTING_NAME: Final = Kind(
    status=409,
    name="conflicting-name",
    title="The name is another's",
    means="The `name` is taken already, or is not the one in the path; nothing was changed.",
    example="name: 'shop' is taken; revoke that token first, or choose another name",
    fault="name",
)
EDIT_CONFLICT: Final = Kind(
    status=412,
    name="edit-conflict",
    title="The webhook was changed since it was read",
    means="`If-Match` names another revision than the present one; read the webhook again and repeat the edit.",
    example='the webhook was changed since it was read: it has the ETag "4"; read it again and repeat the edit',
)
TOO_LARGE: Final = Kind(
    status=413,
    means="The body is larger than this call takes.",
    example="the body has more than 1 MiB, the limit of this call",
)
UNSUPPORTED_TYPE: Final = Kind(
    status=415,
    means="The body is of a media type, a charset or a Content-Encoding that is not taken here; "
    "`Accept-Post`, `Accept-Patch` or `Accept-Encoding` tells what is.",
    example="the Content-Type 'text/plain' is not taken here; send application/json, in UTF-8",
)
INVALID_OBJECT: Final = Kind(
    status=422,
    name="invalid-object",
    title="What was sent has faults",
    means="`errors` lists every fault with its path, what is wrong and what would be right.",
    example="timeout: must be 100ms to 15m",
    fault="timeout",
)
INVALID_EVENT: Final = Kind(
    status=422,
    name="invalid-event",
    title="An event cannot be taken",
    means="`errors` names the events that cannot be taken, of NDJSON the first, and their members; nothing of the call "
    "was stored, the lines before a bad line of NDJSON excepted.",
    example="events/0/type: 'Auth' is not an event type; write it in lower case with a dot, as in 'auth.success'",
    fault="events/0/type",
)
TOO_MANY_REQUESTS: Final = Kind(
    status=429,
    name="too-many-requests",
    title="Too many requests",
    means="The token or person calls more often than the setting `access.requests-per-second` allows, or too many "
    "wrong tokens or passwords, or requests that a source refused, came from the address; nothing was done. Try again "
    "after `Retry-After`.",
    example="'shop' calls more often than it may; try again in 1 s",
    headers=("Retry-After",),
)
INTERNAL: Final = Kind(
    status=500,
    means="Something went wrong inside Bellwire; what it was is in the server's log.",
    example="something went wrong inside Bellwire; what it was is in its log",
)
BUSY: Final = Kind(
    status=503,
    name="busy",
    title="Too much is being sent at once",
    means="Too many bytes of request bodies are in hand; send this one again.",
    example="256 MiB of request bodies are in hand; send this one again",
    headers=("Retry-After",),
)
OVERLOADED: Final = Kind(
    status=503,
    name="overloaded",
    title="Too much is under way",
    means="Too many passwords are being hashed, or too many clients follow what happens; nothing was done. Try again "
    "in a moment.",
    example="20 passwords are being checked already; try again in a moment",
    headers=("Retry-After",),
)
GOING_DOWN: Final = Kind(
    status=503,
    name="stopping",
    title="Bellwire is stopping",
    means="Bellwire is going down and takes no new work; try again when it is back.",
    example="Bellwire is stopping; try again when it is back",
    headers=("Retry-After",),
)
SECRET_UNREADABLE: Final = Kind(
    status=503,
    name="secret-unreadable",
    title="Nothing can be checked at the moment",
    means="A secret of the source cannot be read; its administrator is told which and why.",
    example="this source cannot check requests at the moment; GET /v1/sources tells its administrator why",
    headers=("Retry-After",),
)
STORAGE_UNAVAILABLE: Final = Kind(
    status=503,
    name="storage-unavailable",
    title="Nothing can be stored at the moment",
    means="The disk is full or fails, or too much waits to be delivered; nothing was stored. Try again later.",
    example="the disk is full; free some space",
    headers=("Retry-After",),
)
