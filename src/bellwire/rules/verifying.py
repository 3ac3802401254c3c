"""Did the upstream server send this request?"""

import base64
import binascii
import hmac
from typing import assert_never

from bellwire.model.webhook import Basic, Bearer, HttpAuth, Unauthenticated
from bellwire.rules.signing import sign_body


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


def is_signed(key: str, signature: bytes, body: bytes) -> bool:
    """Whether X-Signature is that of the body under the key."""
    return hmac.compare_digest(signature.strip(), sign_body(key, body).encode())


def _decoded(credentials: bytes) -> bytes:
    try:
        return base64.b64decode(credentials.strip(), validate=True)
    except binascii.Error:
        return b""
