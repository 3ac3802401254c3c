import datetime as dt
from typing import Any

import httpx

from builders import make_document
from receivers import Receiver, Reply
from web.endpoints import closed_endpoint, until
from web.expecting import expect_json, expect_pages, expect_problem

OK = Reply(headers=(("X-Token", "hidden"),), body=b"ok \xff")
MEMBERS = [
    "id",
    "webhookId",
    "replayId",
    "batchId",
    "number",
    "at",
    "events",
    "firstPosition",
    "lastPosition",
    "bytes",
    "outcome",
    "reason",
    "status",
    "error",
    "durationMs",
    "timings",
]


async def deliver(client: httpx.AsyncClient, url: str, count: int, **members: Any) -> str:  # noqa: ANN401 - JSON members of any type
    """The id of a webhook to this endpoint, for which so many events were published."""
    created = expect_json(await client.post("/v1/webhooks", json=make_document(url=url, throttle="0s", **members)), 201)
    events = [{"type": "auth.success", "data": {"n": number}} for number in range(count)]
    expect_json(await client.post("/v1/events", json=events), 202)
    return str(created["id"])


async def listed(client: httpx.AsyncClient, count: int, **parameters: str) -> list[dict[str, Any]]:
    async def read() -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = expect_json(await client.get("/v1/attempts", params=parameters))["items"]
        return items

    return await until(read, true=lambda items: len(items) >= count)


async def test_failed_attempts_are_listed_alone(client: httpx.AsyncClient) -> None:
    with Receiver(Reply(status=500)) as receiver:
        webhook_id = await deliver(client, receiver.url, 1)
        (failure,) = (await listed(client, 1, failed="true"))[-1:]
        receiver.answer_with(OK)
        expect_json(await client.post(f"/v1/webhooks/{webhook_id}/resume"))
        await until(lambda: listed(client, 2), true=lambda items: items[0]["outcome"] == "delivered")
    found = await listed(client, 1, failed="true", webhook=webhook_id)
    assert {one["outcome"] for one in found} == {"failed"}
    assert found[-1] == failure
    assert len(await listed(client, 1, failed="false")) == len(found) + 1
    expect_problem(await client.get("/v1/attempts", params={"failed": "yes"}), 400, kind="invalid-parameter")


async def test_a_delivery_is_shown_with_its_parts(client: httpx.AsyncClient) -> None:
    with Receiver(OK) as receiver:
        webhook_id = await deliver(client, receiver.url, 3)
        (attempt,) = await listed(client, 1)
    assert list(attempt) == MEMBERS
    assert (attempt["webhookId"], attempt["replayId"]) == (webhook_id, None)
    assert (attempt["number"], attempt["events"]) == (1, 3)
    assert (attempt["firstPosition"], attempt["lastPosition"]) == (1, 3)
    assert attempt["bytes"] > 100
    assert (attempt["outcome"], attempt["reason"]) == ("delivered", None)
    assert (attempt["status"], attempt["error"]) == (200, None)
    assert dt.datetime.fromisoformat(attempt["at"]).tzinfo == dt.UTC
    assert list(attempt["timings"]) == ["nameLookup", "connect", "tls", "firstByte", "total"]
    assert attempt["timings"]["tls"] is None
    assert 0 < attempt["timings"]["firstByte"] <= attempt["timings"]["total"] == attempt["durationMs"]


async def test_the_answer_is_shown_with_the_single_attempt_only(client: httpx.AsyncClient) -> None:
    with Receiver(OK) as receiver:
        await deliver(client, receiver.url, 1)
        (attempt,) = await listed(client, 1)
    answer = await client.get(f"/v1/attempts/{attempt['id']}")
    assert expect_json(answer) == attempt | {"answer": "ok \ufffd"}
    assert "hidden" not in answer.text


async def test_an_endpoint_that_cannot_be_reached_is_shown_with_the_trouble(client: httpx.AsyncClient) -> None:
    await deliver(client, closed_endpoint(), 1)
    attempt = (await listed(client, 1))[-1]
    assert attempt["outcome"] == "failed"
    assert attempt["status"] is None
    assert attempt["error"]["trouble"] == "connect"
    assert attempt["error"]["detail"]
    assert attempt["reason"]
    assert expect_json(await client.get(f"/v1/attempts/{attempt['id']}"))["answer"] is None


async def test_a_refusal_is_shown_with_its_status(client: httpx.AsyncClient) -> None:
    with Receiver(Reply(status=500, body=b"no")) as receiver:
        await deliver(client, receiver.url, 1)
        attempt = (await listed(client, 1))[-1]
    assert (attempt["outcome"], attempt["status"], attempt["error"]) == ("failed", 500, None)
    assert "500" in attempt["reason"]
    assert expect_json(await client.get(f"/v1/attempts/{attempt['id']}"))["answer"] == "no"


async def test_paging_gives_each_attempt_once_the_newest_first(client: httpx.AsyncClient) -> None:
    with Receiver(OK) as receiver:
        await deliver(client, receiver.url, 7, maxBatchEvents=1)
        newest_first = await listed(client, 7)
    pages = await expect_pages(client, "/v1/attempts", limit=3)
    assert [len(page) for page in pages] == [3, 3, 1]
    assert [item for page in pages for item in page] == newest_first
    assert [item["firstPosition"] for item in newest_first] == [7, 6, 5, 4, 3, 2, 1]


async def test_attempts_are_filtered_by_webhook(client: httpx.AsyncClient) -> None:
    with Receiver(OK) as receiver:
        first = await deliver(client, receiver.url, 1)
        await listed(client, 1)
        second = await deliver(client, receiver.url, 1)
        await listed(client, 3)
    assert {attempt["webhookId"] for attempt in await listed(client, 2, webhook=first)} == {first}
    assert [attempt["webhookId"] for attempt in await listed(client, 1, webhook=second)] == [second]
    assert await listed(client, 0, webhook="no-such-webhook") == []


async def test_an_attempt_that_is_not_there_is_a_problem(client: httpx.AsyncClient) -> None:
    for attempt_id in ["nothing", "%00", "x" * 300]:
        expect_problem(await client.get(f"/v1/attempts/{attempt_id}"), 404, kind="unknown-attempt")


async def test_a_webhook_s_status_follows_its_attempts(client: httpx.AsyncClient) -> None:
    with Receiver(OK) as receiver:
        webhook_id = await deliver(client, receiver.url, 2)
        await listed(client, 1)
    status = expect_json(await client.get(f"/v1/webhooks/{webhook_id}/status"))
    assert (status["state"], status["delivered"], status["backlog"]) == ("healthy", 2, 0)
    assert dt.datetime.fromisoformat(status["lastSuccess"]).tzinfo == dt.UTC
    assert status["lastFailure"] is None
