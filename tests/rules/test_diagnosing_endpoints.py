from email.utils import formatdate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bellwire.model.attempt import AddressRefused, Answer, NoAnswer, Request, Timings, Trouble
from bellwire.model.duration import DurationMs
from bellwire.model.endpoint_check import Addresses, Certificate, CheckStep, Contact, EndpointCheck, Mark
from bellwire.rules.diagnosing_certificates import ENDS_SOON_MS, certificate_warning
from bellwire.rules.diagnosing_endpoints import STEPS, Evidence, diagnose
from builders import make_webhook

NOW_MS = 1_700_000_000_000
DAY_MS = 86_400_000
URL = "https://hooks.example.com/in"


def certificate(**overrides: Any) -> Certificate:  # noqa: ANN401 - fields of any type
    fields: dict[str, Any] = {
        "subject": "hooks.example.com",
        "issuer": "Some CA",
        "names": ("hooks.example.com",),
        "starts_at_ms": NOW_MS - DAY_MS,
        "ends_at_ms": NOW_MS + 90 * DAY_MS,
    }
    return Certificate(**(fields | overrides))


def answer(status: int = 200, *headers: tuple[str, str], body: bytes = b"", took_ms: int = 20) -> Answer:
    return Answer(status=status, headers=headers, body=body, timings=Timings(total_us=took_ms * 1000))


def no_answer(trouble: Trouble, detail: str = "so it is", *, connect_us: int | None = None) -> NoAnswer:
    return NoAnswer(trouble=trouble, detail=detail, timings=Timings(connect_us=connect_us))


def request(*headers: tuple[str, str]) -> Request:
    return Request(url=URL, headers=headers, body=b"{}", timeout_ms=DurationMs(30_000), allow_invalid_certs=False)


def check(*, url: str = URL, lax: bool = False, **overrides: Any) -> EndpointCheck:  # noqa: ANN401 - fields of any type
    fields: dict[str, Any] = {
        "webhook": make_webhook(url=url, allow_invalid_certs=lax),
        "lookup": Addresses(("192.0.2.7",)),
        "objections": ("",),
        "probe": Contact(
            address="192.0.2.7",
            connect_us=1_500,
            tls_version="TLSv1.3",
            certificates=(certificate(), certificate(subject="Some CA", issuer="Root", names=())),
        ),
        "request": request(),
        "response": answer(),
        "unsent": "",
        "sent_at_ms": NOW_MS,
        "received_at_ms": NOW_MS + 20,
    }
    return diagnose(Evidence(**(fields | overrides)))


def step(name: str, **overrides: Any) -> CheckStep:  # noqa: ANN401 - fields of any type
    return next(each for each in check(**overrides).steps if each.name == name)


def test_a_good_endpoint_passes_every_step() -> None:
    checked = check(response=answer(200, ("date", formatdate(NOW_MS / 1000, usegmt=True))))
    assert [(each.name, each.mark) for each in checked.steps] == [(name, Mark.OK) for name in STEPS]
    assert checked.mark is Mark.OK
    assert not any(each.advice for each in checked.steps)


def test_the_whole_is_as_bad_as_its_worst_step() -> None:
    assert check(response=answer(500)).mark is Mark.FAILURE
    assert check(response=answer(200, took_ms=20_000)).mark is Mark.WARNING


def test_whatever_is_missing_every_step_is_there_and_in_order() -> None:
    checked = check(
        lookup=no_answer(Trouble.NAME_LOOKUP), objections=(), probe=no_answer(Trouble.NAME_LOOKUP), response=None
    )
    assert [each.name for each in checked.steps] == list(STEPS)
    assert [each.mark for each in checked.steps] == [Mark.FAILURE, *[Mark.SKIPPED] * 10]
    assert "hooks.example.com" in checked.steps[0].advice


@pytest.mark.parametrize(
    ("objections", "mark"), [(("no", ""), Mark.WARNING), (("no", "no"), Mark.FAILURE), (("", ""), Mark.OK)]
)
def test_a_name_with_some_forbidden_addresses_is_odd_and_with_none_allowed_useless(
    objections: tuple[str, ...], mark: Mark
) -> None:
    assert step("address-policy", objections=objections).mark is mark


def test_where_all_addresses_are_forbidden_nothing_is_said_of_a_connection() -> None:
    checked = check(objections=("it is private",), probe=AddressRefused("it is private"), response=None)
    assert {each.mark for each in checked.steps[2:]} == {Mark.SKIPPED}


@pytest.mark.parametrize(
    ("probe", "name", "mark"),
    [
        (no_answer(Trouble.CONNECT), "connect", Mark.FAILURE),
        (no_answer(Trouble.TIMEOUT), "connect", Mark.FAILURE),
        (no_answer(Trouble.TIMEOUT, connect_us=5), "connect", Mark.OK),
        (no_answer(Trouble.TLS, connect_us=5), "connect", Mark.OK),
        (no_answer(Trouble.TLS, connect_us=5), "tls", Mark.FAILURE),
        (no_answer(Trouble.CONNECT), "tls", Mark.SKIPPED),
    ],
)
def test_it_is_told_how_far_one_came(probe: NoAnswer, name: str, mark: Mark) -> None:
    assert step(name, probe=probe, response=None).mark is mark


def test_without_tls_there_is_nothing_to_say_of_certificates() -> None:
    probe = Contact(address="192.0.2.7", connect_us=1)
    checked = check(url="http://hooks.example.com/in", probe=probe)
    assert [each.mark for each in checked.steps if each.name in {"tls", "certificate"}] == [Mark.SKIPPED] * 2


def test_a_protocol_that_cannot_be_told_is_no_fault() -> None:
    assert "a version that is allowed" in step("tls", probe=Contact(address="a", connect_us=1)).found


@pytest.mark.parametrize(
    ("chain", "advice"),
    [
        ((certificate(ends_at_ms=NOW_MS - 3 * DAY_MS),), "renew the certificate"),
        ((certificate(starts_at_ms=NOW_MS + DAY_MS),), "compare the clocks"),
        ((certificate(names=("other.example",)),), "a certificate for hooks.example.com"),
        ((certificate(names=("*.other.example",)),), "a certificate for hooks.example.com"),
        ((certificate(issuer="hooks.example.com", names=("*.example.com",)),), "signed by itself"),
        ((certificate(names=(), ends_at_ms=None, starts_at_ms=None),), "no intermediate certificate"),
        ((certificate(), certificate(subject="Some CA", issuer="Nobody's")), "that this system trusts"),
    ],
)
def test_a_certificate_that_is_not_accepted_comes_with_its_remedy(chain: tuple[Certificate, ...], advice: str) -> None:
    probe = Contact(address="192.0.2.7", connect_us=1, certificates=chain)
    found = step("certificate", probe=probe, response=no_answer(Trouble.TLS, "the certificate has expired"))
    assert found.mark is Mark.FAILURE
    assert found.found.startswith("the certificate has expired; ")
    assert advice in found.advice


def test_a_certificate_that_ends_soon_is_a_warning_and_so_is_one_that_nobody_verifies() -> None:
    soon = Contact(address="a", connect_us=1, certificates=(certificate(ends_at_ms=NOW_MS + 9 * DAY_MS + 5_000),))
    found = step("certificate", probe=soon)
    assert (found.mark, "ends in 9 days" in found.found) == (Mark.WARNING, True)
    lax = step("certificate", lax=True)
    assert (lax.mark, "allowInvalidCerts" in lax.advice) == (Mark.WARNING, True)


def test_a_certificate_that_nobody_has_verified_is_not_called_good() -> None:
    assert step("certificate", response=None, unsent="no key").mark is Mark.SKIPPED


def test_many_names_are_cut() -> None:
    many = Contact(address="a", connect_us=1, certificates=(certificate(names=tuple("abcdefgh")),))
    assert "for a, b, c, d, e and 3 more," in step("certificate", probe=many).found


@pytest.mark.parametrize(
    ("left_ms", "words"),
    [
        (ENDS_SOON_MS, ""),
        (ENDS_SOON_MS - 1, "the endpoint's certificate ends in 20 days"),
        (DAY_MS, "the endpoint's certificate ends in 1 day"),
        (5, "the endpoint's certificate ends in 0 days"),
        (0, "the endpoint's certificate has ended"),
        (-5 * DAY_MS, "the endpoint's certificate has ended 5 days ago"),
    ],
)
def test_an_operator_is_told_of_a_certificate_that_ends_soon(left_ms: int, words: str) -> None:
    assert certificate_warning(NOW_MS + left_ms, now_ms=NOW_MS) == words
    assert certificate_warning(None, now_ms=NOW_MS) == ""


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"response": None, "request": None, "unsent": "signatureKey: HOOK_KEY is not set"}, "HOOK_KEY is not set"),
        ({"response": AddressRefused("it is private")}, "it is private"),
        ({"response": no_answer(Trouble.TIMEOUT, "no answer within 30s")}, "no answer within 30s"),
        ({"response": no_answer(Trouble.RESET, "closed")}, "closed"),
    ],
)
def test_a_request_without_an_answer_says_why(overrides: dict[str, Any], words: str) -> None:
    found = step("request", **overrides)
    assert (found.mark, words in found.found) == (Mark.FAILURE, True)
    assert step("latency", **overrides).mark is Mark.SKIPPED


@pytest.mark.parametrize(
    ("location", "advice"),
    [
        ("https://new.example/in", "put this URL into the webhook: https://new.example/in "),
        ("/moved", "put this URL into the webhook: https://hooks.example.com/moved "),
        ("http://[broken", "put this URL into the webhook: http://[broken "),
    ],
)
def test_a_redirect_shows_where_to_and_that_it_belongs_into_the_webhook(location: str, advice: str) -> None:
    found = step("redirect", response=answer(308, ("location", location)))
    assert found.mark is Mark.FAILURE
    assert found.found == f"answered 308, Location: {location}"
    assert found.advice.startswith(advice)


def test_a_redirect_to_nowhere_is_a_failure_too() -> None:
    assert "without a Location" in step("redirect", response=answer(302)).found


def test_a_credential_in_a_location_is_masked() -> None:
    sent = request(("Authorization", "Bearer top-secret"))
    found = step("redirect", request=sent, response=answer(302, ("location", "/login?token=top-secret")))
    assert "top-secret" not in found.found + found.advice


@pytest.mark.parametrize(
    ("status", "mark", "advice"),
    [
        (204, Mark.OK, ""),
        (302, Mark.FAILURE, "put the final address into url"),
        (400, Mark.FAILURE, "answer 2xx"),
        (401, Mark.FAILURE, "httpAuth"),
        (404, Mark.FAILURE, "path of url"),
        (405, Mark.FAILURE, "accept POST"),
        (410, Mark.FAILURE, "delete the webhook"),
        (500, Mark.FAILURE, "receiver's own log"),
        (599, Mark.FAILURE, "receiver's own log"),
    ],
)
def test_each_status_comes_with_what_to_do(status: int, mark: Mark, advice: str) -> None:
    found = step("status", response=answer(status))
    assert (found.mark, advice in found.advice) == (mark, True)


def test_a_receiver_that_says_when_to_come_again_is_no_failure() -> None:
    assert step("status", response=answer(503, ("retry-after", "120"))).mark is Mark.WARNING


SECRETS = (
    ("X-Signature", "c2lnbmF0dXJl"),
    ("webhook-signature", "v1,b25l v1,dHdv"),
    ("Authorization", "Basic YWNjb3VudDpwYXNz"),
    ("X-Api-Key", "api-key-7"),
)


@pytest.mark.parametrize(
    ("echoed", "name"),
    [
        ("c2lnbmF0dXJl", "X-Signature"),
        ("dHdv", "webhook-signature"),
        ("YWNjb3VudDpwYXNz", "Authorization"),
        ("the password is pass!", "Authorization"),
        ("api-key-7", "X-Api-Key"),
    ],
)
def test_an_answer_that_repeats_what_is_confidential_is_a_warning_without_repeating_it(echoed: str, name: str) -> None:
    for response in (answer(200, body=echoed.encode()), answer(200, ("x-debug", f"got {echoed}"))):
        found = step("echo", request=request(*SECRETS), response=response)
        assert (found.mark, name in found.found) == (Mark.WARNING, True)
        assert not any(value in found.found + found.advice for _, value in SECRETS)


def test_what_is_too_short_to_be_told_from_other_text_is_not_taken_for_an_echo() -> None:
    assert step("echo", request=request(("X-Api-Key", "1")), response=answer(200, body=b"1")).mark is Mark.OK


def clock(date: str) -> CheckStep:
    return step("clock", response=answer(200, ("date", date)))


@pytest.mark.parametrize(
    ("skew_s", "mark", "words"),
    [
        (0, Mark.OK, "agrees"),
        (4, Mark.OK, "agrees"),
        (-5, Mark.OK, "agrees"),
        (10, Mark.WARNING, "9 s ahead of ours"),
        (-60, Mark.WARNING, "59 s behind ours"),
        (400, Mark.FAILURE, "6 min ahead of ours"),
        (-400, Mark.FAILURE, "6 min behind ours"),
    ],
)
def test_a_clock_that_differs_is_told(skew_s: int, mark: Mark, words: str) -> None:
    found = clock(formatdate(NOW_MS / 1000 + skew_s, usegmt=True))
    assert (found.mark, words in found.found) == (mark, True), found


@pytest.mark.parametrize("date", ["", "yesterday", "Tue, 99 Nov 2023 22:13:20 GMT"])
def test_a_date_that_cannot_be_read_says_nothing(date: str) -> None:
    assert clock(date).mark is Mark.SKIPPED


def test_a_date_without_a_zone_is_meant_in_utc() -> None:
    assert clock("Tue, 14 Nov 2023 22:13:20").mark is Mark.OK


@given(st.integers(-10_000_000, 10_000_000))
def test_a_clock_that_is_right_is_never_blamed_for_a_slow_answer(offset_ms: int) -> None:
    date = formatdate((NOW_MS + offset_ms) // 1000, usegmt=True)
    slow = {"sent_at_ms": NOW_MS + min(offset_ms, 0), "received_at_ms": NOW_MS + max(offset_ms, 0) + 1_000}
    assert step("clock", response=answer(200, ("date", date)), **slow).mark is Mark.OK


def test_an_answer_close_to_the_timeout_is_a_warning() -> None:
    found = step("latency", response=answer(200, took_ms=15_001))
    assert (found.mark, found.found) == (Mark.WARNING, "answered within 15001 ms of 30s")
