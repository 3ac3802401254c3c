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
