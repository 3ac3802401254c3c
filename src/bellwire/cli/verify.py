"""`bellwire verify`: does a signature belong to a body, and if not, what may have gone wrong?"""

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Iterator
from typing import BinaryIO, Final

import click
import msgspec

from bellwire.cli.checking import age_in_words, holds_webhook_signature, holds_x_signature
from bellwire.cli.helping import examples
from bellwire.cli.misuse import Misuse
from bellwire.cli.terminal import note, say
from bellwire.rules.signing import STANDARD_PREFIX, standard_key

BODY_BYTES_MAX: Final = 256 * 1024 * 1024
VERSION_PREFIX: Final = "v1,"


@click.command(
    epilog=examples(
        "bellwire verify --secret my-secret-key --signature 'Qk1…=' < body.json",
        "bellwire verify --secret whsec_MfKQ… --signature 'v1,K5oZ…=' \\",
        "    --id 0198c0de… --timestamp 1790708404 < body.json",
    )
)
@click.option("--secret", required=True, help="The secret as the webhook has it.")
@click.option("--signature", required=True, help="X-Signature, or webhook-signature (v1,…).")
@click.option("--id", "message_id", help="The header webhook-id; for webhook-signature.")
@click.option("--timestamp", type=click.IntRange(0), help="The header webhook-timestamp; for webhook-signature.")
@click.argument("body", type=click.File("rb"), default="-", metavar="[BODY]")
def verify(secret: str, signature: str, message_id: str | None, timestamp: int | None, body: BinaryIO) -> None:
    """Check a request's signature.

    BODY is a file, or else standard input. Exits with 0 when the signature holds and with 1 when it does not, with what
    may be the reason.
    """
    signature = signature.strip()
    standard = message_id is not None or timestamp is not None
    if standard and (message_id is None or timestamp is None):
        raise Misuse("--id and --timestamp go together: webhook-signature covers both")
    if not standard and signature.startswith(VERSION_PREFIX):
        raise Misuse("a signature that starts v1, is a webhook-signature: give --id and --timestamp too")
    content = body.read(BODY_BYTES_MAX + 1)
    if len(content) > BODY_BYTES_MAX:
        raise click.ClickException(f"the body has more than {BODY_BYTES_MAX} bytes; no request is so large")
    if message_id is not None and timestamp is not None:
        _verify_standard(secret, signature, content, message_id=message_id, timestamp_s=timestamp)
    elif holds_x_signature(signature, content, secret=secret):
        say("the signature holds", style="green")
    else:
        _say_why_not(_Attempted(signature=signature, secret=secret, key=secret.encode(), body=content, signed=b""))


def _verify_standard(secret: str, signature: str, body: bytes, *, message_id: str, timestamp_s: int) -> None:
    try:
        holds = holds_webhook_signature(signature, body, secret=secret, message_id=message_id, timestamp_s=timestamp_s)
    except ValueError as problem:
        raise Misuse(f"--secret: {problem}") from problem
    if holds:
        say("the signature holds", style="green")
        say(f"it was made {age_in_words(timestamp_s, now_s=int(time.time()))}")
        return
    _say_why_not(
        _Attempted(
            signature=signature,
            secret=secret,
            key=standard_key(secret),
            body=body,
            signed=f"{message_id}.{timestamp_s}.".encode(),
        )
    )


class _Attempted(msgspec.Struct, frozen=True, kw_only=True):
    """A check that failed. key: what the secret stands for; signed: what is signed before the body."""

    signature: str
    secret: str
    key: bytes
    body: bytes
    signed: bytes


def _say_why_not(attempted: _Attempted) -> None:
    say("the signature does not hold", style="bold red")
    hints = list(_hints(attempted))
    for hint in hints or ["another secret, or the body is not the one that was signed, byte for byte"]:
        note(f"  {hint}")
    raise click.exceptions.Exit(1)


def _hints(attempted: _Attempted) -> Iterator[str]:
    """What would make it hold, tried out one by one, then in pairs with the readings of the secret."""
    given = _signatures_in(attempted.signature)
    if not given:
        yield "the signature is no base64 of 32 bytes: it was cut, or is no signature of this kind"
        return
    if given.isdisjoint(_plain_signatures(attempted.signature)):
        yield "the signature is not in base64 as the header carries it (hexadecimal, or with a prefix)"
    for body_hint, body in _bodies(attempted.body):
        for key_hint, key in _keys(attempted):
            if hmac.digest(key, attempted.signed + body, hashlib.sha256) in given:
                yield " and ".join(hint for hint in (body_hint, key_hint) if hint) or "otherwise it holds"
                return


def _bodies(body: bytes) -> Iterator[tuple[str, bytes]]:
    yield "", body
    bare = body.rstrip(b"\r\n")
    if bare != body:
        yield "it holds without the line break at the end of the body, which was added on the way", bare
    yield "it holds with a line break at the end of the body, which was cut on the way", body + b"\n"
    try:
        yield (
            "it holds for the compact form of the JSON: check the bytes as they came",
            msgspec.json.format(body, indent=-1),
        )
    except (msgspec.DecodeError, RecursionError):
        return


def _keys(attempted: _Attempted) -> Iterator[tuple[str, bytes]]:
    secret = attempted.secret
    yield "", attempted.key
    if secret != secret.strip():
        yield "it holds without the white space around the secret", secret.strip().encode()
    bare = secret.strip().removeprefix(STANDARD_PREFIX)
    if bare != secret.strip():
        yield "it holds with the secret without whsec_", bare.encode()
    if (key := _from_base64(bare)) is not None:
        yield "it holds with the secret decoded from base64", key
    if (key := _from_hex(bare)) is not None:
        yield "it holds with the secret decoded from hexadecimal", key
    yield "it holds with whsec_ before the secret", (STANDARD_PREFIX + secret).encode()


def _signatures_in(written: str) -> set[bytes]:
    """The bytes of every signature that the text may stand for."""
    found = _plain_signatures(written)
    for part in written.split():
        bare = part.rpartition(",")[2].removeprefix("sha256=")
        found |= {key for key in (_from_base64(bare), _from_hex(bare)) if key is not None and len(key) == 32}
    return found


def _plain_signatures(written: str) -> set[bytes]:
    parts = (part.removeprefix(VERSION_PREFIX) for part in written.split())
    return {key for key in map(_from_base64, parts) if key is not None and len(key) == 32}


def _from_base64(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True) or None
    except (binascii.Error, ValueError):
        return None


def _from_hex(text: str) -> bytes | None:
    try:
        return bytes.fromhex(text) or None
    except ValueError:
        return None
