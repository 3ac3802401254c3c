"""What does an answer show of the receiver behind it?"""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import urljoin

from bellwire.model.attempt import Answer, Delivered, Gone, Request, Response, RetryLater
from bellwire.model.duration import show_duration
from bellwire.model.endpoint_check import CheckStep, Mark
from bellwire.model.webhook import WebHook
from bellwire.rules.checking_headers import carries_credential
from bellwire.rules.judging import judge
from bellwire.rules.masking import kept_of, secrets_of

SKEW_NOTED_MS: Final = 5_000
SKEW_REFUSED_MS: Final = 300_000
"""Receivers' libraries for Standard Webhooks 1.0 refuse a request whose time differs by more from their own."""

SLOW_SHARE: Final = 0.5
"""Of the timeout, from which on an answer is slow."""

SECRET_LENGTH_MIN: Final = 4
"""Shorter values are found in any text."""

_SIGNATURES: Final = frozenset({"x-signature", "webhook-signature"})
_ADVICE: Final = {
    401: "check httpAuth, and that the receiver has the same signature key",
    403: "check httpAuth, and that the receiver has the same signature key",
    404: "check the path of url",
    405: "let the receiver accept POST at this path, or correct url",
    415: "let the receiver accept application/json",
}


def answer_steps(
    webhook: WebHook, request: Request, answer: Answer, *, sent_at_ms: int, received_at_ms: int
) -> tuple[CheckStep, ...]:
    """redirect, status, echo, clock and latency. Times are the wall clock's, around the exchange."""
    return (
        _redirect_step(webhook, kept_of(answer, request)),
        _status_step(answer, now_ms=received_at_ms),
        _echo_step(request, answer),
        _clock_step(answer, sent_at_ms=sent_at_ms, received_at_ms=received_at_ms),
        _latency_step(webhook, answer),
    )


def _redirect_step(webhook: WebHook, answer: Response) -> CheckStep:
    if not isinstance(answer, Answer) or not 300 <= answer.status <= 399:
        return CheckStep(name="redirect", mark=Mark.OK, found="the endpoint answers itself")
    location = dict(answer.headers).get("location", "")
    if not location:
        return CheckStep(
            name="redirect",
            mark=Mark.FAILURE,
            found=f"answered {answer.status} without a Location",
            advice="put the final address into the webhook's url; redirects are not followed",
        )
    return CheckStep(
        name="redirect",
        mark=Mark.FAILURE,
        found=f"answered {answer.status}, Location: {location}",
        advice=f"put this URL into the webhook: {_joined(webhook.url, location)} (redirects are not followed)",
    )


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        return location


def _status_step(answer: Answer, *, now_ms: int) -> CheckStep:
    found = f"answered {answer.status} {_phrase(answer.status)}".rstrip()
    match judge(answer, now_ms=now_ms):
        case Delivered():
            return CheckStep(name="status", mark=Mark.OK, found=f"{found}: accepted")
        case RetryLater():
            advice = "the receiver is busy now, and says when to come again; deliveries wait for that"
            return CheckStep(name="status", mark=Mark.WARNING, found=found, advice=advice)
        case Gone():
            advice = "the receiver wants nothing more; delete the webhook, or correct url"
            return CheckStep(name="status", mark=Mark.FAILURE, found=found, advice=advice)
        case _:
            return CheckStep(name="status", mark=Mark.FAILURE, found=found, advice=_advice(answer.status))


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _advice(status: int) -> str:
    if 300 <= status <= 399:
        return "put the final address into url"
    if status >= 500:
        return "look into the receiver's own log"
    return _ADVICE.get(
        status, "let the receiver answer 2xx to events that it understands, and to those that it ignores"
    )


def _echo_step(request: Request, answer: Answer) -> CheckStep:
    text = "\n".join([*(value for _, value in answer.headers), answer.body.decode("latin-1")])
    echoed = [name for name, values in _confidential(request) if any(value in text for value in values)]
    if not echoed:
        return CheckStep(name="echo", mark=Mark.OK, found="the answer repeats neither signature nor credentials")
    return CheckStep(
        name="echo",
        mark=Mark.WARNING,
        found=f"the answer repeats {', '.join(dict.fromkeys(echoed))} of the request",
        advice="let the receiver answer without it, as answers end up in logs and error pages",
    )


def _confidential(request: Request) -> list[tuple[str, tuple[str, ...]]]:
    """Names of headers, and the parts of each that nobody else should see."""
    found = [("Authorization", secrets_of(request))]
    for name, value in request.headers:
        if name.lower() in _SIGNATURES:
            found.append((name, tuple(part.removeprefix("v1,") for part in value.split())))
        elif carries_credential(name) and name.lower() != "authorization":
            found.append((name, (value,)))
    return [(name, tuple(part for part in parts if len(part) >= SECRET_LENGTH_MIN)) for name, parts in found]


def _clock_step(answer: Answer, *, sent_at_ms: int, received_at_ms: int) -> CheckStep:
    written = dict(answer.headers).get("date", "")
    date_ms = _date_ms(written)
    if date_ms is None:
        return CheckStep(name="clock", mark=Mark.SKIPPED, found="the answer has no Date that can be read")
    # The header counts whole seconds, and the answer was made at some time during the exchange.
    ahead_ms, behind_ms = date_ms - received_at_ms, sent_at_ms - (date_ms + 1_000)
    skew_ms = max(ahead_ms, behind_ms, 0)
    if skew_ms <= SKEW_NOTED_MS:
        return CheckStep(name="clock", mark=Mark.OK, found="the receiver's clock agrees with ours")
    found = f"the receiver's clock is {_about(skew_ms)} {'ahead of' if ahead_ms > 0 else 'behind'} ours"
    advice = "let both machines set their clocks by NTP"
    if skew_ms <= SKEW_REFUSED_MS:
        return CheckStep(name="clock", mark=Mark.WARNING, found=found, advice=advice)
    return CheckStep(
        name="clock",
        mark=Mark.FAILURE,
        found=found,
        advice=f"{advice}; receivers refuse what is signed at a time that differs by more than 5 minutes",
    )


def _date_ms(written: str) -> int | None:
    try:
        date = parsedate_to_datetime(written)
    except ValueError:
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return (date - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def _about(span_ms: int) -> str:
    seconds = span_ms // 1_000
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"


def _latency_step(webhook: WebHook, answer: Answer) -> CheckStep:
    took_ms = answer.timings.total_us / 1_000
    found = f"answered within {took_ms:.0f} ms of {show_duration(webhook.timeout_ms)}"
    if took_ms <= webhook.timeout_ms * SLOW_SHARE:
        return CheckStep(name="latency", mark=Mark.OK, found=found)
    advice = "let the receiver answer before it works on the events, or raise timeout"
    return CheckStep(name="latency", mark=Mark.WARNING, found=found, advice=advice)
