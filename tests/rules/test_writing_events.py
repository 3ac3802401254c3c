import dataclasses
import json
import types
from collections import OrderedDict
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bellwire.errors import InvalidEvent
from bellwire.rules.writing_events import Event, write_event

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


class Line(msgspec.Struct):
    article: object


@dataclasses.dataclass
class Order:
    lines: object


def data_of(data: Any) -> Any:  # noqa: ANN401 - whatever a program may hand in
    return json.loads(bytes(write_event(Event("shop.order-paid", data), index=0).data))


def fault_of(event: Event, *, index: int = 0) -> tuple[str, str]:
    with pytest.raises(InvalidEvent) as caught:
        write_event(event, index=index)
    assert caught.value.index == index
    (fault,) = caught.value.faults
    return fault


def circular() -> dict[str, object]:
    circle: dict[str, object] = {}
    circle["again"] = circle
    return circle


@settings(max_examples=50)
@given(st.dictionaries(st.text(), JSON))
def test_json_data_arrives_as_it_was(data: dict[str, object]) -> None:
    assert data_of(data) == data


@pytest.mark.parametrize(
    ("data", "json_form"),
    [
        (types.MappingProxyType({"order": 17}), {"order": 17}),
        ({"inner": OrderedDict(order=types.MappingProxyType({}))}, {"inner": {"order": {}}}),
        ({17: "order"}, {"17": "order"}),
        ({"total": float("nan")}, {"total": None}),
        (msgspec.Raw(b'{ "order" : 17.0 }'), {"order": 17.0}),
        ({"line": Line(article=1), "order": Order(lines=[1])}, {"line": {"article": 1}, "order": {"lines": [1]}}),
    ],
)
def test_mappings_and_structures_become_objects(data: object, json_form: object) -> None:
    assert data_of(data) == json_form


def test_raw_json_keeps_its_digits_and_loses_its_white_space() -> None:
    event = write_event(Event("shop.order-paid", msgspec.Raw(b'{ "total": 1.50 }')), index=0)
    assert bytes(event.data) == b'{"total":1.50}'


@pytest.mark.parametrize(
    ("data", "path", "told"),
    [
        ({"a": {"b": [0, object()]}}, "data/a/b/1", "is an object, which JSON cannot hold"),
        ({"a/b~": object()}, "data/a~1b~0", "is an object, which"),
        ({"line": Line(article=Order(lines={1: object}))}, "data/line/article/lines/1", "is a type, which"),
        ({"keys": {(1, 2): 3}}, "data/keys", "has a key that is a tuple"),
        ({"name": "\ud800"}, "data/name", "holds half of a surrogate pair"),
        ({"\ud800": 1}, "data", "has a key that is a str"),
        ({"raw": msgspec.Raw(b"{nope")}, "data/raw", "is Raw that is not JSON: "),
        ({"raw": msgspec.Raw(b'"\xff"')}, "data/raw", "holds half of a surrogate pair"),
        (circular(), "data", "is nested deeper than 64 levels, or holds itself"),
        ({"set": {frozenset([object])}}, "data/set/0/0", "is a type, which"),
    ],
)
def test_what_json_cannot_hold_is_named_by_its_place(data: Any, path: str, told: str) -> None:  # noqa: ANN401 - whatever a program may hand in
    where, message = fault_of(Event("shop.order-paid", data), index=3)
    assert where == f"events/3/{path}"
    assert message.startswith(told)


@pytest.mark.parametrize(
    ("event", "path", "told"),
    [
        (Event(17, {}), "type", "must be text, not an int"),  # type: ignore[arg-type] # programs without type checks
        (Event("shop.order-paid", {}, id=17), "id", "must be text, not an int"),  # type: ignore[arg-type] # as above
        (Event("shop.order-paid", {}, created_at=17), "createdAt", "must be a datetime or text, not an int"),  # type: ignore[arg-type] # as above
        (Event("shop.order-paid", {}, created_at=datetime(2026, 1, 31)), "createdAt", "has no time zone"),  # noqa: DTZ001 - that is the point
        (
            Event("shop.order-paid", {}, created_at=datetime.fromisoformat("0001-01-01T00:00:00+05:00")),
            "createdAt",
            "is no time in UTC",
        ),
    ],
)
def test_the_other_members_are_named_too(event: Event, path: str, told: str) -> None:
    where, message = fault_of(event)
    assert where == f"events/0/{path}"
    assert message.startswith(told)


def test_times_are_written_in_utc_and_text_is_left_to_the_checks() -> None:
    time = datetime.fromisoformat("2026-01-31T09:00:00.123456+01:00")
    assert write_event(Event("a.b", {}, created_at=time), index=0).created_at == "2026-01-31T08:00:00.123Z"
    assert write_event(Event("a.b", {}, created_at=datetime(2026, 1, 31, tzinfo=UTC)), index=0).created_at is not None
    assert write_event(Event("a.b", {}, created_at="whenever"), index=0).created_at == "whenever"


def test_what_is_left_out_is_left_to_the_intake() -> None:
    event = write_event(Event("a.b", {}), index=0)
    assert (event.id, event.created_at) == (msgspec.UNSET, msgspec.UNSET)
    assert write_event(Event("a.b", {}, id="e-1"), index=0).id == "e-1"
