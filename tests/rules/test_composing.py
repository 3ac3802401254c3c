import base64

from bellwire.model.attempt import Request
from bellwire.model.batch import BatchId
from bellwire.model.duration import DurationMs
from bellwire.model.secret import Value
from bellwire.model.webhook import Basic, Bearer, WebHook
from bellwire.rules.composing import Composer, Credentials
from bellwire.rules.signing import sign_body, sign_standard
from builders import make_webhook

BODY = b'{"events":[]}'


def compose(webhook: WebHook, *, signature_key: str | None = None, auth_secret: str | None = None) -> Request:
    credentials = Credentials(signature_key=signature_key, auth_secret=auth_secret)
    composer = Composer(webhook, credentials, user_agent="Bellwire/1.2.3")
    return composer.compose(body=BODY, batch_id=BatchId("batch-1"), timestamp_s=1_795_533_166)


def test_the_example_of_the_page_sends_its_headers_in_a_fixed_order() -> None:
    webhook = make_webhook(
        signature_key=Value("my-secret-key"),
        http_headers={"X-My-Header": "my-value"},
        http_auth=Basic("account", Value("password")),
    )
    request = compose(webhook, signature_key="my-secret-key", auth_secret="password")
    assert request.headers == (
        ("Content-Type", "application/json"),
        ("User-Agent", "Bellwire/1.2.3"),
        ("X-My-Header", "my-value"),
        ("Authorization", "Basic " + base64.b64encode(b"account:password").decode()),
        ("X-Signature", sign_body("my-secret-key", BODY)),
        ("webhook-id", "batch-1"),
        ("webhook-timestamp", "1795533166"),
        (
            "webhook-signature",
            sign_standard("my-secret-key", message_id="batch-1", timestamp_s=1_795_533_166, body=BODY),
        ),
    )


def test_without_a_key_there_is_no_signature_and_still_an_id_and_a_time() -> None:
    names = [name for name, _ in compose(make_webhook()).headers]
    assert names == ["Content-Type", "User-Agent", "webhook-id", "webhook-timestamp"]


def test_own_content_type_and_user_agent_replace_ours_whatever_their_case() -> None:
    webhook = make_webhook(http_headers={"content-type": "application/x+json", "USER-AGENT": "mine"})
    headers = compose(webhook).headers
    assert headers[:2] == (("content-type", "application/x+json"), ("USER-AGENT", "mine"))
    assert len([name for name, _ in headers if name.lower() in {"content-type", "user-agent"}]) == 2


def test_bearer_sends_the_token() -> None:
    request = compose(make_webhook(http_auth=Bearer(Value("t0ken"))), auth_secret="t0ken")
    assert ("Authorization", "Bearer t0ken") in request.headers


def test_basic_encodes_as_utf_8() -> None:
    request = compose(make_webhook(http_auth=Basic("käse", Value("grün"))), auth_secret="grün")
    assert ("Authorization", "Basic " + base64.b64encode("käse:grün".encode()).decode()) in request.headers


def test_url_timeout_and_certificate_choice_are_those_of_the_webhook() -> None:
    webhook = make_webhook(url="https://a.example/x?y=1", timeout_ms=DurationMs(250), allow_invalid_certs=True)
    request = compose(webhook)
    assert (request.url, request.timeout_ms, request.allow_invalid_certs) == ("https://a.example/x?y=1", 250, True)


def test_neither_credentials_nor_requests_show_secrets_in_their_text() -> None:
    webhook = make_webhook(http_auth=Bearer(Value("t0ken")))
    request = compose(webhook, signature_key="k3y", auth_secret="t0ken")
    shown = f"{request!r} {Credentials(signature_key='k3y', auth_secret='t0ken')!r} {webhook!r}"
    assert "t0ken" not in shown
    assert "k3y" not in shown


def test_a_request_knows_what_an_answer_must_not_tell() -> None:
    webhook = make_webhook(
        http_headers={"X-Pin": "abc", "X-Api-Key": "k", "X-Trace": "marker", "User-Agent": "our-own/1"},
    )
    credentials = Credentials(signature_key="key", auth_secret="pass", previous_key="old")
    composer = Composer(webhook, credentials, user_agent="Bellwire/1")
    request = composer.compose(body=b"", batch_id=BatchId("b"), timestamp_s=0)
    assert request.secrets == ("key", "old", "pass", "k", "marker")
