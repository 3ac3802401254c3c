"""Events that are given up: after their time, or because an operator wanted no more of them."""

import threading
from typing import Any

import msgspec

from journeys.site import Site, event, ids_in
from receivers import Receiver, Reply


def test_what_a_receiver_refuses_for_too_long_is_a_dead_letter_that_says_so(site: Site) -> None:
    with Receiver(Reply(status=500)) as receiver:
        webhook_id = site.register({"url": receiver.url, "throttle": 0, "discardAfter": "1s"})
        site.publish({**event("auth.success"), "id": "lost"})
        status = site.wait_status(webhook_id, lambda status: status["discarded"] == 1)
        assert (status["backlog"], status["delivered"]) == (0, 0)
        (letter,) = site.right("dead-letters", "--webhook", webhook_id, "--json").items()
        assert (letter["eventId"], letter["type"], letter["reason"]) == ("lost", "auth.success", "expired")
        refused = len(receiver.requests)
        attempts = site.right("attempts", "--json").items()
        assert [attempt["status"] for attempt in attempts] == [500] * refused
        receiver.answer_with(Reply())
        site.edit(webhook_id, discardAfter="1h")
        site.publish({**event("auth.success"), "id": "next"})
        site.wait_status(webhook_id, lambda status: status["delivered"] == 1)
        site.stop()
        assert [ids_in(request.body) for request in receiver.requests[refused:]] == [["next"]]
        site.start()
        assert site.status(webhook_id)["discarded"] == 1
        assert len(site.right("dead-letters", "--json").items()) == 1
        published = site.right("events", "--type", "auth.success", "--json").items()
        assert [row["id"] for row in published] == ["next", "lost"]
        told = site.right("events", "--type", "bellwire.webhook-events-discarded", "--json").items()
        assert [msgspec.convert(row["data"], dict[str, Any])["discarded"] for row in told] == [{"expired": 1}]


def test_disabling_ends_requests_at_once_and_enabling_begins_with_what_comes_then(site: Site) -> None:
    let_go = threading.Event()
    with Receiver(Reply(hold=let_go), Reply()) as receiver:
        webhook_id = site.register({"url": receiver.url, "throttle": 0})
        site.publish({**event("auth.success"), "id": "in-flight"})
        receiver.wait_for(1)
        site.publish({**event("auth.success"), "id": "waiting"})
        site.right("webhook", "disable", "--yes", webhook_id)
        site.publish({**event("auth.success"), "id": "while-disabled"})
        let_go.set()
        status = site.wait_status(webhook_id, lambda status: status["delivered"] == 1)
        assert status["state"] == "disabled"
        site.wait_status(webhook_id, lambda status: status["discarded"] == 1)
        (letter,) = site.right("dead-letters", "--webhook", webhook_id, "--json").items()
        assert (letter["eventId"], letter["reason"]) == ("waiting", "disabled")
        site.right("webhook", "enable", webhook_id)
        site.publish({**event("auth.success"), "id": "enabled"})
        site.wait_status(webhook_id, lambda status: status["delivered"] == 2)
        site.stop()
    assert [ids_in(request.body) for request in receiver.requests] == [["in-flight"], ["enabled"]]


def test_a_deleted_webhook_gets_nothing_more_and_what_waited_is_told(site: Site) -> None:
    let_go = threading.Event()
    with Receiver(Reply(hold=let_go), Reply()) as receiver, Receiver() as witness:
        webhook_id = site.register({"url": receiver.url, "throttle": 0})
        witness_id = site.register({"url": witness.url, "throttle": 0})
        site.publish({**event("auth.success"), "id": "in-flight"})
        receiver.wait_for(1)
        site.publish({**event("auth.success"), "id": "waiting"})
        site.right("webhook", "delete", "--yes", webhook_id)
        let_go.set()
        site.publish({**event("auth.success"), "id": "after"})
        site.wait_status(witness_id, lambda status: status["delivered"] == 3)
        gone = site.bellwire("webhook", "show", webhook_id)
        assert gone.code == 1
        assert webhook_id in gone.err
        site.stop()
        assert len(receiver.requests) == 1
        site.start()
        letters = site.right("dead-letters", "--webhook", webhook_id, "--json").items()
        assert [(letter["eventId"], letter["reason"]) for letter in letters] == [("waiting", "disabled")]
        site.stop()
        assert len(receiver.requests) == 1
