"""The audit of the ledger run, held against records in which something is wrong."""

import base64
import hashlib
import hmac
from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from faults.ledger import audit, audit_accounts, audit_inspections, audit_log
from faults.ledger.audit import audit_deliveries
from faults.ledger.audit_accounts import Account, Attempt, audit_account
from faults.ledger.audit_log import LoggedEvent, PublisherTally
from faults.ledger.inspecting import Inspection
from faults.ledger.making import is_poisoned, make_event
from faults.ledger.record import Answer, ExpectedEvent, ReceivedRequest, Violation
from faults.ledger.webhooks import Manner, Subject

SEED = 7
KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
AT_S = 1_790_000_000
SUBJECT = Subject(
    name="hook",
    wants=frozenset({"auth.success"}),
    sometimes=frozenset(),
    manner=Manner.PLAIN,
    key=KEY,
    authorization="Bearer a-token",
    events_max=2,
)


def expected(name: str, type_id: str = "auth.success") -> ExpectedEvent:
    return ExpectedEvent(
        position=ord(name[0]), id=name, type=type_id, encoded=f'{{"id":"{name}","type":"{type_id}"}}'.encode()
    )


LOG = [*(expected(name) for name in "abcdef"), expected("x", "auth.failed")]


def body(names: str) -> bytes:
    encoded = {event.id: event.encoded for event in LOG} | {"?": expected("?").encoded}
    return b'{"events":[' + b",".join(encoded[name] for name in names) + b"]}"


def headers(content: bytes, batch: str, *, key: str = KEY) -> tuple[tuple[str, str], ...]:
    def signed(secret: bytes, text: bytes) -> str:
        return base64.b64encode(hmac.new(secret, text, hashlib.sha256).digest()).decode()

    standard = signed(base64.b64decode(key.removeprefix("whsec_")), f"{batch}.{AT_S}.".encode() + content)
    return (
        ("X-Signature", signed(key.encode(), content)),
        ("webhook-id", batch),
        ("webhook-timestamp", str(AT_S)),
        ("webhook-signature", f"v1,{standard}"),
        ("Authorization", "Bearer a-token"),
    )


def request(batch: str, names: str, *, life: int = 1, answer: Answer = Answer.OK) -> ReceivedRequest:
    content = body(names)
    return ReceivedRequest(
        number=1, life=life, at_s=AT_S, webhook="hook", headers=headers(content, batch), body=content, answer=answer
    )


SOUND = [
    request("1", "ab", answer=Answer.ERROR),
    request("1", "ab"),
    request("2", "cd", answer=Answer.LATE),
    request("2", "cd", life=2),
    request("2", "cd", life=3),
    request("3", "e", life=3, answer=Answer.SLOW),
    request("4", "f", life=3),
]


def broken(requests: Sequence[ReceivedRequest]) -> set[str]:
    """The promises that the audit finds broken."""
    trails, strays = audit_deliveries(LOG, [SUBJECT], requests)
    return {violation.promise for violation in (*trails["hook"].violations, *strays)}


def test_a_sound_record_with_failures_and_crashes_breaks_no_promise() -> None:
    trails, strays = audit_deliveries(LOG, [SUBJECT], SOUND)
    trail = trails["hook"]
    assert (trail.violations, strays) == ((), [])
    assert (trail.wanted, trail.arrived, trail.requests, trail.repeated) == (6, 6, 7, 3)
    assert trail.batch_ids == {"1", "2", "3", "4"}


@pytest.mark.parametrize(
    ("requests", "promise"),
    [
        ([*SOUND[:5], request("3", "f", life=3)], audit.ALL_ARRIVE),
        ([request("1", "ab"), request("2", "d"), request("3", "ef")], audit.IN_ORDER),
        (SOUND[:-1], audit.ALL_ARRIVE),
        ([*SOUND[:-1], request("4", "f", answer=Answer.CUT)], audit.ALL_ARRIVE),
        ([request("1", "ba"), *SOUND[2:]], audit.IN_ORDER),
        ([request("1", "ab"), *SOUND[5:6], *SOUND[2:5], *SOUND[6:]], audit.IN_ORDER),
        ([*SOUND, request("5", "f")], audit.IN_ORDER),
        ([SOUND[0], request("1", "a"), *SOUND[2:]], audit.ONE_ID_ONE_BODY),
        ([*SOUND[:2], SOUND[1], *SOUND[2:]], audit.REPEATED_WITH_REASON),
        ([*SOUND[:5], replace(SOUND[1], life=4), *SOUND[5:]], audit.REPEATED_WITH_REASON),
        ([SOUND[0], request("9", "ab"), *SOUND[2:]], audit.SETTLED_BEFORE_NEXT),
        ([SOUND[0], *SOUND[2:]], audit.SETTLED_BEFORE_NEXT),
        ([*SOUND[:-1], request("4", "fx", life=3)], audit.ONLY_WANTED),
        ([*SOUND[:-1], request("4", "f?", life=3)], audit.ONLY_WANTED),
        ([*SOUND, replace(SOUND[0], webhook="elsewhere")], audit.ONLY_WANTED),
        ([request("1", "ab"), request("2", "cde"), SOUND[-1]], audit.WITHIN_LIMITS),
        ([request("1", ""), *SOUND], audit.WITHIN_LIMITS),
        ([*SOUND[:5], replace(SOUND[5], headers=headers(body("f"), "3")), SOUND[6]], audit.SIGNED),
        ([*SOUND[:5], replace(SOUND[5], headers=headers(body("e"), "3", key="whsec_AAAA")), SOUND[6]], audit.SIGNED),
        ([*SOUND[:5], replace(SOUND[5], headers=SOUND[5].headers[1:]), SOUND[6]], audit.SIGNED),
        ([*SOUND[:5], replace(SOUND[5], at_s=AT_S + 301), SOUND[6]], audit.SIGNED),
        ([*SOUND[:5], replace(SOUND[5], headers=SOUND[5].headers[:-1]), SOUND[6]], audit.AUTHENTICATED),
    ],
    ids=[
        "an event is left out between two batches",
        "an event is left out and the ones after it come",
        "the last batch is lost",
        "the last batch was never taken",
        "two events are swapped in their batch",
        "two batches are swapped",
        "an event comes again in another batch",
        "a batch comes again with other events",
        "a batch comes again though it was settled",
        "a batch from before the last comes again after a crash",
        "a batch comes again under another id",
        "a batch that was not taken is left",
        "an event comes that is not wanted",
        "an event comes that nobody published",
        "a request comes where no webhook points",
        "a batch has too many events",
        "a batch is empty",
        "the signature is that of another body",
        "the signature is made with another key",
        "the signature is missing",
        "the timestamp is old",
        "the authentication is missing",
    ],
)
def test_what_is_wrong_with_a_record_is_found(requests: list[ReceivedRequest], promise: str) -> None:
    assert promise in broken(requests)


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"auth.success", b"auth.succesS"), (b'"type"', b' "type"'), (b'"events"', b'"events" '), (b"}]}", b"}],}")],
)
def test_a_changed_byte_is_found_even_when_it_is_signed_well(old: bytes, new: bytes) -> None:
    content = body("e").replace(old, new)
    changed = replace(SOUND[5], body=content, headers=headers(content, "3"))
    assert broken([*SOUND[:5], changed, SOUND[6]]) & {audit.BYTE_FOR_BYTE}


def test_the_evidence_names_request_batch_and_event() -> None:
    trails, _ = audit_deliveries(LOG, [SUBJECT], [request("1", "ab"), request("2", "df")])
    told = [violation.evidence for violation in trails["hook"].violations]
    assert told[0] == "2 of 6 never came: c, e"
    assert "request 1 (life 1, batch 2): d came where c was to come" in told


def logged(number: int, *, position: int | None = None) -> LoggedEvent:
    made = make_event(SEED, 0, number)
    return LoggedEvent(
        position=number + 1 if position is None else position,
        id=made.id,
        type=made.type,
        created_at=made.created_at or "2026-09-29T19:00:04.000Z",
        data=made.data,
    )


PICKY = replace(SUBJECT, manner=Manner.PICKY, events_max=4)
POISON = next(f"{number}" for number in range(1000) if is_poisoned(f"{number}"))


def picky(requests: Sequence[tuple[str, str, Answer]]) -> set[str]:
    """The promises that the audit finds broken where the second of four events, `p`, is refused by a picky receiver."""
    log = {name: expected(POISON if name == "p" else name) for name in "apbc"}
    made: list[ReceivedRequest] = []
    for batch, names, answer in requests:
        content = b'{"events":[' + b",".join(log[name].encoded for name in names) + b"]}"
        signed = headers(content, batch)
        made.append(replace(SOUND[0], number=len(made) + 1, headers=signed, body=content, answer=answer))
    trails, _ = audit_deliveries(list(log.values()), [PICKY], made)
    return {violation.promise for violation in trails["hook"].violations}


PARTED = [
    ("1", "apbc", Answer.INVALID),
    ("2", "ap", Answer.INVALID),
    ("3", "a", Answer.OK),
    ("4", "p", Answer.INVALID),
    ("5", "bc", Answer.OK),
    ("6", "p", Answer.OK),
]


def test_a_refused_batch_may_come_in_parts_and_the_refused_event_late() -> None:
    assert picky(PARTED) == set()


@pytest.mark.parametrize(
    ("requests", "promise"),
    [
        (PARTED[:-1], audit.ALL_ARRIVE),
        ([*PARTED[:4], PARTED[5]], audit.ALL_ARRIVE),
        ([*PARTED[:2], PARTED[4], PARTED[2], PARTED[5]], audit.IN_ORDER),
        ([*PARTED, ("7", "p", Answer.OK)], audit.IN_ORDER),
        ([PARTED[0], ("1", "ap", Answer.OK), *PARTED[4:]], audit.ONE_ID_ONE_BODY),
    ],
    ids=[
        "the refused event never comes again",
        "a part is lost",
        "an event that was not refused comes late",
        "an event that was set aside comes twice",
        "a part comes under the id of the whole",
    ],
)
def test_what_is_wrong_with_parts_of_a_batch_is_found(requests: list[tuple[str, str, Answer]], promise: str) -> None:
    assert promise in picky(requests)


SEEN = Inspection(
    webhook="hook",
    events_before=ord("d"),
    events_after=ord("e"),
    requests_before=4,
    requests_after=6,
    wanted=5,
    delivered=4,
    waiting=1,
    discarded=0,
)


def wrong_with_inspection(seen: Inspection) -> set[str]:
    numbered = [replace(one, number=number) for number, one in enumerate(SOUND, 1)]
    return {violation.promise for violation in audit_inspections.audit_inspections([seen], LOG, [SUBJECT], numbered)}


@pytest.mark.parametrize("seen", [SEEN, replace(SEEN, wanted=4, waiting=0), replace(SEEN, delivered=2, waiting=3)])
def test_an_account_may_show_what_was_so_between_two_looks(seen: Inspection) -> None:
    assert wrong_with_inspection(seen) == set()


@pytest.mark.parametrize(
    ("seen", "promise"),
    [
        (replace(SEEN, waiting=2), audit_inspections.EQUATION),
        (replace(SEEN, wanted=3, waiting=-1), audit_inspections.WANTED),
        (replace(SEEN, wanted=6, waiting=2), audit_inspections.WANTED),
        (replace(SEEN, delivered=1, waiting=4), audit_inspections.DELIVERED),
        (replace(SEEN, delivered=6, waiting=-1), audit_inspections.DELIVERED),
        (replace(SEEN, discarded=1, waiting=0), audit_inspections.DELIVERED),
    ],
    ids=[
        "the parts make more than the whole",
        "fewer are wanted than were logged",
        "more are wanted than were logged",
        "fewer were delivered than are settled",
        "more were delivered than the receiver took",
        "something was discarded",
    ],
)
def test_an_account_that_was_wrong_at_its_moment_is_found(seen: Inspection, promise: str) -> None:
    assert promise in wrong_with_inspection(seen)


WHOLE_LOG = [logged(number) for number in range(4)]
TALLY = PublisherTally(number=0, acknowledged=3, begun=4)
GIVEN_TIME = next(number for number in range(4) if make_event(SEED, 0, number).created_at)


def test_a_sound_log_may_hold_what_was_sent_and_not_acknowledged() -> None:
    for count in (3, 4):
        found, violations = audit_log.audit_log(WHOLE_LOG[:count], [TALLY], seed=SEED)
        assert violations == []
        assert [event.id for event in found] == [event.id for event in WHOLE_LOG[:count]]


@pytest.mark.parametrize(
    "log",
    [
        WHOLE_LOG[:2],
        [WHOLE_LOG[0], *WHOLE_LOG[2:]],
        [WHOLE_LOG[0], logged(2, position=2), logged(1, position=3)],
        [*WHOLE_LOG[:3], logged(2, position=4)],
        [*WHOLE_LOG, logged(4)],
        [logged(0, position=1), logged(1, position=1), logged(2)],
        [*WHOLE_LOG[:2], replace(WHOLE_LOG[2], data=WHOLE_LOG[2].data + b" ")],
        [*WHOLE_LOG[:2], replace(WHOLE_LOG[2], type="auth.other")],
        [replace(one, created_at="2020-01-01T00:00:00.000Z") for one in WHOLE_LOG],
        [*WHOLE_LOG[:3], replace(WHOLE_LOG[3], id="nobody's")],
    ],
    ids=[
        "the last one is lost",
        "one in the midst is lost",
        "two are swapped",
        "one is stored twice",
        "one was never sent",
        "a position is used twice",
        "a byte of the data is changed",
        "the type is changed",
        "the publisher's time is changed",
        "the id is not the publisher's",
    ],
)
def test_what_is_wrong_with_the_log_is_found(log: list[LoggedEvent]) -> None:
    assert len(WHOLE_LOG) > GIVEN_TIME
    assert audit_log.audit_log(log, [TALLY], seed=SEED)[1]


def attempt(batch: str, *, number: int = 1, events: int = 1, outcome: str = "delivered") -> Attempt:
    return Attempt(batch_id=batch, number=number, events=events, outcome=outcome)


ACCOUNT = Account(state="healthy", backlog=0, delivered=6, discarded=0)
ATTEMPTS = [
    attempt("4"),
    attempt("3"),
    attempt("2", number=2, events=2),
    attempt("2", events=2, outcome="failed"),
    attempt("1", number=2, events=2),
    attempt("1", events=2, outcome="failed"),
]


def wrong_with(account: Account, attempts: Sequence[Attempt]) -> list[Violation]:
    trails, _ = audit_deliveries(LOG, [SUBJECT], SOUND)
    return audit_account("hook", trails["hook"], account, attempts)


def test_sound_accounts_break_no_promise() -> None:
    assert wrong_with(ACCOUNT, ATTEMPTS) == []


@pytest.mark.parametrize(
    ("account", "attempts", "promise"),
    [
        (replace(ACCOUNT, delivered=5), ATTEMPTS, audit_accounts.ACCOUNTED),
        (replace(ACCOUNT, backlog=1), ATTEMPTS, audit_accounts.ACCOUNTED),
        (replace(ACCOUNT, discarded=1), ATTEMPTS, audit_accounts.ACCOUNTED),
        (replace(ACCOUNT, state="retrying"), ATTEMPTS, audit_accounts.ACCOUNTED),
        (ACCOUNT, ATTEMPTS[1:], audit_accounts.ATTEMPTED),
        (ACCOUNT, [attempt("5"), *ATTEMPTS[1:]], audit_accounts.ATTEMPTED),
        (ACCOUNT, [attempt("4", number=2), *ATTEMPTS], audit_accounts.ATTEMPTED),
        (ACCOUNT, [attempt("4", events=2), *ATTEMPTS[1:]], audit_accounts.ATTEMPTED),
        (ACCOUNT, [attempt("4", number=2), *ATTEMPTS[1:]], audit_accounts.ATTEMPTED),
        (ACCOUNT, [*ATTEMPTS, *[attempt("0", outcome="failed")] * 2], audit_accounts.ATTEMPTED),
    ],
    ids=[
        "fewer delivered than wanted",
        "something waits",
        "something was discarded",
        "the state is not healthy",
        "a delivered batch has no attempt",
        "an attempt delivered what never came",
        "a batch was delivered twice",
        "an attempt counts more events",
        "an attempt is numbered wrongly",
        "there are more attempts than requests",
    ],
)
def test_what_is_wrong_with_the_accounts_is_found(account: Account, attempts: list[Attempt], promise: str) -> None:
    assert promise in {violation.promise for violation in wrong_with(account, attempts)}
