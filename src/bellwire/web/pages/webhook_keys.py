"""The signature key of a webhook: how receivers check it, whether it made a signature, and replacing it."""

import importlib.resources
from typing import Final

from starlette.responses import Response

from bellwire.engine.keyring import Unreadable, make_signature_key
from bellwire.errors import InvalidObject
from bellwire.model.duration import parse_duration, show_duration
from bellwire.model.secret import NoSecret, Value
from bellwire.rules.checking_signatures import BODY_BYTES_MAX, SIGNATURE_LENGTH_MAX, SignatureCheck, Signed
from bellwire.rules.rotating import OVERLAP_MS
from bellwire.rules.signing import receivers_key
from bellwire.web.pages.form_fields import faults_by_field
from bellwire.web.pages.visit import Fields, Notice, Visit

LANGUAGES: Final = {
    "python": "Python",
    "node": "Node.js",
    "go": "Go",
    "php": "PHP",
    "ruby": "Ruby",
    "shell": "Shell",
}
OVERLAPS: Final = {"0s": "at once", "1h": "after 1 hour", "1d": "after 1 day", "7d": "after 7 days"}

_TOLD: Final = {
    SignatureCheck.RIGHT: ("good", "The signature is right", "It was made with this webhook's key over this body."),
    SignatureCheck.PREVIOUS_KEY: (
        "good",
        "The signature was made with the previous key",
        "The key was replaced, and the one before signs until its overlap ends: let the receiver take both.",
    ),
    SignatureCheck.BODY_ALTERED: (
        "bad",
        "The signature is right, but for another form of this body",
        "It fits without outer white space, or with plain line ends: let the receiver check the bytes as they came.",
    ),
    SignatureCheck.WRONG: (
        "bad",
        "The signature does not fit",
        "The key is another one, or the body is not what was sent, byte for byte: JSON written anew is not.",
    ),
    SignatureCheck.NO_KEY: ("bad", "This webhook has no key", "Its requests carry no signature."),
    SignatureCheck.NEEDS_ID_AND_TIME: (
        "bad",
        "webhook-id and webhook-timestamp are needed",
        "webhook-signature covers both of them, so copy them from the same request.",
    ),
}


async def show_verify(visit: Visit) -> Response:
    """GET …/{id}/verify: ready code, and a box that checks."""
    return await _verify(visit, Fields({}), told=None)


async def check_signature(visit: Visit) -> Response:
    """POST …/{id}/verify: whether the stored key has made this signature; the key is not shown."""
    fields = await visit.form()
    signed = Signed(
        body=fields.text("body"),
        signature=fields.text("signature"),
        message_id=fields.text("message_id").strip(),
        timestamp=fields.text("timestamp").strip(),
    )
    if len(signed.body) > BODY_BYTES_MAX or len(signed.signature) > SIGNATURE_LENGTH_MAX:
        return await _verify(visit, fields, told=("bad", "That is too long", "1 MiB of body can be checked here."))
    if not signed.signature.strip():
        return await _verify(visit, fields, told=("bad", "No signature was given", "Paste the header's value."))
    found = visit.service.inspector.check_signature(visit.webhook_id, signed)
    told = ("bad", "The key cannot be read", found.reason) if isinstance(found, Unreadable) else _TOLD[found]
    return await _verify(visit, fields, told=told)


async def show_rotate(visit: Visit) -> Response:
    """GET …/{id}/rotate-key."""
    return await _rotate(visit, Fields({"overlap": [show_duration(OVERLAP_MS)]}))


async def rotate_key(visit: Visit) -> Response:
    """POST …/{id}/rotate-key: a key that was made here is shown this once."""
    fields = await visit.form()
    made = fields.text("kind") != "given"
    key = make_signature_key() if made else fields.text("key")
    overlap = fields.text("overlap")
    overlap_ms = parse_duration(overlap) if overlap in OVERLAPS else OVERLAP_MS
    try:
        webhook = await visit.service.rotate_key(visit.webhook_id, key, overlap_ms=overlap_ms, by=visit.principal)
    except InvalidObject as problem:
        return await _rotate(visit, fields, errors=faults_by_field(problem.faults), code=422)
    if not made:
        notice = Notice("good", "The key is replaced", "The next request is signed with it.")
        return visit.go(f"{visit.webhook_address}/verify", notice)
    return await visit.page(
        "webhook_rotated.html", webhook=webhook, key=key, receivers=receivers_key(key), overlap=OVERLAPS.get(overlap)
    )


async def _verify(visit: Visit, fields: Fields, *, told: tuple[str, str, str] | None) -> Response:
    webhook = visit.service.webhook(visit.webhook_id)
    key = webhook.object.signature_key
    return await visit.page(
        "webhook_verify.html",
        webhook=webhook,
        status=await visit.service.webhook_status(webhook.id),
        f=fields,
        told=told,
        has_key=not isinstance(key, NoSecret),
        is_standard=isinstance(key, Value) and key.secret.startswith("whsec_"),
        languages=LANGUAGES,
        snippets=SNIPPETS,
    )


async def _rotate(
    visit: Visit, fields: Fields, *, errors: dict[str, list[str]] | None = None, code: int = 200
) -> Response:
    webhook = visit.service.webhook(visit.webhook_id)
    has_key = not isinstance(webhook.object.signature_key, NoSecret)
    return await visit.page(
        "webhook_rotate.html",
        code=code,
        webhook=webhook,
        f=fields,
        errors=errors or {},
        has_key=has_key,
        overlaps=OVERLAPS,
    )


def _snippet(language: str) -> str:
    folder = importlib.resources.files("bellwire.web").joinpath("templates", "verify")
    return folder.joinpath(f"{language}.txt").read_text(encoding="utf-8")


SNIPPETS: Final = {language: _snippet(language) for language in LANGUAGES}
"""Code that checks X-Signature, for each of LANGUAGES."""
