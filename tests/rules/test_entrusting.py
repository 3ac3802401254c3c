from pathlib import Path
from typing import Any

import pytest

from bellwire.errors import Fault, InvalidObject
from bellwire.model.secrecy import Secrecy
from bellwire.model.secret import EnvironmentVariable, File, Value
from bellwire.model.webhook import Basic, Bearer, RegisteredWebhook, WebHook
from bellwire.rules.checking_sources import read_source
from bellwire.rules.entrusting import Trust, leads_elsewhere
from bellwire.rules.presenting import present_registered
from bellwire.rules.validating import read_webhook
from builders import URL, make_catalogue, make_document, make_registered_webhook, make_webhook

WRITER = Trust(is_administrator=False)
ADMINISTRATOR = Trust()
CATALOGUE = make_catalogue()
FILE = {"@type": "File", "filePath": "/run/secrets/key"}
VARIABLE = {"@type": "EnvironmentVariable", "variableName": "HOOK_KEY"}
OTHER_URL = "https://elsewhere.example/in"


def read(trust: Trust, stored: RegisteredWebhook | None = None, /, **members: Any) -> WebHook:  # noqa: ANN401 - members of any type
    document = make_document(**members) if stored is None else present_registered(stored) | members
    return read_webhook(document, catalogue=CATALOGUE, stored=stored, trust=trust).webhook


def faults_of(trust: Trust, stored: RegisteredWebhook | None = None, /, **members: Any) -> tuple[Fault, ...]:  # noqa: ANN401 - as above
    with pytest.raises(InvalidObject) as caught:
        read(trust, stored, **members)
    return caught.value.faults


def registered(**fields: Any) -> RegisteredWebhook:  # noqa: ANN401 - as above
    return make_registered_webhook(make_webhook(**fields))


def test_only_an_administrator_chooses_a_file_or_a_variable_and_is_told_with_all_other_faults() -> None:
    chosen: dict[str, Any] = {
        "signatureKey": FILE,
        "httpAuth": {"@type": "Basic", "username": "account", "secret": VARIABLE},
    }
    assert read(ADMINISTRATOR, **chosen).signature_key == File("/run/secrets/key")
    faults = faults_of(WRITER, **chosen, throttle="1d", timeout=0)
    assert [fault.path for fault in faults] == [
        "timeout",
        "throttle",
        "signatureKey/filePath",
        "httpAuth/secret/variableName",
    ]
    assert faults[2].message == (
        "only an administrator may choose a file; use a Value, or ask for a token with the scope admin"
    )
    assert faults[3].message.startswith("only an administrator may choose an environment variable; use a Value")


def test_what_an_administrator_chose_stays_where_it_is_through_another_s_edit() -> None:
    stored = registered(signature_key=File("/run/secrets/key"), http_auth=Bearer(EnvironmentVariable("TOKEN")))
    assert read(WRITER, stored, name="other").http_auth == Bearer(EnvironmentVariable("TOKEN"))
    moved_within = {"@type": "Bearer", "bearerToken": FILE}
    (fault,) = faults_of(WRITER, stored, httpAuth=moved_within)
    assert fault.path == "httpAuth/bearerToken/filePath"


@pytest.mark.parametrize("change", [{"url": OTHER_URL}, {"allowInvalidCerts": True}])
def test_who_is_no_administrator_gives_secrets_again_when_the_endpoint_is_another(change: dict[str, Any]) -> None:
    stored = registered(
        signature_key=Value("key"),
        http_auth=Basic("account", Value("password")),
        http_headers={"X-Api-Key": "secret", "X-Colour": "green"},
    )
    faults = faults_of(WRITER, stored, **change)
    assert [fault.path for fault in faults] == [
        "signatureKey/secret",
        "httpAuth/secret/secret",
        "httpHeaders/X-Api-Key",
    ]
    assert all(fault.message.startswith("must be written again") for fault in faults)
    assert read(ADMINISTRATOR, stored, **change).signature_key == Value("key")
    given = read(
        WRITER,
        stored,
        **change,
        signatureKey={"@type": "Value", "secret": "key"},
        httpAuth={"@type": "Basic", "username": "account", "secret": "password"},
        httpHeaders={"X-Api-Key": "secret", "X-Colour": "****"},
    )
    assert given.http_headers == {"X-Api-Key": "secret", "X-Colour": "green"}


def test_a_short_form_is_told_at_its_own_place() -> None:
    stored = registered(http_auth=Bearer(Value("token")))
    (fault,) = faults_of(WRITER, stored, url=OTHER_URL, httpAuth={"@type": "Bearer", "bearerToken": "****"})
    assert fault.path == "httpAuth/bearerToken"


def test_who_is_no_administrator_does_not_send_a_file_elsewhere() -> None:
    stored = registered(signature_key=File("/run/secrets/key"), http_auth=Bearer(EnvironmentVariable("TOKEN")))
    faults = faults_of(WRITER, stored, url=OTHER_URL)
    assert [fault.path for fault in faults] == ["signatureKey/filePath", "httpAuth/bearerToken/variableName"]
    assert faults[0].message.startswith("only an administrator may let another endpoint have what is in a file;")
    assert read(WRITER, stored, url=OTHER_URL, signatureKey=None, httpAuth=None).url == OTHER_URL


@pytest.mark.parametrize(
    ("url", "elsewhere"),
    [
        (URL, False),
        (URL + "/other?path=1", False),
        ("HTTPS://HOOKS.example.com:443/in", False),
        ("https://hooks.example.com./in", False),
        ("http://hooks.example.com/in", True),
        ("https://hooks.example.com:8443/in", True),
        ("https://hooks.example.org/in", True),
    ],
)
def test_an_endpoint_is_another_by_its_origin(url: str, *, elsewhere: bool) -> None:
    assert leads_elsewhere(make_webhook(), make_webhook(url=url)) is elsewhere
    assert leads_elsewhere(make_webhook(), make_webhook(allow_invalid_certs=True))


def test_a_url_that_is_none_asks_for_no_secret() -> None:
    assert [fault.path for fault in faults_of(WRITER, registered(signature_key=Value("key")), url="x")] == ["url"]


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "/run/secrets/../other", "/run/secrets-of-others/key", "/run/secretsx"]
)
def test_settings_narrow_files_to_folders_for_administrators_too(path: str) -> None:
    narrowed = Trust(secrecy=Secrecy(folders=(Path("/run/secrets"), Path("/etc/hooks"))))
    assert read(narrowed, signatureKey=FILE).signature_key == File("/run/secrets/key")
    (fault,) = faults_of(narrowed, signatureKey={"@type": "File", "filePath": path})
    assert fault == Fault(
        "signatureKey/filePath",
        "is in no folder that secrets may be read from; the settings allow /run/secrets or /etc/hooks",
    )
    stored = registered(signature_key=File(path))
    assert read(narrowed, stored, name="other").name == "other"


def test_settings_narrow_variables() -> None:
    several = Trust(secrecy=Secrecy(variables=("A", "B", "C", "D", "E_*", "F")))
    none = Trust(secrecy=Secrecy(variables=(), folders=()))
    (fault,) = faults_of(several, signatureKey=VARIABLE)
    assert fault.path == "signatureKey/variableName"
    assert fault.message.endswith("the settings allow A, B, C, D or E_* and 1 more")
    assert faults_of(none, signatureKey=VARIABLE)[0].message.endswith("the settings allow none")
    assert faults_of(none, signatureKey=FILE)[0].message.endswith("the settings allow none")
    allowed = {"@type": "EnvironmentVariable", "variableName": "E_KEY"}
    assert read(several, signatureKey=allowed).signature_key == EnvironmentVariable("E_KEY")


def test_only_an_administrator_chooses_files_and_variables_of_sources() -> None:
    document = {"name": "mail", "signatureKey": FILE}
    stored = read_source(document)
    assert read_source(document, stored=stored, trust=WRITER) == stored
    with pytest.raises(InvalidObject, match="signatureKey/filePath: only an administrator may choose a file"):
        read_source(document, trust=WRITER)
