"""How does the receiver know that it was us?"""

import base64
import binascii
import hashlib
import hmac
from typing import Final

STANDARD_PREFIX: Final = "whsec_"
"""Standard Webhooks 1.0: a secret that starts so is base64; any other is used as its bytes."""


def sign_body(secret: str, body: bytes) -> str:
    """X-Signature: standard base64 of HMAC-SHA256 over the exact body, keyed by the secret's UTF-8 bytes as given."""
    return _mac(secret.encode(), body)


def sign_standard(secret: str, *, message_id: str, timestamp_s: int, body: bytes) -> str:
    """For webhook-signature (Standard Webhooks 1.0): `v1,` and the base64 of HMAC-SHA256 over `id.time.body`."""
    return "v1," + _mac(standard_key(secret), b"%s.%d.%s" % (message_id.encode(), timestamp_s, body))


def standard_key(secret: str) -> bytes:
    """The key's bytes for webhook-signature; raises ValueError where `whsec_` is not followed by base64."""
    if not secret.startswith(STANDARD_PREFIX):
        return secret.encode()
    encoded = secret.removeprefix(STANDARD_PREFIX).encode()
    try:
        key = base64.b64decode(encoded, validate=True)
    except binascii.Error as problem:
        raise ValueError("what follows whsec_ is not base64") from problem
    if base64.b64encode(key) != encoded:
        raise ValueError("what follows whsec_ is not base64 in its one proper form")
    if not key:
        raise ValueError("nothing follows whsec_")
    return key


def receivers_key(secret: str) -> str:
    """The form of a secret that receivers' Standard Webhooks libraries want: `whsec_` and base64 of the key."""
    return STANDARD_PREFIX + base64.b64encode(standard_key(secret)).decode()


def _mac(key: bytes, content: bytes) -> str:
    return base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
