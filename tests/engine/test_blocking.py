"""What may not be reached: nothing is sent, all waits, and delivery goes on by itself."""

from collections.abc import AsyncIterator

import pytest

from bellwire.errors import InvalidObject
from bellwire.model.attempt import AddressRefused
from bellwire.model.network import NetworkPolicy
from bellwire.store import AttemptSearch
from bellwire.stores.memory import MemoryStore
from builders import make_document
from engine.manual_clock import ManualClock
from engine.world import World, answer

REFUSED = AddressRefused("169.254.169.254 is the metadata service of most clouds; to allow it, …")


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World(MemoryStore(), ManualClock())
    await made.bellwire.start()
    yield made
    await made.bellwire.close()


async def test_a_forbidden_address_blocks_without_an_attempt_and_heals_by_itself(world: World) -> None:
    webhook_id = await world.create(discardAfter="1h")
    world.sender.answer_with(REFUSED)
    await world.publish("a")
    await world.pass_time(20_000)
    status = await world.bellwire.webhook_status(webhook_id)
    assert (status.state, status.reason, status.backlog) == ("blocked", REFUSED.reason, 1)
    assert await world.bellwire.attempts(AttemptSearch(webhook_id=webhook_id)) == ()
    cursor = await world.cursor(webhook_id)
    assert (cursor.failures, cursor.last_failure_at_ms) == (0, None)
    world.sender.answer_with(answer(200))
    await world.pass_time(5_000)
    status = await world.bellwire.webhook_status(webhook_id)
    assert (status.state, status.backlog, status.delivered) == ("healthy", 0, 1)


async def test_a_blocked_webhook_is_looked_at_again_at_a_calm_pace(world: World) -> None:
    await world.create(discardAfter="1h")
    world.sender.answer_with(REFUSED)
    await world.publish("a")
    await world.pass_time(60_000)
    assert 10 <= len(world.sender.sent) <= 13


async def test_a_new_url_is_tried_at_once(world: World) -> None:
    webhook_id = await world.create()
    world.sender.answer_with(REFUSED)
    world.sender.answer_with(answer(200), url="https://elsewhere.example/")
    await world.publish("a")
    await world.pass_time(100)
    await world.bellwire.patch_webhook(webhook_id, {"url": "https://elsewhere.example/"})
    await world.pass_time()
    assert (await world.bellwire.webhook_status(webhook_id)).delivered == 1


async def test_it_stays_blocked_while_it_is_looked_up_again(world: World) -> None:
    webhook_id = await world.create(discardAfter="1h")
    world.sender.answer_with(REFUSED)
    await world.publish("a")
    await world.pass_time(100)
    gate = world.sender.hold()
    await world.pass_time(5_000)
    assert (await world.bellwire.webhook_status(webhook_id)).state == "blocked"
    gate.set()


async def test_a_test_of_a_forbidden_address_says_why(world: World) -> None:
    webhook_id = await world.create()
    world.sender.answer_with(REFUSED)
    assert await world.bellwire.test_webhook(webhook_id) == REFUSED


async def test_an_object_with_a_forbidden_address_is_refused_with_its_other_faults(world: World) -> None:
    document = make_document(url="http://169.254.169.254/latest", timeout="1ms")
    with pytest.raises(InvalidObject) as caught:
        world.bellwire.check_webhook(document)
    assert [fault.path for fault in caught.value.faults] == ["timeout", "url"]
    assert caught.value.faults[1].message == (
        "cannot be delivered to: 169.254.169.254 is the metadata service of most clouds; "
        "to allow it, add 169.254.169.254 itself to network.allow"
    )


@pytest.mark.parametrize(
    "host", ["[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]", "[fe80::1]", "0.0.0.1", "10.0.0.1"]
)
async def test_an_edit_cannot_bring_in_a_forbidden_address(host: str) -> None:
    world = World(MemoryStore(), ManualClock(), network=NetworkPolicy.of(deny=["10.0.0.0/8"]))
    await world.bellwire.start()
    webhook_id = await world.create()
    with pytest.raises(InvalidObject):
        await world.bellwire.patch_webhook(webhook_id, {"url": f"http://{host}/"})
    await world.bellwire.close()


async def test_a_webhook_whose_address_was_forbidden_since_can_still_be_edited(world: World) -> None:
    webhook_id = await world.create(url="http://10.0.0.1/in")
    await world.cut_off()
    again = World(world.store, ManualClock(), network=NetworkPolicy.of(deny=["10.0.0.0/8"]))
    await again.bellwire.start()
    edited = await again.bellwire.patch_webhook(webhook_id, {"enable": False})
    assert edited.webhook.object.enable is False
    await again.bellwire.close()


async def test_names_are_not_looked_up_when_an_object_is_checked(world: World) -> None:
    assert world.bellwire.check_webhook(make_document(url="http://localhost/")).webhook.url == "http://localhost/"


@pytest.mark.parametrize(
    "host",
    [
        "2852039166",
        "0251.0376.0251.0376",
        "0xa9.0xfe.0xa9.0xfe",
        "0xa9fea9fe",
        "169.254.43518",
        "169.254.0xa9fe",
        "169.254.169.254.",
        "\N{FULLWIDTH DIGIT ONE}69.254.169.254",
        "[fe80::1%25eth0]",
        "[fe80::1%eth0]",
        "[::ffff:169.254.169.254]",
        "[::169.254.169.254]",
        "[2002:a9fe:a9fe::]",
        "169%2E254.169.254",
    ],
)
async def test_no_odd_spelling_of_a_forbidden_address_can_be_registered(world: World, host: str) -> None:
    with pytest.raises(InvalidObject) as caught:
        world.bellwire.check_webhook(make_document(url=f"http://{host}/"))
    assert [fault.path for fault in caught.value.faults] == ["url"]
