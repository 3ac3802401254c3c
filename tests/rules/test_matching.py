import hypothesis.strategies as st
from hypothesis import given

from bellwire.model.event import EventTypeId
from bellwire.model.event_type import EventLevel, EventType, TracingLevel
from bellwire.model.webhook import EventPolicy, WebhookId
from bellwire.rules.matching import OWN_PREFIX, own_types, speaks_of, wanted_types, wants_type, wants_unseen
from builders import make_catalogue, make_event, make_webhook

CATALOGUE = make_catalogue()
TYPES = tuple(CATALOGUE.ids())


def listed(
    *events: str, policy: EventPolicy = EventPolicy.INCLUDE, level: TracingLevel | None = None
) -> frozenset[str]:
    webhook = make_webhook(events=events, events_policy=policy, level=level)
    return frozenset(wanted_types(webhook, CATALOGUE))


def test_include_wants_exactly_what_is_listed() -> None:
    assert listed("auth.success", "smtp.raw-input") == {"auth.success", "smtp.raw-input"}


def test_a_former_name_also_matches_its_successor() -> None:
    assert listed("store.ingest") == {"store.ingest", "message-ingest.ham"}


def test_a_present_name_also_matches_its_former_ones() -> None:
    assert listed("message-ingest.ham") == {"store.ingest", "message-ingest.ham"}


def test_a_former_name_that_was_split_matches_each_part() -> None:
    assert listed("dsn") == {"dsn", "delivery.dsn-success", "delivery.dsn-perm-fail"}


def test_a_part_of_a_split_name_matches_the_whole_but_not_the_other_part() -> None:
    assert listed("delivery.dsn-perm-fail") == {"dsn", "delivery.dsn-perm-fail"}


def test_a_former_name_without_successor_matches_itself() -> None:
    assert listed("cluster.error") == {"cluster.error"}


def test_exclude_leaves_out_what_is_listed_under_any_of_its_names() -> None:
    wanted = listed("message-ingest.ham", policy=EventPolicy.EXCLUDE)
    assert not wanted & {"message-ingest.ham", "store.ingest"}
    assert {"auth.success", "auth.failed"} <= wanted


def test_exclude_without_a_level_has_a_floor_of_info() -> None:
    wanted = listed(policy=EventPolicy.EXCLUDE)
    assert "smtp.raw-input" not in wanted
    assert "delivery.dsn-success" not in wanted
    assert "auth.success" in wanted


def test_include_without_a_level_has_no_floor() -> None:
    assert "smtp.raw-input" in listed("smtp.raw-input")


def test_a_level_is_a_floor_under_both_policies() -> None:
    assert listed("auth.success", "auth.error", level=TracingLevel.WARN) == {"auth.error"}
    assert listed(policy=EventPolicy.EXCLUDE, level=TracingLevel.ERROR) == {"auth.error"}


def test_level_trace_lets_everything_through() -> None:
    assert "smtp.raw-input" in listed(policy=EventPolicy.EXCLUDE, level=TracingLevel.TRACE)


def test_events_about_bellwire_reach_only_webhooks_that_list_them() -> None:
    assert not any(name.startswith(OWN_PREFIX) for name in listed(policy=EventPolicy.EXCLUDE, level=TracingLevel.TRACE))
    assert listed("bellwire.webhook-failing") == {"bellwire.webhook-failing"}


def test_a_type_declared_later_counts_from_then_on() -> None:
    catalogue = make_catalogue()
    webhook = make_webhook()
    assert "shop.order-paid" not in wanted_types(webhook, catalogue)
    catalogue.declare(EventType(id=EventTypeId("shop.order-paid"), level=TracingLevel.INFO))
    assert "shop.order-paid" in wanted_types(webhook, catalogue)


@given(events=st.sets(st.sampled_from(TYPES)), level=st.sampled_from(TracingLevel))
def test_include_and_exclude_of_one_list_share_nothing_and_miss_nothing_but_the_level(
    events: set[str], level: TracingLevel
) -> None:
    included = listed(*events, policy=EventPolicy.INCLUDE, level=level)
    excluded = listed(*events, policy=EventPolicy.EXCLUDE, level=level)
    assert not included & excluded
    left_out = set(TYPES) - included - excluded
    assert all(name.startswith(OWN_PREFIX) or CATALOGUE.level(EventTypeId(name)).rank > level.rank for name in left_out)


@given(
    events=st.sets(st.sampled_from(TYPES), max_size=6),
    policy=st.sampled_from(EventPolicy),
    level=st.none() | st.sampled_from(TracingLevel),
    override=st.none() | st.sampled_from(EventLevel),
    type_id=st.sampled_from((*TYPES, EventTypeId("never.seen"))),
)
def test_one_type_is_wanted_just_when_it_is_among_all_that_are(
    events: set[EventTypeId],
    policy: EventPolicy,
    level: TracingLevel | None,
    override: EventLevel | None,
    type_id: EventTypeId,
) -> None:
    webhook = make_webhook(events=tuple(events), events_policy=policy, level=level)
    catalogue = CATALOGUE if override is None else CATALOGUE.with_level(type_id, override)
    assert wants_type(webhook, type_id, catalogue) == (type_id in wanted_types(webhook, catalogue))


@given(policy=st.sampled_from(EventPolicy), level=st.none() | st.sampled_from(TracingLevel), own=st.booleans())
def test_an_unseen_type_is_wanted_by_whom_it_will_be_once_its_first_event_has_declared_it(
    *, policy: EventPolicy, level: TracingLevel | None, own: bool
) -> None:
    unseen = EventTypeId(f"{OWN_PREFIX}unseen" if own else "shop.unseen")
    webhook = make_webhook(events=("auth.success",), events_policy=policy, level=level)
    catalogue = make_catalogue()
    before = wants_unseen(webhook, unseen, catalogue)
    catalogue.declare(EventType(id=unseen, level=TracingLevel.INFO))
    assert before is (unseen in wanted_types(webhook, catalogue))


def test_only_an_own_event_that_names_a_webhook_speaks_of_it() -> None:
    data = b'{"webhookId":"wh-1"}'
    own, others = make_event(1, "bellwire.webhook-failing", data=data), make_event(1, "auth.success", data=data)
    assert speaks_of(own, WebhookId("wh-1"))
    assert not speaks_of(own, WebhookId("wh-2"))
    assert not speaks_of(others, WebhookId("wh-1"))
    assert not speaks_of(make_event(1, "bellwire.auth-failed"), WebhookId("wh-1"))


def test_own_types_are_told_from_others_by_their_group() -> None:
    names = map(EventTypeId, ("bellwire.auth-failed", "bellwires.x", "auth.success"))
    assert own_types(names) == {"bellwire.auth-failed"}
