"""Which secrets does a webhook, or a source, hold itself, and where?"""

from collections.abc import Callable, Mapping
from typing import TypeVar, assert_never

from msgspec.structs import replace

from bellwire.model.secret import MASK, EnvironmentVariable, File, NoSecret, Value
from bellwire.model.source import RegisteredSource
from bellwire.model.webhook import Basic, Bearer, HttpAuth, RegisteredWebhook, Unauthenticated

Change = Callable[[str, str], str]
"""What a secret at a place is replaced by."""

Holder = TypeVar("Holder", RegisteredWebhook, RegisteredSource)

_Key = TypeVar("_Key", NoSecret | Value | EnvironmentVariable | File, Value | EnvironmentVariable | File)


def secrets_of(holder: RegisteredWebhook | RegisteredSource) -> dict[str, str]:
    """Every secret that stands in it itself, by its place: keys, passwords, tokens, values of headers."""
    found: dict[str, str] = {}

    def note(place: str, secret: str) -> str:
        found[place] = secret
        return secret

    if isinstance(holder, RegisteredWebhook):
        changed(holder, note)
    else:
        changed(holder, note)
    return found


def with_secrets(holder: Holder, secrets: Mapping[str, str]) -> Holder:
    """The holder with these secrets at their places; at a place that is not named it has the mask."""
    return changed(holder, lambda place, _: secrets.get(place, MASK))


def owner_of(holder: RegisteredWebhook | RegisteredSource) -> str:
    """A name that no other webhook or source has."""
    return holder.id if isinstance(holder, RegisteredWebhook) else f"source {holder.object.name}"


def without_secrets(webhook: RegisteredWebhook) -> RegisteredWebhook:
    """The webhook as nobody needs its secrets any more, not even where they are."""
    bare = replace(webhook.object, signature_key=NoSecret(), http_auth=Unauthenticated(), http_headers={})
    return replace(webhook, object=bare, previous_key=None, sealed={})


def changed(holder: Holder, change: Change) -> Holder:
    """The holder with what the change makes of each secret that stands in it itself."""
    if isinstance(holder, RegisteredWebhook):
        return _changed_webhook(holder, change)
    source = replace(
        holder.object,
        signature_key=_changed_key(holder.object.signature_key, "signatureKey/secret", change),
        http_auth=_changed_auth(holder.object.http_auth, change),
    )
    return replace(holder, object=source)


def _changed_webhook(webhook: RegisteredWebhook, change: Change) -> RegisteredWebhook:
    previous, headers = webhook.previous_key, webhook.object.http_headers
    return replace(
        webhook,
        object=replace(
            webhook.object,
            signature_key=_changed_key(webhook.object.signature_key, "signatureKey/secret", change),
            http_auth=_changed_auth(webhook.object.http_auth, change),
            http_headers={name: change(f"httpHeaders/{name.lower()}", value) for name, value in headers.items()}
            if headers
            else headers,
        ),
        previous_key=previous and replace(previous, key=_changed_key(previous.key, "previousKey/secret", change)),
    )


def _changed_key(key: _Key, place: str, change: Change) -> _Key:
    return replace(key, secret=change(place, key.secret)) if isinstance(key, Value) else key


def _changed_auth(auth: HttpAuth, change: Change) -> HttpAuth:
    match auth:
        case Basic(username=username, secret=key):
            return Basic(username, _changed_key(key, "httpAuth/secret", change))
        case Bearer(bearer_token=key):
            return Bearer(_changed_key(key, "httpAuth/bearerToken", change))
        case Unauthenticated():
            return auth
        case _:
            assert_never(auth)
