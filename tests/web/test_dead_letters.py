import datetime as dt
from typing import Any

import httpx
import pytest

from builders import make_document
from web.endpoints import closed_endpoint, until
from web.expecting import expect_json, expect_pages, expect_problem


async def give_up(client: httpx.AsyncClient, *event_ids: str) -> str:
    """The id of a webhook that was disabled while these events were waiting for it, after an attempt that failed."""
    document = make_document(url=closed_endpoint())
    webhook_id = str(expect_json(await client.post("/v1/webhooks", json=document), 201)["id"])
    events = [{"id": event_id, "type": "auth.success", "data": {}} for event_id in event_ids]
    expect_json(await client.post("/v1/events", json=events), 202)
    await until(lambda: attempts(client, webhook_id), true=bool)
    expect_json(await client.patch(f"/v1/webhooks/{webhook_id}", json={"enable": False}))
    await until(lambda: listed(client, webhook=webhook_id), true=lambda items: len(items) == len(event_ids))
    return webhook_id


async def attempts(client: httpx.AsyncClient, webhook_id: str) -> list[Any]:
    items: list[Any] = expect_json(await client.get("/v1/attempts", params={"webhook": webhook_id}))["items"]
    return items


async def listed(client: httpx.AsyncClient, **parameters: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = expect_json(await client.get("/v1/dead-letters", params=parameters))["items"]
    return items


async def test_each_discarded_event_is_listed_with_its_reason(client: httpx.AsyncClient) -> None:
    webhook_id = await give_up(client, "e-1", "e-2")
    letters = await listed(client)
    assert [letter["eventId"] for letter in letters] == ["e-2", "e-1"]
    for letter in letters:
        assert list(letter) == ["eventId", "type", "webhookId", "replayId", "reason", "at"]
        assert (letter["type"], letter["webhookId"]) == ("auth.success", webhook_id)
        assert letter["reason"] == "disabled"
        assert dt.datetime.fromisoformat(letter["at"]).tzinfo == dt.UTC


async def test_dead_letters_are_filtered_by_webhook_and_reason(client: httpx.AsyncClient) -> None:
    first = await give_up(client, "e-1")
    second = await give_up(client, "e-2", "e-3")
    assert [letter["eventId"] for letter in await listed(client, webhook=first)] == ["e-1"]
    assert len(await listed(client, webhook=second, reason="disabled")) == 2
    assert await listed(client, reason="expired") == []
    assert await listed(client, webhook="no-such-webhook") == []


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
async def test_paging_gives_each_dead_letter_once(client: httpx.AsyncClient, limit: int) -> None:
    await give_up(client, *(f"a-{number}" for number in range(4)))
    await give_up(client, *(f"b-{number}" for number in range(3)))
    pages = await expect_pages(client, "/v1/dead-letters", limit=limit)
    assert all(len(page) == limit for page in pages[:-1])
    expected = ["b-2", "b-1", "b-0", "a-3", "a-2", "a-1", "a-0"]
    assert [letter["eventId"] for page in pages for letter in page] == expected


async def test_an_unknown_reason_is_answered_with_those_there_are(client: httpx.AsyncClient) -> None:
    problem = expect_problem(await client.get("/v1/dead-letters?reason=lost"), 400, kind="invalid-parameter")
    assert "write expired, refused, lossy or disabled" in problem["errors"][0]["message"]


async def test_dead_letters_are_filtered_by_type_and_by_the_time_of_the_discard(client: httpx.AsyncClient) -> None:
    await give_up(client, "e-1", "e-2")
    assert len(await listed(client, type="auth.success", since="15m")) == 2
    assert await listed(client, type="auth.failed") == []
    assert await listed(client, until="15m") == []
    found = expect_json(await client.get("/v1/dead-letters?type=auth.failed&type=auth.success&limit=1"))
    assert [letter["eventId"] for letter in found["items"]] == ["e-2"]
    problem = expect_problem(await client.get("/v1/dead-letters?type=auth.sucess"), 400, kind="invalid-parameter")
    assert "auth.success" in problem["errors"][0]["message"]
