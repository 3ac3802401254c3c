"""The example of the documentation page, from its own JSON to what a receiver can check without Bellwire."""

import base64
import subprocess
import threading
from pathlib import Path

from standardwebhooks import Webhook

from journeys.site import DATA, Site
from receivers import ReceivedRequest, Receiver, Reply

KEY = "my-secret-key"
PAGE_URL = b"https://example.com/webhook"
FIRST_CALL = b"""[
  {"id": "12345", "createdAt": "2023-06-21T14:55:00Z", "type": "auth.success", "data": {}},
  {"id": "12346", "createdAt": "2023-06-21T14:55:01Z", "type": "auth.failed", "data": {"remoteIp": "198.51.100.77"}},
  {"id": "12347", "createdAt": "2023-06-21T14:55:02Z", "type": "store.ingest",
   "data": {"accountId": 14, "size": 332248442443137537, "ratio": 1.10, "text": "zw\\u00f6lf \xc3\xbc"}},
  {"id": "12348", "createdAt": "2023-06-21T14:55:03Z", "type": "smtp.ehlo", "data": {}}
]"""
FIRST_BODY = (
    b'{"events":['
    b'{"id":"12345","createdAt":"2023-06-21T14:55:00.000Z","type":"auth.success","data":{}},'
    b'{"id":"12347","createdAt":"2023-06-21T14:55:02.000Z","type":"store.ingest",'
    b'"data":{"accountId":14,"size":332248442443137537,"ratio":1.10,"text":"zw\\u00f6lf \xc3\xbc"}}'
    b"]}"
)


def test_its_example_works_as_it_stands_with_one_request_a_window_that_receivers_can_check(
    site: Site, tmp_path: Path
) -> None:
    page = (DATA / "webhooks-page.json").read_bytes()
    assert page.count(PAGE_URL) == 1
    let_go = threading.Event()
    with Receiver(Reply(hold=let_go), Reply()) as receiver:
        webhook_id = site.register(page.replace(PAGE_URL, f"{receiver.url}/webhook".encode()))
        publish(site, FIRST_CALL)
        receiver.wait_for(1)
        # While the first request is under way more comes, in several calls: it all belongs into the next window.
        for number in range(3):
            publish(site, b'{"id": "later-%d", "type": "auth.success", "data": {"n": %d}}' % (number, number))
            publish(site, b'{"type": "auth.failed", "data": {}}')
        let_go.set()
        site.wait_status(webhook_id, lambda status: status["delivered"] == 5)
        site.stop()  # which would send what is left, if anything was
    first, second = receiver.requests
    assert first.body == FIRST_BODY
    assert [second.body.count(b'"later-%d"' % number) for number in range(3)] == [1, 1, 1]
    assert b"auth.failed" not in first.body + second.body
    for request in (first, second):
        assert (request.method, request.target) == ("POST", "/webhook")
        check_headers(request)
        check_signatures(request, tmp_path)
    assert first.header("webhook-id") != second.header("webhook-id")


def publish(site: Site, body: bytes) -> None:
    with site.api() as api:
        answer = api.post("/v1/events", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 202, answer.text


def check_headers(request: ReceivedRequest) -> None:
    assert request.header("Content-Type") == "application/json"
    assert request.header("User-Agent").startswith("Bellwire/")
    assert request.header("X-My-Header") == "my-value"
    assert request.header("Authorization") == "Basic " + base64.b64encode(b"account:password").decode()
    assert request.header("Content-Length") == str(len(request.body))


def check_signatures(request: ReceivedRequest, folder: Path) -> None:
    """By the openssl command and by a library, neither of which is ours."""
    body = folder / "body.json"
    body.write_bytes(request.body)
    command = ["openssl", "dgst", "-sha256", "-hmac", KEY, "-binary", str(body)]
    digest = subprocess.run(command, check=True, capture_output=True).stdout
    assert request.header("X-Signature") == base64.b64encode(digest).decode()
    library = Webhook("whsec_" + base64.b64encode(KEY.encode()).decode())
    library.verify(request.body, {name: value for name, value in request.headers if name.startswith("webhook-")})
