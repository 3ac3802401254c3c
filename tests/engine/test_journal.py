"""What is journalled of webhooks and levels, and what it explains afterwards."""

from collections.abc import AsyncIterator

import pytest

from bellwire.engine.pruner import PAUSE_MS
from bellwire.errors import UnknownThing
from bellwire.model.change import Created, Edited, Failing, KeyRotated, LevelSet
from bellwire.model.event import EventId, EventTypeId
from bellwire.model.event_type import EventLevel, TracingLevel
from bellwire.model.limits import DAY_MS
from bellwire.model.status import Verdict
from bellwire.model.webhook import WebhookId
from bellwire.store import ChangeSearch
from bellwire.stores.memory import MemoryStore
from engine.manual_clock import ManualClock
from engine.world import World, answer

DEBUG_TYPE = EventTypeId("smtp.raw-input")


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World(MemoryStore(), ManualClock())
    await made.bellwire.start()
    yield made
    await made.bellwire.close()


async def kinds(world: World, webhook_id: WebhookId) -> list[str]:
    """The kinds of all changes, oldest first."""
    found = await world.bellwire.chronicler.changes(webhook_id)
    return [type(numbered.change.what).__name__ for numbered in reversed(found)]


async def verdict(world: World, event_id: str, webhook_id: WebhookId) -> Verdict:
    (told,) = await world.bellwire.explain(EventId(event_id), webhook_id)
    return told.verdict


async def test_whatever_an_operator_does_to_a_webhook_is_journalled_in_order(world: World) -> None:
    webhook_id = await world.create(signatureKey={"@type": "Value", "secret": "one"})
    bellwire = world.bellwire
    await bellwire.patch_webhook(webhook_id, {"timeout": "5s", "enable": False})
    await bellwire.patch_webhook(webhook_id, {"enable": True})
    await bellwire.pause_webhook(webhook_id)
    await bellwire.resume_webhook(webhook_id)
    await bellwire.rotate_key(webhook_id, "two")
    await bellwire.patch_webhook(webhook_id, {"events": ["auth.failed"]})
    await bellwire.delete_webhook(webhook_id)
    assert await kinds(world, webhook_id) == [
        *("Created", "Edited", "Disabled", "Enabled", "Paused", "Resumed", "KeyRotated", "Edited", "Deleted")
    ]


async def test_a_change_names_what_it_decides_on_and_no_secret(world: World) -> None:
    webhook_id = await world.create(name="one")
    await world.publish("a")
    await world.pass_time(100)
    secret = {"@type": "Value", "secret": "hunter2"}
    await world.bellwire.patch_webhook(
        webhook_id,
        {
            "events": ["auth.failed"],
            "name": "two",
            "httpAuth": {"@type": "Basic", "username": "u", "secret": secret},
            "signatureKey": secret,
        },
    )
    await world.bellwire.rotate_key(webhook_id, "hunter3")
    rotated, edited, created = await world.bellwire.chronicler.changes(webhook_id)
    assert isinstance(created.change.what, Created)
    assert (created.change.position, created.change.what.enabled) == (1, True)
    assert isinstance(edited.change.what, Edited)
    assert edited.change.position == 2
    assert set(edited.change.what.fields) == {"events", "name", "httpAuth", "signatureKey"}
    assert edited.change.what.filter_before == created.change.what.filter
    assert edited.change.what.filter_after is not None
    assert edited.change.what.filter_after.events == ("auth.failed",)
    assert isinstance(rotated.change.what, KeyRotated)
    assert rotated.change.what.previous_until_ms == world.clock.steady_ms() + DAY_MS
    assert "hunter" not in repr((rotated, edited, created))


async def test_what_delivery_finds_is_journalled_with_the_reason(world: World) -> None:
    webhook_id = await world.create(throttle=0)
    world.sender.answer_with(*[answer(500)] * 3, answer(410), answer(200))
    await world.publish("a")
    await world.pass_time(20_000)
    await world.bellwire.resume_webhook(webhook_id)
    await world.pass_time(1_000)
    assert await kinds(world, webhook_id) == ["Created", "Failing", "WentGone", "Resumed", "Recovered"]
    failing = (await world.bellwire.chronicler.changes(webhook_id))[-2].change
    assert failing.what == Failing(reason="answered 500 Internal Server Error", failures=3)
    assert failing.position == 1


async def test_a_key_that_cannot_be_read_is_journalled_when_it_begins_and_when_it_ends() -> None:
    environ: dict[str, str] = {}
    world = World(MemoryStore(), ManualClock(), environ=environ)
    await world.bellwire.start()
    webhook_id = await world.create(signatureKey={"@type": "EnvironmentVariable", "variableName": "HOOK_KEY"})
    await world.publish("a")
    await world.pass_time(20_000)
    assert await kinds(world, webhook_id) == ["Created", "Blocked"]
    await world.cut_off()
    again = World(world.store, ManualClock(world.clock.steady_ms()), environ=environ)
    await again.bellwire.start()
    await again.pass_time(10_000)
    assert (await again.bellwire.webhook_status(webhook_id)).state == "blocked"
    assert await kinds(again, webhook_id) == ["Created", "Blocked"], "a restart does not block it once more"
    environ["HOOK_KEY"] = "k"
    await again.pass_time(6_000)
    assert await kinds(again, webhook_id) == ["Created", "Blocked", "Unblocked", "Recovered"]
    await again.bellwire.close()


async def test_changes_of_an_unknown_webhook_are_unknown(world: World) -> None:
    with pytest.raises(UnknownThing):
        await world.bellwire.chronicler.changes(WebhookId("nobody"))


async def test_an_old_event_is_judged_by_the_level_that_counted_when_it_was_passed(world: World) -> None:
    webhook_id = await world.create(events=[], eventsPolicy="exclude")
    await world.publish("then too low", type_id=DEBUG_TYPE)
    await world.pass_time(2_000)
    await world.bellwire.override_level(DEBUG_TYPE, EventLevel.WARN)
    await world.publish("now wanted", type_id=DEBUG_TYPE)
    await world.pass_time(2_000)
    assert await verdict(world, "then too low", webhook_id) is Verdict.NOT_WANTED
    assert await verdict(world, "now wanted", webhook_id) is Verdict.DELIVERED
    await world.bellwire.override_level(DEBUG_TYPE, EventLevel.DISABLE)
    await world.publish("now kept out", type_id=DEBUG_TYPE)
    await world.pass_time(2_000)
    told = {
        event_id: await verdict(world, event_id, webhook_id)
        for event_id in ("then too low", "now wanted", "now kept out")
    }
    assert list(told.values()) == [Verdict.NOT_WANTED, Verdict.DELIVERED, Verdict.NOT_WANTED]
    assert world.sent_ids() == [("now wanted",)]


async def test_an_own_type_that_is_declared_anew_does_not_rewrite_history(world: World) -> None:
    webhook_id = await world.create(events=[], eventsPolicy="exclude")
    await world.publish("then wanted", type_id="shop.order-paid")
    await world.pass_time(2_000)
    await world.bellwire.declare_type("shop.order-paid", level=TracingLevel.DEBUG)
    await world.bellwire.declare_type("shop.order-paid", level=TracingLevel.DEBUG, description="Paid.")
    await world.publish("now too low", type_id="shop.order-paid")
    await world.pass_time(2_000)
    assert await verdict(world, "then wanted", webhook_id) is Verdict.DELIVERED
    assert await verdict(world, "now too low", webhook_id) is Verdict.NOT_WANTED
    (numbered,) = await world.store.journal.changes(ChangeSearch(subject="shop.order-paid"))
    assert numbered.change.what == LevelSet(
        type=EventTypeId("shop.order-paid"), before=EventLevel.INFO, after=EventLevel.DEBUG
    )


async def test_for_a_webhook_that_lags_a_new_level_counts_from_where_it_stands(world: World) -> None:
    lagging = await world.create(url="https://lags.example/", events=[], eventsPolicy="exclude", throttle=0)
    prompt = await world.create(url="https://prompt.example/", events=[], eventsPolicy="exclude", throttle=0)
    world.sender.answer_with(answer(500), url="https://lags.example/")
    await world.publish("a")
    await world.publish("low", type_id=DEBUG_TYPE)
    await world.pass_time(100)
    await world.bellwire.override_level(DEBUG_TYPE, EventLevel.WARN)
    world.sender.answer_with(answer(200), url="https://lags.example/")
    await world.pass_time(20_000)
    assert await verdict(world, "low", prompt) is Verdict.NOT_WANTED
    assert await verdict(world, "low", lagging) is Verdict.DELIVERED
    (numbered,) = await world.store.journal.changes(ChangeSearch(subject=DEBUG_TYPE))
    assert isinstance(numbered.change.what, LevelSet)
    assert numbered.change.what.earlier == {lagging: 1}


async def test_what_was_passed_by_another_level_stays_passed_after_a_crash(world: World) -> None:
    webhook_id = await world.create(events=[], eventsPolicy="exclude")
    await world.publish("too low", type_id=DEBUG_TYPE)
    await world.pass_time(2_000)
    await world.bellwire.override_level(DEBUG_TYPE, EventLevel.WARN)
    await world.pass_time(2_000)
    await world.cut_off()
    again = World(world.store, ManualClock(world.clock.steady_ms()))
    await again.bellwire.start()
    await again.pass_time(2_000)
    assert again.sent_ids() == []
    assert await verdict(again, "too low", webhook_id) is Verdict.NOT_WANTED
    await again.bellwire.close()


async def test_a_batch_in_flight_when_its_events_became_unwanted_was_delivered_all_the_same(world: World) -> None:
    webhook_id = await world.create(events=["auth.success", "auth.failed"], throttle=0)
    gate = world.sender.hold()
    await world.publish("in flight")
    await world.pass_time(100)
    await world.bellwire.patch_webhook(webhook_id, {"events": ["auth.failed"]})
    gate.set()
    await world.pass_time(100)
    assert await verdict(world, "in flight", webhook_id) is Verdict.DELIVERED


async def test_changes_go_once_they_are_old_and_explain_nothing_that_is_retained(world: World) -> None:
    world.sender.answer_with(answer(500), url="https://down.example/")
    await world.create(url="https://down.example/", discardAfter="365d")
    webhook_id = await world.create(url="https://up.example/")
    await world.publish("a")
    await world.pass_time(1_000)
    await world.bellwire.patch_webhook(webhook_id, {"timeout": "5s"})
    world.clock.jump(8 * DAY_MS)
    await world.pass_time(2 * PAUSE_MS)
    assert await kinds(world, webhook_id) == ["Edited"], "an event is retained that it comes behind"
    world.sender.answer_with(answer(200), url="https://down.example/")
    await world.pass_time(120_000)
    world.clock.jump(8 * DAY_MS)
    await world.pass_time(2 * PAUSE_MS)
    assert await kinds(world, webhook_id) == []


async def test_what_a_batch_in_flight_passed_over_was_not_wanted_though_an_edit_wants_it(world: World) -> None:
    webhook_id = await world.create(throttle=0)
    await world.bellwire.pause_webhook(webhook_id)
    await world.publish("first")
    await world.publish("between", type_id="auth.failed")
    await world.publish("last")
    gate = world.sender.hold()
    await world.bellwire.resume_webhook(webhook_id)
    await world.pass_time(100)
    await world.bellwire.patch_webhook(webhook_id, {"events": ["auth.success", "auth.failed"]})
    gate.set()
    await world.pass_time(5_000)
    assert world.sent_ids() == [("first", "last")]
    verdicts = [await verdict(world, event_id, webhook_id) for event_id in ("first", "between", "last")]
    assert verdicts == [Verdict.DELIVERED, Verdict.NOT_WANTED, Verdict.DELIVERED]
