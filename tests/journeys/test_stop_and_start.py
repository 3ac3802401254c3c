"""The end of a server, and the beginning of the next over the same folder."""

from journeys.site import Site, event, ids_in
from receivers import Receiver, Reply


def test_sigterm_sends_a_last_batch_that_does_not_wait_for_the_throttle(site: Site, receiver: Receiver) -> None:
    webhook_id = site.register({"url": receiver.url, "throttle": "1h", "discardAfter": "1d"})
    site.publish({**event("auth.success"), "id": "first"})
    site.wait_status(webhook_id, lambda status: status["delivered"] == 1)
    for name in ("second", "third"):
        site.publish({**event("auth.success"), "id": name})
    assert site.status(webhook_id)["backlog"] == 2
    assert len(receiver.requests) == 1
    site.stop()
    assert [ids_in(request.body) for request in receiver.requests] == [["first"], ["second", "third"]]
    site.start()
    assert site.status(webhook_id)["delivered"] == 3
    site.stop()
    assert len(receiver.requests) == 2


def test_a_folder_in_use_is_refused_and_what_was_left_goes_on_with_the_next_server(site: Site) -> None:
    with Receiver(Reply(status=503)) as receiver:
        webhook_id = site.register({"url": receiver.url, "throttle": 0})
        site.publish({**event("auth.success"), "id": "a"}, {**event("auth.success"), "id": "b"})
        site.wait_status(webhook_id, lambda status: status["lastFailure"] is not None)
        second = site.bellwire("serve", "--listen", "127.0.0.1:0")
        assert second.code == 1
        assert "is in use by process" in second.err
        site.publish({**event("auth.success"), "id": "c"})
        site.stop()
        refused = len(receiver.requests)
        receiver.answer_with(Reply())
        site.start()
        site.wait_status(webhook_id, lambda status: status["delivered"] == 3)
        site.stop()
    requests = receiver.requests
    before, again, last = requests[0], requests[refused], requests[-1]
    assert (again.body, again.header("webhook-id")) == (before.body, before.header("webhook-id"))
    assert [ids_in(again.body), ids_in(last.body)] == [["a", "b"], ["c"]]
    assert len(requests) == refused + 2
