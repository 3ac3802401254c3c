"""Sources: upstream servers that post the page's requests to Bellwire, and what came from them."""

import re
from typing import Final, NewType

import msgspec

from bellwire.errors import Fault
from bellwire.model.secret import NoSecret, SecretKeyOptional
from bellwire.model.webhook import HttpAuth, Unauthenticated

SourceName = NewType("SourceName", str)

SOURCES_MAX: Final = 1_000
SOURCE_NAME_LENGTH_MAX: Final = 63

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]*", re.ASCII)


class Source(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={"signature_key": "signatureKey", "http_auth": "httpAuth", "allow_anyone": "allowAnyone"},
):
    """One upstream server, sound and complete; rules/checking_sources.py makes it from what was written.

    signature_key, http_auth: what its requests must show, both where both are set. allow_anyone: neither is set, and
    whoever reaches the API may publish by it.
    """

    name: SourceName
    signature_key: SecretKeyOptional = NoSecret()
    http_auth: HttpAuth = Unauthenticated()
    allow_anyone: bool = False
    enable: bool = True


class RegisteredSource(msgspec.Struct, frozen=True, kw_only=True):
    """A source with what the server adds to it. Times in milliseconds since 1970. sealed: as of RegisteredWebhook."""

    object: Source
    created_at_ms: int
    updated_at_ms: int
    sealed: dict[str, str] = {}


class Reception(msgspec.Struct, frozen=True, kw_only=True):
    """What came from a source since the process started.

    accepted: events that are on disk; duplicates: those of them that were known before; refused_events: single events
    that could not be taken, out of requests that were. refused_requests: whole ones; not_admitted: those of them that
    did not show that the source sent them. Times in milliseconds since 1970.
    """

    accepted: int = 0
    duplicates: int = 0
    refused_events: int = 0
    requests: int = 0
    refused_requests: int = 0
    not_admitted: int = 0
    last_request_at_ms: int | None = None
    last_accepted_at_ms: int | None = None
    last_error: str | None = None
    last_error_at_ms: int | None = None


class Relayed(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one request. refused: what is wrong with the events that could not be taken, the first of them;
    refused_events: how many there were.
    """

    accepted: int
    duplicates: int
    refused_events: int
    refused: tuple[Fault, ...]


def is_source_name(text: str) -> bool:
    """Whether text may name a source: lower case letters, digits and hyphens, at most 63."""
    return len(text) <= SOURCE_NAME_LENGTH_MAX and _NAME.fullmatch(text) is not None
