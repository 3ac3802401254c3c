import base64
import subprocess
from datetime import UTC, datetime

import hypothesis.strategies as st
import pytest
from hypothesis import given
from standardwebhooks import Webhook

from bellwire.rules.signing import receivers_key, sign_body, sign_standard, standard_key

SIGNED_AT = datetime(2026, 11, 24, 15, 12, 46, tzinfo=UTC)
KEYS = st.binary(min_size=1, max_size=64)


def test_x_signature_is_what_openssl_computes() -> None:
    body = b'{"events":[]}'
    computed = subprocess.run(
        ["openssl", "dgst", "-sha256", "-hmac", "s3cret-Kéy", "-binary"], input=body, capture_output=True, check=True
    ).stdout
    assert sign_body("s3cret-Kéy", body) == base64.b64encode(computed).decode()


def test_x_signature_of_a_captured_request_of_the_upstream_server_is_the_same() -> None:
    body = (
        b'{"events":[{"id":"17955331660153","createdAt":"2026-11-24T15:12:46Z","type":"http.connection-start",'
        b'"data":{"listenerId":"http","localPort":8080,"remoteIp":"127.0.0.1","remotePort":44094,'
        b'"spanId":342366703937878016}}]}'
    )
    assert sign_body("s3cret-Kéy", body) == "NkMT0DSyMCVDRjX0DiyTx1oU3vmIqTVYaZqGbct9rFw="


@given(key=KEYS, body=st.binary(max_size=500))
def test_an_independent_implementation_accepts_the_standard_signature(key: bytes, body: bytes) -> None:
    secret = "whsec_" + base64.b64encode(key).decode()
    expected = Webhook(secret).sign("msg_1", SIGNED_AT, body.hex())
    signature = sign_standard(
        secret, message_id="msg_1", timestamp_s=int(SIGNED_AT.timestamp()), body=body.hex().encode()
    )
    assert signature == expected


def test_any_other_secret_is_used_as_its_bytes_and_shown_in_the_form_that_receivers_want() -> None:
    assert standard_key("my-secret-key") == b"my-secret-key"
    shown = receivers_key("my-secret-key")
    assert shown == "whsec_bXktc2VjcmV0LWtleQ=="
    assert sign_standard(shown, message_id="a", timestamp_s=1, body=b"x") == sign_standard(
        "my-secret-key", message_id="a", timestamp_s=1, body=b"x"
    )


@pytest.mark.parametrize("secret", ["whsec_", "whsec_***", "whsec_YWJj=", "whsec_YW Jj"])
def test_a_malformed_whsec_secret_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="whsec_"):
        standard_key(secret)
