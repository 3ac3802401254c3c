import inspect
from datetime import timedelta
from pathlib import Path, PurePosixPath

import msgspec
import pytest

from bellwire.errors import InvalidObject
from bellwire.model import webhook as stored
from bellwire.model.event_type import TracingLevel
from bellwire.model.secret import EnvironmentVariable, File, NoSecret, Value
from bellwire.model.webhook import Basic, Bearer, CatchUp, EventPolicy, Unauthenticated
from bellwire.rules.checking_events import EVENTS_LISTED_MAX
from bellwire.rules.validating import read_webhook
from bellwire.rules.writing_webhooks import WebHook, json_form, read_level, write_key
from builders import make_catalogue

PAGE = (Path(__file__).parents[1] / "data" / "webhooks-page.json").read_bytes()


def test_python_and_the_json_of_the_page_say_the_same() -> None:
    written = WebHook(
        url="https://example.com/webhook",
        events=["auth.success", "store.ingest"],
        events_policy="include",
        timeout="30s",
        throttle="1s",
        signature_key="my-secret-key",
        http_headers={"X-My-Header": "my-value"},
        http_auth=Basic("account", Value("password")),
        allow_invalid_certs=False,
        enable=True,
    )
    assert written.document == WebHook.from_json(PAGE).document == msgspec.json.decode(PAGE)
    read_webhook(written.document, catalogue=make_catalogue())


def test_every_field_of_the_object_can_be_written_under_its_name_in_python() -> None:
    spoken = {field.name.removesuffix("_ms"): field.encode_name for field in msgspec.structs.fields(stored.WebHook)}
    arguments = [name for name in inspect.signature(WebHook.__init__).parameters if name != "self"]
    assert set(arguments) == spoken.keys()
    for name in arguments:
        fields = {"url": "https://example.com"} | {name: "x"}
        assert spoken[name] in WebHook(**fields).document  # type: ignore[arg-type] # a field of any type


def test_what_is_left_out_is_left_to_its_default() -> None:
    assert WebHook(url="https://example.com", name=None, level=None).document == {"url": "https://example.com"}


@pytest.mark.parametrize(
    ("written", "form"),
    [
        (timedelta(minutes=1, milliseconds=1), 60_001),
        (timedelta(microseconds=1_500), 1.5),
        (timedelta(seconds=-1), -1_000),
        (EventPolicy.INCLUDE, "include"),
        (CatchUp.THROTTLED, "throttled"),
        (TracingLevel.WARN, "warn"),
        (NoSecret(), {"@type": "None"}),
        (EnvironmentVariable("KEY"), {"@type": "EnvironmentVariable", "variableName": "KEY"}),
        (File(Path("/run/key")), {"@type": "File", "filePath": "/run/key"}),  # type: ignore[arg-type] # programs without type checks
        (Unauthenticated(), {"@type": "Unauthenticated"}),
        (Bearer(Value("t")), {"@type": "Bearer", "bearerToken": {"@type": "Value", "secret": "t"}}),
        (PurePosixPath("/run/key"), "/run/key"),
        ({"b.x", "a.x"}, ["a.x", "b.x"]),
        (("a.x", "b.x"), ["a.x", "b.x"]),
        ((name for name in ["a.x"]), ["a.x"]),
        ("auth.success", "auth.success"),
        (b"bytes", b"bytes"),
        ({1: True}, {"1": True}),
        (stored.KIB, 1024),
        (WebHook(url="u"), {"url": "u"}),
        (print, print),
    ],
)
def test_python_values_have_a_json_form_and_others_are_left_for_the_checks(written: object, form: object) -> None:
    assert json_form(written) == form


def test_an_endless_list_is_read_up_to_the_limit() -> None:
    assert len(json_form(iter(lambda: "auth.success", None))) == EVENTS_LISTED_MAX + 1


def test_a_key_may_be_text() -> None:
    assert write_key("k") == {"@type": "Value", "secret": "k"}
    assert write_key({"@type": "None"}) == {"@type": "None"}


@pytest.mark.parametrize("written", ["{", b"\xff", "[" * 100_000])
def test_text_that_is_no_json_is_refused_at_once(written: str | bytes) -> None:
    with pytest.raises(InvalidObject, match=r"^is not JSON: "):
        WebHook.from_json(written)


def test_json_that_is_no_object_is_left_for_the_checks() -> None:
    listed = WebHook.from_json("[]")
    with pytest.raises(InvalidObject, match="a WebHook is a JSON object, not an array"):
        read_webhook(listed.document, catalogue=make_catalogue())
    assert repr(listed) == "WebHook(url=None, …)"


def test_a_level_is_an_enumeration_or_its_text() -> None:
    assert read_level("warn") is read_level(TracingLevel.WARN) is TracingLevel.WARN
    with pytest.raises(InvalidObject, match="level: 'loud' is none of its values"):
        read_level("loud")
    with pytest.raises(InvalidObject, match="level: is required and missing"):
        read_level(None)  # type: ignore[arg-type] # programs without type checks
