import base64
import threading
from typing import Any

import httpx
import pytest

from builders import make_document
from receivers import Connection, Receiver, Reply
from web.expecting import expect_json, expect_problem

NOWHERE = "/v1/webhooks/no-such-webhook"
KEY = {"@type": "Value", "secret": "my-secret-key"}


async def create(client: httpx.AsyncClient, **members: Any) -> str:  # noqa: ANN401 - JSON members of any type
    created = expect_json(await client.post("/v1/webhooks", json=make_document(**members)), 201)
    return f"/v1/webhooks/{created['id']}"


async def test_pausing_keeps_what_waits_and_resuming_sends_it(client: httpx.AsyncClient) -> None:
    with Receiver() as receiver:
        path = await create(client, url=receiver.url)
        paused = expect_json(await client.post(f"{path}/pause"))
        assert paused["state"] == "paused"
        await client.post("/v1/events", json={"type": "auth.success", "data": {}})
        assert expect_json(await client.get(f"{path}/status"))["backlog"] == 1
        assert len(receiver.requests) == 0
        resumed = expect_json(await client.post(f"{path}/resume"))
        assert resumed["state"] == "healthy"
        await receiver.arrival(1)


async def test_an_edit_of_an_older_version_is_refused_for_actions_too(client: httpx.AsyncClient) -> None:
    path = await create(client)
    await client.patch(path, json={"name": "newer"})
    expect_problem(await client.post(f"{path}/pause", headers={"If-Match": '"1"'}), 412, kind="edit-conflict")
    expect_problem(
        await client.post(f"{path}/rotate-key", headers={"If-Match": '"1"'}, json={}), 412, kind="edit-conflict"
    )


@pytest.mark.parametrize("action", ["pause", "resume", "rotate-key", "test", "check"])
async def test_an_action_with_a_parameter_that_means_nothing_is_refused_and_changes_nothing(
    client: httpx.AsyncClient, action: str
) -> None:
    path = await create(client)
    expect_problem(await client.post(f"{path}/{action}?until=5m"), 400, kind="invalid-parameter")
    assert (await client.get(path)).headers["etag"] == '"1"'


async def test_the_form_of_the_key_that_receivers_want_is_shown_to_whoever_sent_it_only(
    client: httpx.AsyncClient,
) -> None:
    created = expect_json(await client.post("/v1/webhooks", json=make_document(signatureKey=KEY)), 201)
    path = f"/v1/webhooks/{created['id']}"
    assert created["receiverKey"] == "whsec_" + base64.b64encode(b"my-secret-key").decode()
    assert "receiverKey" not in expect_json(await client.get(path))
    assert "receiverKey" not in expect_json(await client.patch(path, json={"name": "other"}))


async def test_a_rotated_key_is_made_here_and_shown_once(client: httpx.AsyncClient) -> None:
    path = await create(client, signatureKey=KEY)
    rotated = expect_json(await client.post(f"{path}/rotate-key"))
    assert rotated["secret"] == rotated["receiverKey"]
    assert len(base64.b64decode(rotated["secret"].removeprefix("whsec_"))) == 32
    assert rotated["signatureKey"] == {"@type": "Value", "secret": "****"}
    assert rotated["previousKeyUntil"] > rotated["updatedAt"]
    assert rotated["secret"] not in (await client.get(path)).text


async def test_during_the_overlap_both_keys_sign(client: httpx.AsyncClient) -> None:
    with Receiver() as receiver:
        path = await create(client, url=receiver.url, signatureKey=KEY, throttle=0)
        rotated = expect_json(
            await client.post(f"{path}/rotate-key", json={"signatureKey": "another-key", "overlap": "1h"})
        )
        assert "secret" not in rotated
        await client.post("/v1/events", json={"type": "auth.success", "data": {}})
        await receiver.arrival(1)
        headers = {name.lower(): value for name, value in receiver.requests[0].headers}
        assert len(headers["webhook-signature"].split(" ")) == 2
        await client.post(f"{path}/rotate-key", json={"signatureKey": "third-key", "overlap": "0s"})
        await client.post("/v1/events", json={"type": "auth.success", "data": {}})
        await receiver.arrival(2)
        headers = {name.lower(): value for name, value in receiver.requests[1].headers}
        assert len(headers["webhook-signature"].split(" ")) == 1


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"overlap": "soon"}, "overlap"),
        ({"overlap": "31d"}, "overlap"),
        ({"key": "x"}, "key"),
        ({"signatureKey": 5}, "signatureKey"),
        ({"signatureKey": {"@type": "None"}}, "signatureKey"),
        ({"signatureKey": {"@type": "Value", "secret": ""}}, "signatureKey/secret"),
    ],
)
async def test_a_bad_rotation_is_refused_with_its_place_and_changes_nothing(
    client: httpx.AsyncClient, body: dict[str, Any], path: str
) -> None:
    webhook = await create(client, signatureKey=KEY)
    before = expect_json(await client.get(webhook))
    problem = expect_problem(await client.post(f"{webhook}/rotate-key", json=body), 422, kind="invalid-object")
    assert [error["path"] for error in problem["errors"]] == [path]
    assert expect_json(await client.get(webhook)) == before


async def test_a_test_shows_the_whole_exchange_and_enters_no_log(client: httpx.AsyncClient) -> None:
    with Receiver(Reply(status=503, body=b"try later")) as receiver:
        auth = {"@type": "Bearer", "bearerToken": {"@type": "Value", "secret": "t0ken-of-the-endpoint"}}
        path = await create(client, url=receiver.url, signatureKey=KEY, httpAuth=auth, enable=False)
        tested = expect_json(await client.post(f"{path}/test"))
        assert (tested["outcome"], tested["response"]["status"]) == ("failed", 503)
        assert tested["response"]["body"] == "try later"
        assert "webhook.test" in tested["request"]["body"]
        assert tested["request"]["body"].encode() == receiver.requests[0].body
        named = {header["name"]: header["value"] for header in tested["request"]["headers"]}
        assert named["Authorization"] == "Bearer ****"
        assert named["X-Signature"]
        assert "t0ken-of-the-endpoint" not in str(tested)
        assert expect_json(await client.get("/v1/events"))["items"] == []
        assert expect_json(await client.get("/v1/attempts"))["items"] == []


async def test_a_test_with_a_key_that_cannot_be_read_says_so(client: httpx.AsyncClient) -> None:
    path = await create(client, signatureKey={"@type": "File", "filePath": "/no/such/key"})
    tested = expect_json(await client.post(f"{path}/test"))
    assert tested["outcome"] == "blocked"
    assert "/no/such/key" in tested["reason"]


async def test_the_account_of_a_new_webhook_is_empty(client: httpx.AsyncClient) -> None:
    path = await create(client)
    account = expect_json(await client.get(f"{path}/account"))
    assert account == {"wanted": 0, "delivered": 0, "waiting": 0, "discarded": {}}


@pytest.mark.parametrize("action", ["pause", "resume", "rotate-key", "test", "check"])
async def test_no_action_on_a_webhook_that_is_not_there(client: httpx.AsyncClient, action: str) -> None:
    expect_problem(await client.post(f"{NOWHERE}/{action}"), 404, kind="unknown-webhook")


async def test_no_account_of_a_webhook_that_is_not_there(client: httpx.AsyncClient) -> None:
    expect_problem(await client.get(f"{NOWHERE}/account"), 404, kind="unknown-webhook")


async def test_why_tells_of_one_webhook_or_of_all(client: httpx.AsyncClient) -> None:
    wanting = await create(client, url="http://127.0.0.1:9/")
    await create(client, events=["auth.failed"])
    await client.post("/v1/events", json={"id": "a/b", "type": "auth.success", "data": {}})
    told = expect_json(await client.get("/v1/events/a/b/why"))["items"]
    assert {item["verdict"] for item in told} == {"waiting", "not-wanted"}
    webhook_id = wanting.rsplit("/", 1)[1]
    (one,) = expect_json(await client.get("/v1/events/a/b/why", params={"webhook": webhook_id}))["items"]
    assert (one["webhookId"], one["verdict"]) == (webhook_id, "waiting")
    first = expect_json(await client.get("/v1/events/a/b/why", params={"limit": 1}))
    second = expect_json(await client.get("/v1/events/a/b/why", params={"limit": 1, "pageToken": first["next"]}))
    both = [(item["webhookId"], item["verdict"]) for item in first["items"] + second["items"]]
    assert (both, second["next"]) == ([(item["webhookId"], item["verdict"]) for item in told], None)
    expect_problem(await client.get("/v1/events/nothing/why"), 404, kind="unknown-event")
    expect_problem(await client.get("/v1/events/a/b/why", params={"webhook": "nobody"}), 404, kind="unknown-webhook")


async def test_a_check_shows_every_step_with_its_verdict_and_no_secret(client: httpx.AsyncClient) -> None:
    def echo(connection: Connection) -> None:
        connection.send(b"HTTP/1.1 200 OK\r\nX-Seen: Bearer my-token\r\nContent-Length: 0\r\n\r\n")

    with Receiver(echo) as receiver:
        auth = {"@type": "Bearer", "bearerToken": "my-token"}
        path = await create(client, url=receiver.url, signatureKey=KEY, httpAuth=auth, enable=False)
        answer = await client.post(f"{path}/check")
        (request,) = await receiver.arrival(1)
    checked = expect_json(answer)
    verdicts = {step["step"]: step["verdict"] for step in checked["steps"]}
    assert checked["verdict"] == "warning"
    assert verdicts["echo"] == "warning"
    assert (verdicts["name-lookup"], verdicts["address-policy"], verdicts["connect"], verdicts["status"]) == ("ok",) * 4
    assert (verdicts["tls"], verdicts["clock"]) == ("skipped", "skipped")
    for secret in ("my-token", "my-secret-key", request.header("X-Signature")):
        assert secret not in answer.text


async def test_a_check_ends_within_the_timeout_of_the_webhook(client: httpx.AsyncClient) -> None:
    with Receiver(Reply(hold=threading.Event())) as receiver:
        path = await create(client, url=receiver.url, timeout="200ms")
        checked = expect_json(await client.post(f"{path}/check"))
    (step,) = [step for step in checked["steps"] if step["step"] == "request"]
    assert (step["verdict"], "raise timeout (200ms)" in step["advice"]) == ("failure", True)
