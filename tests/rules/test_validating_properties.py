"""What holds for every object that somebody may write."""

from typing import Any

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from bellwire.errors import InvalidObject
from bellwire.model.webhook import WebHook
from bellwire.rules.patching import merge_patch
from bellwire.rules.presenting import present_registered, present_webhook
from bellwire.rules.validating import FIELDS, read_webhook
from builders import make_catalogue, make_registered_webhook

CATALOGUE = make_catalogue()
TYPE_IDS = sorted(CATALOGUE.ids())


def secrets(plain: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Any]]:
    return st.one_of(
        st.fixed_dictionaries({"@type": st.just("Value"), "secret": plain}),
        st.fixed_dictionaries({"@type": st.just("EnvironmentVariable"), "variableName": st.just("HOOK_KEY")}),
        st.fixed_dictionaries({"@type": st.just("File"), "filePath": st.from_regex(r"/[a-z/.]{1,20}", fullmatch=True)}),
    )


URLS = st.from_regex(r"https?://[a-z]{1,10}\.example(:[1-9][0-9]{0,3})?(/([a-z0-9]|%20){0,5})?", fullmatch=True)
PASSWORDS = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20)
TOKENS = st.from_regex(r"[a-zA-Z0-9._~+/-]{1,30}", fullmatch=True)
DURATIONS = st.integers(1_001, 900_000) | st.integers(2, 900).map(lambda count: f"{count}s")
HEADERS = st.dictionaries(
    st.from_regex(r"X-[A-Z]{1,10}-[0-9]", fullmatch=True),
    st.from_regex(r"([!-~]([ -~]{0,20}[!-~])?)?", fullmatch=True),
    max_size=5,
)
AUTH = st.one_of(
    st.just({"@type": "Unauthenticated"}),
    st.fixed_dictionaries(
        {"@type": st.just("Basic"), "username": st.just("account"), "secret": secrets(PASSWORDS) | PASSWORDS}
    ),
    st.fixed_dictionaries({"@type": st.just("Bearer"), "bearerToken": secrets(TOKENS) | TOKENS}),
)
EVENTS = {
    "exclude": st.lists(st.sampled_from(TYPE_IDS)) | st.dictionaries(st.sampled_from(TYPE_IDS), st.booleans()),
    "include": st.lists(st.sampled_from(TYPE_IDS), min_size=1),
}


def sound_objects(policy: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "url": URLS,
            "events": EVENTS[policy],
            "eventsPolicy": st.just(policy),
        },
        optional={
            "name": st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=80),
            "timeout": DURATIONS,
            "throttle": st.integers(0, 999) | st.just("250ms"),
            "discardAfter": DURATIONS,
            "signatureKey": st.just({"@type": "None"}) | secrets(PASSWORDS.map(lambda text: f"key {text}")),
            "httpAuth": AUTH,
            "httpHeaders": HEADERS,
            "allowInvalidCerts": st.booleans(),
            "lossy": st.booleans(),
            "enable": st.booleans(),
            "level": st.none() | st.sampled_from(["error", "warn", "info", "debug", "trace"]),
            "maxBatchEvents": st.integers(1, 10_000),
            "maxBatchBytes": st.integers(1_024, 67_108_864) | st.integers(1, 64).map(lambda count: f"{count}MiB"),
            "catchUp": st.sampled_from(["fast", "throttled"]),
        },
    )


SOUND = sound_objects("exclude") | sound_objects("include")

ANY_TEXT = st.text(st.characters(exclude_categories=[]), max_size=10) | st.sampled_from(
    ["@type", "Value", "Basic", "5s"]
)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=12,
)
ANY_MEMBERS = st.dictionaries(st.sampled_from([*FIELDS, "id", "createdAt"]) | ANY_TEXT, ANY_JSON, max_size=8)


def read_or_none(document: object) -> WebHook | None:
    try:
        return read_webhook(document, catalogue=CATALOGUE).webhook
    except InvalidObject as problem:
        faults = problem.faults
    assert faults
    assert all(fault.message for fault in faults)
    return None


@given(SOUND)
def test_what_was_accepted_can_be_shown_and_written_back_unchanged(document: dict[str, Any]) -> None:
    webhook = read_webhook(document, catalogue=CATALOGUE).webhook
    stored = make_registered_webhook(webhook)
    shown = msgspec.json.decode(msgspec.json.encode(present_registered(stored)))
    again = read_webhook(shown, catalogue=CATALOGUE, stored=stored).webhook
    assert again == webhook
    assert present_webhook(again) == present_webhook(webhook)


@given(SOUND)
def test_what_was_accepted_survives_being_stored(document: dict[str, Any]) -> None:
    webhook = read_webhook(document, catalogue=CATALOGUE).webhook
    assert msgspec.json.decode(msgspec.json.encode(webhook), type=WebHook) == webhook


@given(ANY_JSON | ANY_MEMBERS)
@example({"throttle": float("nan"), "url": "https://\ud800"})
@example({"httpHeaders": {"\ud800": "x"}, "events": {"\ud800": True}})
def test_whatever_is_written_is_an_object_or_a_list_of_faults(document: object) -> None:
    read_or_none(document)


@given(SOUND, ANY_MEMBERS)
def test_whatever_is_patched_is_an_object_or_a_list_of_faults(document: dict[str, Any], patch: dict[str, Any]) -> None:
    webhook = read_or_none(merge_patch(document, patch))
    if webhook is not None:
        assert msgspec.json.decode(msgspec.json.encode(webhook), type=WebHook) == webhook
