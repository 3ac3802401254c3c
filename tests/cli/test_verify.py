import base64
import hashlib
import hmac
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from cli.conftest import Bellwire

SECRET = "my-secret-key"
BODY = b'{"events":[{"id":"1","type":"auth.success","data":{}}]}'
WHSEC = "whsec_" + base64.b64encode(b"0123456789abcdef").decode()


def signed(key: bytes, body: bytes = BODY) -> bytes:
    return hmac.new(key, body, hashlib.sha256).digest()


def x_signature(key: bytes, body: bytes = BODY) -> str:
    return base64.b64encode(signed(key, body)).decode()


@pytest.fixture
def body(tmp_path: Path) -> Path:
    path = tmp_path / "body.json"
    path.write_bytes(BODY)
    return path


def test_a_right_x_signature_holds(bellwire: Bellwire, body: Path) -> None:
    told = bellwire("verify", "--secret", SECRET, "--signature", x_signature(SECRET.encode()), body)
    assert (told.code, told.out) == (0, "the signature holds\n")


def test_the_body_is_read_from_standard_input_byte_for_byte(bellwire: Bellwire) -> None:
    binary = b"\xff\x00\r\n"
    told = bellwire("verify", "--secret", SECRET, "--signature", x_signature(SECRET.encode(), binary), stdin=binary)
    assert told.code == 0


def test_a_changed_body_does_not_hold(bellwire: Bellwire, body: Path) -> None:
    told = bellwire("verify", "--secret", SECRET, "--signature", x_signature(SECRET.encode(), BODY + b" "), body)
    assert told.code == 1
    assert told.out == "the signature does not hold\n"
    assert "another secret, or the body is not the one that was signed" in told.err


@pytest.mark.parametrize("secret", [WHSEC, SECRET])
def test_a_signature_of_standard_webhooks_holds(bellwire: Bellwire, body: Path, secret: str) -> None:
    now = int(time.time())
    key = base64.b64decode(secret.removeprefix("whsec_")) if secret == WHSEC else secret.encode()
    content = b"msg_1.%d.%s" % (now, BODY)
    signature = "v1,bm9uc2Vuc2U= v1," + base64.b64encode(signed(key, content)).decode()
    told = bellwire(
        "verify", "--secret", secret, "--signature", signature, "--id", "msg_1", "--timestamp", str(now), body
    )
    assert told.code == 0
    assert "the signature holds" in told.out


def test_what_verify_takes_is_what_an_independent_library_makes(bellwire: Bellwire, body: Path) -> None:
    moment = datetime.fromtimestamp(1_790_708_404, tz=UTC)
    signature = Webhook(WHSEC).sign("msg_1", moment, BODY.decode())
    told = bellwire(
        "verify", "--secret", WHSEC, "--signature", signature, "--id", "msg_1", "--timestamp", "1790708404", body
    )
    assert told.code == 0


def test_a_timestamp_that_receivers_would_refuse_is_said(bellwire: Bellwire, body: Path) -> None:
    signature = "v1," + x_signature(SECRET.encode(), b"msg_1.1000." + BODY)
    told = bellwire(
        "verify", "--secret", SECRET, "--signature", signature, "--id", "msg_1", "--timestamp", "1000", body
    )
    assert told.code == 0
    assert "receivers refuse what is more than 5 min off" in told.out


@pytest.mark.parametrize(
    ("secret", "signature", "content", "hint"),
    [
        (SECRET, x_signature(SECRET.encode()), BODY + b"\n", "without the line break at the end"),
        (SECRET, x_signature(SECRET.encode(), BODY + b"\n"), BODY, "with a line break at the end"),
        (SECRET, x_signature(SECRET.encode()), BODY.replace(b":", b": "), "compact form of the JSON"),
        (f" {SECRET}\n", x_signature(SECRET.encode()), BODY, "without the white space around the secret"),
        (WHSEC, x_signature(b"0123456789abcdef"), BODY, "decoded from base64"),
        ("30313233", x_signature(b"0123"), BODY, "decoded from hexadecimal"),
        (WHSEC.removeprefix("whsec_"), x_signature(WHSEC.encode()), BODY, "with whsec_ before the secret"),
        (WHSEC, x_signature(WHSEC.removeprefix("whsec_").encode()), BODY, "without whsec_"),
        (SECRET, signed(SECRET.encode()).hex(), BODY, "not in base64"),
        (SECRET, "sha256=" + signed(SECRET.encode()).hex(), BODY, "not in base64"),
        (SECRET, "abc", BODY, "no base64 of 32 bytes"),
    ],
)
def test_the_usual_mistakes_are_named(
    bellwire: Bellwire, tmp_path: Path, secret: str, signature: str, content: bytes, hint: str
) -> None:
    path = tmp_path / "body"
    path.write_bytes(content)
    told = bellwire("verify", "--secret", secret, "--signature", signature, path)
    assert told.code == 1
    assert hint in told.err


def test_two_mistakes_at_once_are_named_together(bellwire: Bellwire, tmp_path: Path) -> None:
    path = tmp_path / "body"
    path.write_bytes(BODY + b"\n")
    told = bellwire("verify", "--secret", "30313233", "--signature", x_signature(b"0123"), path)
    assert "without the line break" in told.err
    assert "decoded from hexadecimal" in told.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("--signature", "v1,abc"),
        ("--signature", "v1,abc", "--id", "msg_1"),
        ("--signature", "v1,abc", "--id", "msg_1", "--timestamp", "1", "--secret", "whsec_!"),
    ],
)
def test_a_call_that_cannot_be_answered_is_a_usage_error(
    bellwire: Bellwire, body: Path, arguments: tuple[str, ...]
) -> None:
    told = bellwire("verify", "--secret", SECRET, *arguments, body)
    assert told.code == 2
    assert len(told.err.splitlines()) == 1
