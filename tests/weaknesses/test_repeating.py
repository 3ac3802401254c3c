"""How the page's own server repeats events beyond recognition, which Bellwire does not (docs/reliability.md, 4)."""

import threading
from pathlib import Path

from bellwire import Bellwire, WebHook
from embedding.looking import events_of
from engine.test_delivery import restarted
from engine.world import World, answer
from receivers import Receiver, Reply


async def test_an_event_has_one_id_on_every_attempt_for_every_webhook_and_after_a_restart(world: World) -> None:
    """4: the same event came under another id on each attempt and for each webhook."""
    await world.create()
    await world.create(url="https://other.example/")
    world.sender.answer_with(answer(500))
    published = await world.bellwire.publish_json(b'{"type":"auth.success","data":{}}')
    await world.pass_time(3_000)
    again = await restarted(world)
    await again.pass_time(60_000)
    seen = world.sent_ids() + again.sent_ids()
    assert len(seen) == 8
    assert set(seen) == {published.ids}
    assert {delivery.url for delivery in again.deliveries()} == {delivery.url for delivery in world.deliveries()}
    await again.bellwire.close()


async def test_a_receiver_that_answered_too_late_knows_the_repetition_by_its_ids(tmp_path: Path) -> None:
    """4: after a timeout the whole batch came again under new ids, though the receiver had taken it."""
    too_late = threading.Event()
    with Receiver(Reply(hold=too_late), Reply()) as receiver:
        async with Bellwire.open(tmp_path) as bellwire:
            webhook_id = (await bellwire.create_webhook(WebHook(url=receiver.url, timeout="100ms"))).webhook.id
            await bellwire.publish("shop.order-paid", {"order": 17})
            await receiver.arrival(1)
        async with Bellwire.open(tmp_path) as bellwire:
            await bellwire.resume_webhook(webhook_id)
            first, second = await receiver.arrival(2)
    assert first.body == second.body
    assert first.header("webhook-id") == second.header("webhook-id")
    assert events_of(first)[0]["id"] == events_of(second)[0]["id"]
