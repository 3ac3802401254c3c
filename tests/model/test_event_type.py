import pytest

from bellwire.model.event import EventTypeId
from bellwire.model.event_type import Catalogue, EventLevel, EventType, FormerType, TracingLevel, is_type_id


def type_of(type_id: str, level: TracingLevel = TracingLevel.INFO) -> EventType:
    return EventType(id=EventTypeId(type_id), level=level)


def former_of(type_id: str, *successors: str, level: TracingLevel = TracingLevel.INFO) -> FormerType:
    return FormerType(id=EventTypeId(type_id), level=level, successors=tuple(map(EventTypeId, successors)))


def make_catalogue() -> Catalogue:
    return Catalogue(
        [type_of("b.two", TracingLevel.WARN), type_of("a.one", TracingLevel.DEBUG)],
        [
            former_of("old.two", "b.two"),
            former_of("old.split", "a.one", "b.two", level=TracingLevel.ERROR),
            former_of("old.gone", level=TracingLevel.ERROR),
        ],
    )


@pytest.mark.parametrize("text", ["auth.success", "message-ingest.ham", "a.b.c", "0.1", "shop_2.order-paid"])
def test_an_id_is_lower_case_with_a_dot(text: str) -> None:
    assert is_type_id(text)


@pytest.mark.parametrize(
    "text", ["", "auth", "Auth.success", "auth.", ".success", "auth..x", "auth.*", "a b.c", "é.x", "a.b\n", "-a.b"]
)
def test_another_form_is_no_id(text: str) -> None:
    assert not is_type_id(text)


def test_an_id_has_at_most_128_characters() -> None:
    assert is_type_id("a." + "b" * 126)
    assert not is_type_id("a." + "b" * 127)


def test_levels_are_ranked_from_the_gravest_on() -> None:
    assert [level.rank for level in TracingLevel] == [0, 1, 2, 3, 4]
    assert TracingLevel.ERROR.rank < TracingLevel.TRACE.rank


def test_types_and_former_names_are_listed_in_the_order_of_their_ids() -> None:
    catalogue = make_catalogue()
    assert [event_type.id for event_type in catalogue] == ["a.one", "b.two"]
    assert [former.id for former in catalogue.formers()] == ["old.gone", "old.split", "old.two"]
    assert set(catalogue.ids()) == {"a.one", "b.two", "old.gone", "old.split", "old.two"}
    assert len(catalogue) == 5


def test_present_and_former_names_are_known_and_others_are_not() -> None:
    catalogue = make_catalogue()
    assert "a.one" in catalogue
    assert "old.gone" in catalogue
    assert "a.three" not in catalogue
    assert catalogue.current(EventTypeId("old.gone")) is None
    assert catalogue.current(EventTypeId("a.one")) == type_of("a.one", TracingLevel.DEBUG)
    assert catalogue.former(EventTypeId("a.one")) is None


def test_a_former_name_stands_for_its_successors() -> None:
    catalogue = make_catalogue()
    assert catalogue.present_names(EventTypeId("old.split")) == ("a.one", "b.two")
    assert catalogue.present_names(EventTypeId("old.gone")) == ("old.gone",)
    assert catalogue.present_names(EventTypeId("a.one")) == ("a.one",)
    assert catalogue.all_names(EventTypeId("b.two")) == {"b.two", "old.two", "old.split"}
    assert catalogue.all_names(EventTypeId("c.new")) == {"c.new"}


@pytest.mark.parametrize(
    ("type_id", "level"),
    [
        ("b.two", TracingLevel.WARN),
        ("old.two", TracingLevel.WARN),
        ("old.split", TracingLevel.DEBUG),
        ("old.gone", TracingLevel.ERROR),
        ("never.seen", TracingLevel.INFO),
    ],
)
def test_the_level_is_that_of_the_present_name(type_id: str, level: TracingLevel) -> None:
    assert make_catalogue().level(EventTypeId(type_id)) is level


def test_a_declared_type_is_known_and_replaces_the_one_before() -> None:
    catalogue = make_catalogue()
    catalogue.declare(type_of("shop.order"))
    catalogue.declare(type_of("shop.order", TracingLevel.ERROR))
    assert catalogue.level(EventTypeId("shop.order")) is TracingLevel.ERROR
    assert len(catalogue) == 6


def test_a_former_name_that_is_declared_anew_stands_for_itself() -> None:
    catalogue = make_catalogue()
    catalogue.declare(type_of("old.two", TracingLevel.TRACE))
    assert catalogue.former(EventTypeId("old.two")) is None
    assert catalogue.present_names(EventTypeId("old.two")) == ("old.two",)
    assert catalogue.all_names(EventTypeId("b.two")) == {"b.two", "old.split"}
    assert catalogue.level(EventTypeId("old.two")) is TracingLevel.TRACE
    assert list(catalogue.ids()).count(EventTypeId("old.two")) == 1
    assert len(catalogue) == 5


def test_a_level_of_the_past_counts_in_a_catalogue_of_its_own() -> None:
    now = make_catalogue()
    then = now.with_level(EventTypeId("old.two"), EventLevel.DISABLE)
    assert then.counting_level(EventTypeId("b.two")) is EventLevel.DISABLE
    assert then.is_disabled(EventTypeId("old.two"))
    assert now.counting_level(EventTypeId("b.two")) is EventLevel.WARN
    unknown = now.with_level(EventTypeId("own.thing"), EventLevel.WARN)
    assert unknown.counting_level(EventTypeId("own.thing")) is EventLevel.WARN
    assert now.counting_level(EventTypeId("own.thing")) is EventLevel.INFO
