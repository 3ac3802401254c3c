"""What does a person see of a source?"""

from typing import Any, Final

import msgspec

from bellwire.model.secret import NoSecret
from bellwire.model.source import Reception, RegisteredSource, Source
from bellwire.rules.presenting import masked, masked_auth, show_time_ms

SERVER_FIELDS: Final = ("createdAt", "updatedAt", "path", "reception")
"""What the server adds to a source object."""


def present_source(source: Source) -> dict[str, Any]:
    """The JSON form of the object: complete, secrets masked."""
    key = source.signature_key
    shown = msgspec.structs.replace(
        source,
        signature_key=key if isinstance(key, NoSecret) else masked(key),
        http_auth=masked_auth(source.http_auth),
    )
    document: dict[str, Any] = msgspec.to_builtins(shown)
    return document


def present_registered_source(registered: RegisteredSource, reception: Reception) -> dict[str, Any]:
    """The JSON form with what the server adds; path: what the upstream server posts to, below the server's address."""
    return present_source(registered.object) | {
        "createdAt": show_time_ms(registered.created_at_ms),
        "updatedAt": show_time_ms(registered.updated_at_ms),
        "path": f"/v1/sources/{registered.object.name}",
        "reception": {
            "accepted": reception.accepted,
            "duplicates": reception.duplicates,
            "refusedEvents": reception.refused_events,
            "requests": reception.requests,
            "refusedRequests": reception.refused_requests,
            "notAdmitted": reception.not_admitted,
            "lastRequest": _time_or_none(reception.last_request_at_ms),
            "lastAccepted": _time_or_none(reception.last_accepted_at_ms),
            "lastError": reception.last_error,
            "lastErrorAt": _time_or_none(reception.last_error_at_ms),
        },
    }


def _time_or_none(time_ms: int | None) -> str | None:
    return None if time_ms is None else show_time_ms(time_ms)
