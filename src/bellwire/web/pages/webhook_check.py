"""The way to a webhook's endpoint, looked at step by step: what was found, and what to mend."""

from typing import Final

import msgspec
from starlette.responses import Response

from bellwire.model.endpoint_check import EndpointCheck, Mark
from bellwire.rules.diagnosing_endpoints import STEPS
from bellwire.web.pages.showing import plural
from bellwire.web.pages.visit import Visit

TITLES: Final = {
    "name-lookup": "Name lookup",
    "address-policy": "Address allowed",
    "connect": "Connection",
    "tls": "TLS handshake",
    "certificate": "Certificate",
    "request": "Signed test request",
    "redirect": "Redirect",
    "status": "Status of the answer",
    "echo": "Secrets repeated",
    "clock": "The receiver's clock",
    "latency": "Time taken",
}
"""What pages call the steps, by their names."""

QUESTIONS: Final = {
    "name-lookup": "Does the host's name mean an address?",
    "address-policy": "May requests go to these addresses?",
    "connect": "Does something listen at the port?",
    "tls": "Do both sides agree on how to encrypt?",
    "certificate": "Is it the host's own, trusted, and valid for a while?",
    "request": "Is a signed webhook.test request answered in time?",
    "redirect": "Does it answer itself, instead of sending elsewhere?",
    "status": "Does it accept the request with a 2xx?",
    "echo": "Does it keep signature and credentials to itself?",
    "clock": "Do both clocks agree, so that signatures are fresh?",
    "latency": "Is there time to spare before the timeout?",
}


class StepView(msgspec.Struct, frozen=True, kw_only=True):
    """One step as the page shows it."""

    name: str
    title: str
    mark: str
    found: str
    advice: str


class CheckView(msgspec.Struct, frozen=True, kw_only=True):
    """A whole check. kind: good or bad."""

    kind: str
    title: str
    text: str
    steps: tuple[StepView, ...]


async def show_check(visit: Visit) -> Response:
    """GET …/{id}/check: what is looked at; nothing is sent yet."""
    return await _page(visit, None)


async def check_endpoint(visit: Visit) -> Response:
    """POST …/{id}/check."""
    return await _page(visit, await visit.service.checks.check(visit.webhook_id, by=visit.principal))


def view_check(check: EndpointCheck) -> CheckView:
    """What the page says of a check."""
    kind, title, text = _verdict_of(check)
    steps = tuple(
        StepView(name=step.name, title=TITLES[step.name], mark=step.mark.value, found=step.found, advice=step.advice)
        for step in check.steps
    )
    return CheckView(kind=kind, title=title, text=text, steps=steps)


def _verdict_of(check: EndpointCheck) -> tuple[str, str, str]:
    failed, doubtful = (_titles(check, mark) for mark in (Mark.FAILURE, Mark.WARNING))
    match check.mark:
        case Mark.FAILURE:
            return "bad", f"{plural(len(failed), 'step')} failed", f"{', '.join(failed)}. What to mend stands below."
        case Mark.WARNING:
            text = f"{plural(len(doubtful), 'step')} may need somebody: {', '.join(doubtful)}."
            return "good", "Requests arrive", text
        case _:
            return "good", "All is well", "Requests arrive, and are accepted."


def _titles(check: EndpointCheck, mark: Mark) -> list[str]:
    return [TITLES[step.name] for step in check.steps if step.mark is mark]


async def _page(visit: Visit, check: EndpointCheck | None) -> Response:
    webhook = visit.service.webhook(visit.webhook_id)
    return await visit.page(
        "webhook_check.html",
        webhook=webhook,
        status=await visit.service.webhook_status(webhook.id),
        check=None if check is None else view_check(check),
        questions=[(TITLES[name], QUESTIONS[name]) for name in STEPS],
    )
