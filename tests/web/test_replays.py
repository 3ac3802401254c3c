from typing import Any

import httpx
import pytest

from builders import make_document
from web.endpoints import until
from web.expecting import expect_json, expect_pages, expect_problem


@pytest.fixture
async def webhook_id(client: httpx.AsyncClient) -> str:
    """Of a webhook that is paused, with three events in the log since."""
    created = expect_json(await client.post("/v1/webhooks", json=make_document(url="https://127.0.0.1:9/")), 201)
    expect_json(await client.post(f"/v1/webhooks/{created['id']}/pause"))
    events = [{"id": f"e-{number}", "type": "auth.success", "data": {}} for number in range(1, 4)]
    expect_json(await client.post("/v1/events", json=events), 202)
    return str(created["id"])


async def begun(client: httpx.AsyncClient, webhook_id: str, **wish: object) -> dict[str, Any]:
    answer = await client.post(f"/v1/webhooks/{webhook_id}/replays", json=wish or {"fromPosition": 1})
    replay = expect_json(answer, 201)
    assert answer.headers["location"] == f"/v1/replays/{replay['id']}"
    return replay


async def test_a_replay_is_begun_and_shows_its_account(client: httpx.AsyncClient, webhook_id: str) -> None:
    replay = await begun(client, webhook_id, since="1h", types=["auth.success"], rate=5)
    assert expect_json(await client.get(f"/v1/replays/{replay['id']}")) == replay
    assert (replay["webhookId"], replay["state"], replay["reason"]) == (webhook_id, "running", "the webhook is paused")
    assert replay["account"] == {"wanted": 3, "delivered": 0, "waiting": 3, "discarded": {}, "cancelled": 0}
    assert (replay["firstPosition"], replay["lastPosition"], replay["rate"], replay["progress"]) == (1, 3, 5.0, 0)
    assert (replay["asked"]["types"], replay["asked"]["ids"], replay["paused"]) == (["auth.success"], 0, False)
    assert (replay["endedAt"], replay["nextAttempt"], replay["measuredRate"]) == (None, None, None)


async def test_a_preview_counts_and_begins_nothing(client: httpx.AsyncClient, webhook_id: str) -> None:
    wish = {"ids": ["e-3", "e-1", "other"]}
    answer = await client.post(f"/v1/webhooks/{webhook_id}/replays?preview=true", json=wish)
    preview = expect_json(answer)
    assert (preview["events"], preview["missing"]) == (2, 1)
    assert [event["id"] for event in preview["sample"]] == ["e-1", "e-3"]
    assert await expect_pages(client, "/v1/replays") == [[]]


async def test_replays_are_listed_the_newest_first_in_pages(client: httpx.AsyncClient, webhook_id: str) -> None:
    ids = [(await begun(client, webhook_id, fromPosition=1, paused=True))["id"] for _ in range(3)]
    other = expect_json(await client.post("/v1/webhooks", json=make_document()), 201)["id"]
    pages = await expect_pages(client, "/v1/replays", limit=2)
    assert [[item["id"] for item in page] for page in pages] == [[ids[2], ids[1]], [ids[0]]]
    assert await expect_pages(client, f"/v1/webhooks/{other}/replays") == [[]]
    assert len((await expect_pages(client, f"/v1/webhooks/{webhook_id}/replays"))[0]) == 3


async def test_a_replay_is_edited_and_cancelled(client: httpx.AsyncClient, webhook_id: str) -> None:
    path = f"/v1/replays/{(await begun(client, webhook_id))['id']}"
    edited = expect_json(await client.patch(path, json={"rate": 7, "paused": True}))
    assert (edited["rate"], edited["paused"], edited["state"]) == (7.0, True, "paused")
    assert expect_json(await client.patch(path, json={"rate": None}))["rate"] is None
    cancelled = expect_json(await client.delete(path))
    assert (cancelled["state"], cancelled["reason"]) == ("cancelled", "cancelled by an operator")

    async def account() -> Any:  # noqa: ANN401 - a member of JSON
        return expect_json(await client.get(path))["account"]

    ended = await until(account, true=lambda account: account["cancelled"] == 3)
    assert ended == {"wanted": 3, "delivered": 0, "waiting": 0, "discarded": {}, "cancelled": 3}
    assert expect_json(await client.delete(path))["endedAt"] is not None
    problem = expect_problem(await client.patch(path, json={"paused": False}), 422, kind="invalid-object")
    assert "has ended" in problem["detail"]


async def test_what_is_wrong_is_named(client: httpx.AsyncClient, webhook_id: str) -> None:
    path = f"/v1/webhooks/{webhook_id}/replays"
    problem = expect_problem(await client.post(path, json={"since": "soon", "rate": -1}), 422, kind="invalid-object")
    assert [fault["path"] for fault in problem["errors"]] == ["since", "rate"]
    expect_problem(await client.post(path, json={"ids": ["other"]}), 422, kind="invalid-object")
    expect_problem(await client.post("/v1/webhooks/none/replays", json={}), 404, kind="unknown-webhook")
    expect_problem(await client.get("/v1/webhooks/none/replays"), 404, kind="unknown-webhook")
    for method in ("GET", "PATCH", "DELETE"):
        answer = await client.request(method, "/v1/replays/none", json={} if method == "PATCH" else None)
        expect_problem(answer, 404, kind="unknown-replay")
    expect_problem(await client.post(f"{path}?preview=perhaps", json={}), 400, kind="invalid-parameter")


async def test_a_disabled_webhook_is_refused_with_the_remedy(client: httpx.AsyncClient, webhook_id: str) -> None:
    expect_json(await client.patch(f"/v1/webhooks/{webhook_id}", json={"enable": False}))
    answer = await client.post(f"/v1/webhooks/{webhook_id}/replays", json={"fromPosition": 1})
    assert "enable it first" in expect_problem(answer, 422, kind="invalid-object")["detail"]
