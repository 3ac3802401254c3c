from typing import Any

import pytest

from bellwire.errors import ConflictingName, InvalidObject
from bellwire.model.secret import File, NoSecret, Value
from bellwire.model.source import Reception, RegisteredSource, Source, SourceName
from bellwire.model.webhook import Basic, Bearer
from bellwire.rules.checking_sources import read_source
from bellwire.rules.presenting_sources import present_registered_source, present_source

KEY = {"@type": "Value", "secret": "s3cret"}
STORED = Source(name=SourceName("mail"), signature_key=Value("s3cret"), http_auth=Basic("hook", Value("word")))


def document(**members: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON members of any type
    return {"name": "mail", "signatureKey": KEY} | members


def faults_of(written: object, *, name: str | None = None, stored: Source | None = None) -> dict[str, str]:
    with pytest.raises(InvalidObject) as caught:
        read_source(written, name=name, stored=stored)
    return dict(caught.value.faults)


def test_absent_fields_and_null_get_their_defaults() -> None:
    expected = Source(name=SourceName("mail"), signature_key=Value("s3cret"))
    assert read_source(document()) == expected
    assert read_source(document(httpAuth=None, allowAnyone=None, enable=None)) == expected


def test_every_field_is_read() -> None:
    written = document(
        signatureKey={"@type": "File", "filePath": "/etc/key"},
        httpAuth={"@type": "Bearer", "bearerToken": "tok123"},
        allowAnyone=False,
        enable=False,
    )
    assert read_source(written) == Source(
        name=SourceName("mail"),
        signature_key=File("/etc/key"),
        http_auth=Bearer(Value("tok123")),
        enable=False,
    )


def test_the_name_may_come_by_the_path() -> None:
    assert read_source({"signatureKey": KEY}, name="mail").name == "mail"
    assert read_source(document(), name="mail").name == "mail"
    with pytest.raises(ConflictingName) as caught:
        read_source(document(), name="other")
    assert dict(caught.value.faults) == {"name": "is 'mail', but the source is called 'other'; leave the name out"}


@pytest.mark.parametrize("name", ["Mail", "-mail", "mail.1", "a/b", "ä", "m" * 64, "", 5, None])
def test_a_name_of_another_form_is_refused(name: object) -> None:
    assert set(faults_of(document(name=name))) == {"name"}


def test_a_source_that_nobody_checks_must_say_so() -> None:
    (told,) = faults_of({"name": "mail"}).items()
    assert told[0] == ""
    assert "allowAnyone: true" in told[1]
    source = read_source({"name": "mail", "allowAnyone": True})
    assert (source.allow_anyone, source.signature_key) == (True, NoSecret())


@pytest.mark.parametrize("protection", [{"signatureKey": KEY}, {"httpAuth": {"@type": "Bearer", "bearerToken": "t"}}])
def test_a_source_that_is_checked_cannot_be_open_to_everybody(protection: dict[str, Any]) -> None:
    assert set(faults_of({"name": "mail", "allowAnyone": True} | protection)) == {"allowAnyone"}


def test_all_faults_are_told_together() -> None:
    written = {"name": "Mail", "signatureKey": "s3cret", "httpAuth": 5, "allowAnyone": 1, "enable": "no", "windows": 1}
    assert set(faults_of(written)) == {"name", "signatureKey", "httpAuth", "allowAnyone", "enable", "windows"}
    assert faults_of([])[""] == "a source is a JSON object, not an array"


def test_what_was_read_can_be_written_and_keeps_its_secrets() -> None:
    registered = RegisteredSource(object=STORED, created_at_ms=0, updated_at_ms=1)
    shown = present_registered_source(registered, Reception(accepted=5, last_request_at_ms=1_000))
    assert "s3cret" not in str(shown)
    assert "word" not in str(shown)
    assert read_source(shown, name="mail", stored=STORED) == STORED
    assert set(faults_of(shown)) == {"signatureKey/secret", "httpAuth/secret/secret"}


def test_a_source_is_shown_complete_with_what_came_from_it() -> None:
    registered = RegisteredSource(object=STORED, created_at_ms=0, updated_at_ms=1)
    shown = present_registered_source(registered, Reception(accepted=5, duplicates=2, last_request_at_ms=1_000))
    assert shown | {"reception": None} == {
        "name": "mail",
        "signatureKey": {"@type": "Value", "secret": "****"},
        "httpAuth": {"@type": "Basic", "username": "hook", "secret": {"@type": "Value", "secret": "****"}},
        "allowAnyone": False,
        "enable": True,
        "createdAt": "1970-01-01T00:00:00.000Z",
        "updatedAt": "1970-01-01T00:00:00.001Z",
        "path": "/v1/sources/mail",
        "reception": None,
    }
    assert shown["reception"] == {
        "accepted": 5,
        "duplicates": 2,
        "refusedEvents": 0,
        "requests": 0,
        "refusedRequests": 0,
        "notAdmitted": 0,
        "lastRequest": "1970-01-01T00:00:01.000Z",
        "lastAccepted": None,
        "lastError": None,
        "lastErrorAt": None,
    }


def test_a_source_without_a_key_is_shown_without_one() -> None:
    shown = present_source(Source(name=SourceName("mail"), allow_anyone=True))
    assert (shown["signatureKey"], shown["httpAuth"]) == ({"@type": "None"}, {"@type": "Unauthenticated"})
