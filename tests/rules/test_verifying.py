import base64
import hashlib
import hmac

import pytest

from bellwire.model.secret import Value
from bellwire.model.webhook import Basic, Bearer, HttpAuth, Unauthenticated
from bellwire.rules.verifying import is_authentic, is_signed

BASIC = Basic("hook", Value("p:ä"))
BEARER = Bearer(Value("tok123"))


def basic(credentials: str) -> bytes:
    return b"Basic " + base64.b64encode(credentials.encode())


@pytest.mark.parametrize(
    ("auth", "secret", "authorization", "authentic"),
    [
        (Unauthenticated(), None, b"", True),
        (Unauthenticated(), None, b"Bearer whatever", True),
        (BASIC, "p:ä", basic("hook:p:ä"), True),
        (BASIC, "p:ä", b"basic aG9vazpwOsOk", True),
        (BASIC, "p:ä", basic("hook:p"), False),
        (BASIC, "p:ä", basic("other:p:ä"), False),
        (BASIC, "p:ä", b"Basic ~~~", False),
        (BASIC, "p:ä", b"", False),
        (BASIC, "p:ä", b"Bearer p", False),
        (BEARER, "tok123", b"Bearer tok123", True),
        (BEARER, "tok123", b"BEARER  tok123", True),
        (BEARER, "tok123", b"Bearer tok124", False),
        (BEARER, "tok123", b"Bearer \xff", False),
        (BEARER, "tok123", basic("hook:tok123"), False),
        (BEARER, "tok123", b"tok123", False),
        (BEARER, None, b"Bearer ", False),
        (BASIC, "", basic("hook:"), False),
    ],
)
def test_only_the_credentials_of_the_source_are_authentic(
    auth: HttpAuth, secret: str | None, authorization: bytes, *, authentic: bool
) -> None:
    assert is_authentic(auth, secret, authorization) is authentic


@pytest.mark.parametrize("key", ["s3cret-Kéy", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
def test_a_signature_is_the_base64_of_the_hmac_under_the_keys_own_bytes(key: str) -> None:
    body = b'{"events":[]}'
    signature = base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest())
    assert is_signed(key, signature, body)
    assert is_signed(key, b" " + signature, body)
    assert not is_signed(key, signature, body + b" ")
    assert not is_signed("another", signature, body)
    assert not is_signed(key, b"", body)
    assert not is_signed(key, b"\xff", body)
