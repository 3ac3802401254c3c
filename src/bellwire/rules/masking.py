"""What of an exchange is kept and shown, without the secrets that an endpoint may echo?"""

import base64
import binascii
import functools
import html
import json
import urllib.parse
from bisect import bisect_right
from itertools import accumulate
from typing import Final, assert_never

from msgspec.structs import replace

from bellwire.model.attempt import (
    ANSWER_BYTES_KEPT_MAX,
    Delivered,
    Failed,
    Gone,
    NoAnswer,
    Outcome,
    Refused,
    Request,
    Response,
    RetryLater,
)
from bellwire.model.principal import Principal, Scope
from bellwire.model.secret import MASK
from bellwire.model.webhook import WebHook
from bellwire.rules.checking_headers import carries_credential
from bellwire.rules.permitting import may

_SIGNATURES: Final = frozenset({"x-signature", "webhook-signature"})

SECRETS_KEPT_MAX: Final = 1_000
"""Of so many webhooks the forms of secrets that were looked for last: a webhook's are the same each time."""

CUT_LENGTH_MIN: Final = 4
"""How much of a secret must be left at the end of a body that was cut there to be masked, in bytes."""


def kept_of(response: Response, request: Request) -> Response:
    """The first ANSWER_BYTES_KEPT_MAX bytes of headers and of body, secrets of the request masked in them."""
    secrets = secrets_of(request)
    if isinstance(response, NoAnswer):
        return replace(response, detail=_masked(response.detail, secrets))
    masked = tuple([(name, _masked(value, secrets)) for name, value in response.headers])
    sizes = list(accumulate([len(name) + len(value) for name, value in masked]))
    fitting = bisect_right(sizes, ANSWER_BYTES_KEPT_MAX)
    return replace(response, headers=masked[:fitting], body=_masked_body(response.body, secrets))


def masked_outcome(outcome: Outcome, request: Request) -> Outcome:
    """The outcome without what its reason repeats of an answer."""
    match outcome:
        case Delivered():
            return outcome
        case Refused(reason=reason) | RetryLater(reason=reason) | Gone(reason=reason) | Failed(reason=reason):
            return replace(outcome, reason=_masked(reason, secrets_of(request)))
        case _:
            assert_never(outcome)


def masked_request(request: Request) -> Request:
    """The request as it may be shown: of Authorization only the scheme, of other credentials nothing."""
    return replace(request, headers=tuple((name, _shown(name, value)) for name, value in request.headers), secrets=())


def request_as_seen(request: Request, webhook: WebHook, *, by: Principal) -> Request:
    """As masked_request; who may not write webhooks sees no value of the headers that were chosen for it either, and no
    signature, with which they could send the request again themselves.
    """
    masked = masked_request(request)
    if may(by, Scope.WRITE):
        return masked
    unseen = _SIGNATURES | {name.lower() for name in webhook.http_headers}
    return replace(
        masked, headers=tuple((name, MASK if name.lower() in unseen else value) for name, value in masked.headers)
    )


def _shown(name: str, value: str) -> str:
    if name.lower() == "authorization":
        return f"{value.partition(' ')[0]} {MASK}" if " " in value else MASK
    return MASK if carries_credential(name) else value


def secrets_of(request: Request) -> tuple[str, ...]:
    """What is not to be told, as it is and in the forms in which pages, URLs and JSON write it; the longest first."""
    return _forms_of_all((*request.secrets, *_credentials_of(request)))


@functools.lru_cache(maxsize=SECRETS_KEPT_MAX)
def _forms_of_all(secrets: tuple[str, ...]) -> tuple[str, ...]:
    found = {form for secret in secrets for form in _forms_of(secret)}
    return tuple(sorted(found - {""}, key=len, reverse=True))


def _forms_of(secret: str) -> tuple[str, ...]:
    in_json = json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]
    in_url = urllib.parse.quote(secret, safe=""), urllib.parse.quote(secret), urllib.parse.quote_plus(secret)
    return secret, *in_json, in_json[1].replace("/", "\\/"), *in_url, html.escape(secret)


def _credentials_of(request: Request) -> tuple[str, ...]:
    """What Authorization carries: a token, or a password as it is and as it is encoded."""
    found: list[str] = []
    for name, value in request.headers:
        if name.lower() != "authorization":
            continue
        scheme, _, credentials = value.partition(" ")
        found.append(credentials)
        if scheme.lower() == "basic":
            found.append(_password_of(credentials))
    return tuple(found)


def _password_of(credentials: str) -> str:
    try:
        return base64.b64decode(credentials, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _masked(text: str, secrets: tuple[str, ...]) -> str:
    """A header of an answer has each byte as a character, so that a secret beyond ASCII looks otherwise there."""
    for secret in secrets:
        text = text.replace(secret, MASK).replace(secret.encode().decode("latin-1"), MASK)
    return text


def _masked_body(body: bytes, secrets: tuple[str, ...]) -> bytes:
    for secret in secrets:
        body = body.replace(secret.encode(), MASK.encode())
    return _without_cut_secret(body, secrets)[:ANSWER_BYTES_KEPT_MAX]


def _without_cut_secret(body: bytes, secrets: tuple[str, ...]) -> bytes:
    """A body may have been cut within a secret."""
    for secret in secrets:
        whole = secret.encode()
        for length in range(min(len(whole) - 1, len(body)), CUT_LENGTH_MIN - 1, -1):
            if body.endswith(whole[:length]):
                return body[:-length] + MASK.encode()
    return body
