"""What a sound object becomes, and what is said of it."""

from typing import Any

import msgspec
import pytest

from bellwire.errors import Fault, InvalidObject
from bellwire.model.event import EventTypeId
from bellwire.model.event_type import EventType, TracingLevel
from bellwire.model.secret import EnvironmentVariable, File, NoSecret, Value
from bellwire.model.webhook import (
    MIB,
    Basic,
    Bearer,
    CatchUp,
    EventPolicy,
    HttpAuth,
    RegisteredWebhook,
    Unauthenticated,
    WebHook,
)
from bellwire.rules.presenting import present_registered
from bellwire.rules.reading import FAULTS_MAX
from bellwire.rules.validating import read_webhook
from builders import make_catalogue, make_document, make_registered_webhook, make_webhook

CATALOGUE = make_catalogue()


def read(stored: RegisteredWebhook | None = None, **members: Any) -> WebHook:  # noqa: ANN401 - JSON members of any type
    return read_webhook({"url": "https://a.example/"} | members, catalogue=CATALOGUE, stored=stored).webhook


def warnings_of(**members: Any) -> tuple[Fault, ...]:  # noqa: ANN401 - JSON members of any type
    return read_webhook(make_document(**members), catalogue=CATALOGUE).warnings


def test_all_but_the_url_has_a_default() -> None:
    checked = read_webhook({"url": "https://a.example/in"}, catalogue=CATALOGUE)
    assert checked.warnings == ()
    assert checked.webhook == make_webhook(url="https://a.example/in", name="a.example")


def test_the_defaults_are_those_of_the_page() -> None:
    webhook = read()
    assert (webhook.timeout_ms, webhook.throttle_ms, webhook.discard_after_ms) == (30_000, 1_000, 300_000)
    assert webhook.events_policy is EventPolicy.EXCLUDE
    assert webhook.signature_key == NoSecret()
    assert webhook.http_auth == Unauthenticated()
    assert (webhook.allow_invalid_certs, webhook.lossy, webhook.enable) == (False, False, True)


def test_null_stands_for_the_default_of_a_field_that_has_one() -> None:
    names = [field.encode_name for field in msgspec.structs.fields(WebHook) if field.encode_name != "url"]
    assert read(**dict.fromkeys(names)) == read()


def test_every_field_can_be_given() -> None:
    webhook = read(
        name="Bücher",
        events=["auth.success"],
        eventsPolicy="include",
        timeout="1m30s",
        throttle=1500,
        discardAfter="2h",
        signatureKey={"@type": "File", "filePath": "/etc/key"},
        httpAuth={"@type": "Bearer", "bearerToken": {"@type": "EnvironmentVariable", "variableName": "HOOK_TOKEN"}},
        httpHeaders={
            "Content-Type": "application/cloudevents+json",
            "User-Agent": "x",
            "X-Empty": "",
            "X-Two": "a\tb c",
        },
        allowInvalidCerts=True,
        lossy=True,
        enable=False,
        level="info",
        maxBatchEvents=10_000,
        maxBatchBytes="64MiB",
        catchUp="throttled",
    )
    assert webhook == WebHook(
        url="https://a.example/",
        name="Bücher",
        events=(EventTypeId("auth.success"),),
        events_policy=EventPolicy.INCLUDE,
        timeout_ms=90_000,  # type: ignore[arg-type] # the numbers say themselves what they are
        throttle_ms=1_500,  # type: ignore[arg-type] # as above
        discard_after_ms=7_200_000,  # type: ignore[arg-type] # as above
        signature_key=File("/etc/key"),
        http_auth=Bearer(EnvironmentVariable("HOOK_TOKEN")),
        http_headers={
            "Content-Type": "application/cloudevents+json",
            "User-Agent": "x",
            "X-Empty": "",
            "X-Two": "a\tb c",
        },
        allow_invalid_certs=True,
        lossy=True,
        enable=False,
        level=TracingLevel.INFO,
        max_batch_events=10_000,
        max_batch_bytes=64 * MIB,
        catch_up=CatchUp.THROTTLED,
    )


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://a.example", "a.example"),
        ("HTTP://A.example.:8080/in?x=[1]&y=%C3%A9", "A.example."),
        ("https://127.0.0.1:9000/", "127.0.0.1"),
        ("https://[2001:db8::1]:8443/in", "[2001:db8::1]"),
        ("https://xn--bcher-kva.example/", "xn--bcher-kva.example"),
        ("http://my_service/a@b", "my_service"),
        ("https://" + ".".join(["abcdefghi"] * 10) + "/", ("abcdefghi." * 8)[:80]),
    ],
)
def test_a_sound_url_is_kept_as_written_and_gives_the_name(url: str, name: str) -> None:
    webhook = read(url=url)
    assert (webhook.url, webhook.name) == (url, name)


@pytest.mark.parametrize(("written", "size"), [(1024, 1024), ("1KiB", 1024), ("512KiB", 524_288), ("1MiB", MIB)])
def test_a_size_is_a_number_of_bytes_or_text(written: object, size: int) -> None:
    assert read(maxBatchBytes=written).max_batch_bytes == size


def test_events_can_be_a_list_or_an_object_whose_false_entries_are_ignored() -> None:
    assert read(events=["auth.error", "auth.failed"]).events == ("auth.error", "auth.failed")
    assert read(events={"auth.error": True, "no.such": False, "*": False}).events == ("auth.error",)


def test_a_declared_type_can_be_listed() -> None:
    catalogue = make_catalogue()
    catalogue.declare(EventType(id=EventTypeId("shop.order"), level=TracingLevel.INFO))
    checked = read_webhook(make_document(events=["shop.order"]), catalogue=catalogue)
    assert checked.webhook.events == ("shop.order",)
    assert checked.warnings == ()


@pytest.mark.parametrize("written", ["password", {"@type": "Value", "secret": "password"}])
def test_plain_text_is_short_for_a_secret_in_place(written: object) -> None:
    auth = read(httpAuth={"@type": "Basic", "username": "account", "secret": written}).http_auth
    assert auth == Basic("account", Value("password"))
    assert read(httpAuth={"@type": "Bearer", "bearerToken": written}).http_auth == Bearer(Value("password"))


@pytest.mark.parametrize("secret", ["s3cret-Kéy", " two\nlines ", "whsec_c2VjcmV0", "whsec"])
def test_a_signature_key_may_be_any_text(secret: str) -> None:
    assert read(signatureKey={"@type": "Value", "secret": secret}).signature_key == Value(secret)


def test_a_masked_secret_keeps_the_stored_one() -> None:
    stored = make_registered_webhook(
        make_webhook(signature_key=Value("my-secret-key"), http_auth=Basic("account", Value("password")))
    )
    webhook = read(
        stored,
        signatureKey={"@type": "Value", "secret": "****"},
        httpAuth={"@type": "Basic", "username": "another", "secret": {"@type": "Value", "secret": "****"}},
    )
    assert webhook.signature_key == Value("my-secret-key")
    assert webhook.http_auth == Basic("another", Value("password"))
    stored = make_registered_webhook(make_webhook(http_auth=Bearer(Value("token"))))
    assert read(stored, httpAuth={"@type": "Bearer", "bearerToken": "****"}).http_auth == Bearer(Value("token"))


@pytest.mark.parametrize("auth", [Unauthenticated(), Bearer(Value("token")), Basic("account", File("/etc/password"))])
def test_a_masked_secret_is_an_error_where_none_of_that_variant_is_stored(auth: HttpAuth) -> None:
    stored = make_registered_webhook(make_webhook(signature_key=File("/etc/key"), http_auth=auth))
    with pytest.raises(InvalidObject) as caught:
        read(
            stored,
            signatureKey={"@type": "Value", "secret": "****"},
            httpAuth={"@type": "Basic", "username": "account", "secret": "****"},
        )
    assert [fault.path for fault in caught.value.faults] == ["httpAuth/secret", "signatureKey/secret"]


def test_what_was_read_can_be_written_back() -> None:
    stored = make_registered_webhook(make_webhook(signature_key=Value("key"), http_auth=Bearer(Value("token"))))
    assert read_webhook(present_registered(stored), catalogue=CATALOGUE, stored=stored).webhook == stored.object


def test_a_masked_header_keeps_the_stored_value_beside_others_that_are_written() -> None:
    stored = make_registered_webhook(make_webhook(http_headers={"X-A": "1", "X-B": "2", "X-C": "3"}))
    written = read(stored, httpHeaders={"x-a": "****", "X-B": "new"})
    assert written.http_headers == {"x-a": "1", "X-B": "new"}


def test_a_masked_header_is_an_error_where_none_of_that_name_is_stored() -> None:
    stored = make_registered_webhook(make_webhook(http_headers={"X-A": "1"}))
    with pytest.raises(InvalidObject) as caught:
        read(stored, httpHeaders={"X-A": "****", "X-B": "****"})
    (fault,) = caught.value.faults
    assert fault.path == "httpHeaders/X-B"
    assert "none is stored under this name" in fault.message


@pytest.mark.parametrize("name", ["id", "createdAt", "updatedAt"])
def test_what_the_server_sets_cannot_be_changed(name: str) -> None:
    stored = make_registered_webhook()
    with pytest.raises(InvalidObject, match="is set by the server; leave it out, or send it back as it was read"):
        read_webhook(present_registered(stored) | {name: "other"}, catalogue=CATALOGUE, stored=stored)


def test_a_former_name_is_kept_and_named_with_its_successors() -> None:
    checked = read_webhook(make_document(events={"store.ingest": True, "dsn": True}), catalogue=CATALOGUE)
    assert checked.webhook.events == ("store.ingest", "dsn")
    assert [warning.path for warning in checked.warnings] == ["events/store.ingest", "events/dsn"]
    assert "former name of message-ingest.ham;" in checked.warnings[0].message
    assert "former name of delivery.dsn-success, delivery.dsn-perm-fail;" in checked.warnings[1].message


def test_a_former_type_without_a_successor_is_accepted_with_a_warning() -> None:
    (warning,) = warnings_of(events=["cluster.error"])
    assert warning.path == "events/0"
    assert "without a successor" in warning.message


def test_an_event_that_is_listed_twice_counts_once_and_is_warned_of() -> None:
    checked = read_webhook(make_document(events=["auth.success", "auth.error", "auth.success"]), catalogue=CATALOGUE)
    assert checked.webhook.events == ("auth.success", "auth.error")
    assert checked.warnings == (Fault("events/2", "auth.success is listed more than once; it counts once"),)


def test_types_about_bellwire_itself_are_explained() -> None:
    (warning,) = warnings_of(events=["bellwire.webhook-failing"])
    assert warning.path == "events/0"
    assert "about Bellwire itself, never about this webhook. Attempts of a webhook fail." in warning.message
    (warning,) = warnings_of(events=["bellwire.webhook-failing"], eventsPolicy="exclude")
    assert "reaches only webhooks that include it" in warning.message
    (warning,) = warnings_of(events=["webhook.test"])
    assert "sent by a test only" in warning.message


def test_a_type_about_bellwire_without_a_description_is_warned_of_all_the_same() -> None:
    catalogue = make_catalogue()
    catalogue.declare(EventType(id=EventTypeId("bellwire.new"), level=TracingLevel.INFO))
    (warning,) = read_webhook(make_document(events=["bellwire.new"]), catalogue=catalogue).warnings
    assert warning.message.endswith("never about this webhook.")


def test_a_level_that_keeps_back_listed_events_is_warned_of_by_their_names() -> None:
    (warning,) = warnings_of(events=["auth.error", "auth.success", "smtp.raw-input"], level="warn")
    assert warning.path == "level"
    assert "auth.success, smtp.raw-input;" in warning.message
    many = ["auth.success", "auth.failed", "message-ingest.ham", "delivery.dsn-success", "smtp.raw-input"]
    (warning,) = warnings_of(events=many, level="error")
    assert "auth.success, auth.failed, message-ingest.ham and 2 more;" in warning.message


def test_a_level_is_no_oddity_for_events_that_are_excluded_or_at_least_as_grave() -> None:
    assert warnings_of(events=["smtp.raw-input"], eventsPolicy="exclude", level="error") == ()
    assert warnings_of(events=["auth.error", "auth.failed"], level="warn") == ()


BASIC = {"@type": "Basic", "username": "account", "secret": "password"}


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"httpAuth": BASIC}, "httpAuth"),
        ({"httpHeaders": {"Authorization": "a"}}, "Authorization"),
        ({"httpAuth": BASIC, "httpHeaders": {"X-Api-Key": "a", "X-Other": "b"}}, "httpAuth, X-Api-Key"),
    ],
)
def test_credentials_over_plain_http_are_warned_of(members: dict[str, Any], named: str) -> None:
    (warning,) = warnings_of(url="http://a.example/", **members)
    assert warning.path == "url"
    assert f"can read {named}; use https" in warning.message


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9000/", "http://localhost/", "http://hooks.localhost/", "http://[::1]:9000/"]
)
def test_credentials_that_never_leave_the_machine_are_no_oddity(url: str) -> None:
    assert warnings_of(url=url, httpAuth=BASIC) == ()


def test_plain_http_without_credentials_is_no_oddity() -> None:
    key = {"@type": "Value", "secret": "key"}
    assert warnings_of(url="http://a.example/", signatureKey=key, httpHeaders={"Idempotency-Key": "a"}) == ()


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"httpAuth": BASIC}, "httpAuth"),
        ({"signatureKey": {"@type": "Value", "secret": "key"}}, "the signature"),
        ({"httpHeaders": {"X-Auth": "a"}}, "X-Auth"),
    ],
)
def test_secrets_sent_to_an_endpoint_that_is_not_verified_are_warned_of(members: dict[str, Any], named: str) -> None:
    (warning,) = warnings_of(allowInvalidCerts=True, **members)
    assert warning.path == "allowInvalidCerts"
    assert f"receive {named};" in warning.message


def test_an_unverified_endpoint_without_secrets_is_no_oddity() -> None:
    assert warnings_of(allowInvalidCerts=True) == ()


def test_warnings_beyond_the_limit_are_only_counted() -> None:
    warnings = warnings_of(events=["auth.success"] * (FAULTS_MAX + 6))
    assert len(warnings) == FAULTS_MAX + 1
    assert warnings[-1] == Fault("", "5 more of the kind are not listed")
