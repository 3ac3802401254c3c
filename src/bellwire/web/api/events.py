"""/v1/events: what was published, the newest first."""

from typing import Annotated, Final

import msgspec
from starlette.responses import Response

from bellwire.model.event import EventId, EventTypeId, LoggedEvent, Position, WebhookEvent
from bellwire.model.event_query import CONDITIONS_MAX, Condition, EventQuery
from bellwire.model.principal import Scope
from bellwire.model.replay import ReplayVerdict
from bellwire.model.status import Explanation, Verdict
from bellwire.model.webhook import WebhookId
from bellwire.rules.comparing_data import read_condition
from bellwire.web.answers import Time, json_answer, show_time_ms, show_time_ms_or_none
from bellwire.web.operation import Answer, Example, Tag, json_content
from bellwire.web.paging import PAGING, Page, listing, place_from, token_of
from bellwire.web.parameters import LIMIT, Parameters, RepeatedParameter, text_parameter, time_parameter
from bellwire.web.problem_kinds import unknown
from bellwire.web.resource import Call, described
from bellwire.web.type_filter import TYPE, read_types


class EventView(WebhookEvent, frozen=True, kw_only=True, rename="camel"):
    """An event as the API shows it: the page's WebhookEvent and its place in the log."""

    position: Annotated[int, msgspec.Meta(description="Its place in the event log.", ge=1)]
    accepted_at: Time


class EventPlace(msgspec.Struct, frozen=True, array_like=True, tag="event"):
    """Where a page of events ends."""

    position: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class ReplayNoteView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """That a replay concerned an event."""

    replay_id: str
    verdict: ReplayVerdict
    because: Annotated[str, msgspec.Meta(description="The reason, for a person.")]
    at: Annotated[Time | None, msgspec.Meta(description="When it was delivered or discarded.")]


class ExplanationView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Why an event did or did not reach a webhook."""

    webhook_id: str
    verdict: Verdict
    because: Annotated[str, msgspec.Meta(description="The reason, for a person.")]
    at: Annotated[Time | None, msgspec.Meta(description="When it was delivered or discarded.")]
    until: Annotated[Time | None, msgspec.Meta(description="When it is given up, if it waits so long.")]
    attempt_id: Annotated[str | None, msgspec.Meta(description="The attempt that delivered it.")]
    replays: Annotated[
        tuple[ReplayNoteView, ...], msgspec.Meta(description="Replays that delivered it, hold it or gave it up, too.")
    ]


class ExplainedPlace(msgspec.Struct, frozen=True, array_like=True, tag="explained"):
    """Where a page of explanations ends."""

    webhook_id: str


_EXPLAINED_PLACES: Final = msgspec.json.Decoder(ExplainedPlace)
_PLACES: Final = msgspec.json.Decoder(EventPlace)

_SINCE: Final = time_parameter("since", "Only events accepted at this time or later.")
_UNTIL: Final = time_parameter("until", "Only events accepted before this time.")
_WEBHOOK: Final = text_parameter("webhook", "Only the answer for the webhook of this id.")
_WANTED_BY: Final = text_parameter("webhook", "Only what the webhook of this id wants by its present filter.")
_WHERE: Final = RepeatedParameter(
    "where",
    "Only events whose data have this value, as in `accountName=jane`; a dot leads into an inner object, and of an "
    "array one value is enough. Given several times, all must be met.",
    examples=(["accountName=jane"],),
)
_EXAMPLE: Final = EventView(
    id=EventId("order-7"),
    created_at="2026-01-31T08:00:00.000Z",
    type=EventTypeId("shop.order-paid"),
    data=msgspec.Raw(b'{"amount":12.50}'),
    position=17,
    accepted_at="2026-01-31T08:00:00.120Z",
)
_EXPLANATION: Final = ExplanationView(
    webhook_id="019786a1-7c7e-7d5c-9d8f-3f1c5a1d2b3e",
    verdict=Verdict.DELIVERED,
    because="it was delivered",
    at="2026-01-31T08:00:01.000Z",
    until=None,
    attempt_id="019786a2-11aa-7000-8000-6f6e6c7920aa",
    replays=(),
)


@described(
    summary="List events",
    needs=Scope.READ,
    tag=Tag.EVENTS,
    parameters=(TYPE, _SINCE, _UNTIL, _WHERE, _WANTED_BY, *PAGING),
    answers=(
        Answer(
            status=200,
            description="A page of events.",
            contents=json_content(
                Page[EventView], one=Example(summary="One event", value=Page(items=[_EXAMPLE], next=None))
            ),
        ),
    ),
    problems=(unknown("webhook"),),
)
async def list_events(call: Call) -> Response:
    """What was published, the newest first: of any of the given types, since and until a time, by values of its data,
    and as far as a webhook's present filter wants it. A call looks at a bounded number of events, so a page may be
    short, or empty, and still have a `next`.
    """
    parameters = call.parameters()
    webhook = parameters.read(_WANTED_BY)
    limit, place = parameters.read(LIMIT), place_from(parameters, _PLACES)
    query = EventQuery(
        types=read_types(parameters, call.service.catalogue),
        since_ms=parameters.read(_SINCE),
        until_ms=parameters.read(_UNTIL),
        conditions=_read_conditions(parameters),
        webhook_id=None if webhook is None else WebhookId(webhook),
        before=Position(place.position) if place else None,
        limit=limit,
    )
    parameters.check()
    found = await call.service.finder.find(query)
    token = None if found.next is None else token_of(EventPlace(found.next))
    return json_answer(Page(items=[view_event(event) for event in found.events], next=token))


def _read_conditions(parameters: Parameters) -> tuple[Condition, ...]:
    written = parameters.read_all(_WHERE)
    if len(written) > CONDITIONS_MAX:
        parameters.fault("where", f"is given {len(written)} times; {CONDITIONS_MAX} at most")
    conditions: list[Condition] = []
    for each in written[:CONDITIONS_MAX]:
        try:
            conditions.append(read_condition(each))
        except ValueError as problem:
            parameters.fault("where", str(problem))
    return tuple(conditions)


@described(
    summary="Read an event",
    needs=Scope.READ,
    tag=Tag.EVENTS,
    answers=(
        Answer(
            status=200,
            description="The event.",
            contents=json_content(EventView, one=Example(summary="An event", value=_EXAMPLE)),
        ),
    ),
    problems=(unknown("event"),),
)
async def read_event(call: Call) -> Response:
    """One event. Its id is its publisher's choice and may have slashes; one that ends in `/why` cannot be read so."""
    return json_answer(view_event(await call.service.event(EventId(call.path("event_id")))))


@described(
    summary="Explain what became of an event",
    needs=Scope.READ,
    tag=Tag.EVENTS,
    parameters=(_WEBHOOK, *PAGING),
    answers=(
        Answer(
            status=200,
            description="A page of answers, one for each webhook.",
            contents=json_content(
                Page[ExplanationView], one=Example(summary="Delivered", value=Page(items=[_EXPLANATION], next=None))
            ),
        ),
    ),
    problems=(unknown("event"), unknown("webhook")),
)
async def explain_event(call: Call) -> Response:
    """Why the event did or did not reach each webhook, in the order of their ids, or the one that is named."""
    parameters = call.parameters()
    named = parameters.read(_WEBHOOK)
    limit, place = parameters.read(LIMIT), place_from(parameters, _EXPLAINED_PLACES)
    parameters.check()
    event = await call.service.event(EventId(call.path("event_id")))
    webhooks = call.service.webhooks() if named is None else (call.service.webhook(WebhookId(named)),)
    after = place.webhook_id if place else ""
    asked = sorted((webhook for webhook in webhooks if webhook.id > after), key=lambda webhook: webhook.id)
    explanations = await call.service.explainer.explain(event, asked[:limit])
    page = listing(
        explanations,
        more=len(asked) > limit,
        show=_view_explanation,
        place=lambda explanation: ExplainedPlace(explanation.webhook_id),
    )
    return json_answer(page)


def _view_explanation(explanation: Explanation) -> ExplanationView:
    return ExplanationView(
        webhook_id=explanation.webhook_id,
        verdict=explanation.verdict,
        because=explanation.because,
        at=show_time_ms_or_none(explanation.at_ms),
        until=show_time_ms_or_none(explanation.until_ms),
        attempt_id=explanation.attempt_id,
        replays=tuple(
            ReplayNoteView(
                replay_id=note.replay_id,
                verdict=note.verdict,
                because=note.because,
                at=show_time_ms_or_none(note.at_ms),
            )
            for note in explanation.replays
        ),
    )


def view_event(event: LoggedEvent) -> EventView:
    """The event as the API shows it."""
    published = msgspec.json.decode(event.encoded, type=WebhookEvent)
    return EventView(
        id=published.id,
        created_at=published.created_at,
        type=published.type,
        data=published.data,
        position=event.position,
        accepted_at=show_time_ms(event.accepted_at_ms),
    )
