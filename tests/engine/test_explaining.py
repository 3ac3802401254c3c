"""Why an event did or did not arrive, asked of the running whole."""

import functools
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from bellwire.engine import explainer
from bellwire.errors import UnknownThing
from bellwire.model.event import EventId, EventTypeId
from bellwire.model.event_type import EventLevel
from bellwire.model.status import Explanation, Verdict
from bellwire.model.webhook import WebhookId
from bellwire.stores.memory import MemoryStore
from engine.manual_clock import ManualClock
from engine.test_failures import refusing
from engine.world import World, answer


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World(MemoryStore(), ManualClock())
    await made.bellwire.start()
    yield made
    await made.bellwire.close()


def counting(call: Callable[..., Awaitable[object]], asked: list[str]) -> Callable[..., Awaitable[object]]:
    """The call, which notes its name each time."""

    @functools.wraps(call)
    async def counted(*arguments: object, **named: object) -> object:
        asked.append(call.__name__)
        return await call(*arguments, **named)

    return counted


async def why(world: World, event_id: str, webhook_id: WebhookId) -> Explanation:
    (explanation,) = await world.bellwire.explain(EventId(event_id), webhook_id)
    return explanation


async def test_a_delivered_event_names_the_attempt_that_was_accepted(world: World) -> None:
    webhook_id = await world.create()
    world.sender.answer_with(answer(500), answer(200))
    await world.publish("a")
    await world.pass_time(1_000)
    told = await why(world, "a", webhook_id)
    attempt = await world.bellwire.attempt(str(told.attempt_id))
    assert (told.verdict, attempt.number, told.at_ms) == (Verdict.DELIVERED, 2, attempt.at_ms)


async def test_a_waiting_event_says_until_when_and_what_the_endpoint_said(world: World) -> None:
    webhook_id = await world.create(discardAfter="1m")
    world.sender.answer_with(answer(503))
    await world.publish("a")
    accepted_ms = world.clock.steady_ms()
    await world.pass_time(100)
    told = await why(world, "a", webhook_id)
    assert (told.verdict, told.until_ms) == (Verdict.WAITING, accepted_ms + 60_000)
    assert "503" in told.because


async def test_an_event_behind_the_open_batch_waits_too(world: World) -> None:
    webhook_id = await world.create(throttle="10s")
    await world.publish("a")
    await world.pass_time(100)
    await world.publish("b")
    await world.pass_time(100)
    assert (await why(world, "b", webhook_id)).verdict is Verdict.WAITING


async def test_a_paused_webhook_says_so(world: World) -> None:
    webhook_id = await world.create()
    await world.bellwire.pause_webhook(webhook_id)
    await world.publish("a")
    await world.pass_time(100)
    told = await why(world, "a", webhook_id)
    assert (told.verdict, told.until_ms) == (Verdict.WAITING, None)
    assert "paused" in told.because


async def test_an_event_set_aside_says_that_it_was_refused_alone(world: World) -> None:
    webhook_id = await world.create()
    world.sender.answer_with(refusing("p"))
    await world.publish("p", "a")
    await world.pass_time()
    told = await why(world, "p", webhook_id)
    assert told.verdict is Verdict.WAITING
    assert "refused it alone" in told.because


@pytest.mark.parametrize(
    ("members", "wait_ms", "words"),
    [
        ({"discardAfter": "2s"}, 2_000, "discardAfter (2s)"),
        ({"lossy": True, "throttle": 0}, 3_000, "lossy"),
    ],
)
async def test_a_discarded_event_says_for_what_reason(
    world: World, members: dict[str, object], wait_ms: int, words: str
) -> None:
    webhook_id = await world.create(**members)
    world.sender.answer_with(answer(500))
    await world.publish("a")
    await world.pass_time(wait_ms)
    told = await why(world, "a", webhook_id)
    assert told.verdict is Verdict.DISCARDED
    assert words in told.because


async def test_disabling_explains_what_waited_and_what_came_later(world: World) -> None:
    webhook_id = await world.create()
    world.sender.answer_with(answer(500))
    await world.publish("waited")
    await world.pass_time(100)
    await world.bellwire.patch_webhook(webhook_id, {"enable": False})
    await world.publish("later")
    await world.pass_time(100)
    assert (await why(world, "waited", webhook_id)).verdict is Verdict.DISCARDED
    assert (await why(world, "later", webhook_id)).verdict is Verdict.WHILE_DISABLED


async def test_an_event_before_the_webhook_existed_says_so(world: World) -> None:
    await world.publish("old")
    webhook_id = await world.create()
    assert (await why(world, "old", webhook_id)).verdict is Verdict.BEFORE_WEBHOOK


@pytest.mark.parametrize(
    ("members", "type_id", "words"),
    [
        ({"events": ["auth.success"]}, "auth.failed", "not in the webhook's list"),
        ({"events": ["auth.failed"], "eventsPolicy": "exclude", "level": "trace"}, "auth.failed", "excludes"),
        ({"events": [], "eventsPolicy": "exclude"}, "smtp.raw-input", "level trace, the webhook wants info"),
        ({"events": ["auth.success"], "level": "error"}, "auth.success", "level info, the webhook wants error"),
    ],
)
async def test_an_unwanted_event_names_the_rule(
    world: World, members: dict[str, object], type_id: str, words: str
) -> None:
    webhook_id = await world.create(**members)
    await world.publish("a", type_id=type_id)
    await world.pass_time(100)
    told = await why(world, "a", webhook_id)
    assert told.verdict is Verdict.NOT_WANTED
    assert words in told.because


async def test_a_type_that_an_operator_disabled_is_named_as_that(world: World) -> None:
    webhook_id = await world.create()
    await world.bellwire.override_level(EventTypeId("auth.success"), EventLevel.DISABLE)
    await world.publish("a")
    await world.pass_time(1_000)
    assert world.deliveries() == []
    assert "disabled the type" in (await why(world, "a", webhook_id)).because
    await world.bellwire.override_level(EventTypeId("auth.success"), None)
    await world.publish("b")
    await world.pass_time(1_000)
    assert world.sent_ids() == [("b",)]


async def test_an_edited_filter_does_not_rewrite_history(world: World) -> None:
    webhook_id = await world.create(events=["auth.success"])
    await world.publish("then wanted")
    await world.publish("then unwanted", type_id="auth.failed")
    await world.pass_time(1_000)
    await world.bellwire.patch_webhook(webhook_id, {"events": ["auth.failed"]})
    await world.publish("now unwanted")
    await world.publish("now wanted", type_id="auth.failed")
    await world.pass_time(1_000)
    verdicts = [
        (await why(world, event_id, webhook_id)).verdict
        for event_id in ("then wanted", "then unwanted", "now unwanted", "now wanted")
    ]
    assert verdicts == [Verdict.DELIVERED, Verdict.NOT_WANTED, Verdict.NOT_WANTED, Verdict.DELIVERED]


async def test_without_a_webhook_all_are_told_of(world: World) -> None:
    one = await world.create()
    two = await world.create(events=["auth.failed"])
    await world.publish("a")
    await world.pass_time(100)
    told = await world.bellwire.explain(EventId("a"))
    assert {(explanation.webhook_id, explanation.verdict) for explanation in told} == {
        (one, Verdict.DELIVERED),
        (two, Verdict.NOT_WANTED),
    }


async def test_more_webhooks_than_are_read_of_at_once_are_told_of_in_their_order(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explainer, "READ_AT_ONCE", 2)
    webhook_ids = [await world.create(events=[["auth.success"], ["auth.failed"]][number % 2]) for number in range(5)]
    await world.publish("a")
    await world.pass_time(100)
    told = await world.bellwire.explain(EventId("a"))
    assert [explanation.webhook_id for explanation in told] == webhook_ids
    wanted, unwanted = Verdict.DELIVERED, Verdict.NOT_WANTED
    assert [explanation.verdict for explanation in told] == [wanted, unwanted, wanted, unwanted, wanted]


async def test_the_store_is_asked_once_however_many_webhooks_there_are(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(20):
        await world.create()
    await world.publish("a")
    asked: list[str] = []
    for part in (world.store.ledger, world.store.journal):
        for name in ("settlements", "changes"):
            if (call := getattr(part, name, None)) is not None:
                monkeypatch.setattr(part, name, counting(call, asked))
    assert len(await world.bellwire.explain(EventId("a"))) == 20
    assert sorted(asked) == ["changes", "settlements"]


async def test_an_unknown_event_is_unknown(world: World) -> None:
    with pytest.raises(UnknownThing):
        await world.bellwire.explain(EventId("nothing"))


async def test_the_account_adds_up_with_the_reason_of_each_discard(world: World) -> None:
    webhook_id = await world.create(discardAfter="30s", throttle=0)
    world.sender.answer_with(refusing("p"))
    await world.publish("a", "p", "b")
    await world.pass_time(30_000)
    await world.bellwire.pause_webhook(webhook_id)
    await world.publish("c", "d")
    account = await world.bellwire.account(webhook_id)
    assert (account.wanted, account.delivered, account.waiting, account.discarded) == (5, 2, 2, {"refused": 1})
