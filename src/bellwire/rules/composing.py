"""What exactly do we send?"""

import base64
from typing import Final, assert_never

import msgspec

from bellwire.model.attempt import Request
from bellwire.model.batch import BatchId
from bellwire.model.webhook import Basic, Bearer, Unauthenticated, WebHook
from bellwire.rules.checking_headers import carries_credential
from bellwire.rules.signing import sign_body, sign_standard

CONTENT_TYPE: Final = "Content-Type"
USER_AGENT: Final = "User-Agent"

SECRET_LENGTH_MIN: Final = 4
"""Of a header's value, in characters, to be masked where an endpoint repeats it."""

_PUBLIC: Final = frozenset({CONTENT_TYPE.lower(), USER_AGENT.lower()})


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """The secrets that a webhook names, as read for one attempt; None where it names none.

    previous_key: the one before, while it overlaps; it signs webhook-signature too, X-Signature is the present one's.
    """

    signature_key: str | None
    auth_secret: str | None
    previous_key: str | None = None

    def __repr__(self) -> str:
        """Without the secrets."""
        return "Credentials(…)"


class Composer:
    """Composes the requests of a webhook with these secrets. What is alike in all of them is found once."""

    def __init__(self, webhook: WebHook, credentials: Credentials, *, user_agent: str) -> None:
        """The webhook's own Content-Type and User-Agent replace ours."""
        own = {name.lower() for name in webhook.http_headers}
        ours = ((CONTENT_TYPE, "application/json"), (USER_AGENT, user_agent))
        self._webhook = webhook
        self._credentials = credentials
        self._headers = (
            *((name, value) for name, value in ours if name.lower() not in own),
            *webhook.http_headers.items(),
            *_authorization(webhook, credentials),
        )
        self._keys = [key for key in (credentials.signature_key, credentials.previous_key) if key is not None]
        self._secrets = _secrets(webhook, credentials)

    def is_for(self, webhook: WebHook, credentials: Credentials) -> bool:
        """Whether it would compose their requests."""
        return webhook is self._webhook and credentials == self._credentials

    def compose(self, *, body: bytes, batch_id: BatchId, timestamp_s: int) -> Request:
        """The request of one attempt. Header order: ours, the webhook's own, authentication, signatures.

        timestamp_s: the attempt's time, seconds since 1970.
        """
        headers = [*self._headers]
        if self._credentials.signature_key is not None:
            headers.append(("X-Signature", sign_body(self._credentials.signature_key, body)))
        headers += [("webhook-id", batch_id), ("webhook-timestamp", str(timestamp_s))]
        if self._keys:
            signatures = [
                sign_standard(key, message_id=batch_id, timestamp_s=timestamp_s, body=body) for key in self._keys
            ]
            headers.append(("webhook-signature", " ".join(signatures)))
        return Request(
            url=self._webhook.url,
            headers=tuple(headers),
            body=body,
            timeout_ms=self._webhook.timeout_ms,
            allow_invalid_certs=self._webhook.allow_invalid_certs,
            secrets=self._secrets,
        )


def _secrets(webhook: WebHook, credentials: Credentials) -> tuple[str, ...]:
    """What an answer must not tell. A short value that is no credential is a word like any other."""
    keys = (credentials.signature_key, credentials.previous_key, credentials.auth_secret)
    values = (
        value
        for name, value in webhook.http_headers.items()
        if carries_credential(name) or (len(value) >= SECRET_LENGTH_MIN and name.lower() not in _PUBLIC)
    )
    return tuple(secret for secret in (*keys, *values) if secret)


def _authorization(webhook: WebHook, credentials: Credentials) -> list[tuple[str, str]]:
    match webhook.http_auth:
        case Unauthenticated():
            return []
        case Basic(username=username):
            user_pass = f"{username}:{credentials.auth_secret}".encode()
            return [("Authorization", "Basic " + base64.b64encode(user_pass).decode())]
        case Bearer():
            return [("Authorization", f"Bearer {credentials.auth_secret}")]
    assert_never(webhook.http_auth)
