"""/v1/attempts: every request that was made to an endpoint, and what came of it."""

import enum
from collections.abc import Sequence
from typing import Annotated, Final

import msgspec
from starlette.responses import Response as HttpAnswer

from bellwire.model.attempt import Answer as Answered
from bellwire.model.attempt import (
    Attempt,
    AttemptId,
    Delivered,
    Failed,
    Gone,
    NoAnswer,
    Outcome,
    Refused,
    Response,
    RetryLater,
    Timings,
    Trouble,
)
from bellwire.model.duration import show_duration
from bellwire.model.principal import Scope
from bellwire.model.webhook import WebhookId
from bellwire.store import AttemptSearch
from bellwire.web.answers import Time, json_answer, show_time_ms
from bellwire.web.operation import Answer, Example, Tag, json_content
from bellwire.web.paging import PAGING, Page, gather, listing, place_from
from bellwire.web.parameters import LIMIT, flag_parameter, text_parameter
from bellwire.web.problem_kinds import unknown
from bellwire.web.resource import Call, described


class AttemptPlace(msgspec.Struct, frozen=True, array_like=True, tag="attempt"):
    """Where a page of attempts ends."""

    attempt_id: str


class NoAnswerView(msgspec.Struct, frozen=True, kw_only=True):
    """Why there was no answer."""

    trouble: Trouble
    detail: str


class TimingsView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Milliseconds from the start until each step was done; null for one not reached or not needed."""

    name_lookup: float | None
    connect: float | None
    tls: float | None
    first_byte: float | None
    total: float | None


class OutcomeWord(enum.Enum):
    """What an answer meant; `blocked`: a test was not sent, as a secret could not be read."""

    DELIVERED = "delivered"
    REFUSED = "refused"
    RETRY_LATER = "retry-later"
    GONE = "gone"
    FAILED = "failed"
    BLOCKED = "blocked"


class AttemptView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One request to an endpoint and what came of it."""

    id: str
    webhook_id: str
    replay_id: Annotated[str | None, msgspec.Meta(description="The replay it was made for; null: live delivery.")]
    batch_id: Annotated[str, msgspec.Meta(description="The `webhook-id` of the request, the same in its retries.")]
    number: Annotated[int, msgspec.Meta(description="Of the attempts of the batch, from 1.")]
    at: Time
    events: Annotated[int, msgspec.Meta(description="How many the request carried.")]
    first_position: int
    last_position: int
    bytes: Annotated[int, msgspec.Meta(description="Of the request's body.")]
    outcome: OutcomeWord
    reason: Annotated[str | None, msgspec.Meta(description="Why, for a person; null if it was delivered.")]
    status: Annotated[int | None, msgspec.Meta(description="Of the answer; null if there was none.")]
    error: Annotated[NoAnswerView | None, msgspec.Meta(description="Why there was no answer.")]
    duration_ms: float
    timings: TimingsView


class AttemptDetailsView(AttemptView, frozen=True, kw_only=True, rename="camel"):
    """An attempt with the first 4 KiB of the answer's body."""

    answer: Annotated[str | None, msgspec.Meta(description="As text; null if there was no answer.")]


_PLACES: Final = msgspec.json.Decoder(AttemptPlace)

_WEBHOOK: Final = text_parameter("webhook", "Only those of the webhook of this id.")
_FAILED: Final = flag_parameter("failed", "Only those that did not deliver.")
_EXAMPLE: Final = AttemptView(
    id="019786a2-11aa-7000-8000-6f6e6c7920aa",
    webhook_id="019786a1-7c7e-7d5c-9d8f-3f1c5a1d2b3e",
    replay_id=None,
    batch_id="019786a2-0f3e-7000-8000-000000000001",
    number=2,
    at="2026-01-31T08:00:05.120Z",
    events=3,
    first_position=17,
    last_position=19,
    bytes=842,
    outcome=OutcomeWord.FAILED,
    reason="answered 500",
    status=500,
    error=None,
    duration_ms=21.4,
    timings=TimingsView(name_lookup=0.2, connect=1.1, tls=9.8, first_byte=21.1, total=21.4),
)
_EXAMPLE_WITH_ANSWER: Final = AttemptDetailsView(**msgspec.structs.asdict(_EXAMPLE), answer="internal error")


@described(
    summary="List attempts",
    needs=Scope.READ,
    tag=Tag.ATTEMPTS,
    parameters=(_WEBHOOK, _FAILED, *PAGING),
    answers=(
        Answer(
            status=200,
            description="A page of attempts.",
            contents=json_content(
                Page[AttemptView],
                one=Example(summary="A failure", value=Page(items=[_EXAMPLE], next=None)),
            ),
        ),
    ),
)
async def list_attempts(call: Call) -> HttpAnswer:
    """Requests to endpoints and what came of them, the newest first, of one webhook or of all, or the failed ones."""
    parameters = call.parameters()
    webhook, failed = parameters.read(_WEBHOOK), parameters.read(_FAILED)
    limit, place = parameters.read(LIMIT), place_from(parameters, _PLACES)
    parameters.check()
    first = AttemptId(place.attempt_id) if place else None

    async def fetch(last: Attempt | None, count: int) -> Sequence[Attempt]:
        before = last.id if last else first
        webhook_id = None if webhook is None else WebhookId(webhook)
        return await call.service.attempts(
            AttemptSearch(webhook_id=webhook_id, failed=failed, before=before, limit=count)
        )

    attempts, more = await gather(fetch, limit=limit, size=lambda _: 0)
    return json_answer(listing(attempts, more=more, show=view_attempt, place=lambda attempt: AttemptPlace(attempt.id)))


@described(
    summary="Read an attempt",
    needs=Scope.READ,
    tag=Tag.ATTEMPTS,
    answers=(
        Answer(
            status=200,
            description="The attempt.",
            contents=json_content(AttemptDetailsView, one=Example(summary="A failure", value=_EXAMPLE_WITH_ANSWER)),
        ),
    ),
    problems=(unknown("attempt"),),
)
async def read_attempt(call: Call) -> HttpAnswer:
    """One attempt, with the first 4 KiB of the answer."""
    return json_answer(view_attempt_details(await call.service.attempt(call.path("attempt_id"))))


def view_attempt_details(attempt: Attempt) -> AttemptDetailsView:
    """The attempt as the API shows it, with the first bytes of the answer."""
    fields = msgspec.structs.asdict(view_attempt(attempt))
    return AttemptDetailsView(**fields, answer=view_answer(attempt.response))


def view_attempt(attempt: Attempt) -> AttemptView:
    """The attempt as the API shows it."""
    outcome, reason = view_outcome(attempt.outcome)
    response = attempt.response
    return AttemptView(
        id=attempt.id,
        webhook_id=attempt.webhook_id,
        replay_id=attempt.replay_id,
        batch_id=attempt.batch_id,
        number=attempt.number,
        at=show_time_ms(attempt.at_ms),
        events=attempt.events,
        first_position=attempt.first,
        last_position=attempt.last,
        bytes=attempt.body_bytes,
        outcome=outcome,
        reason=reason,
        status=response.status if isinstance(response, Answered) else None,
        error=view_trouble(response),
        duration_ms=response.timings.total_us / 1000,
        timings=view_timings(response.timings),
    )


def view_outcome(outcome: Outcome) -> tuple[OutcomeWord, str | None]:
    """What an answer meant, and why in words."""
    match outcome:
        case Delivered():
            return OutcomeWord.DELIVERED, None
        case Refused(reason=reason):
            return OutcomeWord.REFUSED, reason
        case RetryLater(reason=reason, after_ms=after_ms):
            return OutcomeWord.RETRY_LATER, f"{reason}, to be tried again after {show_duration(after_ms)}"
        case Gone(reason=reason):
            return OutcomeWord.GONE, reason
        case Failed(reason=reason):
            return OutcomeWord.FAILED, reason


def view_trouble(response: Response) -> NoAnswerView | None:
    """Why there was no answer, if there was none."""
    match response:
        case Answered():
            return None
        case NoAnswer(trouble=trouble, detail=detail):
            return NoAnswerView(trouble=trouble, detail=detail)


def view_answer(response: Response) -> str | None:
    """The first bytes of the answer's body as text."""
    match response:
        case Answered(body=body):
            return body.decode(errors="replace")
        case NoAnswer():
            return None


def view_timings(timings: Timings) -> TimingsView:
    """Milliseconds from the start until each step was done."""
    return TimingsView(
        name_lookup=_ms(timings.name_lookup_us),
        connect=_ms(timings.connect_us),
        tls=_ms(timings.tls_us),
        first_byte=_ms(timings.first_byte_us),
        total=_ms(timings.total_us),
    )


def _ms(time_us: int | None) -> float | None:
    return None if time_us is None else time_us / 1000
