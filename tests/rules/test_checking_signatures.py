from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from bellwire.rules.checking_signatures import SignatureCheck, Signed, check_signature
from bellwire.rules.composing import Credentials
from bellwire.rules.signing import receivers_key, sign_body, sign_standard

BODY = '{"events":[]}'
KEY = Credentials(signature_key="my-secret-key", auth_secret=None)
BOTH = Credentials(signature_key="new-key", auth_secret=None, previous_key="my-secret-key")
SIGNATURE = sign_body("my-secret-key", BODY.encode())


@pytest.mark.parametrize(
    ("signed", "credentials", "shown"),
    [
        (Signed(body=BODY, signature=SIGNATURE), KEY, SignatureCheck.RIGHT),
        (Signed(body=BODY, signature=f"  {SIGNATURE}\n"), KEY, SignatureCheck.RIGHT),
        (Signed(body=BODY, signature=SIGNATURE), BOTH, SignatureCheck.PREVIOUS_KEY),
        (Signed(body=BODY + "\r\n", signature=SIGNATURE), KEY, SignatureCheck.BODY_ALTERED),
        (Signed(body=BODY + "\n", signature=SIGNATURE), BOTH, SignatureCheck.BODY_ALTERED),
        (Signed(body=BODY + " x", signature=SIGNATURE), KEY, SignatureCheck.WRONG),
        (Signed(body=BODY, signature="é\udc80"), BOTH, SignatureCheck.WRONG),
        (Signed(body=BODY, signature=""), KEY, SignatureCheck.WRONG),
        (Signed(body=BODY, signature="v1,abc"), KEY, SignatureCheck.NEEDS_ID_AND_TIME),
        (
            Signed(body=BODY, signature="v1,abc", message_id="m", timestamp="soon"),
            KEY,
            SignatureCheck.NEEDS_ID_AND_TIME,
        ),
        (Signed(body=BODY, signature="v1,abc", message_id="m", timestamp="1"), KEY, SignatureCheck.WRONG),
        (
            Signed(body=BODY, signature=SIGNATURE),
            Credentials(signature_key=None, auth_secret=None),
            SignatureCheck.NO_KEY,
        ),
    ],
)
def test_a_check_says_whether_the_signature_is_the_keys(
    signed: Signed, credentials: Credentials, shown: SignatureCheck
) -> None:
    assert check_signature(signed, credentials) is shown


def test_a_signature_of_an_independent_implementation_is_recognised_among_others() -> None:
    at = datetime(2026, 11, 24, 15, 12, 46, tzinfo=UTC)
    theirs = Webhook(receivers_key("my-secret-key")).sign("msg_1", at, BODY)
    ours = sign_standard("other", message_id="msg_1", timestamp_s=1, body=b"")
    signed = Signed(body=BODY, signature=f"{ours} {theirs}", message_id="msg_1", timestamp=str(int(at.timestamp())))
    assert check_signature(signed, KEY) is SignatureCheck.RIGHT
