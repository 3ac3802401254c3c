"""Is this signature the key's, over this body?"""

import enum
import hmac
import re
from collections.abc import Iterator
from typing import Final

import msgspec

from bellwire.rules.composing import Credentials
from bellwire.rules.signing import sign_body, sign_standard

BODY_BYTES_MAX: Final = 1024 * 1024
SIGNATURE_LENGTH_MAX: Final = 4096

_VERSIONED: Final = "v1,"
_TIME: Final = re.compile(r"[0-9]{1,12}", re.ASCII)


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """What a receiver got. signature: of X-Signature, or of webhook-signature; only the latter covers id and time."""

    body: str
    signature: str
    message_id: str = ""
    timestamp: str = ""


class SignatureCheck(enum.Enum):
    """What a check shows. body-altered: it is right for the body without its outer white space or with plain line ends,
    which a form or an editor may have added.
    """

    RIGHT = "right"
    PREVIOUS_KEY = "previous-key"
    BODY_ALTERED = "body-altered"
    WRONG = "wrong"
    NO_KEY = "no-key"
    NEEDS_ID_AND_TIME = "needs-id-and-time"


def check_signature(signed: Signed, credentials: Credentials) -> SignatureCheck:
    """Compare with what the present key, and the previous one while it overlaps, would have signed."""
    if credentials.signature_key is None:
        return SignatureCheck.NO_KEY
    if signed.signature.strip().startswith(_VERSIONED) and not (
        signed.message_id and _TIME.fullmatch(signed.timestamp)
    ):
        return SignatureCheck.NEEDS_ID_AND_TIME
    for number, body in enumerate(_bodies(signed.body)):
        if _signs(credentials.signature_key, body, signed):
            return SignatureCheck.BODY_ALTERED if number else SignatureCheck.RIGHT
        if credentials.previous_key is not None and _signs(credentials.previous_key, body, signed):
            return SignatureCheck.BODY_ALTERED if number else SignatureCheck.PREVIOUS_KEY
    return SignatureCheck.WRONG


def _bodies(pasted: str) -> Iterator[bytes]:
    """The body as it was pasted, and as it may have been before."""
    yield pasted.encode(errors="replace")
    plain = pasted.replace("\r\n", "\n")
    yield plain.encode(errors="replace")
    yield plain.strip().encode(errors="replace")


def _signs(key: str, body: bytes, signed: Signed) -> bool:
    """Whether any of the signatures is this key's; webhook-signature may carry several, with spaces between them."""
    written = signed.signature.strip()
    if not written.startswith(_VERSIONED):
        return hmac.compare_digest(sign_body(key, body).encode(), written.encode(errors="replace"))
    right = sign_standard(key, message_id=signed.message_id, timestamp_s=int(signed.timestamp), body=body)
    return any(hmac.compare_digest(right.encode(), one.encode(errors="replace")) for one in written.split())
