"""What a real server of the page's kind sent, posted to Bellwire again and counted at a receiver behind it."""

import base64
import gzip
import hashlib
import hmac
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any, Final

import httpx
import msgspec
import pytest

from journeys.site import DATA, WAIT_S_MAX, Site
from receivers import Receiver

UPSTREAM_KEY: Final = "s3cret-Kéy"
OWN_KEY: Final = "our own key"
CONNECTION_HEADERS: Final = {"host", "content-length", "transfer-encoding", "connection"}
BY_KEY: Final = {"signatureKey": {"@type": "Value", "secret": UPSTREAM_KEY}}
SOURCES: Final[dict[str, dict[str, Any]]] = {
    "all": BY_KEY,
    "quiet": BY_KEY,
    "picked": BY_KEY | {"httpAuth": {"@type": "Basic", "username": "hook", "secret": "p:ä"}},
    "third": {"httpAuth": {"@type": "Bearer", "bearerToken": "tok123"}},
}

Content = tuple[str, str, bytes]
"""createdAt, type and data of an event: what no retry changes."""


class Capture(msgspec.Struct, frozen=True):
    """One request as it was captured. hook: by whom it was sent; of the failures the path says it."""

    path: str
    method: str
    headers: list[tuple[str, str]]
    body: str
    hook: str = ""

    @property
    def source(self) -> str:
        return self.hook or self.path.strip("/").replace("/", "-")


class Event(msgspec.Struct, frozen=True):
    createdAt: str  # noqa: N815 - the page's name
    type: str
    data: msgspec.Raw

    @property
    def content(self) -> Content:
        return self.createdAt, self.type, bytes(self.data)


def captures(name: str) -> list[Capture]:
    with gzip.open(DATA / name) as lines:
        return [msgspec.json.decode(line, type=Capture) for line in lines]


def contents(body: bytes | str) -> list[Content]:
    return [event.content for event in msgspec.json.decode(body, type=dict[str, list[Event]])["events"]]


def as_delivered(content: Content) -> Content:
    created_at, type_id, data = content
    return created_at.replace("Z", ".000Z"), type_id, data


def distinct(sent: Iterable[Capture]) -> Counter[Content]:
    """How often each event must arrive: as often as it stands in that request of a source that has most of it."""
    most: defaultdict[str, Counter[Content]] = defaultdict(Counter)
    for capture in sent:
        most[capture.source] |= Counter(map(as_delivered, contents(capture.body)))
    return sum(most.values(), Counter())


def post(client: httpx.Client, capture: Capture) -> httpx.Response:
    """As the server sent it, header by header; without a token of Bellwire's."""
    headers = [(name.encode(), value.encode()) for name, value in capture.headers if name not in CONNECTION_HEADERS]
    return client.post(f"/v1/sources/{capture.source}", content=capture.body.encode(), headers=headers)


def upstream(site: Site) -> httpx.Client:
    with site.api() as api:
        return httpx.Client(base_url=api.base_url, timeout=WAIT_S_MAX, trust_env=False)


def register(site: Site, name: str, source: dict[str, Any]) -> None:
    with site.api() as api:
        answer = api.put(f"/v1/sources/{name}", json=source)
    assert answer.status_code == 200, answer.text


def arrived(receiver: Receiver) -> Counter[Content]:
    return Counter(content for request in receiver.requests for content in contents(request.body))


def wait_for_all(site: Site, webhook_id: str, events: int) -> None:
    status = site.wait_status(webhook_id, lambda status: status["delivered"] + status["discarded"] >= events)
    assert (status["delivered"], status["discarded"], status["backlog"]) == (events, 0, 0)


def test_all_that_a_real_server_sent_arrives_once_though_it_is_sent_twice(site: Site, receiver: Receiver) -> None:
    sent = captures("upstream-requests.ndjson.gz")
    expected = distinct(sent)
    webhook_id = site.register(
        {"url": receiver.url, "level": "trace", "throttle": 0, "signatureKey": {"@type": "Value", "secret": OWN_KEY}}
    )
    for name, source in SOURCES.items():
        register(site, name, source)
    with upstream(site) as client:
        taken = [post(client, capture) for capture in sent]
        again = [post(client, capture) for capture in sent[::3]]
    assert {answer.status_code for answer in (*taken, *again)} == {200}
    assert all(answer.json()["refused"] == 0 for answer in taken)
    assert all(answer.json()["duplicates"] == answer.json()["accepted"] for answer in again)
    new = sum(answer.json()["accepted"] - answer.json()["duplicates"] for answer in taken)
    assert new == expected.total() > 4_700
    wait_for_all(site, webhook_id, new)
    assert arrived(receiver) == expected
    for request in receiver.requests:
        mac = hmac.new(OWN_KEY.encode(), request.body, hashlib.sha256).digest()
        assert request.header("X-Signature") == base64.b64encode(mac).decode()
    shown = site.right("source", "show", "picked").out
    assert "checks         X-Signature and Basic" in shown
    requests = sum(capture.hook == "picked" for capture in (*sent, *sent[::3]))
    assert f"requests       {requests}, of them 0 refused" in shown


def test_a_signature_of_the_real_server_does_not_fit_another_body_or_key(site: Site) -> None:
    first, second = [capture for capture in captures("upstream-requests.ndjson.gz") if capture.hook == "all"][:2]
    register(site, "all", BY_KEY)
    with upstream(site) as client:
        swapped = msgspec.structs.replace(first, body=second.body)
        assert post(client, swapped).status_code == 403
        register(site, "all", {"signatureKey": {"@type": "Value", "secret": "another"}})
        assert post(client, first).status_code == 403
        register(site, "all", BY_KEY)
        assert post(client, first).status_code == 200


def test_every_event_of_a_server_whose_receivers_failed_arrives_once(site: Site, receiver: Receiver) -> None:
    posts = [capture for capture in captures("upstream-failures.ndjson.gz") if capture.method == "POST"]
    broken = [capture for capture in posts if not capture.body.endswith("]}")]
    sent = [capture for capture in posts if capture not in broken and "%" not in capture.path]
    expected = distinct(sent)
    webhook_id = site.register({"url": receiver.url, "level": "trace", "throttle": 0})
    for name in {capture.source for capture in (*sent, *broken)}:
        register(site, name, {"allowAnyone": True})
    with upstream(site) as client:
        statuses = [post(client, capture).status_code for capture in sent]
        refused = [post(client, capture).status_code for capture in broken]
    assert set(statuses) == {200}
    assert set(refused) == {400}
    events = sum(len(contents(capture.body)) for capture in sent)
    assert expected.total() < events / 2
    wait_for_all(site, webhook_id, expected.total())
    assert arrived(receiver) == expected


@pytest.mark.parametrize("lost_answers", [1, 3])
def test_a_retry_after_a_lost_answer_and_a_restart_of_bellwire_is_known(
    site: Site, receiver: Receiver, lost_answers: int
) -> None:
    retries = [capture for capture in captures("upstream-failures.ndjson.gz") if capture.path == "/w12"]
    webhook_id = site.register({"url": receiver.url, "level": "trace", "throttle": 0})
    register(site, "w12", {"allowAnyone": True})
    for number, capture in enumerate(retries):
        with upstream(site) as client:
            assert post(client, capture).status_code == 200
        if number < lost_answers:
            site.stop()
            site.start()
    expected = distinct(retries)
    site.wait_status(webhook_id, lambda status: status["backlog"] == 0)
    site.stop()
    assert arrived(receiver) == expected
    assert expected.total() == 4
