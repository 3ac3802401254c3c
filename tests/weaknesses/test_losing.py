"""How the page's own server loses events, and that it does not happen here (docs/reliability.md, 6 to 13)."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from bellwire import AttemptSearch, Bellwire, EventId, LoggedEvent, WebHook
from bellwire.engine.reader import HELD_EVENTS_MAX
from bellwire.model.attempt import Delivered, Failed, NoAnswer, Response, Timings, Trouble
from bellwire.model.cursor import DiscardReason
from bellwire.model.event import WebhookEvent
from engine.world import World, answer
from receivers import Receiver, Reply

PUBLISHERS = 8
CALLS = 10
EACH = 500

UNREACHABLE = NoAnswer(trouble=Trouble.CONNECT, detail="connection refused", timings=Timings())


@pytest.mark.parametrize("outage", [UNREACHABLE, answer(401), answer(404), answer(503)])
async def test_what_an_outage_costs_is_listed_event_by_event_and_still_there(world: World, outage: Response) -> None:
    """6: what was older than discardAfter was gone; a number in the server's own log was all that was left of it."""
    webhook_id = await world.create(discardAfter="5m")
    world.sender.answer_with(outage)
    for minute in range(10):
        await world.publish(f"minute-{minute}")
        await world.pass_time(60_000)
    attempts = len(world.deliveries())
    world.sender.answer_with(answer(200))
    await world.pass_time(60_000)
    arrived = [event_id for ids in world.sent_ids()[attempts:] for event_id in ids]
    letters = await world.bellwire.dead_letters(webhook_id=webhook_id)
    lost = [_id_of(letter.event) for letter in reversed(letters)]
    assert lost + arrived == [f"minute-{minute}" for minute in range(10)]
    assert {letter.reason for letter in letters} == {DiscardReason.EXPIRED}
    for event_id in lost:
        assert (await world.bellwire.event(EventId(event_id))).type == "auth.success"
    account = await world.bellwire.account(webhook_id)
    assert (account.wanted, account.delivered, account.discarded) == (10, len(arrived), {"expired": len(lost)})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_what_was_only_redirected_is_not_delivered_yet(tmp_path: Path, status: int) -> None:
    """8: a redirect turned the request into a GET without a body, and a 200 to that counted as delivered.

    22: the webhook's own headers and its signature went to whichever host the redirect named.
    """
    with Receiver() as elsewhere, Receiver(Reply(status=status, headers=(("Location", elsewhere.url),))) as receiver:
        async with Bellwire.open(tmp_path) as bellwire:
            webhook = WebHook(url=receiver.url, signature_key="key", http_headers={"X-Token": "hidden"})
            webhook_id = (await bellwire.create_webhook(webhook)).webhook.id
            await bellwire.publish("shop.order-paid", {"order": 17})
            await receiver.arrival(1)
        redirected = len(receiver.requests)
        receiver.answer_with(Reply())
        async with Bellwire.open(tmp_path) as bellwire:
            await bellwire.resume_webhook(webhook_id)
            requests = await receiver.arrival(redirected + 1)
        async with Bellwire.open(tmp_path) as bellwire:
            newest, *_, oldest = await bellwire.attempts(AttemptSearch(webhook_id=webhook_id))
            account = await bellwire.account(webhook_id)
    assert {(request.method, request.body) for request in requests} == {("POST", requests[0].body)}
    assert isinstance(oldest.outcome, Failed)
    assert elsewhere.url in oldest.outcome.reason
    assert (newest.outcome, account.delivered) == (Delivered(), 1)
    assert elsewhere.connections == 0


async def test_a_burst_arrives_whole_and_in_the_order_of_each_publisher(world: World) -> None:
    """9: what did not fit into a ring of 10,240 and a buffer of 20,481 events was gone. 10: the buffer was emptied
    newest first.
    """
    await world.create(throttle=0)
    gate = world.sender.hold()
    await asyncio.gather(*[_publish_all(world, publisher) for publisher in range(PUBLISHERS)])
    gate.set()
    await world.pass_time(1_000)
    arrived = [event_id for ids in world.sent_ids() for event_id in ids]
    assert len(arrived) == PUBLISHERS * CALLS * EACH
    for publisher in range(PUBLISHERS):
        own = [event_id for event_id in arrived if event_id.startswith(f"{publisher}-")]
        assert own == [_event_id(publisher, number) for number in range(CALLS * EACH)]


async def test_what_waits_behind_a_slow_answer_waits_in_the_log_and_not_in_memory(world: World) -> None:
    """13: lossy bounded one list; a slow receiver filled another, in memory, which nothing bounded."""
    webhook_id = await world.create()
    gate = world.sender.hold()
    for start in range(0, 25_000, 5_000):
        await world.publish(*[f"{number}" for number in range(start, start + 5_000)])
        await world.pass_time(1)
    assert world.bellwire._supervisor[webhook_id]._live.held <= HELD_EVENTS_MAX
    assert (await world.bellwire.webhook_status(webhook_id)).backlog == 25_000
    gate.set()
    await world.pass_time(1_000)
    assert [int(event_id) for ids in world.sent_ids() for event_id in ids] == list(range(25_000))


async def _publish_all(world: World, publisher: int) -> None:
    for start in range(0, CALLS * EACH, EACH):
        await world.publish(*[_event_id(publisher, number) for number in range(start, start + EACH)])


def _event_id(publisher: int, number: int) -> str:
    return f"{publisher}-{number}"


def _id_of(event: LoggedEvent) -> str:
    return msgspec.json.decode(event.encoded, type=WebhookEvent).id
