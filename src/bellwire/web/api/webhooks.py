"""/v1/webhooks: the registered webhooks; edits are guarded by ETag and If-Match (RFC 9110 §13)."""

from typing import Any, Final

import msgspec
from starlette.responses import Response

from bellwire.errors import Fault
from bellwire.model.event_type import Catalogue
from bellwire.model.secret import Value
from bellwire.model.webhook import RegisteredWebhook, WebHook, WebhookId
from bellwire.rules.matching import wanted_types
from bellwire.rules.presenting import present_registered, present_webhook
from bellwire.rules.signing import receivers_key
from bellwire.rules.validating import Checked
from bellwire.web.answers import json_answer, show_time_ms, show_time_ms_or_none
from bellwire.web.bodies import JSON_TYPE, PATCH_TYPE
from bellwire.web.paging import listing, place_from
from bellwire.web.preconditions import entity_tag, not_modified, revision_to_edit
from bellwire.web.resource import Call


class WebhookPlace(msgspec.Struct, frozen=True, array_like=True, tag="webhook"):
    """Where a page of webhooks ends."""

    created_at_ms: int
    webhook_id: str


_PLACES: Final = msgspec.json.Decoder(WebhookPlace)


async def list_webhooks(call: Call) -> Response:
    """GET /v1/webhooks: the oldest first."""
    parameters = call.parameters("limit", "pageToken")
    limit, place = parameters.limit(), place_from(parameters, _PLACES)
    parameters.check()
    after = (place.created_at_ms, place.webhook_id) if place else (0, "")
    ordered = sorted(call.service.webhooks(), key=_order)
    found = [webhook for webhook in ordered if _order(webhook) > after]
    page = listing(
        found[:limit],
        more=len(found) > limit,
        show=present_registered,
        place=lambda webhook: WebhookPlace(*_order(webhook)),
    )
    return json_answer(page)


async def create_webhook(call: Call) -> Response:
    """POST /v1/webhooks; with validate=true it is only looked at."""
    parameters = call.parameters("validate")
    validate_only = parameters.flag("validate")
    parameters.check()
    document = await call.document(JSON_TYPE)
    if validate_only:
        return _checked(call.service.check_webhook(document), call.service.catalogue)
    webhook, warnings = await call.service.create_webhook(document, by=call.principal)
    content = {**present_registered(webhook), **_warnings(warnings), **receiver_key(webhook)}
    headers = {"ETag": entity_tag(webhook.revision), "Location": f"/v1/webhooks/{webhook.id}"}
    return json_answer(content, status=201, headers=headers)


async def read_webhook(call: Call) -> Response:
    """GET /v1/webhooks/{id}; 304 where the client has it already (If-None-Match)."""
    call.parameters().check()
    webhook = call.service.webhook(webhook_id_of(call))
    headers = {"ETag": entity_tag(webhook.revision)}
    if not_modified(call.request.headers, webhook.revision):
        return Response(status_code=304, headers=headers)
    return json_answer(present_registered(webhook), headers=headers)


async def replace_webhook(call: Call) -> Response:
    """PUT /v1/webhooks/{id}."""
    call.parameters().check()
    document = await call.document(JSON_TYPE)
    return _edited(
        *await call.service.replace_webhook(
            webhook_id_of(call), document, revision=revision_of(call), by=call.principal
        )
    )


async def patch_webhook(call: Call) -> Response:
    """PATCH /v1/webhooks/{id}: a JSON merge patch (RFC 7396)."""
    call.parameters().check()
    patch = await call.document(PATCH_TYPE, JSON_TYPE)
    return _edited(
        *await call.service.patch_webhook(webhook_id_of(call), patch, revision=revision_of(call), by=call.principal)
    )


async def delete_webhook(call: Call) -> Response:
    """DELETE /v1/webhooks/{id}."""
    call.parameters().check()
    await call.service.delete_webhook(webhook_id_of(call), revision=revision_of(call), by=call.principal)
    return Response(status_code=204)


async def read_webhook_status(call: Call) -> Response:
    """GET /v1/webhooks/{id}/status."""
    call.parameters().check()
    status = await call.service.webhook_status(webhook_id_of(call))
    return json_answer(
        {
            "state": status.state,
            "since": show_time_ms(status.since_ms),
            "reason": status.reason,
            "backlog": status.backlog,
            "lagMs": status.lag_ms,
            "delivered": status.delivered,
            "discarded": status.discarded,
            "lastSuccess": show_time_ms_or_none(status.last_success_at_ms),
            "lastFailure": show_time_ms_or_none(status.last_failure_at_ms),
            "nextAttempt": show_time_ms_or_none(status.next_attempt_at_ms),
        }
    )


def _checked(checked: Checked, catalogue: Catalogue) -> Response:
    content = {**present_webhook(checked.webhook), **_warnings(checked.warnings)}
    return json_answer({**content, "eventTypes": _count_types(checked.webhook, catalogue)})


def _count_types(webhook: WebHook, catalogue: Catalogue) -> int:
    """How many types the webhook gets: each by its present name; one that is gone only where it is listed."""
    wanted = wanted_types(webhook, catalogue)
    gone = {name for name in webhook.events if catalogue.present_names(name) == (name,)}
    return sum(name in gone or catalogue.current(name) is not None for name in wanted)


def _edited(webhook: RegisteredWebhook, warnings: tuple[Fault, ...]) -> Response:
    content = {**present_registered(webhook), **_warnings(warnings)}
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
