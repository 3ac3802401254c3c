import pytest

from bellwire.model.attempt import Answer, Attempt, AttemptId, Delivered, NoAnswer, Response, Timings, Trouble
from bellwire.model.batch import BatchId
from bellwire.model.change import Change, LevelSet, Paused
from bellwire.model.cursor import Discard, DiscardReason
from bellwire.model.event import EventTypeId, Position
from bellwire.model.event_type import EventLevel, TracingLevel
from bellwire.model.live import LiveKind, Wish
from bellwire.model.positions import runs_of
from bellwire.model.webhook import WebhookId
from bellwire.rules.telling import ITEM_BYTES, told_types, wants, wants_event, weight_of
from builders import make_catalogue, make_event, make_registered_webhook

ONE, OTHER = WebhookId("wh-1"), WebhookId("wh-2")
SUCCESS, FAILED = EventTypeId("auth.success"), EventTypeId("auth.failed")
CATALOGUE = make_catalogue()


def make_attempt(response: Response | None = None) -> Attempt:
    return Attempt(
        id=AttemptId("a-1"),
        webhook_id=ONE,
        batch_id=BatchId("b-1"),
        number=1,
        at_ms=1,
        events=1,
        first=Position(1),
        last=Position(1),
        body_bytes=10,
        response=response or Answer(status=200, headers=(), body=b"12345", timings=Timings(total_us=1)),
        outcome=Delivered(),
    )


DISCARD = Discard(
    webhook_id=ONE, reason=DiscardReason.LOSSY, at_ms=1, members=runs_of([Position(1), Position(2), Position(3)])
)
CHANGE = Change(subject=ONE, position=Position(1), at_ms=1, what=Paused())
LEVEL = Change(
    subject=SUCCESS,
    position=Position(1),
    at_ms=1,
    what=LevelSet(type=SUCCESS, before=EventLevel.INFO, after=EventLevel.WARN),
)


@pytest.mark.parametrize(
    ("item", "kind"),
    [
        (make_attempt(), LiveKind.ATTEMPTS),
        (DISCARD, LiveKind.DISCARDS),
        (CHANGE, LiveKind.CHANGES),
        (LEVEL, LiveKind.CHANGES),
    ],
)
def test_what_is_wanted_goes_by_its_kind(item: Attempt | Discard | Change, kind: LiveKind) -> None:
    assert wants(item, Wish())
    assert wants(item, Wish(kinds=frozenset({kind})))
    assert not wants(item, Wish(kinds=frozenset(LiveKind) - {kind}))


@pytest.mark.parametrize("item", [make_attempt(), DISCARD, CHANGE])
def test_what_is_wanted_goes_by_its_webhook_and_never_by_type_or_level(item: Attempt | Discard | Change) -> None:
    assert wants(item, Wish(webhook_ids=frozenset({ONE, OTHER})))
    assert not wants(item, Wish(webhook_ids=frozenset({OTHER})))
    assert wants(item, Wish(types=frozenset({FAILED}), level=TracingLevel.ERROR))


def test_the_change_of_a_type_is_wanted_by_who_wants_the_type_and_not_by_who_wants_a_webhook() -> None:
    assert wants(LEVEL, Wish(types=frozenset({SUCCESS})))
    assert not wants(LEVEL, Wish(types=frozenset({FAILED})))
    assert not wants(LEVEL, Wish(webhook_ids=frozenset({ONE})))


def test_types_are_those_of_the_wish_that_a_webhook_gets_and_that_are_grave_enough() -> None:
    assert told_types(Wish(), (), CATALOGUE) is None
    assert told_types(Wish(types=frozenset({SUCCESS})), (), CATALOGUE) == frozenset({SUCCESS})
    of_webhooks = Wish(webhook_ids=frozenset({ONE, OTHER}))
    assert told_types(of_webhooks, [frozenset({SUCCESS}), frozenset({FAILED})], CATALOGUE) == frozenset(
        {SUCCESS, FAILED}
    )
    assert told_types(of_webhooks, [], CATALOGUE) == frozenset()
    both = Wish(webhook_ids=frozenset({ONE}), types=frozenset({FAILED}))
    assert told_types(both, [frozenset({SUCCESS, FAILED})], CATALOGUE) == frozenset({FAILED})
    for level in TracingLevel:
        grave = told_types(Wish(level=level), (), CATALOGUE)
        assert grave == frozenset(name for name in CATALOGUE.ids() if CATALOGUE.level(name).rank <= level.rank)
        assert told_types(Wish(types=frozenset({SUCCESS}), level=level), (), CATALOGUE) == (
            frozenset({SUCCESS}) & (grave or frozenset())
        )


def test_an_event_is_wanted_by_its_type_and_not_where_it_speaks_of_the_very_webhook() -> None:
    one, other = make_registered_webhook(id=ONE), make_registered_webhook(id=OTHER)
    assert wants_event(make_event(), None, None)
    assert wants_event(make_event(), frozenset({SUCCESS}), [one])
    assert not wants_event(make_event(), frozenset({FAILED}), None)
    about_one = make_event(type_id="bellwire.webhook-failing", data=b'{"webhookId":"wh-1"}')
    assert not wants_event(about_one, None, [one])
    assert wants_event(about_one, None, [one, other])
    assert wants_event(about_one, None, None)


def test_what_is_large_weighs_more() -> None:
    event = make_event()
    assert weight_of(event) == ITEM_BYTES + len(event.encoded)
    assert weight_of(make_attempt()) == ITEM_BYTES + 5
    nothing = NoAnswer(trouble=Trouble.CONNECT, detail="refused", timings=Timings(total_us=1))
    assert weight_of(make_attempt(nothing)) == weight_of(CHANGE) == ITEM_BYTES
    assert weight_of(DISCARD) > ITEM_BYTES
