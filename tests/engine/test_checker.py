from collections.abc import AsyncIterator

import pytest

from bellwire.errors import UnknownThing
from bellwire.model.attempt import AddressRefused
from bellwire.model.endpoint_check import Addresses, CheckStep, EndpointCheck, Mark
from bellwire.model.webhook import WebhookId
from bellwire.stores.memory import MemoryStore
from builders import URL
from engine.manual_clock import ManualClock
from engine.world import World, answer

DAY_MS = 86_400_000


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World(MemoryStore(), ManualClock())
    await made.bellwire.start()
    yield made
    await made.bellwire.close()


def step(checked: EndpointCheck, name: str) -> CheckStep:
    return next(each for each in checked.steps if each.name == name)


async def test_a_check_sends_a_signed_test_event_also_while_disabled_and_nothing_enters_the_log(world: World) -> None:
    webhook_id = await world.create(enable=False, signatureKey={"@type": "Value", "secret": "my-key"})
    checked = await world.bellwire.checks.check(webhook_id)
    assert checked.mark is Mark.OK
    (sent,) = world.sender.sent
    assert b'"webhook.test"' in sent.request.body
    assert "X-Signature" in dict(sent.request.headers)
    assert (await world.bellwire.status()).events_logged == 0
    assert (await world.bellwire.account(webhook_id)).wanted == 0


async def test_each_address_is_judged_by_the_policy(world: World) -> None:
    webhook_id = await world.create()
    world.sender.lookups[URL] = Addresses(("192.0.2.1", "169.254.169.254"))
    checked = await world.bellwire.checks.check(webhook_id)
    assert step(checked, "address-policy").mark is Mark.WARNING
    assert "169.254.169.254" in step(checked, "address-policy").found


async def test_where_nothing_can_be_reached_nothing_is_sent(world: World) -> None:
    webhook_id = await world.create()
    world.sender.probes[URL] = AddressRefused("it is private")
    checked = await world.bellwire.checks.check(webhook_id)
    assert world.sender.sent == []
    assert step(checked, "request").mark is Mark.SKIPPED


async def test_a_key_that_cannot_be_read_is_told_and_nothing_leaves_unsigned(world: World) -> None:
    key = {"@type": "EnvironmentVariable", "variableName": "HOOK_KEY"}
    checked = await world.bellwire.checks.check(await world.create(signatureKey=key))
    assert world.sender.sent == []
    assert "HOOK_KEY" in step(checked, "request").found


async def test_a_check_changes_nothing_of_how_the_webhook_does(world: World) -> None:
    webhook_id = await world.create()
    world.sender.answer_with(answer(410))
    assert (await world.bellwire.checks.check(webhook_id)).mark is Mark.FAILURE
    assert (await world.bellwire.webhook_status(webhook_id)).state == "healthy"


async def test_an_unknown_webhook_cannot_be_checked(world: World) -> None:
    with pytest.raises(UnknownThing):
        await world.bellwire.checks.check(WebhookId("no-such"))


async def test_the_status_warns_of_a_certificate_that_ends_soon(world: World) -> None:
    webhook_id = await world.create()
    assert (await world.bellwire.webhook_status(webhook_id)).warnings == ()
    ends_at_ms = world.clock.wall_ms() + 9 * DAY_MS + 1
    world.sender.certificate_ends[URL] = ends_at_ms
    status = await world.bellwire.webhook_status(webhook_id)
    assert (status.certificate_ends_at_ms, status.warnings) == (
        ends_at_ms,
        ("the endpoint's certificate ends in 9 days",),
    )
