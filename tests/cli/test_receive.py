import base64
import contextlib
import hashlib
import hmac
import http.client
import json
import signal
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from cli.conftest import Bellwire, Program, Start

SECRET = "my-secret-key"


def body_of(*ids: str) -> bytes:
    events = [{"id": each, "createdAt": "2026-09-29T19:00:04Z", "type": "auth.success", "data": {}} for each in ids]
    return json.dumps({"events": events}).encode()


def headers_of(body: bytes, *, message_id: str = "batch-1", age_s: int = 0, secret: str = SECRET) -> dict[str, str]:
    timestamp = str(int(time.time()) - age_s)

    def sign(content: bytes) -> str:
        return base64.b64encode(hmac.new(secret.encode(), content, hashlib.sha256).digest()).decode()

    return {
        "X-Signature": sign(body),
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": "v1," + sign(f"{message_id}.{timestamp}.".encode() + body),
    }


@contextlib.contextmanager
def receiving(program: Start, *options: str) -> Iterator[tuple[Program, http.client.HTTPConnection]]:
    receiver = program("receive", "--port", "0", *options)
    url = receiver.line_with("Receiving at").split()[2]
    with contextlib.closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)) as connection:
        yield receiver, connection


def post(connection: http.client.HTTPConnection, body: bytes, headers: dict[str, str]) -> int:
    connection.request("POST", "/hook", body=body, headers=headers)
    with connection.getresponse() as response:
        response.read()
        return response.status


def test_each_request_is_shown_with_its_verdicts_and_what_was_seen_before(program: Start) -> None:
    with receiving(program, "--secret", SECRET, "--status", "503,200") as (receiver, connection):
        first = body_of("a", "b")
        assert post(connection, first, headers_of(first)) == 503
        second = body_of("b", "c")
        assert post(connection, second, headers_of(second, message_id="batch-1", secret="another")) == 200
        assert receiver.end(signal.SIGINT) == 0
    text = " ".join(receiver.rest.split())
    assert "POST /hook 2 events, 184 B, answered 503" in text
    assert "types 2 auth.success" in text
    assert "X-Signature holds" in text
    assert "X-Signature does not hold" in text
    assert "webhook-signature holds, made just now" in text
    assert "webhook-id batch-1 seen before, now 2 times" in text
    assert "repeated 1 of 2 ids seen before: b" in text
    assert "2 requests with 4 events, 1 of them repeated; signatures held in 1 request, not in 1" in text
    assert "\x1b" not in receiver.rest


def test_json_is_one_object_for_each_request(program: Start) -> None:
    receiver = program("receive", "--port", "0", "--secret", SECRET, "--json")
    url = receiver.error_with("Receiving at").split()[2]
    with contextlib.closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)) as connection:
        body = body_of("a")
        post(connection, body, headers_of(body, age_s=3600))
        post(connection, b"not json \x1b[2J", {})
    assert receiver.end(signal.SIGTERM) == 0
    first, second = [json.loads(line) for line in receiver.rest.splitlines()]
    assert (first["events"], first["ids"], first["types"]) == (1, ["a"], {"auth.success": 1})
    assert first["xSignature"]["holds"] is True
    assert first["webhookSignature"]["holds"] is False
    assert "1 h ago: receivers refuse" in first["webhookSignature"]["words"]
    assert (second["readable"], second["xSignature"]["holds"]) == (False, False)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--status", "503,9"), 2, "is no list of statuses"),
        (("--delay", "soon"), 2, "is not a duration"),
        (("--secret", "whsec_?"), 2, "not base64"),
        (("--key", __file__), 2, "--key needs --cert"),
        (("--cert", __file__), 1, "take PEM files"),
        (("--host", "203.0.113.1", "--port", "0"), 1, "choose another"),
    ],
)
def test_what_it_cannot_do_is_one_clear_line(
    bellwire: Bellwire, arguments: tuple[str, ...], code: int, words: str
) -> None:
    told = bellwire("receive", *arguments)
    assert told.code == code
    assert len(told.err.splitlines()) == 1
    assert words in told.err


def test_a_port_in_use_is_said(bellwire: Bellwire, program: Start) -> None:
    with receiving(program) as (_, connection):
        told = bellwire("receive", "--port", str(connection.port))
    assert told.code == 1
    assert "Address already in use" in told.err
