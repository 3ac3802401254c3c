"""The built-in receiver: what came, whether it is signed right, and how the next request is answered."""

from typing import Final

import msgspec
from starlette.responses import Response

from bellwire.engine.keyring import make_signature_key
from bellwire.model.received import Answering, Proof, Received
from bellwire.web.built_in_receiver import REQUESTS_KEPT_MAX
from bellwire.web.pages.rendering import phrase
from bellwire.web.pages.visit import WEBHOOKS, Notice, Visit
from bellwire.web.pages.webhook_rows import row_of
from bellwire.web.problems import Problem, Refused
from bellwire.web.sessions import local_target

NAME: Final = "Built-in receiver"
ANSWERS: Final = {
    Answering.ACCEPTING: ("200", "Accepts: everything is delivered."),
    Answering.FAILING: ("500", "Fails: the same batch is tried again, at growing intervals."),
    Answering.GONE: ("410", "Wants nothing more: the webhook stops until somebody resumes it."),
    Answering.SLOW: ("Slow", "Answers after a minute, which is longer than the default timeout of 30 s."),
}
"""What each way to answer is called, and what it leads to."""

PROOFS: Final = {
    Proof.VERIFIED: ("good", "The signature is right."),
    Proof.UNSIGNED: ("mut", "It carries no signature, as the webhook has no key."),
    Proof.WRONG: ("bad", "The signature is wrong: the key has changed since, or somebody else has sent this."),
    Proof.UNKNOWN_SENDER: ("mut", "No saved webhook has this URL, so there is no key to check the signature with."),
    Proof.NO_KEY: ("bad", "The webhook's key cannot be read."),
}
_EXAMPLE: Final = {"events": ["auth.success", "store.ingest"], "eventsPolicy": "include"}
"""Of the example of the documentation page."""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it is shown. kind: of the mark beside what the proof says."""

    request: Received
    body: str
    kind: str
    told: str
    phrase: str


async def show_receiver(visit: Visit) -> Response:
    """GET /receiver."""
    receiver, service = visit.receiver, visit.service
    names = {webhook.id: webhook.object.name for webhook in service.webhooks()}
    lately = service.figures.lately()
    senders = [row_of(webhook, await service.webhook_status(webhook.id), lately) for webhook in receiver.senders()]
    return await visit.page(
        "receiver.html",
        url=receiver.url,
        answering=receiver.answering,
        answers=ANSWERS,
        received=[shown_of(one) for one in receiver.received],
        senders=senders,
        names=names,
        kept=REQUESTS_KEPT_MAX,
        objection=service.checks.objection(receiver.url) if receiver.url else "",
    )


async def open_receiver(visit: Visit) -> Response:
    """POST /receiver/open."""
    await open_or_refuse(visit)
    return visit.go("/receiver")


async def create_webhook(visit: Visit) -> Response:
    """POST /receiver/webhook: a webhook for it, signed, with the types of the documentation's example."""
    fields = await visit.form()
    url = await open_or_refuse(visit)
    key = {"@type": "Value", "secret": make_signature_key()}
    document = {"url": url, "name": NAME, "signatureKey": key} | _EXAMPLE
    webhook, _ = await visit.service.create_webhook(document, by=visit.principal)
    told = "It gets auth.success and store.ingest, signed with a key of its own."
    back = local_target(fields.text("back")) if fields.text("back") else f"{WEBHOOKS}/{webhook.id}"
    return visit.go(back, Notice("good", f"The webhook {NAME} is created", told))


async def answer_otherwise(visit: Visit) -> Response:
    """POST /receiver/answer."""
    fields = await visit.form()
    try:
        visit.receiver.answer_by(Answering(fields.text("answer")))
    except ValueError as problem:
        raise Refused(Problem(status=422, detail="There is no such answer.")) from problem
    return visit.go("/receiver")


async def clear_received(visit: Visit) -> Response:
    """POST /receiver/clear."""
    visit.receiver.clear()
    return visit.go("/receiver", Notice("good", "What came is forgotten"))


async def open_or_refuse(visit: Visit) -> str:
    """The URL of the receiver, which listens from now on; Refused where settings forbid requests to it."""
    try:
        url = await visit.receiver.open()
    except OSError as problem:
        detail = f"The built-in receiver cannot listen: {problem.strerror or problem}."
        raise Refused(Problem(status=503, detail=detail)) from problem
    if objection := visit.service.checks.objection(url):
        raise Refused(
            Problem(status=409, detail=f"The settings forbid requests to the built-in receiver: {objection}.")
        )
    return url


def shown_of(received: Received) -> Shown:
    """One request as the page shows it."""
    kind, told = PROOFS[received.proof]
    return Shown(
        request=received,
        body=received.body.decode(errors="replace"),
        kind=kind,
        told=told,
        phrase="no answer yet, or the sender did not wait for it"
        if received.answered is None
        else phrase(received.answered),
    )
