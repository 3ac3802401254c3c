"""Is a request signed as its webhook's key says? Asked of implementations that are not ours."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from typing import Final

from standardwebhooks import Webhook

from faults.ledger.record import ReceivedRequest

TOLERANCE_S: Final = 300
"""How far a timestamp may be from the receiver's clock: what the standardwebhooks libraries take."""


def find_bad_signature(request: ReceivedRequest, key: str | None) -> str | None:
    """What is wrong with the signatures of a request, if anything is."""
    given = (request.header("x-signature"), request.header("webhook-signature"))
    if key is None:
        return None if given == (None, None) else f"it is signed ({given}) though its webhook has no key"
    if request.header("x-signature") != _by_the_standard_library(request.body, key):
        return f"X-Signature {request.header('x-signature')} is not the HMAC-SHA256 of the body under its key"
    batch_id, timestamp = request.header("webhook-id"), request.header("webhook-timestamp")
    if batch_id is None or timestamp is None or not timestamp.isdecimal():
        return f"webhook-id {batch_id} and webhook-timestamp {timestamp} cannot be verified"
    if abs(int(timestamp) - request.at_s) > TOLERANCE_S:
        return f"webhook-timestamp {timestamp} is more than {TOLERANCE_S} s from {request.at_s:.0f}, when it came"
    # The library's verify() holds the timestamp against the present, which is not when the request came.
    library = Webhook(key if key.startswith("whsec_") else "whsec_" + base64.b64encode(key.encode()).decode())
    expected = library.sign(batch_id, datetime.fromtimestamp(int(timestamp), UTC), request.body.decode())
    if request.header("webhook-signature") != expected:
        return f"webhook-signature {request.header('webhook-signature')} is not {expected}"
    return None


def _by_the_standard_library(body: bytes, key: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()
