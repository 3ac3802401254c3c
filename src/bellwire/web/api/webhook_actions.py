"""/v1/webhooks/{id}/…: what can be done with a webhook besides editing it."""

from typing import Annotated, Any, Final, assert_never

import msgspec
from starlette.responses import Response

from bellwire.engine.keyring import Unreadable, make_signature_key
from bellwire.engine.tester import Exchange
from bellwire.model.attempt import AddressRefused, NoAnswer, Request
from bellwire.model.attempt import Answer as Answered
from bellwire.model.principal import Scope
from bellwire.model.status import Account
from bellwire.model.webhook import RegisteredWebhook
from bellwire.rules.presenting import present_registered
from bellwire.rules.rotating import read_rotation
from bellwire.web.answers import json_answer, show_time_ms_or_none
from bellwire.web.api.attempts import (
    NoAnswerView,
    OutcomeWord,
    TimingsView,
    view_answer,
    view_outcome,
    view_timings,
    view_trouble,
)
from bellwire.web.api.webhooks import (
    STATUS_ANSWER,
    UNKNOWN_WEBHOOK,
    read_webhook_status,
    receiver_key,
    revision_of,
    webhook_id_of,
)
from bellwire.web.operation import EDIT_CONDITIONS, ETAG, Answer, Body, Example, Tag, json_content
from bellwire.web.preconditions import entity_tag
from bellwire.web.problem_kinds import INVALID_OBJECT
from bellwire.web.resource import Call, described
from bellwire.web.schemas.rotations import ROTATION
from bellwire.web.schemas.shown_webhooks import ROTATED_WEBHOOK
from bellwire.web.schemas.webhook_examples import ROTATED_EXAMPLE


class NamedValue(msgspec.Struct, frozen=True, kw_only=True):
    """A header."""

    name: str
    value: str


class SentView(msgspec.Struct, frozen=True, kw_only=True):
    """The request of a test; of Authorization only the scheme."""

    method: str
    url: str
    headers: tuple[NamedValue, ...]
    body: str


class ReceivedView(msgspec.Struct, frozen=True, kw_only=True):
    """What the endpoint answered to a test."""

    status: Annotated[int | None, msgspec.Meta(description="null if there was no answer.")]
    headers: tuple[NamedValue, ...]
    body: Annotated[str | None, msgspec.Meta(description="Its first 4 KiB as text; null if there was no answer.")]
    error: Annotated[NoAnswerView | None, msgspec.Meta(description="Why there was no answer.")]


class ExchangeView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What came of a test."""

    outcome: OutcomeWord
    reason: Annotated[str | None, msgspec.Meta(description="Why, for a person; null if it was delivered.")]
    request: Annotated[SentView | None, msgspec.Meta(description="null if nothing was sent.")]
    response: ReceivedView | None
    duration_ms: float | msgspec.UnsetType = msgspec.UNSET
    timings: TimingsView | msgspec.UnsetType = msgspec.UNSET


_BLOCKED: Final = ExchangeView(
    outcome=OutcomeWord.BLOCKED, reason="the variable HOOK_SECRET is not set", request=None, response=None
)
_DELIVERED: Final = ExchangeView(
    outcome=OutcomeWord.DELIVERED,
    reason=None,
    request=SentView(
        method="POST",
        url="https://hooks.example.com/in",
        headers=(NamedValue(name="Content-Type", value="application/json"),),
        body='{"events":[…]}',
    ),
    response=ReceivedView(status=204, headers=(), body="", error=None),
    duration_ms=21.4,
    timings=TimingsView(name_lookup=0.2, connect=1.1, tls=9.8, first_byte=21.1, total=21.4),
)


@described(
    summary="Pause a webhook",
    needs=Scope.WRITE,
    tag=Tag.WEBHOOKS,
    conditions=EDIT_CONDITIONS,
    answers=(STATUS_ANSWER,),
    problems=(UNKNOWN_WEBHOOK,),
)
async def pause_webhook(call: Call) -> Response:
    """Send nothing more and keep what waits; deadlines stand still. Answers the status."""
    await call.service.pause_webhook(webhook_id_of(call), revision=revision_of(call), by=call.principal)
    return await read_webhook_status(call)


@described(
    summary="Resume a webhook",
    needs=Scope.WRITE,
    tag=Tag.WEBHOOKS,
    conditions=EDIT_CONDITIONS,
    answers=(STATUS_ANSWER,),
    problems=(UNKNOWN_WEBHOOK,),
)
async def resume_webhook(call: Call) -> Response:
    """Send again, at once: ends a pause, a waiting retry, and the state `gone`. Answers the status."""
    await call.service.resume_webhook(webhook_id_of(call), revision=revision_of(call), by=call.principal)
    return await read_webhook_status(call)


@described(
    summary="Rotate a signature key",
    needs=Scope.WRITE,
    tag=Tag.WEBHOOKS,
    conditions=EDIT_CONDITIONS,
    body=Body(
        required=False,
        contents=json_content(
            ROTATION,
            made=Example(summary="A key made here, a day's overlap", value={}),
            given=Example(summary="A key of yours", value={"signatureKey": "secret-passphrase", "overlap": "12h"}),
        ),
    ),
    answers=(
        Answer(
            status=200,
            description="The webhook with its next key.",
            contents=json_content(ROTATED_WEBHOOK, one=Example(summary="A key was given", value=ROTATED_EXAMPLE)),
            headers=(ETAG,),
        ),
    ),
    problems=(UNKNOWN_WEBHOOK, INVALID_OBJECT),
)
async def rotate_key(call: Call) -> Response:
    """Sign with another key from the next request on; without one in the body it is made here and shown this once.

    Until the overlap ends, both keys sign `webhook-signature`. `X-Signature`, which has room for one signature, is made
    with the new key at once.
    """
    rotation = read_rotation(await call.document())
    key = make_signature_key() if rotation.key is None else rotation.key
    webhook = await call.service.rotate_key(
        webhook_id_of(call), key, overlap_ms=rotation.overlap_ms, revision=revision_of(call), by=call.principal
    )
    content = present_registered(webhook, by=call.principal) | receiver_key(webhook) | _previous_key_until(webhook)
    if rotation.key is None:
        content["secret"] = key
    return json_answer(content, headers={"ETag": entity_tag(webhook.revision)})


@described(
    summary="Test a webhook",
    needs=Scope.WRITE,
    tag=Tag.WEBHOOKS,
    answers=(
        Answer(
            status=200,
            description="What came of it, whatever the endpoint did.",
            contents=json_content(
                ExchangeView,
                delivered=Example(summary="Delivered", value=_DELIVERED),
                blocked=Example(summary="Nothing was sent", value=_BLOCKED),
            ),
        ),
    ),
    problems=(UNKNOWN_WEBHOOK,),
)
async def test_webhook(call: Call) -> Response:
    """Send a `webhook.test` event now, also while disabled or paused, and answer the whole exchange.

    The event never enters the log.
    """
    tested = await call.service.test_webhook(webhook_id_of(call), by=call.principal)
    match tested:
        case Unreadable(reason=reason) | AddressRefused(reason=reason):
            return json_answer(ExchangeView(outcome=OutcomeWord.BLOCKED, reason=reason, request=None, response=None))
        case Exchange(request=request, response=response, outcome=outcome):
            word, why = view_outcome(outcome)
            return json_answer(
                ExchangeView(
                    outcome=word,
                    reason=why,
                    request=_view_request(request),
                    response=_view_response(response),
                    duration_ms=response.timings.total_us / 1000,
                    timings=view_timings(response.timings),
                )
            )
    assert_never(tested)


@described(
    summary="Read a webhook's account",
    needs=Scope.READ,
    tag=Tag.WEBHOOKS,
    answers=(
        Answer(
            status=200,
            description="The account, in events.",
            contents=json_content(
                Account,
                one=Example(
                    summary="One event came too late",
                    value=Account(wanted=9, delivered=6, waiting=2, discarded={"expired": 1}),
                ),
            ),
        ),
    ),
    problems=(UNKNOWN_WEBHOOK,),
)
async def read_account(call: Call) -> Response:
    """What became of the events that the webhook wanted since it exists: wanted = delivered + waiting + discarded."""
    return json_answer(await call.service.account(webhook_id_of(call)))


def _previous_key_until(webhook: RegisteredWebhook) -> dict[str, Any]:
    previous = webhook.previous_key
    return {"previousKeyUntil": show_time_ms_or_none(previous.until_ms if previous else None)}


def _view_request(request: Request) -> SentView:
    return SentView(method="POST", url=request.url, headers=_named(request.headers), body=request.body.decode())


def _view_response(response: Answered | NoAnswer) -> ReceivedView:
    status, headers = (response.status, response.headers) if isinstance(response, Answered) else (None, ())
    return ReceivedView(
        status=status, headers=_named(headers), body=view_answer(response), error=view_trouble(response)
    )


def _named(headers: tuple[tuple[str, str], ...]) -> tuple[NamedValue, ...]:
    return tuple(NamedValue(name=name, value=value) for name, value in headers)
