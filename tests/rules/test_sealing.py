import pytest

from bellwire.model.secret import EnvironmentVariable, File, NoSecret, Value
from bellwire.model.webhook import Basic, Bearer, HttpAuth, PreviousKey, Unauthenticated
from bellwire.rules.sealing import secrets_of, with_secrets, without_secrets
from builders import make_registered_webhook, make_webhook

RICH = make_registered_webhook(
    make_webhook(
        signature_key=Value("key"), http_auth=Basic("account", Value("password")), http_headers={"X-A": "a", "X-b": ""}
    ),
    previous_key=PreviousKey(key=Value("old"), until_ms=1),
)
PLACES = {
    "signatureKey/secret": "key",
    "httpAuth/secret": "password",
    "httpHeaders/x-a": "a",
    "httpHeaders/x-b": "",
    "previousKey/secret": "old",
}


def test_every_secret_that_a_webhook_holds_has_a_place_of_its_own() -> None:
    assert secrets_of(RICH) == PLACES


@pytest.mark.parametrize(
    ("auth", "places"),
    [
        (Unauthenticated(), {}),
        (Bearer(Value("token")), {"httpAuth/bearerToken": "token"}),
        (Bearer(File("/run/token")), {}),
        (Basic("account", EnvironmentVariable("PASSWORD")), {}),
    ],
)
def test_what_stands_elsewhere_is_no_secret_of_the_webhook(auth: HttpAuth, places: dict[str, str]) -> None:
    webhook = make_registered_webhook(
        make_webhook(signature_key=File("/run/key"), http_auth=auth),
        previous_key=PreviousKey(key=EnvironmentVariable("OLD"), until_ms=1),
    )
    assert secrets_of(webhook) == places
    assert with_secrets(webhook, places) == webhook


def test_secrets_go_back_to_their_places_and_the_mask_to_the_others() -> None:
    assert with_secrets(with_secrets(RICH, {}), PLACES) == RICH
    assert set(secrets_of(with_secrets(RICH, {})).values()) == {"****"}
    assert secrets_of(with_secrets(RICH, {"httpHeaders/x-a": "b"}))["httpHeaders/x-a"] == "b"


def test_without_its_secrets_a_webhook_keeps_all_else() -> None:
    bare = without_secrets(RICH)
    assert secrets_of(bare) == {}
    assert bare.object.signature_key == NoSecret()
    assert bare.object.url == RICH.object.url
