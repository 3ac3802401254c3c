"""The tester: sends one test event to an endpoint and shows the whole exchange; nothing of it enters the log."""

from datetime import UTC, datetime
from typing import Final

import msgspec
import uuid_utils

from bellwire.clock import Clock
from bellwire.engine.dispatcher import Dispatcher
from bellwire.engine.keyring import Unreadable
from bellwire.model.attempt import AddressRefused, Outcome, Request, Response
from bellwire.model.batch import BatchId
from bellwire.rules.accepting import show_time
from bellwire.rules.judging import judge
from bellwire.rules.masking import kept_of, masked_outcome, masked_request
from bellwire.sender import Sender

TEST_TYPE: Final = "webhook.test"


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """A test's request, with credentials masked, and what came back."""

    request: Request
    response: Response
    outcome: Outcome


Tested = Exchange | Unreadable | AddressRefused
"""What came of a test, or why nothing was sent."""


class Tester:
    """Tests endpoints, of disabled webhooks too."""

    def __init__(self, *, sender: Sender, clock: Clock) -> None:
        self._sender = sender
        self._clock = clock

    async def test(self, dispatcher: Dispatcher) -> Tested:
        """Send a webhook.test event now, beside whatever is under way."""
        at_ms = self._clock.wall_ms()
        request = dispatcher.compose(
            body_of_test(dispatcher, at_ms), BatchId(str(uuid_utils.uuid7())), timestamp_s=at_ms // 1000
        )
        if isinstance(request, Unreadable):
            return request
        response = await self._sender.send(request)
        if isinstance(response, AddressRefused):
            return response
        outcome = masked_outcome(judge(response, now_ms=self._clock.wall_ms()), request)
        return Exchange(request=masked_request(request), response=kept_of(response, request), outcome=outcome)


def body_of_test(dispatcher: Dispatcher, at_ms: int) -> bytes:
    """One webhook.test event, as it is sent at that time."""
    event = {
        "id": str(uuid_utils.uuid7()),
        "createdAt": show_time(datetime.fromtimestamp(at_ms / 1000, UTC)),
        "type": TEST_TYPE,
        "data": {"webhookId": dispatcher.webhook.id, "name": dispatcher.object.name},
    }
    return msgspec.json.encode({"events": [event]})
