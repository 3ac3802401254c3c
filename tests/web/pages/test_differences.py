from typing import Any

import pytest

from bellwire.model.audit import MemberChange
from bellwire.model.change import Filter
from bellwire.model.event import EventTypeId
from bellwire.model.event_type import TracingLevel
from bellwire.model.webhook import EventPolicy
from bellwire.web.pages.differences import TEXT_LENGTH_MAX, Difference, differences_of, filter_differences, shown_value

KEPT = {"@type": "Value", "secret": "****"}


def difference(before: Any, after: Any) -> Difference:  # noqa: ANN401 - whatever stands in an object
    return differences_of([MemberChange("member", before, after)])[0]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("30s", "30s"),
        (True, "true"),
        (7, "7"),
        ([], "none"),
        ({}, "none"),
        (["a.b", "c.d"], "a.b, c.d"),
        (KEPT, "Value"),
        ({"@type": "File", "filePath": "/run/key"}, "File /run/key"),
        ({"@type": "Basic", "username": "jane", "secret": KEPT}, "Basic jane with Value"),
        (
            {"@type": "Bearer", "bearerToken": {"@type": "EnvironmentVariable", "variableName": "T"}},
            "Bearer with EnvironmentVariable T",
        ),
        ({"X-Team": "****"}, '{"X-Team":"****"}'),
        ("x" * 400, "x" * (TEXT_LENGTH_MAX - 1) + "…"),
    ],
)
def test_a_value_is_shown_in_short(value: object, text: str) -> None:
    assert shown_value(value) == text


def test_of_lists_is_told_what_was_added_and_removed() -> None:
    found = difference(["a.b", "c.d"], ["c.d", "e.f"])
    assert (found.added, found.removed, found.note) == (("e.f",), ("a.b",), "")
    assert difference(["a.b", "c.d"], ["c.d", "a.b"]).note == "in another order"
    many = difference([], [f"a.b{number}" for number in range(20)])
    assert many.added[-1] == "and 8 more"


def test_of_headers_only_names_are_told() -> None:
    found = difference({"X-A": "****", "X-B": "****"}, {"X-B": "****", "X-C": "****"})
    assert (found.added, found.removed) == (("X-C",), ("X-A",))
    assert difference({"X-A": "****"}, {"X-A": "****"}).note == "values were replaced"


def test_one_secret_in_place_of_another_is_told_without_either() -> None:
    assert difference(KEPT, KEPT).note == "another secret, which is never shown"
    assert difference("****", "****").note == "another secret, which is never shown"
    assert difference(None, "****").note == "set; it is never shown"
    assert difference("****", None).note == "removed"
    assert difference({"@type": "None"}, KEPT) == Difference(member="member", before="None", after="Value")


def test_a_filter_is_told_as_the_members_that_differ() -> None:
    before = Filter(events=(EventTypeId("a.b"),), events_policy=EventPolicy.INCLUDE, level=None)
    after = Filter(events=(), events_policy=EventPolicy.EXCLUDE, level=TracingLevel.WARN)
    assert filter_differences(before, after) == (
        Difference(member="events", removed=("a.b",)),
        Difference(member="eventsPolicy", before="include", after="exclude"),
        Difference(member="level", after="warn"),
    )
    assert filter_differences(before, before) == ()
