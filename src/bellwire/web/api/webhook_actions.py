"""/v1/webhooks/{id}/…: what can be done with a webhook besides editing it."""

from typing import Any, assert_never

from starlette.responses import Response

from bellwire.engine.keyring import Unreadable, make_signature_key
from bellwire.engine.tester import Exchange
from bellwire.model.attempt import Answer, NoAnswer, Request
from bellwire.model.webhook import RegisteredWebhook
from bellwire.rules.presenting import present_registered
from bellwire.rules.rotating import read_rotation
from bellwire.web.answers import json_answer, show_time_ms_or_none
from bellwire.web.api.attempts import view_answer, view_outcome, view_timings
from bellwire.web.api.webhooks import read_webhook_status, receiver_key, revision_of, webhook_id_of
from bellwire.web.bodies import JSON_TYPE
from bellwire.web.preconditions import entity_tag
from bellwire.web.resource import Call


async def pause_webhook(call: Call) -> Response:
    """POST /v1/webhooks/{id}/pause: send nothing and keep what waits; answers with the status."""
    call.parameters().check()
    await call.service.pause_webhook(webhook_id_of(call), revision=revision_of(call), by=call.principal)
    return await read_webhook_status(call)


async def resume_webhook(call: Call) -> Response:
    """POST /v1/webhooks/{id}/resume: send again, at once; answers with the status."""
    call.parameters().check()
    await call.service.resume_webhook(webhook_id_of(call), revision=revision_of(call), by=call.principal)
    return await read_webhook_status(call)


async def rotate_key(call: Call) -> Response:
    """POST /v1/webhooks/{id}/rotate-key: another key; without one in the body it is made here and shown this once."""
    call.parameters().check()
    rotation = read_rotation(await call.document_or_nothing(JSON_TYPE))
    key = make_signature_key() if rotation.key is None else rotation.key
    webhook = await call.service.rotate_key(
        webhook_id_of(call), key, overlap_ms=rotation.overlap_ms, revision=revision_of(call), by=call.principal
    )
    content = present_registered(webhook) | receiver_key(webhook) | _previous_key_until(webhook)
    if rotation.key is None:
        content["secret"] = key
    return json_answer(content, headers={"ETag": entity_tag(webhook.revision)})


async def test_webhook(call: Call) -> Response:
    """POST /v1/webhooks/{id}/test: one webhook.test event now, and the whole exchange."""
    call.parameters().check()
    tested = await call.service.test_webhook(webhook_id_of(call), by=call.principal)
    match tested:
        case Unreadable(reason=reason):
            return json_answer({"outcome": "blocked", "reason": reason, "request": None, "response": None})
        case Exchange(request=request, response=response, outcome=outcome):
            content = {
                **view_outcome(outcome),
                "request": _view_request(request),
                "response": _view_response(response),
                "durationMs": response.timings.total_us / 1000,
                "timings": view_timings(response.timings),
            }
            return json_answer(content)
    assert_never(tested)


async def read_account(call: Call) -> Response:
    """GET /v1/webhooks/{id}/account: wanted = delivered + waiting + discarded, in events."""
    call.parameters().check()
    account = await call.service.account(webhook_id_of(call))
    return json_answer(account)


def _previous_key_until(webhook: RegisteredWebhook) -> dict[str, Any]:
    previous = webhook.previous_key
    return {"previousKeyUntil": show_time_ms_or_none(previous.until_ms if previous else None)}


def _view_request(request: Request) -> dict[str, Any]:
    return {
        "method": "POST",
        "url": request.url,
        "headers": [{"name": name, "value": value} for name, value in request.headers],
        "body": request.body.decode(),
    }


def _view_response(response: Answer | NoAnswer) -> dict[str, Any]:
    match response:
        case Answer(status=status, headers=headers):
            named = [{"name": name, "value": value} for name, value in headers]
            return {"status": status, "headers": named, "body": view_answer(response), "error": None}
        case NoAnswer(trouble=trouble, detail=detail):
            error = {"trouble": trouble.value, "detail": detail}
            return {"status": None, "headers": [], "body": None, "error": error}
    assert_never(response)
