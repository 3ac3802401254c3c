"""Did the upstream server send this request?"""

import base64
import binascii
import hmac
from typing import Final, assert_never

from bellwire.model.webhook import Basic, Bearer, HttpAuth, Unauthenticated
from bellwire.rules.signing import sign_body

BASIC_CHALLENGE: Final = 'Basic realm="bellwire", charset="UTF-8"'
BEARER_CHALLENGE: Final = 'Bearer realm="bellwire"'


def is_authentic(auth: HttpAuth, secret: str | None, authorization: bytes) -> bool:
    """Whether the Authorization header shows the secret that auth names. What it takes tells nothing of the secret."""
    scheme, _, credentials = authorization.partition(b" ")
    match auth:
        case Unauthenticated():
            return True
        case _ if not secret:
            return False
        case Basic(username=username):
            expected = f"{username}:{secret}".encode()
            return scheme.lower() == b"basic" and hmac.compare_digest(_decoded(credentials), expected)
        case Bearer():
            return scheme.lower() == b"bearer" and hmac.compare_digest(credentials.strip(), secret.encode())
    assert_never(auth)


def challenge_of(auth: HttpAuth) -> str | None:
    """What WWW-Authenticate asks for (RFC 9110 §11.6.1); None where nothing is asked for."""
    match auth:
        case Unauthenticated():
            return None
        case Basic():
            return BASIC_CHALLENGE
        case Bearer():
            return BEARER_CHALLENGE
    assert_never(auth)


def is_signed(key: str, signature: bytes, body: bytes) -> bool:
    """Whether X-Signature is that of the body under the key."""
    return hmac.compare_digest(signature.strip(), sign_body(key, body).encode())


def _decoded(credentials: bytes) -> bytes:
    try:
        return base64.b64decode(credentials.strip(), validate=True)
    except binascii.Error:
        return b""
