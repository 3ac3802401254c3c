import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bellwire.errors import InvalidObject
from bellwire.rules.patching import PATCH_DEPTH_MAX, merge_patch

JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.sampled_from("abcd"), JSON, max_size=4)


def without_nulls(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if not isinstance(value, dict):
        return value
    return {name: without_nulls(member) for name, member in value.items() if member is not None}


@pytest.mark.parametrize(
    ("document", "patch", "merged"),
    [
        # the examples of RFC 7396, appendix A
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_a_merge_patch_does_what_rfc_7396_says(document: object, patch: object, merged: object) -> None:
    assert merge_patch(document, patch) == merged


def test_another_variant_replaces_the_one_before_whole() -> None:
    document = {"httpAuth": {"@type": "Basic", "username": "account", "secret": {"@type": "Value", "secret": "****"}}}
    patch = {"httpAuth": {"@type": "Bearer", "bearerToken": "token"}}
    assert merge_patch(document, patch) == patch


def test_the_same_variant_is_merged() -> None:
    document = {"httpAuth": {"@type": "Basic", "username": "account", "secret": "****"}}
    expected = {"httpAuth": {"@type": "Basic", "username": "another", "secret": "****"}}
    assert merge_patch(document, {"httpAuth": {"username": "another"}}) == expected
    assert merge_patch(document, {"httpAuth": {"@type": "Basic", "username": "another"}}) == expected


def test_a_patch_nested_too_deeply_is_refused() -> None:
    patch: object = 1
    for _ in range(PATCH_DEPTH_MAX):
        patch = {"a": patch}
    merge_patch({}, patch)
    with pytest.raises(InvalidObject, match="more than 32 levels"):
        merge_patch({}, {"a": patch})


@given(OBJECTS, OBJECTS)
def test_a_patch_changes_neither_of_its_arguments(document: dict[str, Any], patch: dict[str, Any]) -> None:
    before = copy.deepcopy((document, patch))
    merge_patch(document, patch)
    assert (document, patch) == before


@given(OBJECTS, OBJECTS)
def test_a_patch_that_is_applied_again_changes_nothing_more(document: dict[str, Any], patch: dict[str, Any]) -> None:
    once = merge_patch(document, patch)
    assert merge_patch(once, patch) == once


@given(OBJECTS)
def test_a_patch_of_nothing_makes_the_patch_itself_without_its_nulls(patch: dict[str, Any]) -> None:
    assert merge_patch(None, patch) == without_nulls(patch)
