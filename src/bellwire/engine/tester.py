"""The tester: sends one test event to an endpoint and shows the whole exchange; nothing of it enters the log."""

from datetime import UTC, datetime
from typing import Final

import msgspec
import uuid_utils

from bellwire.engine.dispatcher import Dispatcher
from bellwire.engine.keyring import Unreadable
from bellwire.engine.parts import Parts
from bellwire.model.attempt import AddressRefused, Outcome, Request, Response
from bellwire.model.batch import BatchId
from bellwire.model.webhook import WebHook, WebhookId
from bellwire.rules.accepting import show_time
from bellwire.rules.composing import Composer
from bellwire.rules.judging import judge
from bellwire.rules.masking import kept_of, masked_outcome, masked_request

TEST_TYPE: Final = "webhook.test"


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """A test's request, with credentials masked, and what came back."""

    request: Request
    response: Response
    outcome: Outcome


Tested = Exchange | Unreadable | AddressRefused
"""What came of a test, or why nothing was sent."""


class Tester:
    """Tests endpoints, of disabled webhooks and of objects that are not stored too."""

    def __init__(self, parts: Parts) -> None:
        self._sender = parts.sender
        self._clock = parts.clock
        self._keyring = parts.keyring
        self._user_agent = parts.user_agent

    async def test(self, dispatcher: Dispatcher) -> Tested:
        """Send a webhook.test event now, beside whatever is under way."""
        at_ms = self._clock.wall_ms()
        body = body_of_test(dispatcher.object, dispatcher.webhook.id, at_ms)
        return await self._send(dispatcher.compose(body, _batch_id(), timestamp_s=at_ms // 1000))

    async def test_draft(self, webhook: WebHook, webhook_id: WebhookId | None) -> Tested:
        """As test, by an object that is not stored."""
        return await self._send(self._compose(webhook, webhook_id))

    def preview(self, webhook: WebHook, webhook_id: WebhookId | None) -> Request | Unreadable:
        """What test_draft would send now, secrets included."""
        return self._compose(webhook, webhook_id)

    def _compose(self, webhook: WebHook, webhook_id: WebhookId | None) -> Request | Unreadable:
        credentials = self._keyring.read(webhook)
        if isinstance(credentials, Unreadable):
            return credentials
        at_ms = self._clock.wall_ms()
        return Composer(webhook, credentials, user_agent=self._user_agent).compose(
            body=body_of_test(webhook, webhook_id, at_ms), batch_id=_batch_id(), timestamp_s=at_ms // 1000
        )

    async def _send(self, request: Request | Unreadable) -> Tested:
        if isinstance(request, Unreadable):
            return request
        response = await self._sender.send(request)
        if isinstance(response, AddressRefused):
            return response
        outcome = masked_outcome(judge(response, now_ms=self._clock.wall_ms()), request)
        return Exchange(request=masked_request(request), response=kept_of(response, request), outcome=outcome)


def _batch_id() -> BatchId:
    return BatchId(str(uuid_utils.uuid7()))


def body_of_test(webhook: WebHook, webhook_id: WebhookId | None, at_ms: int) -> bytes:
    """One webhook.test event, as it is sent at that time."""
    event = {
        "id": str(uuid_utils.uuid7()),
        "createdAt": show_time(datetime.fromtimestamp(at_ms / 1000, UTC)),
        "type": TEST_TYPE,
        "data": {"webhookId": webhook_id, "name": webhook.name},
    }
    return msgspec.json.encode({"events": [event]})
