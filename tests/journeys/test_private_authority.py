"""A receiver whose certificate comes from an authority that the system does not know."""

import json

import trustme

from journeys.site import Site, event
from receivers import Receiver, server_tls


def test_it_is_refused_with_a_reason_until_the_operator_allows_it(site: Site) -> None:
    with Receiver(tls=server_tls(trustme.CA())) as receiver:
        webhook_id = site.register({"url": receiver.url, "throttle": 0})
        site.publish(event("auth.success", number=1))
        status = site.wait_status(webhook_id, lambda status: status["lastFailure"] is not None)
        attempts = [json.loads(line) for line in site.right("attempts", "--json").out.splitlines()]
        assert attempts
        for attempt in attempts:
            assert (attempt["webhookId"], attempt["outcome"], attempt["status"]) == (webhook_id, "failed", None)
            assert attempt["error"]["trouble"] == "tls"
            assert "not signed by an authority that this system trusts" in attempt["reason"]
            assert status["reason"] == attempt["reason"]
        assert receiver.requests == ()
        site.edit(webhook_id, allowInvalidCerts=True)
        (request,) = receiver.wait_for(1)
        assert b'"data":{"number":1}' in request.body
        assert site.wait_status(webhook_id, lambda status: status["delivered"] == 1)["state"] == "healthy"
        site.stop()
