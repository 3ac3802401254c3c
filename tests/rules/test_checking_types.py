from collections.abc import Callable

import pytest

from bellwire.errors import InvalidObject
from bellwire.model.event_type import EventLevel, TracingLevel
from bellwire.rules.checking_types import TypeWish, read_declarations, read_wish


def paths_of(read: Callable[[], object]) -> list[str]:
    with pytest.raises(InvalidObject) as caught:
        read()
    return [fault.path for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("written", "wish"),
    [
        ({"level": "warn"}, TypeWish(level=EventLevel.WARN, description=None)),
        ({"level": "disable"}, TypeWish(level=EventLevel.DISABLE, description=None)),
        ({"level": None}, TypeWish(level=None, description=None)),
        ({}, TypeWish(level=None, description=None)),
        ({"level": "info", "description": "Paid."}, TypeWish(level=EventLevel.INFO, description="Paid.")),
    ],
)
def test_a_wish_is_read(written: dict[str, object], wish: TypeWish) -> None:
    assert read_wish(written, description_length_max=10) == wish


@pytest.mark.parametrize(
    ("written", "paths"),
    [
        ({"level": "WARN"}, ["level"]),
        ({"level": 3, "description": "far too long"}, ["level", "description"]),
        ({"levle": "info"}, ["levle"]),
    ],
)
def test_all_faults_of_a_wish_are_told(written: dict[str, object], paths: list[str]) -> None:
    assert paths_of(lambda: read_wish(written, description_length_max=10)) == paths


def test_declarations_are_read() -> None:
    first, second = read_declarations(
        {"shop.paid": {"level": "warn", "description": "Paid."}, "shop.sent": {"level": "info"}},
        description_length_max=10,
    )
    assert (first.id, first.level, first.description) == ("shop.paid", TracingLevel.WARN, "Paid.")
    assert (second.id, second.level, second.description) == ("shop.sent", TracingLevel.INFO, "")


@pytest.mark.parametrize(
    ("written", "paths"),
    [
        ("shop", [""]),
        ({"shop": {"level": "info"}}, ["shop"]),
        ({"shop.paid": "info", "shop.sent": {}}, ["shop.paid", "shop.sent/level"]),
        ({"shop.paid": {"level": "disable"}}, ["shop.paid/level"]),
        ({"shop.paid": {"level": "info", "lvl": 1}}, ["shop.paid/lvl"]),
    ],
)
def test_all_faults_of_declarations_are_told(written: object, paths: list[str]) -> None:
    assert paths_of(lambda: read_declarations(written, description_length_max=10)) == paths
