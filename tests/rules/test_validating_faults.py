"""What is wrong with an object is said with its place and the remedy."""

from typing import Any

import pytest

from bellwire.errors import Fault, InvalidObject
from bellwire.rules.checking_events import EVENTS_LISTED_MAX, UNKNOWN_COMPARED_MAX
from bellwire.rules.reading import FAULTS_MAX
from bellwire.rules.validating import read_webhook
from builders import make_catalogue, make_document

CATALOGUE = make_catalogue()


def faults_of(document: object) -> tuple[Fault, ...]:
    with pytest.raises(InvalidObject) as caught:
        read_webhook(document, catalogue=CATALOGUE)
    return caught.value.faults


def basic(**overrides: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON members of any type
    return {"@type": "Basic", "username": "account", "secret": "password"} | overrides


URLS = [
    (None, "is required and missing"),
    ("", "is empty"),
    (5, "must be text, not a number"),
    ("not a url", "white space"),
    ("  https://a.example/", "white space"),
    ("https://a.example/\n", "white space or a control character"),
    ("https://a.example/a\x00b", "control character"),
    ("ftp://a.example/", "'ftp'; only http and https"),
    ("a.example/in", "is not absolute; begin it with https://"),
    ("localhost:8080/in", "is not absolute"),
    ("https:/a.example/", "begin it with https://"),
    ("https://", "has no host"),
    ("https:///in", "has no host"),
    ("https://:443/", "has no host"),
    ("https://user:hidden@a.example/", "write them in httpAuth"),
    ("https://a.example/#part", "fragment"),
    ("https://a.example:0/", "write 1 to 65535"),
    ("https://a.example:65536/", "write 1 to 65535"),
    ("https://a.example:/", "leave out the colon"),
    ("https://a.example:x/", "write 1 to 65535"),
    ("https://[::1/", "no IPv6 address"),
    ("https://[::1%25lo]/", "no IPv6 address"),
    ("https://[127.0.0.1]/", "no IPv6 address"),
    ("https://127.1/", "four decimal numbers"),
    ("https://0x7f000001/", "four decimal numbers"),
    ("https://256.0.0.1/", "four decimal numbers"),
    ("https://a..example/", "'a..example', which is no host name"),
    ("https://-a.example/", "no host name"),
    ("https://a%2eexample/", "no host name"),
    ("https://" + "a" * 64 + ".example/", "no host name"),
    ("https://" + ".".join(["abcdefghi"] * 26) + "/", "no host name"),
    ("https://b\u00fccher.example:8443/in", "write it as 'xn--bcher-kva.example'"),
    ("https://a.example/caf\u00e9", "write it as %C3%A9"),
    ("https://a.example\\@b.example/", "write it as %5C"),
    ("https://a.example/{id}", "write it as %7B"),
    ("https://a.example/100%", "write it as %25"),
    ("https://a.example/" + "x" * 2048, "longer than 2048 characters"),
    ("https://a.example/\ud800", "surrogate"),
]


@pytest.mark.parametrize(("url", "fragment"), URLS)
def test_a_bad_url_is_refused_with_its_remedy(url: object, fragment: str) -> None:
    (fault,) = faults_of(make_document(url=url))
    assert fault.path == "url"
    assert fragment in fault.message


SINGLE_FAULTS: list[tuple[dict[str, Any], str, str]] = [
    # unknown members
    ({"timeOut": "5s"}, "timeOut", "did you mean timeout?"),
    ({"discard_after": "5m"}, "discard_after", "did you mean discardAfter?"),
    ({"headers": {}}, "headers", "did you mean httpHeaders?"),
    ({"@type": "WebHook"}, "@type", "it has url, name, events"),
    ({"a/b~c": 1}, "a~1b~0c", "a WebHook has no member 'a/b~c'"),
    # what the server sets
    ({"id": "abc"}, "id", "is set by the server; leave it out"),
    ({"createdAt": None}, "createdAt", "is set by the server"),
    # events
    ({"events": ["auth.sucess"]}, "events/0", "did you mean auth.success"),
    ({"events": ["auth.success", "Auth.Failed"]}, "events/1", "did you mean auth.failed?"),
    ({"events": ["zzz"]}, "events/0", "declare it, or publish an event of it first"),
    ({"events": ["auth.error", "*"]}, "events/1", "wildcards are not supported"),
    ({"events": {"auth.*": True}}, "events/auth.*", "`bellwire webhook create --event 'auth.*'`"),
    ({"events": ["auth.error", 5]}, "events/1", "not a number"),
    ({"events": ["auth.error", None]}, "events/1", "not null"),
    ({"events": "auth.success"}, "events", "write ['auth.success']"),
    ({"events": 5}, "events", "must be a list of ids"),
    ({"events": {"auth.success": True, "auth.error": "yes"}}, "events/auth.error", "must be true or false, not text"),
    ({"events": {"auth.success": True, "auth.error": None}}, "events/auth.error", "must be true or false, not null"),
    ({"events": []}, "events", "include would deliver nothing"),
    ({"events": {"auth.success": False}}, "events", "include would deliver nothing"),
    ({"events": ["auth.error"] * (EVENTS_LISTED_MAX + 1)}, "events", "at most 20000"),
    # words
    ({"eventsPolicy": "Include"}, "eventsPolicy", "did you mean 'include'?"),
    ({"eventsPolicy": "all"}, "eventsPolicy", "write include or exclude"),
    ({"eventsPolicy": True}, "eventsPolicy", "must be text (include or exclude)"),
    ({"level": "warning"}, "level", "did you mean 'warn'?"),
    ({"level": "disable"}, "level", "write error, warn, info, debug or trace"),
    ({"catchUp": "throtled"}, "catchUp", "did you mean 'throttled'?"),
    # durations
    ({"timeout": "99ms"}, "timeout", "must be 100ms to 15m"),
    ({"timeout": "16m"}, "timeout", "must be 100ms to 15m"),
    ({"timeout": 0}, "timeout", "must be 100ms to 15m"),
    ({"throttle": "2d"}, "throttle", "must be 0s to 1d"),
    ({"throttle": -5}, "throttle", "is negative"),
    ({"throttle": "5m"}, "throttle", "5m is not shorter than discardAfter (5m)"),
    ({"throttle": "10s", "discardAfter": "10s"}, "throttle", "10s is not shorter than discardAfter (10s)"),
    ({"throttle": 1.5}, "throttle", "a number with a fraction or an exponent; write it as"),
    ({"throttle": 1e3}, "throttle", "write 1000"),
    ({"throttle": True}, "throttle", "is not a duration"),
    ({"throttle": ["1s"]}, "throttle", "must be a duration, not an array"),
    ({"throttle": "1 s"}, "throttle", "'1 s' is not a duration"),
    ({"throttle": "1" * 65}, "throttle", "too long for a duration"),
    ({"discardAfter": "999ms"}, "discardAfter", "must be 1s to 365d"),
    ({"discardAfter": "366d"}, "discardAfter", "must be 1s to 365d"),
    ({"discardAfter": 10**5000}, "discardAfter", "must be 1s to 365d"),
    # flags, counts and sizes
    ({"enable": "true"}, "enable", "must be true or false, not text"),
    ({"lossy": 1}, "lossy", "must be true or false, not a number"),
    ({"allowInvalidCerts": []}, "allowInvalidCerts", "must be true or false, not an array"),
    ({"maxBatchEvents": 0}, "maxBatchEvents", "must be 1 to 10000"),
    ({"maxBatchEvents": 10_001}, "maxBatchEvents", "must be 1 to 10000"),
    ({"maxBatchEvents": 1.0}, "maxBatchEvents", "write 1"),
    ({"maxBatchEvents": True}, "maxBatchEvents", "must be a whole number, not true or false"),
    ({"maxBatchEvents": "100"}, "maxBatchEvents", "not text; write 1 to 10000"),
    ({"maxBatchBytes": 1023}, "maxBatchBytes", "must be 1KiB to 64MiB"),
    ({"maxBatchBytes": "65MiB"}, "maxBatchBytes", "must be 1KiB to 64MiB"),
    ({"maxBatchBytes": "1MB"}, "maxBatchBytes", "'1MB' is not a size"),
    ({"maxBatchBytes": 4096.0}, "maxBatchBytes", "write 4096"),
    ({"maxBatchBytes": False}, "maxBatchBytes", "must be a size, not true or false"),
    # name
    ({"name": ""}, "name", "is empty"),
    ({"name": "x" * 81}, "name", "longer than 80 characters"),
    ({"name": "a\nb"}, "name", "line end"),
    ({"name": "a\udc00"}, "name", "surrogate"),
    ({"name": 5}, "name", "must be text"),
    # signature key
    ({"signatureKey": "my-secret-key"}, "signatureKey", 'write {"@type": "Value"'),
    ({"signatureKey": 5}, "signatureKey", "None, Value, EnvironmentVariable or File"),
    ({"signatureKey": {"secret": "x"}}, "signatureKey", "None, Value, EnvironmentVariable or File"),
    (
        {"signatureKey": {"@type": "Vault"}},
        "signatureKey/@type",
        "are None, Value, EnvironmentVariable or File",
    ),
    ({"signatureKey": {"@type": "value", "secret": "x"}}, "signatureKey/@type", "did you mean Value?"),
    ({"signatureKey": {"@type": None}}, "signatureKey/@type", "not null"),
    ({"signatureKey": {"@type": "Value"}}, "signatureKey/secret", "is required and missing"),
    ({"signatureKey": {"@type": "Value", "secret": ""}}, "signatureKey/secret", "is empty"),
    ({"signatureKey": {"@type": "Value", "secret": None}}, "signatureKey/secret", "is required"),
    ({"signatureKey": {"@type": "Value", "secret": "x" * 8193}}, "signatureKey/secret", "longer than 8192"),
    ({"signatureKey": {"@type": "Value", "secret": "a\ud800"}}, "signatureKey/secret", "surrogate"),
    ({"signatureKey": {"@type": "Value", "secret": "whsec_%%"}}, "signatureKey/secret", "not base64"),
    ({"signatureKey": {"@type": "Value", "secret": "whsec_c2VjcmV0a"}}, "signatureKey/secret", "copy the key whole"),
    ({"signatureKey": {"@type": "Value", "secret": "whsec_\u00e9"}}, "signatureKey/secret", "not base64"),
    ({"signatureKey": {"@type": "Value", "secret": "whsec_"}}, "signatureKey/secret", "nothing follows whsec_"),
    ({"signatureKey": {"@type": "Value", "secret": "****"}}, "signatureKey/secret", "write the secret itself"),
    ({"signatureKey": {"@type": "Value", "secret": "x", "y": 1}}, "signatureKey/y", "it has secret"),
    ({"signatureKey": {"@type": "None", "secret": "x"}}, "signatureKey/secret", "it has no members"),
    (
        {"signatureKey": {"@type": "EnvironmentVariable", "variableName": "$KEY"}},
        "signatureKey/variableName",
        "is no name of a variable",
    ),
    (
        {"signatureKey": {"@type": "EnvironmentVariable", "variableName": ""}},
        "signatureKey/variableName",
        "is empty",
    ),
    (
        {"signatureKey": {"@type": "EnvironmentVariable", "variableName": "BELLWIRE_TOKEN"}},
        "signatureKey/variableName",
        "Bellwire's own settings",
    ),
    ({"signatureKey": {"@type": "File", "filePath": "key"}}, "signatureKey/filePath", "begin it with /"),
    ({"signatureKey": {"@type": "File", "filePath": ""}}, "signatureKey/filePath", "is empty"),
    ({"signatureKey": {"@type": "File", "filePath": "/a\x00b"}}, "signatureKey/filePath", "control character"),
    # credentials
    ({"httpAuth": "Basic"}, "httpAuth", "Unauthenticated, Basic or Bearer"),
    ({"httpAuth": {"@type": "None"}}, "httpAuth/@type", "the variants are Unauthenticated, Basic or Bearer"),
    ({"httpAuth": {"@type": "basic"}}, "httpAuth/@type", "did you mean Basic?"),
    ({"httpAuth": {"@type": "Basic", "secret": "p"}}, "httpAuth/username", "is required and missing"),
    ({"httpAuth": basic(username="")}, "httpAuth/username", "is empty"),
    ({"httpAuth": basic(username="a:b")}, "httpAuth/username", "colon"),
    ({"httpAuth": basic(username="a\tb")}, "httpAuth/username", "control character"),
    ({"httpAuth": basic(password="p")}, "httpAuth/password", "it has username or secret"),
    ({"httpAuth": basic(secret=None)}, "httpAuth/secret", "is required and missing"),
    ({"httpAuth": basic(secret="")}, "httpAuth/secret", "is empty"),
    ({"httpAuth": basic(secret="a\r\nb")}, "httpAuth/secret", "RFC 7617"),
    (
        {"httpAuth": basic(secret={"@type": "None"})},
        "httpAuth/secret/@type",
        "are Value, EnvironmentVariable or File",
    ),
    ({"httpAuth": basic(secret={"@type": "Value", "secret": ""})}, "httpAuth/secret/secret", "is empty"),
    ({"httpAuth": basic(secret={"@type": "Value", "secret": "****"})}, "httpAuth/secret/secret", "write the secret"),
    ({"httpAuth": {"@type": "Bearer", "bearerToken": "a b"}}, "httpAuth/bearerToken", "RFC 6750"),
    ({"httpAuth": {"@type": "Bearer", "bearerToken": "a\r\nX: y"}}, "httpAuth/bearerToken", "RFC 6750"),
    # headers
    ({"httpHeaders": ["X-A: b"]}, "httpHeaders", "must be an object of names and values"),
    ({"httpHeaders": {"X A": "v"}}, "httpHeaders/X A", "'X A' is no header name"),
    ({"httpHeaders": {"": "v"}}, "httpHeaders/", "is no header name"),
    ({"httpHeaders": {"X-A\r\nX-B": "v"}}, "httpHeaders/X-A\r\nX-B", "is no header name"),
    ({"httpHeaders": {"X-A": "a\r\nX-B: b"}}, "httpHeaders/X-A", "its value holds '\\r'"),
    ({"httpHeaders": {"X-A": "\u00e9"}}, "httpHeaders/X-A", "only visible ASCII"),
    ({"httpHeaders": {"X-A": " a"}}, "httpHeaders/X-A", "white space"),
    ({"httpHeaders": {"X-A": 5}}, "httpHeaders/X-A", "must be text, not a number; write it in quotes"),
    ({"httpHeaders": {"X-A": None}}, "httpHeaders/X-A", "leave out the header"),
    ({"httpHeaders": {"X-A": "1", "x-a": "2"}}, "httpHeaders/x-a", "the same header as 'X-A'"),
    ({"httpHeaders": {"Host": "a.example"}}, "httpHeaders/Host", "is set by Bellwire itself"),
    ({"httpHeaders": {"x-signature": "a"}}, "httpHeaders/x-signature", "is set by Bellwire itself"),
    ({"httpHeaders": {"Webhook-Id": "a"}}, "httpHeaders/Webhook-Id", "is set by Bellwire itself"),
    ({"httpHeaders": {"Transfer-Encoding": "chunked"}}, "httpHeaders/Transfer-Encoding", "belongs to the connection"),
    ({"httpHeaders": {"Proxy-Authorization": "a"}}, "httpHeaders/Proxy-Authorization", "belongs to the connection"),
    (
        {"httpAuth": basic(), "httpHeaders": {"authorization": "Bearer a"}},
        "httpHeaders/authorization",
        "is set from httpAuth",
    ),
    ({"httpHeaders": {f"X-{n}": "v" for n in range(65)}}, "httpHeaders", "at most 64"),
    ({"httpHeaders": {"X-A": "v" * 4096, "X-B": "v" * 4096}}, "httpHeaders", "longer than 8 KiB together"),
]


@pytest.mark.parametrize(("overrides", "path", "fragment"), SINGLE_FAULTS)
def test_one_fault_is_reported_with_its_path_and_its_remedy(
    overrides: dict[str, Any], path: str, fragment: str
) -> None:
    (fault,) = faults_of(make_document(**overrides))
    assert fault.path == path
    assert fragment in fault.message


@pytest.mark.parametrize(
    ("document", "kind"), [(None, "null"), ([], "an array"), ("x", "text"), (True, "true or false"), (1.5, "a number")]
)
def test_what_is_no_object_is_no_webhook(document: object, kind: str) -> None:
    (fault,) = faults_of(document)
    assert fault.path == ""
    assert f"a WebHook is a JSON object, not {kind}" in fault.message


def test_all_faults_of_an_object_are_reported_together() -> None:
    document = make_document(
        url="ftp://a.example/",
        timeOut=1,
        events=["auth.sucess", "auth.*"],
        httpAuth={"@type": "Basic", "user": "a", "secret": {"@type": "Value", "secret": ""}},
        httpHeaders={"X-Foo": 1},
        signatureKey={"@type": "File", "secret": "x"},
    )
    assert {fault.path for fault in faults_of(document)} == {
        "url",
        "timeOut",
        "events/0",
        "events/1",
        "httpAuth/user",
        "httpAuth/username",
        "httpAuth/secret/secret",
        "httpHeaders/X-Foo",
        "signatureKey/secret",
        "signatureKey/filePath",
    }


def test_a_fault_of_a_field_does_not_bring_up_others_by_its_default() -> None:
    (fault,) = faults_of(make_document(throttle="10m", discardAfter="never"))
    assert fault.path == "discardAfter"
    (fault,) = faults_of(make_document(events=["auth.sucess"]))
    assert fault.path == "events/0"


def test_faults_beyond_the_limit_are_only_counted() -> None:
    faults = faults_of(make_document(**{f"unknown{n}": n for n in range(FAULTS_MAX + 7)}))
    assert len(faults) == FAULTS_MAX + 1
    assert faults[-1] == Fault("", "7 more of the kind are not listed")


def test_the_closest_ids_are_looked_up_for_the_first_unknown_ones_only() -> None:
    faults = faults_of(make_document(events=["auth.sucess"] * (UNKNOWN_COMPARED_MAX + 1)))
    assert "did you mean auth.success" in faults[-2].message
    assert "did you mean" not in faults[-1].message


def test_long_names_are_cut_in_paths_and_messages() -> None:
    (fault,) = faults_of(make_document(**{"x" * 100_000: 1}))
    assert len(fault.path) < 200
    assert len(fault.message) < 400


@pytest.mark.parametrize(
    "overrides",
    [
        {"url": "https://hidden:hidden@a.example/"},
        {"url": "https://hidden:hid/den@a.example/"},
        {"signatureKey": {"@type": "Value", "secret": "whsec_hidden!"}},
        {"signatureKey": "hidden"},
        {"httpAuth": basic(secret="hidden\n")},
        {"httpAuth": {"@type": "Bearer", "bearerToken": "hidden hidden"}},
        {"httpHeaders": {"X-Token": " hidden"}},
    ],
)
def test_no_fault_repeats_a_secret(overrides: dict[str, Any]) -> None:
    faults = faults_of(make_document(**overrides))
    assert "hidden" not in "".join(fault.message for fault in faults)
