import base64
import json
import queue
from collections.abc import Iterator

import pytest

from bellwire.cli.receiver import Received, Receiver
from cli.conftest import Served

NOBODY = "http://127.0.0.1:9/hook"


@pytest.fixture
def arrivals() -> queue.SimpleQueue[Received]:
    return queue.SimpleQueue()


@pytest.fixture
def endpoint(arrivals: queue.SimpleQueue[Received]) -> Iterator[str]:
    with Receiver(("127.0.0.1", 0), arrivals.put) as receiver:
        yield receiver.url


def created(served: Served, url: str, *options: str) -> str:
    return served.right("webhook", "create", "--url", url, "--event", "auth.success", *options).out.strip()


def state_of(served: Served, webhook_id: str) -> object:
    return served.right("webhook", "status", webhook_id, "--json").items()[0]["state"]


def test_a_test_shows_the_exchange_and_its_verdict(
    served: Served, endpoint: str, arrivals: queue.SimpleQueue[Received]
) -> None:
    webhook_id = created(served, endpoint, "--disabled")
    told = served.right("webhook", "test", webhook_id)
    arrivals.get(timeout=30)
    assert f"POST {endpoint}" in told.out
    assert "webhook.test" in told.out
    assert told.out.rstrip().endswith("delivered")


def test_a_test_that_is_not_accepted_exits_with_1_and_says_why(served: Served) -> None:
    told = served("webhook", "test", created(served, NOBODY))
    assert told.code == 1
    assert "failed: " in told.out


def test_a_paused_webhook_keeps_what_comes_and_goes_on_when_it_is_resumed(
    served: Served, endpoint: str, arrivals: queue.SimpleQueue[Received]
) -> None:
    webhook_id = created(served, endpoint)
    assert "is paused" in served.right("webhook", "pause", webhook_id).out
    event_id = served.right("emit", "auth.success").out.strip()
    assert "paused" in served.right("why", event_id, webhook_id).out
    assert "1 event waiting" in served.right("webhook", "resume", webhook_id).out
    arrivals.get(timeout=30)


def test_a_rotated_key_is_printed_alone_on_standard_output(served: Served) -> None:
    told = served.right("webhook", "rotate-key", created(served, NOBODY, "--secret-env", "HOOK_KEY"))
    assert told.out.startswith("whsec_")
    assert len(told.out.splitlines()) == 1
    assert "shown this once" in told.err
    assert "signs webhook-signature too until" in told.err


def test_a_key_may_be_given_and_is_then_not_printed(served: Served) -> None:
    webhook_id = created(served, NOBODY)
    told = served.right("webhook", "rotate-key", webhook_id, "--secret-stdin", stdin=b"next-key\n")
    assert told.out == ""
    assert served("webhook", "rotate-key", webhook_id, "--secret-env", "A", "--secret-file", "/b").code == 2
    refused = served("webhook", "rotate-key", webhook_id, "--overlap", "soon")
    assert (refused.code, "overlap" in refused.err) == (1, True)


def test_the_account_is_shown_in_events(served: Served) -> None:
    webhook_id = created(served, NOBODY)
    assert "wanted" in served.right("webhook", "account", webhook_id).out
    (account,) = served.right("webhook", "account", webhook_id, "--json").items()
    assert account == {"wanted": 0, "delivered": 0, "waiting": 0, "discarded": {}}


def test_why_tells_of_every_webhook_in_words(served: Served) -> None:
    created(served, NOBODY)
    event_id = served.right("emit", "smtp.ehlo").out.strip()
    told = served.right("why", event_id)
    assert "not-wanted" in told.out
    assert "not in the webhook's list" in told.out
    assert all(item["verdict"] for item in served.right("why", event_id, "--json").items())
    assert served("why", "no-such-event").code == 1


def test_an_event_type_is_shown_with_the_members_of_its_data(served: Served) -> None:
    told = served.right("event-type", "show", "auth.failed")
    assert "password guessing" in told.out
    assert "accountName" in told.out
    assert json.loads(served.right("event-type", "show", "auth.failed", "--json").out)["id"] == "auth.failed"


def test_levels_are_set_and_own_types_declared(served: Served) -> None:
    assert "is disabled" in served.right("event-type", "level", "smtp.raw-input", "disable").out
    assert "level trace" in served.right("event-type", "level", "smtp.raw-input", "reset").out
    declared = served.right("event-type", "declare", "shop.order-paid", "--level", "warn", "--description", "Paid.")
    assert "level warn" in declared.out
    assert "Paid." in served.right("event-type", "show", "shop.order-paid").out
    refused = served("event-type", "declare", "auth.success")
    assert refused.code == 1
    assert "comes with Bellwire" in refused.err


def test_pausing_what_is_disabled_says_that_nothing_comes(served: Served) -> None:
    webhook_id = created(served, NOBODY, "--disabled")
    assert "disabled too" in served.right("webhook", "pause", webhook_id).out
    assert f"bellwire webhook enable {webhook_id}" in served.right("webhook", "resume", webhook_id).out
    assert state_of(served, webhook_id) == "disabled"


def test_a_webhook_that_is_gone_is_shown_as_that_and_can_be_resumed(served: Served) -> None:
    with Receiver(("127.0.0.1", 0), lambda _: None, statuses=(410, 200)) as receiver:
        webhook_id = created(served, receiver.url, "--throttle", "0s")
        served.right("emit", "auth.success")
        while state_of(served, webhook_id) != "gone":
            pass
        assert served.right("webhook", "list").out.splitlines()[1].split()[1:3] == ["gone", "1"]
        assert "gone: answered 410 Gone" in served.right("attempts", "--webhook", webhook_id).out
        served.right("webhook", "resume", webhook_id)
        while served.right("webhook", "status", webhook_id, "--json").items()[0]["delivered"] != 1:
            pass


def test_a_secret_from_standard_input_signs_without_its_line_end(
    served: Served, endpoint: str, arrivals: queue.SimpleQueue[Received]
) -> None:
    webhook_id = created(served, endpoint, "--throttle", "0s")
    told = served.right("webhook", "rotate-key", webhook_id, "--secret-stdin", stdin=b"s3cret\n")
    assert "whsec_" + base64.b64encode(b"s3cret").decode() in told.err
    served.right("emit", "auth.success")
    received = arrivals.get(timeout=30)
    signature = received.lower_case_headers()["x-signature"]
    assert served("verify", "--secret", "s3cret", "--signature", signature, stdin=received.body).code == 0


@pytest.mark.parametrize(
    ("options", "stdin", "code", "words"),
    [
        (("--secret-env", "A", "--secret-file", "/b"), b"", 2, "give one of"),
        (("--secret-env", "A", "--secret-stdin"), b"x", 2, "give one of"),
        (("--secret-stdin",), b"\n", 1, "standard input is empty"),
        (("--secret-stdin",), b"\xff", 1, "not UTF-8 at byte 0"),
        (("--secret-stdin",), b"x" * 65_537, 1, "more than 65536 bytes"),
        (("--secret-stdin",), b"whsec_???", 1, "signatureKey/secret: "),
        (("--overlap", "soon"), b"", 1, "overlap: 'soon' is not a duration"),
    ],
)
def test_a_rotation_that_cannot_be_made_says_why(
    served: Served, options: tuple[str, ...], stdin: bytes, code: int, words: str
) -> None:
    webhook_id = created(served, NOBODY)
    told = served("webhook", "rotate-key", webhook_id, *options, stdin=stdin)
    assert (told.code, words in told.err) == (code, True), told
    assert json.loads(served.right("webhook", "show", webhook_id).out)["signatureKey"] == {"@type": "None"}


def test_a_test_that_may_not_be_sent_is_blocked(served: Served) -> None:
    told = served("webhook", "test", created(served, NOBODY, "--secret-env", "NO_SUCH_VARIABLE_HERE"))
    assert told.code == 1
    assert told.out.startswith("blocked: signatureKey: the environment variable NO_SUCH_VARIABLE_HERE is not set")
    assert len(told.out.splitlines()) == 1


def test_changes_are_listed_in_words(served: Served) -> None:
    webhook_id = created(served, NOBODY)
    served.right("webhook", "disable", "--yes", webhook_id)
    served.right("webhook", "enable", webhook_id)
    told = served.right("webhook", "changes", webhook_id)
    assert [line.split()[3] for line in told.out.splitlines()[1:]] == ["enabled", "disabled", "created"]
    assert "include auth.success" in told.out
    (newest,) = served.right("webhook", "changes", webhook_id, "--limit", "1", "--json").items()
    assert newest["change"] == "enabled"
    assert served("webhook", "changes", "nobody").code == 1


def test_the_status_counts_down_to_what_comes_next(served: Served) -> None:
    webhook_id = created(served, NOBODY, "--throttle", "50s", "--discard-after", "10m")
    served.right("emit", "auth.success")
    while state_of(served, webhook_id) != "retrying":
        pass
    told = served.right("webhook", "status", webhook_id)
    last = told.out.splitlines()[-1]
    assert last.startswith("next attempt in ")
    assert "; the oldest event is given up in " in last


def test_dead_letters_are_narrowed_by_type_and_time(served: Served) -> None:
    webhook_id = created(served, NOBODY)
    event_id = served.right("emit", "auth.success").out.strip()
    while state_of(served, webhook_id) != "retrying":
        pass
    served.right("webhook", "disable", "--yes", webhook_id)
    options = ("dead-letters", "--webhook", webhook_id, "--json", "--type", "auth.success")
    while not (letters := served.right(*options, "--since", "1h").items()):
        pass
    assert [letter["eventId"] for letter in letters] == [event_id]
    assert served.right(*options, "--until", "1h").items() == []
