"""What the page's own server makes hard for its operator, and that it is not so here (14 to 18, 23 and 24)."""

import base64
import hashlib
import hmac
from typing import Any

import msgspec
import pytest

from bellwire import EventTypeId
from bellwire.model.attempt import Request
from bellwire.model.event_type import EventLevel
from bellwire.model.webhook import MIB
from engine.world import World, answer

CAPTURED = b"""[
  {"type": "smtp.connection-start", "data": {"listenerId": "smtp", "localPort": 25, "remoteIp": "192.0.2.11"}},
  {"type": "smtp.ehlo", "data": {"spanId": 342367178840058368, "domain": "mx.good.example", "localPort": 25}},
  {"type": "eval.result", "data": {"key": "allowedEndpoints", "result": "Integer(200)"}},
  {"type": "smtp.mail-from", "data": {"spanId": 342367118150564352, "from": "news@good.example", "localPort": 25}},
  {"type": "smtp.raw-input", "data": {"size": 29, "contents": "RCPT TO:<alice@example.org>\\r\\n"}},
  {"type": "smtp.raw-output", "data": {"size": 14, "contents": "250 2.1.0 OK\\r\\n"}},
  {"type": "auth.failed", "data": {"accountName": "bob@example.org", "reason": "Authentication failed"}},
  {"type": "auth.error", "data": {"accountName": "bob@example.org"}}
]"""
"""What such a server says of a few SMTP sessions, with the levels trace, debug, info and error."""

EVENTS_BY_DEFAULT = 1_000
BYTES_BY_DEFAULT = MIB
OUTAGE_MS = 20 * 60_000
ATTEMPTS_MAX = 26
"""After six attempts in the first 31 s, one a minute."""


def sent_types(world: World) -> list[str]:
    bodies = [msgspec.json.decode(sent.request.body) for sent in world.sender.sent]
    return [event["type"] for body in bodies for event in body["events"]]


async def test_a_level_keeps_back_even_what_is_listed_and_goes_by_the_operators_own_levels(world: World) -> None:
    """14: the level was stored, shown and never looked at, nor were the levels that the operator gave to events."""
    listed = ["auth.failed", "auth.error", "smtp.mail-from", "smtp.ehlo"]
    await world.create(events=listed, level="error")
    await world.bellwire.publish_json(CAPTURED)
    await world.pass_time(1_000)
    assert sent_types(world) == ["auth.error"]
    await world.bellwire.override_level(EventTypeId("smtp.ehlo"), EventLevel.ERROR)
    await world.bellwire.override_level(EventTypeId("auth.error"), EventLevel.DISABLE)
    await world.bellwire.publish_json(CAPTURED)
    await world.pass_time(1_000)
    assert sent_types(world) == ["auth.error", "smtp.ehlo"]


async def test_an_object_with_nothing_but_a_url_gets_no_protocol_lines(world: World) -> None:
    """15: without a list everything was sent: protocol lines, results of expressions, 19 events for each command."""
    await world.bellwire.create_webhook({"url": "https://hooks.example.com/in"})
    await world.bellwire.publish_json(CAPTURED)
    await world.pass_time(1_000)
    assert sent_types(world) == ["smtp.ehlo", "smtp.mail-from", "auth.error"]


async def test_delivering_adds_nothing_to_the_log_that_is_delivered(world: World) -> None:
    """15: requests to an endpoint behind the same server made events, which made requests, without end."""
    await world.create(events=[], eventsPolicy="exclude", level="trace")
    world.sender.answer_with(answer(500), answer(500), answer(200))
    await world.publish("a")
    await world.pass_time(60_000)
    assert world.sent_ids() == [("a",)] * 3
    assert (await world.bellwire.status()).events_logged == 1


def part(request: Request, name: str) -> object:
    """A member or a header of a request."""
    return getattr(request, name, None) or dict(request.headers).get(name)


@pytest.mark.parametrize(
    ("edit", "seen"),
    [
        ({"url": "https://new.example/"}, ("url", "https://new.example/")),
        ({"httpHeaders": {"X-New": "1"}}, ("X-New", "1")),
        (
            {"httpAuth": {"@type": "Basic", "username": "account", "secret": "new"}},
            ("Authorization", "Basic " + base64.b64encode(b"account:new").decode()),
        ),
        ({"httpAuth": {"@type": "Bearer", "bearerToken": "new"}}, ("Authorization", "Bearer new")),
        ({"timeout": "7s"}, ("timeout_ms", 7_000)),
        ({"allowInvalidCerts": True}, ("allow_invalid_certs", True)),
    ],
)
async def test_every_member_of_an_edited_object_counts_from_the_next_request_on(
    world: World, edit: dict[str, Any], seen: tuple[str, object]
) -> None:
    """17: an edit, even once it was applied, changed the list of events only; the rest stayed old until a restart."""
    webhook_id = await world.create()
    await world.publish("a")
    await world.pass_time(5_000)
    await world.bellwire.patch_webhook(webhook_id, edit)
    await world.publish("b")
    await world.pass_time()
    before, after = (sent.request for sent in world.sender.sent)
    name, value = seen
    assert part(after, name) == value
    assert part(before, name) != value


async def test_an_edited_key_signs_the_next_request_and_the_one_before_does_not(world: World) -> None:
    """17: an edited key signed nothing until a restart."""
    webhook_id = await world.create(signatureKey={"@type": "Value", "secret": "old"})
    await world.publish("a")
    await world.pass_time(5_000)
    await world.bellwire.patch_webhook(webhook_id, {"signatureKey": {"@type": "Value", "secret": "new"}})
    await world.publish("b")
    await world.pass_time()
    for sent, key in zip(world.sender.sent, (b"old", b"new"), strict=True):
        digest = hmac.digest(key, sent.request.body, hashlib.sha256)
        assert dict(sent.request.headers)["X-Signature"] == base64.b64encode(digest).decode()


async def test_an_edited_throttle_counts_at_once(world: World) -> None:
    """17: the throttle, too, stayed what it was."""
    webhook_id = await world.create(throttle="1h", discardAfter="1d")
    await world.publish("a")
    await world.pass_time(5_000)
    await world.publish("b")
    await world.bellwire.patch_webhook(webhook_id, {"throttle": "2s"})
    await world.pass_time()
    assert world.sent_ids() == [("a",), ("b",)]


async def test_an_edited_discard_after_counts_for_what_waits_already(world: World) -> None:
    """17: discardAfter, too, stayed what it was."""
    webhook_id = await world.create(discardAfter="1d")
    world.sender.answer_with(answer(500))
    await world.publish("a")
    await world.pass_time(20_000)
    await world.bellwire.patch_webhook(webhook_id, {"discardAfter": "10s"})
    await world.pass_time()
    assert len(await world.bellwire.dead_letters()) == 1


async def test_disabled_and_enabled_again_it_is_still_one_webhook(world: World) -> None:
    """18: a disabled webhook went on with what it had; enabled again, two of it sent to the same address."""
    webhook_id = await world.create(throttle=0)
    world.sender.answer_with(answer(500))
    await world.publish("a")
    await world.pass_time(500)
    for enable in (False, True, False, True):
        await world.bellwire.patch_webhook(webhook_id, {"enable": enable})
        await world.pass_time(500)
    world.sender.answer_with(answer(200))
    gate = world.sender.hold()
    await world.publish("b")
    await world.pass_time()
    await world.publish("c")
    await world.pass_time(60_000)
    assert len(world.sender.in_flight) == 1
    gate.set()
    await world.pass_time(60_000)
    assert world.sent_ids() == [("a",), ("b",), ("c",)]


async def test_a_deleted_webhook_leaves_nothing_running(world: World) -> None:
    """18: the task of a deleted webhook never ended."""
    webhook_id = await world.create()
    world.sender.answer_with(answer(500))
    await world.publish("a")
    await world.pass_time(500)
    await world.bellwire.delete_webhook(webhook_id)
    await world.pass_time(60_000)
    assert len(world.deliveries()) == 1
    assert (world.bellwire._supervisor._tasks, world.bellwire._supervisor._dispatchers) == ({}, {})


async def test_a_dead_endpoint_costs_an_attempt_a_minute_and_is_told_of_by_its_state(world: World) -> None:
    """23: one dead address was tried, and made a line in the log, every second: 64,000 a day, and no other trace."""
    webhook_id = await world.create(discardAfter="1d")
    world.sender.answer_with(answer(502))
    began_ms = world.clock.steady_ms()
    await world.publish("a", "b")
    await world.pass_time(OUTAGE_MS)
    status = await world.bellwire.webhook_status(webhook_id)
    last_ms = world.deliveries()[-1].at_ms
    assert (status.state, status.backlog, status.lag_ms) == ("failing", 2, OUTAGE_MS)
    assert "502" in status.reason
    assert (status.last_success_at_ms, status.last_failure_at_ms) == (None, last_ms)
    assert status.next_attempt_at_ms == last_ms + 60_000
    assert began_ms <= status.since_ms <= last_ms
    assert len(world.deliveries()) <= ATTEMPTS_MAX


async def test_after_an_outage_no_request_is_larger_than_its_limits(world: World) -> None:
    """24: all that had gathered went into one request: 244 MB with 813,888 events were seen."""
    await world.create(discardAfter="1h")
    world.sender.answer_with(answer(503))
    data = {"contents": "x" * 1_200}
    for start in range(0, 2_400, 300):
        events = [{"id": f"{start + number}", "type": "auth.success", "data": data} for number in range(300)]
        await world.bellwire.publish_json(msgspec.json.encode(events))
        await world.pass_time(10_000)
    await world.publish(*[f"small-{number}" for number in range(2_100)])
    world.sender.answer_with(answer(200))
    before = len(world.deliveries())
    await world.pass_time(120_000)
    caught_up = world.deliveries()[before:]
    assert sum(len(delivery.event_ids) for delivery in caught_up) == 4_500
    assert max(len(delivery.event_ids) for delivery in caught_up) == EVENTS_BY_DEFAULT
    assert BYTES_BY_DEFAULT - 1_400 < max(len(delivery.body) for delivery in caught_up) <= BYTES_BY_DEFAULT
