"""What does a person see of a webhook object?"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final, assert_never

import msgspec

from bellwire.model.duration import show_duration
from bellwire.model.principal import Principal, Scope
from bellwire.model.secret import MASK, EnvironmentVariable, File, NoSecret, SecretKey, Value
from bellwire.model.size import show_size
from bellwire.model.webhook import KIB, Basic, Bearer, HttpAuth, RegisteredWebhook, Unauthenticated, WebHook
from bellwire.rules.accepting import show_time
from bellwire.rules.checking_headers import carries_credential
from bellwire.rules.permitting import may

SERVER_FIELDS: Final = ("id", "createdAt", "updatedAt")
"""What the server adds to a WebHook object; no writer may choose it."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def present_webhook(webhook: WebHook, *, by: Principal | None = None) -> dict[str, Any]:
    """The JSON form of the object: complete, secrets masked, durations and sizes as text; no level where it has none.

    by: who sees it. Who may write webhooks sees the values of headers, but for those that carry credentials by their
    names; nobody else sees any, and None is nobody. Read again over the same stored object it gives the same object.
    """
    key = webhook.signature_key
    shown = msgspec.structs.replace(
        webhook,
        signature_key=key if isinstance(key, NoSecret) else masked(key),
        http_auth=masked_auth(webhook.http_auth),
        http_headers=_masked_headers(webhook.http_headers, may_see=by is not None and may(by, Scope.WRITE)),
    )
    document: dict[str, Any] = msgspec.to_builtins(shown) | {
        "events": list(webhook.events),
        "timeout": show_duration(webhook.timeout_ms),
        "throttle": show_duration(webhook.throttle_ms),
        "discardAfter": show_duration(webhook.discard_after_ms),
        "maxBatchBytes": _shown_size(webhook.max_batch_bytes),
    }
    if webhook.level is None:
        del document["level"]
    return document


def present_registered(registered: RegisteredWebhook, *, by: Principal | None = None) -> dict[str, Any]:
    """The JSON form of the object with what the server adds: id, createdAt, updatedAt (RFC 3339 UTC, milliseconds).

    by: as for present_webhook.
    """
    added = {
        "createdAt": show_time_ms(registered.created_at_ms),
        "updatedAt": show_time_ms(registered.updated_at_ms),
    }
    return {"id": registered.id} | present_webhook(registered.object, by=by) | added


def _shown_size(size_bytes: int) -> str | int:
    """As text where a unit leaves nothing over, else as a number."""
    return size_bytes if size_bytes % KIB else show_size(size_bytes)


def masked(key: SecretKey) -> SecretKey:
    """The key with the mask in its secret's place."""
    match key:
        case Value():
            return Value(MASK)
        case EnvironmentVariable() | File():
            return key
        case _:
            assert_never(key)


def masked_auth(auth: HttpAuth) -> HttpAuth:
    """The credentials with the mask in their secret's place."""
    match auth:
        case Basic(username=username, secret=secret):
            return Basic(username, masked(secret))
        case Bearer(bearer_token=token):
            return Bearer(masked(token))
        case Unauthenticated():
            return auth
        case _:
            assert_never(auth)


def _masked_headers(headers: dict[str, str], *, may_see: bool) -> dict[str, str]:
    return {name: value if may_see and not carries_credential(name) else MASK for name, value in headers.items()}


def show_time_ms(time_ms: int) -> str:
    """Milliseconds since 1970 as RFC 3339 in UTC with milliseconds: 0 → `"1970-01-01T00:00:00.000Z"`."""
    return show_time(_EPOCH + timedelta(milliseconds=time_ms))
