"""A request and what came of it, as pages show them: a test, or an attempt that was recorded."""

import shlex
from typing import Final, assert_never

import msgspec

from bellwire.engine.keyring import Unreadable
from bellwire.engine.tester import Exchange, Tested
from bellwire.model.attempt import (
    AddressRefused,
    Answer,
    Attempt,
    Delivered,
    NoAnswer,
    Outcome,
    Request,
    Response,
    Timings,
    Trouble,
)
from bellwire.web.api.attempts import view_outcome
from bellwire.web.pages.rendering import phrase

BODY_SHOWN_BYTES_MAX: Final = 64 * 1024


class Phase(msgspec.Struct, frozen=True, kw_only=True):
    """A part of an exchange: from start_us on, for length_us. name: of its style too."""

    name: str
    title: str
    start_us: int
    length_us: int


class SentView(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it is shown. cut: whether the body is longer than what is shown of it."""

    url: str
    headers: tuple[tuple[str, str], ...]
    body: str
    body_bytes: int
    cut: bool
    curl: str


class AnswerView(msgspec.Struct, frozen=True, kw_only=True):
    """An answer as it is shown: its status and header, or what kept the endpoint from answering."""

    status: int | None
    phrase: str
    headers: tuple[tuple[str, str], ...]
    body: str
    trouble: str


class ExchangeView(msgspec.Struct, frozen=True, kw_only=True):
    """Request, answer, and what that means. blocked: why nothing was sent; then there is no answer."""

    good: bool
    outcome: str
    reason: str
    advice: str
    sent: SentView | None
    answer: AnswerView | None
    phases: tuple[Phase, ...] = ()
    total_us: int = 0
    blocked: str = ""


def view_exchange(tested: Tested) -> ExchangeView:
    """What a test showed."""
    match tested:
        case Unreadable(reason=reason):
            advice = "Nothing is sent without the secrets that the webhook names. Set the variable or mend the file."
            return ExchangeView(
                good=False, outcome="blocked", reason=reason, advice=advice, sent=None, answer=None, blocked=reason
            )
        case AddressRefused(reason=reason):
            advice = "Settings forbid requests to this address. Allow it there, or give the webhook another URL."
            return ExchangeView(
                good=False, outcome="blocked", reason=reason, advice=advice, sent=None, answer=None, blocked=reason
            )
        case Exchange(request=request, response=response, outcome=outcome):
            return msgspec.structs.replace(view_attempted(response, outcome), sent=view_request(request))
    assert_never(tested)


def view_attempted(response: Response, outcome: Outcome) -> ExchangeView:
    """What came of a request, without the request itself."""
    word, reason = view_outcome(outcome)
    return ExchangeView(
        good=isinstance(outcome, Delivered),
        outcome=word.value.replace("-", " "),
        reason=reason or "",
        advice=advise(response, outcome),
        sent=None,
        answer=_view_answer(response),
        phases=phases_of(response.timings, answered=isinstance(response, Answer)),
        total_us=response.timings.total_us,
    )


def view_request(request: Request) -> SentView:
    """The request, its body cut at BODY_SHOWN_BYTES_MAX."""
    return SentView(
        url=request.url,
        headers=request.headers,
        body=request.body[:BODY_SHOWN_BYTES_MAX].decode(errors="replace"),
        body_bytes=len(request.body),
        cut=len(request.body) > BODY_SHOWN_BYTES_MAX,
        curl=as_curl(request),
    )


def as_curl(request: Request) -> str:
    """The request as a command; its credentials are masked as they are in the request."""
    words = ["curl", "--include"]
    if request.allow_invalid_certs:
        words.append("--insecure")
    for name, value in request.headers:
        words += ["--header", f"{name}: {value}"]
    cut = len(request.body) > BODY_SHOWN_BYTES_MAX
    words += ["--data-binary", "@body.json" if cut else request.body.decode(errors="replace"), request.url]
    return " ".join(map(shlex.quote, words))


def phases_of(timings: Timings, *, answered: bool) -> tuple[Phase, ...]:
    """The parts of an exchange that took place, one after the other."""
    steps = (
        ("dns", "Name lookup", timings.name_lookup_us),
        ("connect", "Connect", timings.connect_us),
        ("tls", "TLS", timings.tls_us),
        ("wait", "First byte of the answer", timings.first_byte_us),
        ("rest", "Rest of the answer" if answered else "Until it was given up", timings.total_us),
    )
    phases: list[Phase] = []
    reached = 0
    for name, title, until_us in steps:
        if until_us is None or (until_us <= reached and name != "rest"):
            continue
        phases.append(Phase(name=name, title=title, start_us=reached, length_us=max(0, until_us - reached)))
        reached = max(reached, until_us)
    return tuple(phases)


def advise(response: Response, outcome: Outcome) -> str:
    """What an operator can do about it; empty where nothing needs to be done."""
    match response:
        case NoAnswer(trouble=trouble):
            return _TROUBLES[trouble]
        case Answer(status=status, headers=headers):
            if isinstance(outcome, Delivered):
                return ""
            location = next((value for name, value in headers if name == "location"), "")
            if 300 <= status < 400 and location:
                return f"Redirects are not followed. If the endpoint has moved, set its URL to {location}"
            return _STATUSES.get(status) or _CLASSES.get(status // 100, "")
    assert_never(response)


def advise_attempt(attempt: Attempt) -> str:
    """As advise, for an attempt that was recorded."""
    return advise(attempt.response, attempt.outcome)


_TROUBLES: Final = {
    Trouble.NAME_LOOKUP: "The host name cannot be looked up: check its spelling in the URL, and the name server.",
    Trouble.CONNECT: "Nothing takes connections at that address: check host and port, whether the receiver runs, and "
    "whether a firewall stands between.",
    Trouble.TLS: "No safe connection could be made: check the endpoint's certificate, its names and its date.",
    Trouble.TIMEOUT: "The answer took longer than the timeout: let the receiver answer before it works on the events, "
    "or raise the timeout.",
    Trouble.RESET: "The endpoint closed the connection before it answered: look into its log for a crash or a limit.",
    Trouble.BAD_HTTP: "What came back is no HTTP: check that scheme and port of the URL are those of the receiver.",
}
_STATUSES: Final = {
    400: "The receiver does not like the request: look at its answer, and at what it expects.",
    401: "The receiver wants other credentials: check the authentication of this webhook.",
    403: "The receiver refuses these credentials, signature or address: check authentication and key.",
    404: "There is nothing at this path: check the URL.",
    405: "The receiver takes no POST at this path: check the URL.",
    410: "The receiver wants nothing more. Give the webhook another URL, or resume it if that was a mistake.",
    413: "The receiver takes no bodies of this size: lower the most bytes of a batch.",
    415: "The receiver wants another Content-Type; it can be set among the HTTP headers.",
    422: "The receiver understood the request and refused these events: look at its answer.",
    429: "The receiver is asked too often: raise the throttle.",
    503: "The receiver is overloaded or under maintenance; it is tried again by itself.",
}
_CLASSES: Final = {
    3: "Redirects are not followed: set the URL to where the endpoint is.",
    4: "The receiver refused the request: look at its answer.",
    5: "The receiver failed: look into its log. It is tried again by itself.",
}


def _view_answer(response: Response) -> AnswerView:
    match response:
        case Answer(status=status, headers=headers, body=body):
            return AnswerView(
                status=status, phrase=phrase(status), headers=headers, body=body.decode(errors="replace"), trouble=""
            )
        case NoAnswer(trouble=trouble, detail=detail):
            named = trouble.value.replace("-", " ").capitalize()
            return AnswerView(status=None, phrase=named, headers=(), body="", trouble=detail)
    assert_never(response)
