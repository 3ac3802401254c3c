import msgspec
import pytest

from bellwire.model.duration import DurationMs
from bellwire.model.event_type import TracingLevel
from bellwire.model.principal import Principal, PrincipalKind, Scope
from bellwire.model.secret import EnvironmentVariable, File, Value
from bellwire.model.webhook import Basic, Bearer, EventPolicy, HttpAuth, Unauthenticated
from bellwire.rules.presenting import present_registered, present_webhook
from builders import make_registered_webhook, make_webhook


def test_an_object_is_shown_complete_in_the_form_of_the_page() -> None:
    webhook = make_webhook(
        events=("auth.success", "store.ingest"),
        events_policy=EventPolicy.INCLUDE,
        timeout_ms=DurationMs(90_000),
        signature_key=Value("my-secret-key"),
        http_auth=Basic("account", Value("password")),
        http_headers={"X-My-Header": "my-value"},
        level=TracingLevel.WARN,
    )
    assert present_webhook(webhook) == {
        "url": "https://hooks.example.com/in",
        "name": "hooks.example.com",
        "events": ["auth.success", "store.ingest"],
        "eventsPolicy": "include",
        "timeout": "90s",
        "throttle": "1s",
        "discardAfter": "5m",
        "signatureKey": {"@type": "Value", "secret": "****"},
        "httpAuth": {"@type": "Basic", "username": "account", "secret": {"@type": "Value", "secret": "****"}},
        "httpHeaders": {"X-My-Header": "****"},
        "allowInvalidCerts": False,
        "lossy": False,
        "enable": True,
        "level": "warn",
        "maxBatchEvents": 1000,
        "maxBatchBytes": "1MiB",
        "catchUp": "fast",
    }


def test_an_object_without_a_level_is_shown_without_one() -> None:
    assert "level" not in present_webhook(make_webhook(level=None))


@pytest.mark.parametrize(
    ("auth", "shown"),
    [
        (Unauthenticated(), {"@type": "Unauthenticated"}),
        (Bearer(Value("hidden")), {"@type": "Bearer", "bearerToken": {"@type": "Value", "secret": "****"}}),
        (Bearer(File("/etc/token")), {"@type": "Bearer", "bearerToken": {"@type": "File", "filePath": "/etc/token"}}),
        (
            Basic("account", EnvironmentVariable("HOOK_PASSWORD")),
            {
                "@type": "Basic",
                "username": "account",
                "secret": {"@type": "EnvironmentVariable", "variableName": "HOOK_PASSWORD"},
            },
        ),
    ],
)
def test_credentials_show_where_their_secret_is_but_not_the_secret(auth: HttpAuth, shown: dict[str, object]) -> None:
    assert present_webhook(make_webhook(http_auth=auth))["httpAuth"] == shown


def test_a_key_kept_elsewhere_is_shown_by_its_place() -> None:
    assert present_webhook(make_webhook(signature_key=File("/etc/key")))["signatureKey"] == {
        "@type": "File",
        "filePath": "/etc/key",
    }
    assert present_webhook(make_webhook())["signatureKey"] == {"@type": "None"}


def test_no_secret_is_anywhere_in_what_is_shown() -> None:
    webhook = make_webhook(signature_key=Value("hidden"), http_auth=Bearer(Value("hidden")))
    assert b"hidden" not in msgspec.json.encode(present_webhook(webhook))


def test_what_the_server_adds_is_shown_with_times_in_utc_to_the_millisecond() -> None:
    shown = present_registered(
        make_registered_webhook(created_at_ms=1_687_359_300_000, updated_at_ms=1_687_359_300_007)
    )
    assert shown["id"] == "wh-1"
    assert shown["createdAt"] == "2023-06-21T14:55:00.000Z"
    assert shown["updatedAt"] == "2023-06-21T14:55:00.007Z"
    assert shown["url"] == "https://hooks.example.com/in"


@pytest.mark.parametrize(
    ("size", "shown"),
    [(1_024, "1KiB"), (524_288, "512KiB"), (1_048_576, "1MiB"), (1_572_864, "1536KiB"), (1_025, 1_025)],
)
def test_a_size_is_shown_as_text_where_it_is_whole(size: int, shown: object) -> None:
    assert present_webhook(make_webhook(max_batch_bytes=size))["maxBatchBytes"] == shown


def caller(scope: Scope) -> Principal:
    return Principal(name="somebody", kind=PrincipalKind.TOKEN, scopes=frozenset({scope}))


def test_who_may_write_sees_the_values_of_headers_but_for_credentials() -> None:
    webhook = make_webhook(http_headers={"X-Colour": "green", "X-Api-Key": "hidden", "Cookie": "hidden"})
    shown = {"X-Colour": "green", "X-Api-Key": "****", "Cookie": "****"}
    hidden = dict.fromkeys(shown, "****")
    assert present_webhook(webhook, by=caller(Scope.WRITE))["httpHeaders"] == shown
    assert present_registered(make_registered_webhook(webhook), by=caller(Scope.ADMIN))["httpHeaders"] == shown
    assert present_webhook(webhook, by=caller(Scope.READ))["httpHeaders"] == hidden
    assert present_webhook(webhook)["httpHeaders"] == hidden
