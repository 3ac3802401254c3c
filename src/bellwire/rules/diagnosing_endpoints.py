"""How does this endpoint do, step by step, and what should be mended?"""

from typing import Final, assert_never

import msgspec

from bellwire.model.attempt import AddressRefused, Answer, NoAnswer, Request, Response, Trouble
from bellwire.model.duration import show_duration
from bellwire.model.endpoint_check import CheckStep, Contact, EndpointCheck, LookedUp, Mark, Probed
from bellwire.model.webhook import WebHook
from bellwire.rules.checking_urls import host_of, is_encrypted
from bellwire.rules.diagnosing_answers import answer_steps
from bellwire.rules.diagnosing_certificates import certificate_step

STEPS: Final = (
    "name-lookup",
    "address-policy",
    "connect",
    "tls",
    "certificate",
    "request",
    "redirect",
    "status",
    "echo",
    "clock",
    "latency",
)
"""Their names, in their order."""

_MARKS: Final = (Mark.FAILURE, Mark.WARNING, Mark.OK)


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen of an endpoint. objections: to each address that was looked up, empty for one that is allowed.

    request, response: the exchange; without one, unsent says why there is none. Times are the wall clock's.
    """

    webhook: WebHook
    lookup: LookedUp
    objections: tuple[str, ...]
    probe: Probed
    request: Request | None
    response: Response | AddressRefused | None
    unsent: str
    sent_at_ms: int
    received_at_ms: int


def diagnose(evidence: Evidence) -> EndpointCheck:
    """Say for each step what was found and what to do."""
    steps = (
        _lookup_step(evidence),
        _policy_step(evidence),
        _connect_step(evidence.probe),
        _tls_step(evidence),
        certificate_step(evidence.webhook, evidence.probe, evidence.response, now_ms=evidence.received_at_ms),
        _request_step(evidence),
        *_answer_steps(evidence),
    )
    marks = {step.mark for step in steps}
    return EndpointCheck(mark=next(mark for mark in _MARKS if mark in marks), steps=steps)


def _lookup_step(evidence: Evidence) -> CheckStep:
    host = host_of(evidence.webhook.url)
    if isinstance(evidence.lookup, NoAnswer):
        advice = f"make {host} known to the name servers of this machine, or correct url"
        return CheckStep(name="name-lookup", mark=Mark.FAILURE, found=evidence.lookup.detail, advice=advice)
    found = f"{host} is {', '.join(evidence.lookup.addresses)}"
    return CheckStep(name="name-lookup", mark=Mark.OK, found=found)


def _policy_step(evidence: Evidence) -> CheckStep:
    refused = [objection for objection in evidence.objections if objection]
    if not evidence.objections:
        return _skipped("address-policy", "there is no address to judge")
    if not refused:
        return CheckStep(name="address-policy", mark=Mark.OK, found="every address may be reached")
    if len(refused) == len(evidence.objections):
        advice = "change what the name means, or the setting that is named"
        return CheckStep(name="address-policy", mark=Mark.FAILURE, found="; ".join(refused), advice=advice)
    advice = "the others are used; deliveries fail while none of them answers"
    return CheckStep(name="address-policy", mark=Mark.WARNING, found="; ".join(refused), advice=advice)


def _connect_step(probe: Probed) -> CheckStep:
    match probe:
        case Contact(address=address, connect_us=connect_us):
            return CheckStep(
                name="connect", mark=Mark.OK, found=f"connected to {address} in {connect_us / 1000:.1f} ms"
            )
        case NoAnswer(trouble=Trouble.CONNECT, detail=detail):
            advice = "check that the receiver runs, listens at this port, and that no firewall is in between"
            return CheckStep(name="connect", mark=Mark.FAILURE, found=detail, advice=advice)
        case NoAnswer(trouble=Trouble.TIMEOUT, detail=detail, timings=timings) if timings.connect_us is None:
            advice = "a firewall may swallow the connection; or raise timeout"
            return CheckStep(name="connect", mark=Mark.FAILURE, found=detail, advice=advice)
        case NoAnswer(timings=timings) if timings.connect_us is not None:
            return CheckStep(name="connect", mark=Mark.OK, found=f"connected in {timings.connect_us / 1000:.1f} ms")
        case _:
            return _skipped("connect", "no address was tried")


def _tls_step(evidence: Evidence) -> CheckStep:
    if not is_encrypted(evidence.webhook.url):
        return _skipped("tls", "the URL begins with http, which is not encrypted")
    probe = evidence.probe
    if isinstance(probe, Contact):
        version = probe.tls_version or "a version that is allowed"
        return CheckStep(name="tls", mark=Mark.OK, found=f"the handshake succeeded with {version}")
    if isinstance(probe, NoAnswer) and probe.timings.connect_us is not None:
        advice = "let the receiver speak TLS 1.2 or later at this port; if it speaks none, begin url with http://"
        return CheckStep(name="tls", mark=Mark.FAILURE, found=probe.detail, advice=advice)
    return _skipped("tls", "there was no connection")


def _request_step(evidence: Evidence) -> CheckStep:
    if evidence.unsent:
        return CheckStep(
            name="request",
            mark=Mark.FAILURE,
            found=f"nothing was sent: {evidence.unsent}",
            advice="mend it; what waits for the webhook is blocked until then",
        )
    match evidence.response:
        case Answer():
            return CheckStep(name="request", mark=Mark.OK, found="a webhook.test request was sent and answered")
        case AddressRefused(reason=reason):
            return CheckStep(name="request", mark=Mark.FAILURE, found=f"nothing was sent: {reason}")
        case NoAnswer(trouble=trouble, detail=detail):
            advice = ""
            if trouble is Trouble.TIMEOUT:
                timeout = show_duration(evidence.webhook.timeout_ms)
                advice = f"let the receiver answer before it works on the events, or raise timeout ({timeout})"
            return CheckStep(name="request", mark=Mark.FAILURE, found=detail, advice=advice)
        case None:
            return _skipped("request", "it was not tried, as the endpoint cannot be reached")
    assert_never(evidence.response)


def _answer_steps(evidence: Evidence) -> tuple[CheckStep, ...]:
    if not isinstance(evidence.response, Answer) or evidence.request is None:
        return tuple(_skipped(name, "there was no answer") for name in STEPS[-5:])
    return answer_steps(
        evidence.webhook,
        evidence.request,
        evidence.response,
        sent_at_ms=evidence.sent_at_ms,
        received_at_ms=evidence.received_at_ms,
    )


def _skipped(name: str, why: str) -> CheckStep:
    return CheckStep(name=name, mark=Mark.SKIPPED, found=why)
