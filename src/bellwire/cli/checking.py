"""Do the signatures of what came hold? Both of them: X-Signature and webhook-signature."""

import hmac
from collections.abc import Mapping
from typing import Final

import msgspec

from bellwire.cli.wording import SECOND_MS, length
from bellwire.rules.signing import sign_body, sign_standard

TOLERANCE_S: Final = 5 * 60
"""How far a webhook-timestamp may be from now before receivers' Standard Webhooks libraries refuse it."""


class Verdict(msgspec.Struct, frozen=True):
    """holds: None where there is nothing to say. words: the same for a person."""

    holds: bool | None
    words: str


UNCHECKED: Final = Verdict(None, "not checked: give --secret")
ABSENT: Final = Verdict(False, "missing, though a secret is expected")


def check_x_signature(headers: Mapping[str, str], body: bytes, *, secret: str | None) -> Verdict:
    """What to think of X-Signature. headers: names in lower case."""
    given = headers.get("x-signature")
    if secret is None:
        return UNCHECKED if given else Verdict(None, "none")
    if given is None:
        return ABSENT
    return _verdict(holds_x_signature(given, body, secret=secret))


def check_webhook_signature(headers: Mapping[str, str], body: bytes, *, secret: str | None, now_s: int) -> Verdict:
    """What to think of webhook-signature and the age of its timestamp. headers: names in lower case."""
    given = headers.get("webhook-signature")
    if secret is None:
        return UNCHECKED if given else Verdict(None, "none")
    if given is None:
        return ABSENT
    timestamp = headers.get("webhook-timestamp", "")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 16):
        return Verdict(False, "does not hold: webhook-timestamp is no number of seconds")
    holds = holds_webhook_signature(
        given, body, secret=secret, message_id=headers.get("webhook-id", ""), timestamp_s=int(timestamp)
    )
    if not holds:
        return _verdict(holds)
    age = age_in_words(int(timestamp), now_s=now_s)
    return Verdict(is_fresh(int(timestamp), now_s=now_s), f"holds, made {age}")


def holds_x_signature(signature: str, body: bytes, *, secret: str) -> bool:
    """Whether it is the signature of exactly these bytes."""
    return hmac.compare_digest(signature.encode(), sign_body(secret, body).encode())


def holds_webhook_signature(signature: str, body: bytes, *, secret: str, message_id: str, timestamp_s: int) -> bool:
    """Whether one of the signatures in the header's value is that of these bytes, this id and this time.

    Raises ValueError for a `whsec_` secret that is malformed.
    """
    right = sign_standard(secret, message_id=message_id, timestamp_s=timestamp_s, body=body).encode()
    return any(hmac.compare_digest(each.encode(), right) for each in signature.split())


def is_fresh(timestamp_s: int, *, now_s: int) -> bool:
    """Whether receivers' libraries take a timestamp so old."""
    return abs(now_s - timestamp_s) <= TOLERANCE_S


def age_in_words(timestamp_s: int, *, now_s: int) -> str:
    """How old a timestamp is, and whether that is too old."""
    age_s = now_s - timestamp_s
    age = f"{length(abs(age_s) * SECOND_MS)} {'ago' if age_s >= 0 else 'in the future'}"
    if is_fresh(timestamp_s, now_s=now_s):
        return age if abs(age_s) > 0 else "just now"
    return f"{age}: receivers refuse what is more than {length(TOLERANCE_S * SECOND_MS)} off"


def _verdict(holds: bool) -> Verdict:
    return Verdict(holds, "holds" if holds else "does not hold: another secret, or the body was changed")
