"""Where the page's own server is unsafe, and that Bellwire is not (docs/reliability.md, 20 and 21)."""

import base64
import hashlib
import hmac
import time
from pathlib import Path

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from bellwire import Unreadable
from bellwire.model.attempt import Request
from bellwire.stores.memory import MemoryStore
from engine.manual_clock import ManualClock
from engine.test_delivery import restarted
from engine.world import World

TOLERANCE_S = 300
"""For which receivers' libraries accept a request after the time it names (Standard Webhooks 1.0)."""

KEY = "s3cret-Kéy"


@pytest.mark.parametrize("left", [None, "", " \n"])
@pytest.mark.parametrize(("member", "header"), [("signatureKey", "X-Signature"), ("httpAuth", "Authorization")])
async def test_a_secret_that_is_gone_at_the_start_stops_the_webhook_and_nothing_leaves_without_it(
    world: World, tmp_path: Path, member: str, header: str, left: str | None
) -> None:
    """20: after a restart without the key's file everything was sent unsigned, and a line in a log said so."""
    place = tmp_path / "secret"
    place.write_text(KEY, encoding="utf-8")
    key = {"@type": "File", "filePath": str(place)}
    written = {"signatureKey": key, "httpAuth": {"@type": "Basic", "username": "account", "secret": key}}
    webhook_id = await world.create(**{member: written[member]}, discardAfter="1h")
    await world.publish("a")
    await world.pass_time(1_000)
    place.unlink()
    if left is not None:
        place.write_text(left)
    again = await restarted(world)
    await again.publish("b")
    await again.pass_time(60_000)
    status = await again.bellwire.webhook_status(webhook_id)
    assert (status.state, status.backlog) == ("blocked", 1)
    assert str(place) in status.reason
    assert isinstance(await again.bellwire.test_webhook(webhook_id), Unreadable)
    assert again.deliveries() == []
    place.write_text(KEY, encoding="utf-8")
    await again.pass_time(10_000)
    assert (world.sent_ids(), again.sent_ids()) == ([("a",)], [("b",)])
    assert header in dict(again.sender.sent[0].request.headers)
    await again.bellwire.close()


async def test_a_request_that_somebody_recorded_is_too_old_when_it_is_sent_again() -> None:
    """21: the signature covered no time, so that a recorded request was as good as a new one for ever."""
    now_s = int(time.time())
    fresh = await _signed_request(sent_at_ms=now_s * 1000)
    _verify(fresh.body, dict(fresh.headers))
    recorded = await _signed_request(sent_at_ms=(now_s - TOLERANCE_S - 60) * 1000)
    with pytest.raises(WebhookVerificationError, match="too old"):
        _verify(recorded.body, dict(recorded.headers))


async def test_the_time_of_a_recorded_request_cannot_be_changed() -> None:
    """21: X-Signature alone still fits, as the page wants it; webhook-signature does not."""
    request = await _signed_request(sent_at_ms=(int(time.time()) - TOLERANCE_S - 60) * 1000)
    renewed = dict(request.headers) | {"webhook-timestamp": str(int(time.time()))}
    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        _verify(request.body, renewed)
    digest = hmac.digest(KEY.encode(), request.body, hashlib.sha256)
    assert renewed["X-Signature"] == base64.b64encode(digest).decode()


async def _signed_request(*, sent_at_ms: int) -> Request:
    world = World(MemoryStore(), ManualClock(sent_at_ms))
    await world.bellwire.start()
    await world.create(signatureKey={"@type": "Value", "secret": KEY})
    await world.publish("a")
    await world.pass_time()
    await world.bellwire.close()
    return world.sender.sent[0].request


def _verify(body: bytes, headers: dict[str, str]) -> None:
    Webhook(base64.b64encode(KEY.encode()).decode()).verify(body, headers)
