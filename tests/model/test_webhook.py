import msgspec
import pytest

from bellwire.model.duration import DurationMs
from bellwire.model.event import Position
from bellwire.model.event_type import TracingLevel
from bellwire.model.secret import EnvironmentVariable, File, Value
from bellwire.model.webhook import Basic, Bearer, CatchUp, EventPolicy, Gap, PreviousKey, RegisteredWebhook, WebHook
from builders import make_registered_webhook, make_webhook

WEBHOOKS = [
    make_webhook(),
    make_webhook(
        events=("auth.success", "store.ingest"),
        events_policy=EventPolicy.INCLUDE,
        timeout_ms=DurationMs(250),
        signature_key=Value("my-secret-key"),
        http_auth=Basic("account", Value("password")),
        http_headers={"X-My-Header": "my-value"},
        level=TracingLevel.WARN,
        catch_up=CatchUp.THROTTLED,
    ),
    make_webhook(signature_key=File("/etc/key"), http_auth=Bearer(EnvironmentVariable("TOKEN")), lossy=True),
]


@pytest.mark.parametrize("webhook", WEBHOOKS)
def test_the_stored_form_is_read_as_the_same_object(webhook: WebHook) -> None:
    assert msgspec.json.decode(msgspec.json.encode(webhook), type=WebHook) == webhook


def test_a_registered_webhook_is_stored_with_its_gaps() -> None:
    registered = make_registered_webhook(WEBHOOKS[1], gaps=(Gap(Position(3), Position(7)), Gap(Position(9))))
    assert msgspec.json.decode(msgspec.json.encode(registered), type=RegisteredWebhook) == registered


def test_no_secret_shows_in_the_representation_of_a_webhook() -> None:
    assert "password" not in repr(WEBHOOKS[1])
    assert "my-secret-key" not in repr(WEBHOOKS[1])


def test_the_repr_of_a_webhook_shows_no_secret_and_all_else() -> None:
    webhook = make_registered_webhook(
        make_webhook(
            signature_key=Value("hidden"), http_auth=Basic("account", Value("hidden")), http_headers={"X-A": "hidden"}
        ),
        previous_key=PreviousKey(key=Value("hidden"), until_ms=1),
    )
    shown = repr(webhook)
    assert "hidden" not in shown
    assert "http_headers={'X-A': '****'}" in shown
    assert "url='https://hooks.example.com/in'" in shown
    assert "username='account'" in shown
