import httpx

from builders import make_document
from web.endpoints import closed_endpoint
from web.expecting import expect_json, expect_pages, expect_problem


async def changed(client: httpx.AsyncClient) -> str:
    """The id of a webhook that was created, edited, paused, resumed and given another key."""
    document = make_document(url=closed_endpoint(), signatureKey={"@type": "Value", "secret": "hunter2"})
    path = f"/v1/webhooks/{expect_json(await client.post('/v1/webhooks', json=document), 201)['id']}"
    expect_json(await client.patch(path, json={"events": ["auth.failed"], "timeout": "5s"}))
    expect_json(await client.post(f"{path}/pause"))
    expect_json(await client.post(f"{path}/resume"))
    expect_json(await client.post(f"{path}/rotate-key"))
    return path


async def test_each_change_is_listed_with_what_belongs_to_it_and_no_secret(client: httpx.AsyncClient) -> None:
    path = await changed(client)
    answer = await client.get(f"{path}/changes")
    assert "hunter2" not in answer.text
    rotated, resumed, paused, edited, created = expect_json(answer)["items"]
    assert [one["change"] for one in (resumed, paused)] == ["resumed", "paused"]
    assert (rotated["change"], rotated["previousKeyUntil"] > rotated["at"]) == ("key-rotated", True)
    assert created["change"] == "created"
    assert created["filterAfter"] == {"events": ["auth.success"], "eventsPolicy": "include", "level": None}
    assert edited["filterBefore"] == created["filterAfter"]
    assert edited["filterAfter"]["events"] == ["auth.failed"]
    assert edited["fields"] == ["events", "timeout"]
    assert edited["position"] == 1


async def test_paging_gives_each_change_once(client: httpx.AsyncClient) -> None:
    path = await changed(client)
    pages = await expect_pages(client, f"{path}/changes", limit=2)
    kinds = [one["change"] for page in pages for one in page]
    assert kinds == ["key-rotated", "resumed", "paused", "edited", "created"]


async def test_a_deleted_webhook_still_has_its_changes_and_an_unknown_one_has_none(client: httpx.AsyncClient) -> None:
    path = await changed(client)
    assert (await client.delete(path)).status_code == 204
    assert expect_json(await client.get(f"{path}/changes"))["items"][0]["change"] == "deleted"
    expect_problem(await client.get("/v1/webhooks/nobody/changes"), 404, kind="unknown-webhook")


async def test_own_types_cannot_be_published_and_the_answer_says_so(client: httpx.AsyncClient) -> None:
    event = {"type": "bellwire.webhook-failing", "data": {}}
    problem = expect_problem(await client.post("/v1/events", json=[event]), 422, kind="invalid-event")
    assert problem["errors"][0]["path"] == "events/0/type"
    assert "only Bellwire itself publishes" in problem["errors"][0]["message"]
