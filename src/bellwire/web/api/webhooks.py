"""/v1/webhooks: the registered webhooks; edits are guarded by ETag and If-Match (RFC 9110 §13)."""

import enum
from typing import Annotated, Any, Final

import msgspec
from starlette.responses import Response

from bellwire.engine.registrar import Edited
from bellwire.errors import Fault
from bellwire.model.principal import Scope
from bellwire.model.secret import Value
from bellwire.model.status import WebhookStatus
from bellwire.model.webhook import RegisteredWebhook, WebhookId
from bellwire.rules.matching import counted_types
from bellwire.rules.presenting import present_registered, present_webhook
from bellwire.rules.signing import receivers_key
from bellwire.rules.validating import Checked
from bellwire.web.answers import Time, json_answer, show_time_ms, show_time_ms_or_none
from bellwire.web.bodies import PATCH_TYPE
from bellwire.web.operation import (
    EDIT_CONDITIONS,
    ETAG,
    IF_NONE_MATCH,
    LOCATION,
    NOT_MODIFIED,
    Answer,
    Body,
    Content,
    Example,
    Tag,
    json_content,
)
from bellwire.web.paging import PAGING, listing, place_from
from bellwire.web.parameters import LIMIT, flag_parameter
from bellwire.web.preconditions import entity_tag, not_modified, revision_to_edit
from bellwire.web.problem_kinds import INVALID_OBJECT, unknown
from bellwire.web.resource import Call, described
from bellwire.web.schemas.shown_webhooks import CHECKED_WEBHOOK, EDITED_WEBHOOK, WEBHOOK, WEBHOOK_PAGE
from bellwire.web.schemas.webhook_examples import (
    CHECKED_EXAMPLE,
    CREATED_EXAMPLE,
    EDITED_EXAMPLE,
    PATCH_EXAMPLES,
    SHOWN_EXAMPLE,
    WRITTEN_EXAMPLES,
)
from bellwire.web.schemas.webhooks import REPLACED_WEBHOOK, WEBHOOK_PATCH, WRITTEN_WEBHOOK


class WebhookPlace(msgspec.Struct, frozen=True, array_like=True, tag="webhook"):
    """Where a page of webhooks ends."""

    created_at_ms: int
    webhook_id: str


class WebhookState(enum.Enum):
    """healthy; retrying: the last attempt failed; failing: three or more in a row did; blocked: it cannot send safely;
    paused, disabled: by an operator; gone: the endpoint answered 410.
    """

    HEALTHY = "healthy"
    RETRYING = "retrying"
    FAILING = "failing"
    BLOCKED = "blocked"
    PAUSED = "paused"
    GONE = "gone"
    DISABLED = "disabled"


class WebhookStatusView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How a webhook does."""

    state: WebhookState
    since: Annotated[Time, msgspec.Meta(description="When it came into this state.")]
    reason: Annotated[str, msgspec.Meta(description="Why it is in this state, for a person; empty if all is well.")]
    backlog: Annotated[int, msgspec.Meta(description="Events waiting.")]
    lag_ms: Annotated[int, msgspec.Meta(description="The age of the oldest of them.")]
    delivered: Annotated[int, msgspec.Meta(description="Events.")]
    discarded: Annotated[int, msgspec.Meta(description="Events.")]
    last_success: Time | None
    last_failure: Time | None
    next_attempt: Annotated[Time | None, msgspec.Meta(description="If nothing happens before; null: none is to come.")]
    next_attempt_in_ms: int | None
    oldest_deadline: Annotated[Time | None, msgspec.Meta(description="When the first event that waits is given up.")]
    oldest_deadline_in_ms: int | None
    certificate_ends: Annotated[
        Time | None, msgspec.Meta(description="When the certificate ends that the endpoint showed last.")
    ]
    warnings: Annotated[tuple[str, ...], msgspec.Meta(description="What will need somebody soon.")]


_PLACES: Final = msgspec.json.Decoder(WebhookPlace)

UNKNOWN_WEBHOOK: Final = unknown("webhook")

_VALIDATE: Final = flag_parameter("validate", "Only look at the object and answer 200 with what would be stored.")
_EDITED: Final = Answer(
    status=200,
    description="The webhook as it is now, and warnings.",
    contents=json_content(EDITED_WEBHOOK, one=Example(summary="After an edit", value=EDITED_EXAMPLE)),
    headers=(ETAG,),
)
STATUS_ANSWER: Final = Answer(
    status=200,
    description="How the webhook does.",
    contents=json_content(
        WebhookStatusView,
        one=Example(
            summary="Its last attempts failed",
            value=WebhookStatusView(
                state=WebhookState.FAILING,
                since="2026-01-31T08:00:05.120Z",
                reason="answered 500",
                backlog=12,
                lag_ms=8_500,
                delivered=4_711,
                discarded=0,
                last_success="2026-01-31T07:59:41.000Z",
                last_failure="2026-01-31T08:00:12.120Z",
                next_attempt="2026-01-31T08:00:19.870Z",
                next_attempt_in_ms=7_750,
                oldest_deadline="2026-01-31T08:05:03.620Z",
                oldest_deadline_in_ms=291_500,
                certificate_ends="2026-02-09T12:00:00.000Z",
                warnings=("the endpoint's certificate ends in 9 days",),
            ),
        ),
    ),
)


@described(
    summary="List webhooks",
    needs=Scope.READ,
    tag=Tag.WEBHOOKS,
    parameters=PAGING,
    answers=(
        Answer(
            status=200,
            description="A page of webhooks.",
            contents=json_content(
                WEBHOOK_PAGE, one=Example(summary="One webhook", value={"items": [SHOWN_EXAMPLE], "next": None})
            ),
        ),
    ),
)
async def list_webhooks(call: Call) -> Response:
    """The registered webhooks, the oldest first."""
    parameters = call.parameters()
    limit, place = parameters.read(LIMIT), place_from(parameters, _PLACES)
    parameters.check()
    after = (place.created_at_ms, place.webhook_id) if place else (0, "")
    ordered = sorted(call.service.webhooks(), key=_order)
    found = [webhook for webhook in ordered if _order(webhook) > after]
    page = listing(
        found[:limit],
        more=len(found) > limit,
        show=lambda webhook: present_registered(webhook, by=call.principal),
        place=lambda webhook: WebhookPlace(*_order(webhook)),
    )
    return json_answer(page)


@described(
    summary="Create a webhook",
    needs=Scope.WRITE,
    tag=Tag.WEBHOOKS,
    parameters=(_VALIDATE,),
    body=Body(contents=json_content(WRITTEN_WEBHOOK, **WRITTEN_EXAMPLES)),
    answers=(
        Answer(
            status=200,
            description="With `validate=true`: the object is sound; nothing was stored.",
            contents=json_content(CHECKED_WEBHOOK, one=Example(summary="A sound object", value=CHECKED_EXAMPLE)),
        ),
        Answer(
            status=201,
            description="The webhook was created; it gets events from the end of the log on.",
            contents=json_content(EDITED_WEBHOOK, one=Example(summary="A new webhook", value=CREATED_EXAMPLE)),
            headers=(ETAG, LOCATION),
        ),
    ),
    problems=(INVALID_OBJECT,),
)
async def create_webhook(call: Call) -> Response:
    """Register a receiver; with `validate=true` the object is only looked at. All its faults are told together."""
    parameters = call.parameters()
    validate_only = parameters.read(_VALIDATE)
    parameters.check()
    document = await call.document()
    if validate_only:
        return _checked(call, call.service.check_webhook(document, by=call.principal))
    webhook, warnings = await call.service.create_webhook(document, by=call.principal)
    content = {
        **present_registered(webhook, by=call.principal),
        **_warnings(warnings),
        **receiver_key(webhook),
    }
    headers = {"ETag": entity_tag(webhook.revision), "Location": f"/v1/webhooks/{webhook.id}"}
    return json_answer(content, status=201, headers=headers)


@described(
    summary="Read a webhook",
    needs=Scope.READ,
    tag=Tag.WEBHOOKS,
    conditions=(IF_NONE_MATCH,),
    answers=(
        Answer(
            status=200,
            description="The webhook, secrets masked.",
            contents=json_content(WEBHOOK, one=Example(summary="A webhook", value=SHOWN_EXAMPLE)),
            headers=(ETAG,),
        ),
        NOT_MODIFIED,
    ),
    problems=(UNKNOWN_WEBHOOK,),
)
async def read_webhook(call: Call) -> Response:
    """One webhook with its `ETag`; 304 where the client has it already."""
    webhook = call.service.webhook(webhook_id_of(call))
    headers = {"ETag": entity_tag(webhook.revision)}
    if not_modified(call.request.headers, webhook.revision):
        return Response(status_code=304, headers=headers)
    return json_answer(present_registered(webhook, by=call.principal), headers=headers)


@described(
    summary="Replace a webhook",
    needs=Scope.WRITE,
    tag=Tag.WEBHOOKS,
    conditions=EDIT_CONDITIONS,
    body=Body(contents=json_content(REPLACED_WEBHOOK, **WRITTEN_EXAMPLES)),
    answers=(_EDITED,),
    problems=(UNKNOWN_WEBHOOK, INVALID_OBJECT),
)
async def replace_webhook(call: Call) -> Response:
    """Give the webhook another object. What was read can be written: `"****"` keeps the stored secret."""
    document = await call.document()
    edited = await call.service.replace_webhook(
        webhook_id_of(call), document, revision=revision_of(call), by=call.principal
    )
    return _edited(call, edited)


@described(
    summary="Change members of a webhook",
    needs=Scope.WRITE,
    tag=Tag.WEBHOOKS,
    conditions=EDIT_CONDITIONS,
    body=Body(
        contents=(
            Content(shape=WEBHOOK_PATCH, media_type=PATCH_TYPE, examples=PATCH_EXAMPLES),
            Content(shape=WEBHOOK_PATCH, examples=PATCH_EXAMPLES),
        )
    ),
    answers=(_EDITED,),
    problems=(UNKNOWN_WEBHOOK, INVALID_OBJECT),
)
async def patch_webhook(call: Call) -> Response:
    """Change members of the webhook's object by a JSON merge patch (RFC 7396)."""
    patch = await call.document()
    edited = await call.service.patch_webhook(webhook_id_of(call), patch, revision=revision_of(call), by=call.principal)
    return _edited(call, edited)


@described(
    summary="Delete a webhook",
    needs=Scope.WRITE,
    tag=Tag.WEBHOOKS,
    conditions=EDIT_CONDITIONS,
    answers=(Answer(status=204, description="It is deleted; no further request begins."),),
    problems=(UNKNOWN_WEBHOOK,),
)
async def delete_webhook(call: Call) -> Response:
    """Delete the webhook; what waits for it is discarded."""
    await call.service.delete_webhook(webhook_id_of(call), revision=revision_of(call), by=call.principal)
    return Response(status_code=204)


@described(
    summary="Read a webhook's status",
    needs=Scope.READ,
    tag=Tag.WEBHOOKS,
    answers=(STATUS_ANSWER,),
    problems=(UNKNOWN_WEBHOOK,),
)
async def read_webhook_status(call: Call) -> Response:
    """How the webhook does: its state and why, what waits, when the next attempt is."""
    status = await call.service.webhook_status(webhook_id_of(call))
    return json_answer(
        WebhookStatusView(
            state=WebhookState(status.state),
            since=show_time_ms(status.since_ms),
            reason=status.reason,
            backlog=status.backlog,
            lag_ms=status.lag_ms,
            delivered=status.delivered,
            discarded=status.discarded,
            last_success=show_time_ms_or_none(status.last_success_at_ms),
            last_failure=show_time_ms_or_none(status.last_failure_at_ms),
            next_attempt=show_time_ms_or_none(status.next_attempt_at_ms),
            next_attempt_in_ms=_from_now(status.next_attempt_at_ms, status),
            oldest_deadline=show_time_ms_or_none(status.first_deadline_ms),
            oldest_deadline_in_ms=_from_now(status.first_deadline_ms, status),
            certificate_ends=show_time_ms_or_none(status.certificate_ends_at_ms),
            warnings=status.warnings,
        )
    )


def _from_now(time_ms: int | None, status: WebhookStatus) -> int | None:
    return None if time_ms is None else max(0, time_ms - status.now_ms)


def _checked(call: Call, checked: Checked) -> Response:
    content = {**present_webhook(checked.webhook, by=call.principal), **_warnings(checked.warnings)}
    return json_answer({**content, "eventTypes": len(counted_types(checked.webhook, call.service.catalogue))})


def _edited(call: Call, edited: Edited) -> Response:
    webhook, warnings = edited
    content = {**present_registered(webhook, by=call.principal), **_warnings(warnings)}
    return json_answer(content, headers={"ETag": entity_tag(webhook.revision)})


def receiver_key(webhook: RegisteredWebhook) -> dict[str, Any]:
    """The form of a key that receivers' libraries want, for whoever has just written or made it."""
    key = webhook.object.signature_key
    return {"receiverKey": receivers_key(key.secret)} if isinstance(key, Value) else {}


def _warnings(warnings: tuple[Fault, ...]) -> dict[str, Any]:
    return {"warnings": [warning._asdict() for warning in warnings]}


def webhook_id_of(call: Call) -> WebhookId:
    """The webhook that the path names."""
    return WebhookId(call.path("webhook_id"))


def revision_of(call: Call) -> int | None:
    """The revision that the request wants to change (If-Match), if it says so."""
    return revision_to_edit(call.request.headers, call.service.webhook(webhook_id_of(call)).revision)


def _order(webhook: RegisteredWebhook) -> tuple[int, str]:
    return webhook.created_at_ms, webhook.id
