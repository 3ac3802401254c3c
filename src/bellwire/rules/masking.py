"""What of an answer is kept, without the secrets that an endpoint may echo?"""

import base64
import binascii
from itertools import accumulate, takewhile

from msgspec.structs import replace

from bellwire.model.attempt import ANSWER_BYTES_KEPT_MAX, Answer, Request, Response
from bellwire.model.secret import MASK


def kept_of(response: Response, request: Request) -> Response:
    """The first ANSWER_BYTES_KEPT_MAX bytes of headers and of body, credentials of the request masked in them."""
    if not isinstance(response, Answer):
        return response
    secrets = secrets_of(request)
    masked = tuple((name, _masked(value, secrets)) for name, value in response.headers)
    sizes = accumulate(len(name) + len(value) for name, value in masked)
    fitting = sum(1 for _ in takewhile(lambda size: size <= ANSWER_BYTES_KEPT_MAX, sizes))
    body = response.body
    for secret in secrets:
        body = body.replace(secret.encode(), MASK.encode())
    return replace(response, headers=masked[:fitting], body=body[:ANSWER_BYTES_KEPT_MAX])


def masked_request(request: Request) -> Request:
    """The request as it may be shown: of Authorization only the scheme."""
    headers = tuple(
        (name, f"{value.partition(' ')[0]} {MASK}" if name.lower() == "authorization" else value)
        for name, value in request.headers
    )
    return replace(request, headers=headers)


def secrets_of(request: Request) -> tuple[str, ...]:
    """What Authorization carries: a token, or a password as it is and as it is encoded; the longest first."""
    found: set[str] = set()
    for name, value in request.headers:
        if name.lower() != "authorization":
            continue
        scheme, _, credentials = value.partition(" ")
        found.add(credentials)
        if scheme.lower() == "basic":
            found.add(_password_of(credentials))
    return tuple(sorted(found - {""}, key=len, reverse=True))


def _password_of(credentials: str) -> str:
    try:
        return base64.b64decode(credentials, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _masked(text: str, secrets: tuple[str, ...]) -> str:
    for secret in secrets:
        text = text.replace(secret, MASK)
    return text
