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


def compose_request(
    webhook: WebHook, credentials: Credentials, *, body: bytes, batch_id: BatchId, timestamp_s: int, user_agent: str
) -> Request:
    """The request of one attempt. Header order: ours, the webhook's own, authentication, signatures.

    timestamp_s: the attempt's time, seconds since 1970. The webhook's own Content-Type and User-Agent replace ours.
    """
    own = {name.lower() for name in webhook.http_headers}
    ours = ((CONTENT_TYPE, "application/json"), (USER_AGENT, user_agent))
    headers = [(name, value) for name, value in ours if name.lower() not in own]
    headers += webhook.http_headers.items()
    headers += _authorization(webhook, credentials)
    if credentials.signature_key is not None:
        headers.append(("X-Signature", sign_body(credentials.signature_key, body)))
    headers += [("webhook-id", batch_id), ("webhook-timestamp", str(timestamp_s))]
    signatures = [
        sign_standard(key, message_id=batch_id, timestamp_s=timestamp_s, body=body)
        for key in (credentials.signature_key, credentials.previous_key)
        if key is not None
    ]
    if signatures:
        headers.append(("webhook-signature", " ".join(signatures)))
    return Request(
        url=webhook.url,
        headers=tuple(headers),
        body=body,
        timeout_ms=webhook.timeout_ms,
        allow_invalid_certs=webhook.allow_invalid_certs,
        secrets=_secrets(webhook, credentials),
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
