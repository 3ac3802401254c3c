"""Description and readers say the same: members, limits, words, defaults and examples."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bellwire.errors import InvalidObject
from bellwire.model import duration, size
from bellwire.model.event_type import DESCRIPTION_LENGTH_MAX
from bellwire.rules import checking_secrets, checking_types, rotating
from bellwire.rules.checking_types import read_wish
from bellwire.rules.presenting import SERVER_FIELDS, present_webhook
from bellwire.rules.rotating import read_rotation
from bellwire.rules.validating import FIELDS, read_webhook
from bellwire.web.api.description import describe_api
from bellwire.web.app import OPERATIONS
from bellwire.web.bodies import LINES_TYPE
from bellwire.web.description import encode
from bellwire.web.operation import Schema
from bellwire.web.parameters import time_parameter
from bellwire.web.schemas.event_types import EVENT_TYPE_WISH
from bellwire.web.schemas.rotations import ROTATION
from bellwire.web.schemas.shown_webhooks import WEBHOOK
from bellwire.web.schemas.webhook_examples import PAGE_OBJECT
from bellwire.web.schemas.webhooks import REPLACED_WEBHOOK, WEBHOOK_PATCH, WRITTEN_WEBHOOK
from builders import make_catalogue, make_document
from web.conforming import validator

CATALOGUE = make_catalogue()
PAGE = Path(__file__).parents[1] / "data" / "webhooks-page.json"
DOCUMENT: dict[str, Any] = json.loads(encode(describe_api(OPERATIONS)))
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
FIELD_SCHEMAS: dict[str, Any] = SCHEMAS["WrittenWebhook"]["properties"]


def refused_at(document: dict[str, Any]) -> set[str]:
    """The members that the reader finds faults in."""
    try:
        read_webhook(document, catalogue=CATALOGUE)
    except InvalidObject as refusal:
        return {fault.path.partition("/")[0] for fault in refusal.faults}
    return set()


def members(schema: Schema) -> set[str]:
    return set(schema.definition["properties"])


def test_a_webhook_is_described_with_the_members_that_are_read() -> None:
    assert members(WRITTEN_WEBHOOK) == members(WEBHOOK_PATCH) == set(FIELDS)
    assert members(REPLACED_WEBHOOK) == members(WEBHOOK) == {*FIELDS, *SERVER_FIELDS}


def test_other_bodies_are_described_with_the_members_that_are_read() -> None:
    assert members(ROTATION) == set(rotating.MEMBERS)
    assert members(EVENT_TYPE_WISH) == set(checking_types.MEMBERS)


@pytest.mark.parametrize(
    ("name", "variants"),
    [
        ("SecretKeyOptional", checking_secrets._SECRET_KEY_OPTIONAL),
        ("SecretKey", checking_secrets._SECRET_KEY),
        ("HttpAuth", checking_secrets._HTTP_AUTH),
    ],
)
def test_unions_are_described_with_the_variants_that_are_read(name: str, variants: dict[str, tuple[str, ...]]) -> None:
    mapping = SCHEMAS[name]["discriminator"]["mapping"]
    named = {tag: SCHEMAS[reference.rpartition("/")[2]] for tag, reference in mapping.items()}
    assert {tag: {*schema["properties"]} - {"@type"} for tag, schema in named.items()} == {
        tag: {*read} for tag, read in variants.items()
    }
    assert all(schema["properties"]["@type"] == {"const": tag} for tag, schema in named.items())


def test_the_defaults_that_are_described_are_those_that_count() -> None:
    read = present_webhook(read_webhook({"url": "https://example.com/"}, catalogue=CATALOGUE).webhook)
    described = {name: field["default"] for name, field in FIELD_SCHEMAS.items() if "default" in field}
    assert described == {name: value for name, value in read.items() if name not in {"url", "name"}}


NUMBERS = [
    (name, limits)
    for name, field in FIELD_SCHEMAS.items()
    for limits in (field, *field.get("anyOf", ()))
    if "maximum" in limits
]


@pytest.mark.parametrize(("name", "limits"), NUMBERS, ids=[name for name, _ in NUMBERS])
def test_the_limits_that_are_described_are_those_that_count(name: str, limits: dict[str, int]) -> None:
    long = {"discardAfter": "365d"} if name == "throttle" else {"throttle": 0}
    for value in (limits["minimum"], limits["maximum"]):
        assert refused_at(make_document(**{**long, name: value})) == set()
    for value in (limits["minimum"] - 1, limits["maximum"] + 1):
        assert refused_at(make_document(**{**long, name: value})) == {name}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=100),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=6,
)
tagged = st.fixed_dictionaries(
    {"@type": st.sampled_from(["None", "Value", "File", "Basic", "Bearer", "EnvironmentVariable", "Unauthenticated"])},
    optional={
        name: st.text(max_size=3) | json_values
        for name in ("secret", "username", "bearerToken", "filePath", "variableName")
    },
)


@given(name=st.sampled_from([name for name in FIELDS if name != "url"]), value=json_values | tagged)
def test_what_is_described_as_wrong_is_refused(name: str, value: object) -> None:
    described = validator(json.dumps(FIELD_SCHEMAS[name]))
    if not described.is_valid(value):
        assert name in refused_at(make_document(**{name: value}))


@given(st.sampled_from(["overlap", "signatureKey"]), json_values)
def test_a_rotation_that_is_described_as_wrong_is_refused(name: str, value: object) -> None:
    wrong = not validator(json.dumps(ROTATION.definition)).is_valid({name: value})
    if name == "overlap" and wrong:
        with pytest.raises(InvalidObject):
            read_rotation({name: value})


@given(st.sampled_from(["level", "description"]), json_values)
def test_an_event_type_that_is_described_as_wrong_is_refused(name: str, value: object) -> None:
    if not validator(json.dumps(EVENT_TYPE_WISH.definition)).is_valid({name: value}):
        with pytest.raises(InvalidObject):
            read_wish({name: value}, description_length_max=DESCRIPTION_LENGTH_MAX)


duration_texts = st.text("0123456789dhms", max_size=10) | st.from_regex(duration.PATTERN, fullmatch=True)


@given(duration_texts)
def test_durations_are_described_as_they_are_read(text: str) -> None:
    described = bool(text) and re.fullmatch(duration.PATTERN, text) is not None
    assert described == reads(duration.parse_duration, text)


@given(st.text("0123456789KMGTiB", max_size=8) | st.from_regex(size.PATTERN, fullmatch=True))
def test_sizes_are_described_as_they_are_read(text: str) -> None:
    described = re.fullmatch(size.PATTERN, text) is not None
    assert described == (reads(size.parse_size, text) and not text.isdigit())


@given(duration_texts | st.datetimes().map(lambda time: time.isoformat() + "Z"))
def test_points_in_time_are_described_as_they_are_read(text: str) -> None:
    since = time_parameter("since", "Since then.")
    described = jsonschema_rs.Draft202012Validator(since.schema, validate_formats=True).is_valid(text)
    assert described == reads(since.read, text)


def reads(read: Any, text: str) -> bool:  # noqa: ANN401 - a reader of any kind
    try:
        read(text)
    except ValueError:
        return False
    return True


def test_the_example_of_the_page_is_an_example_of_creating_a_webhook() -> None:
    operation = OPERATIONS["/v1/webhooks", "POST"]
    assert operation.body is not None
    examples = [example.value for example in operation.body.contents[0].examples.values()]
    assert json.loads(PAGE.read_text(encoding="utf-8")) == PAGE_OBJECT
    assert PAGE_OBJECT in examples


def contents() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every parameter and content of the description, with its media type, that has a schema and examples."""
    for methods in DOCUMENT["paths"].values():
        for operation in methods.values():
            yield from (("", parameter) for parameter in operation.get("parameters", ()))
            for part in (operation.get("requestBody", {}), *operation["responses"].values()):
                yield from part.get("content", {}).items()


def test_every_example_is_as_its_schema_says() -> None:
    for media_type, content in contents():
        schema = content["schema"] if media_type != LINES_TYPE else SCHEMAS["PublishedLines"]["contentSchema"]
        for example in content.get("examples", {}).values():
            value = example["value"]
            for each in map(json.loads, value.splitlines()) if media_type == LINES_TYPE else [value]:
                validator(json.dumps(schema)).validate(each)
