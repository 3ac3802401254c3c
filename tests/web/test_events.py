import base64
import json
import time
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bellwire.web.app import Api
from bellwire.web.paging import PAGE_BYTES_MAX
from bellwire.web.parameters import UNKNOWN_TOLD_MAX
from web.expecting import ask_raw, expect_json, expect_pages, expect_problem


async def publish(client: httpx.AsyncClient, *types: str) -> None:
    events = [{"id": f"e-{number}", "type": type_id, "data": {"n": number}} for number, type_id in enumerate(types)]
    expect_json(await client.post("/v1/events", json=events), 202)


async def listed(client: httpx.AsyncClient, **parameters: Any) -> list[str]:  # noqa: ANN401 - parameters of any type
    page = expect_json(await client.get("/v1/events", params=parameters))
    assert page["next"] is None
    return [item["id"] for item in page["items"]]


async def test_an_event_reads_as_it_was_published_with_its_place_in_the_log(client: httpx.AsyncClient) -> None:
    body = b'{"id":"a/b c\xc3\xa9?","createdAt":"2023-06-21T14:55:00Z","type":"auth.success","data":{ "n" : 1.50e2 }}'
    expect_json(await client.post("/v1/events", content=body), 202)
    answer = await client.get("/v1/events/a%2Fb%20c%C3%A9%3F")
    got = expect_json(answer)
    assert list(got) == ["id", "createdAt", "type", "data", "position", "acceptedAt"]
    assert got["id"] == "a/b cé?"
    assert got["createdAt"] == "2023-06-21T14:55:00.000Z"
    assert got["position"] == 1
    assert b'"data":{"n":1.50e2}' in answer.content
    assert expect_json(await client.get("/v1/events"))["items"] == [got]


async def test_an_event_that_is_not_there_is_a_problem(client: httpx.AsyncClient) -> None:
    for event_id in ["nothing", "a/b", "%ff", "x" * 500]:
        expect_problem(await client.get(f"/v1/events/{event_id}"), 404, kind="unknown-event")


async def test_the_newest_event_comes_first(client: httpx.AsyncClient) -> None:
    await publish(client, "auth.success", "auth.failed", "auth.success")
    assert await listed(client) == ["e-2", "e-1", "e-0"]


async def test_events_are_filtered_by_any_of_several_types(client: httpx.AsyncClient) -> None:
    await publish(client, "auth.success", "auth.failed", "own.thing", "store.ingest")
    assert await listed(client, type="auth.failed") == ["e-1"]
    assert await listed(client, type=["own.thing", "auth.success"]) == ["e-2", "e-0"]


async def test_events_are_found_by_values_of_their_data_and_by_what_a_webhook_wants(client: httpx.AsyncClient) -> None:
    await publish(client, "auth.success", "auth.failed", "auth.success")
    assert await listed(client, where="n=1") == ["e-1"]
    assert await listed(client, where=["n = 1", "n=2"]) == []
    assert await listed(client, where="n=3") == []
    wish = {"url": "http://127.0.0.1:9/", "events": ["auth.success"], "eventsPolicy": "include"}
    webhook = expect_json(await client.post("/v1/webhooks", json=wish), 201)["id"]
    assert await listed(client, webhook=webhook) == ["e-2", "e-0"]
    assert await listed(client, webhook=webhook, where="n=0") == ["e-0"]
    expect_problem(await client.get("/v1/events", params={"webhook": "none"}), 404, kind="unknown-webhook")
    for wrong in (["n"], ["=1"], ["n=1"] * 11, ["x" * 2_000]):
        problem = expect_problem(await client.get("/v1/events", params={"where": wrong}), 400, kind="invalid-parameter")
        assert problem["errors"][0]["path"] == "where"


async def test_present_and_former_names_find_the_same_events(client: httpx.AsyncClient) -> None:
    types = [item for page in await expect_pages(client, "/v1/event-types", limit=1000) for item in page]
    former = next(item for item in types if item.get("former") and len(item["successors"]) == 1)
    present = former["successors"][0]
    await publish(client, former["id"], present, "own.thing")
    assert await listed(client, type=present) == ["e-1", "e-0"]
    assert await listed(client, type=former["id"]) == ["e-1", "e-0"]


async def test_an_unknown_type_is_answered_with_the_nearest(client: httpx.AsyncClient) -> None:
    problem = expect_problem(await client.get("/v1/events?type=auth.sucess"), 400, kind="invalid-parameter")
    assert problem["errors"] == [
        {"path": "type", "message": "'auth.sucess' is not an event type; did you mean auth.success?"}
    ]


async def test_of_many_unknown_types_some_are_told(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/events", params={"type": [f"no.such-{number}" for number in range(90)]})
    problem = expect_problem(answer, 400, kind="invalid-parameter")
    assert [fault["path"] for fault in problem["errors"]] == ["type"] * UNKNOWN_TOLD_MAX


async def test_events_are_filtered_by_the_time_of_their_acceptance(client: httpx.AsyncClient) -> None:
    await publish(client, "auth.success")
    (event,) = expect_json(await client.get("/v1/events"))["items"]
    moment = event["acceptedAt"]
    assert await listed(client, since=moment) == ["e-0"]
    assert await listed(client, until=moment) == []
    assert await listed(client, since="1h", until="2099-01-01T00:00:00+02:00") == ["e-0"]
    assert await listed(client, since="2099-01-01T00:00:00Z") == []
    assert await listed(client, until="1h") == []


async def test_an_offset_whose_plus_was_not_escaped_is_understood(client: httpx.AsyncClient) -> None:
    await publish(client, "auth.success")
    answer = await client.get("/v1/events?since=2001-01-01T00:00:00+02:00")
    assert len(expect_json(answer)["items"]) == 1


async def test_what_is_no_time_is_refused_with_the_right_form(client: httpx.AsyncClient) -> None:
    for written in ["", "yesterday", "15", "2026-01-01", "15m ago", "-5m", "2026-13-01T00:00:00Z"]:
        answer = await client.get("/v1/events", params={"since": written})
        problem = expect_problem(answer, 400, kind="invalid-parameter")
        assert "write 2026-01-31T08:00:00Z, or how long ago" in problem["detail"]


async def test_paging_gives_each_event_once(client: httpx.AsyncClient) -> None:
    await publish(client, *(("auth.success", "auth.failed") * 120))
    for limit in (1, 7, 49, 50, 51, 119, 120, 1000):
        pages = await expect_pages(client, "/v1/events", limit=limit, type="auth.failed")
        assert all(len(page) == limit for page in pages[:-1])
        assert 0 < len(pages[-1]) <= limit
        assert [item["id"] for page in pages for item in page] == [f"e-{number}" for number in range(239, 0, -2)]


async def test_paging_is_not_disturbed_by_new_events(client: httpx.AsyncClient) -> None:
    await publish(client, "auth.success", "auth.success", "auth.success")
    first = expect_json(await client.get("/v1/events?limit=2"))
    await client.post("/v1/events", json={"type": "auth.success", "data": {}})
    second = expect_json(await client.get("/v1/events", params={"limit": 2, "pageToken": first["next"]}))
    assert [item["id"] for item in first["items"] + second["items"]] == ["e-2", "e-1", "e-0"]
    assert second["next"] is None


async def test_a_page_of_large_events_ends_early(client: httpx.AsyncClient) -> None:
    padding = "x" * 900_000
    count = PAGE_BYTES_MAX // 900_000 + 5
    for number in range(count):
        event = {"id": f"e-{number}", "type": "auth.success", "data": {"padding": padding}}
        expect_json(await client.post("/v1/events", json=event), 202)
    pages = await expect_pages(client, "/v1/events", limit=1000)
    assert len(pages) == 2
    assert [item["id"] for page in pages for item in page] == [f"e-{number}" for number in reversed(range(count))]


LISTS = ("/v1/events", "/v1/webhooks", "/v1/attempts", "/v1/dead-letters", "/v1/event-types")


async def test_a_page_token_that_the_list_did_not_give_is_refused(client: httpx.AsyncClient) -> None:
    for page_token in [
        "",
        "x",
        "é",
        "x" * 5000,
        "bnVsbA==",
        "WyJldmVudCIsIngiXQ==",
        "WyJldmVudCIsLTFd",
        "WyJldmVudCIsMWU0MDBd",
        "WyJldmVudCIsOTIyMzM3MjAzNjg1NDc3NTgwOF0=",
        "WyJhdHRlbXB0Iiwx",
    ]:
        for path in LISTS:
            problem = expect_problem(
                await client.get(path, params={"pageToken": page_token}), 400, kind="invalid-parameter"
            )
            assert problem["errors"][0]["path"] == "pageToken"


async def test_a_page_may_begin_behind_an_item_that_is_no_longer_there(client: httpx.AsyncClient) -> None:
    gone = {
        "/v1/events": ["event", 2**63 - 1],
        "/v1/webhooks": ["webhook", 2**70, "x"],
        "/v1/attempts": ["attempt", "\0"],
        "/v1/dead-letters": ["dead-letter", 0, 2**63 - 1],
        "/v1/event-types": ["event-type", "zzz"],
    }
    assert gone.keys() == set(LISTS)
    for path, place in gone.items():
        token = base64.urlsafe_b64encode(json.dumps(place).encode()).decode()
        page = expect_json(await client.get(path, params={"pageToken": token}))
        assert page == {"items": [], "next": None}


async def test_a_page_token_of_another_list_is_refused(client: httpx.AsyncClient) -> None:
    token = expect_json(await client.get("/v1/event-types?limit=1"))["next"]
    for path in ("/v1/events", "/v1/webhooks", "/v1/attempts", "/v1/dead-letters"):
        expect_problem(await client.get(path, params={"pageToken": token}), 400, kind="invalid-parameter")


async def test_a_limit_out_of_bounds_is_refused(client: httpx.AsyncClient) -> None:
    for limit in ("0", "1001", "-1", "ten", "", "1.0", "٣", "9" * 5000):
        problem = expect_problem(await client.get("/v1/events", params={"limit": limit}), 400, kind="invalid-parameter")
        assert "whole number from 1 to 1000" in problem["errors"][0]["message"]


async def test_all_bad_parameters_are_told_together(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/events?limt=5&limit=x&limit=y&since=soon&type=a.b")
    problem = expect_problem(answer, 400, kind="invalid-parameter")
    told = {fault["path"]: fault["message"] for fault in problem["errors"]}
    assert told.keys() == {"limt", "limit", "since", "type"}
    assert told["limt"] == "there is no such parameter; did you mean limit?"
    assert told["limit"] == "is given more than once; give it once"


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["type", "since", "until", "limit", "pageToken", "pattern", "webhook", "reason"]) | st.text(),
    value=st.text(),
    path=st.sampled_from(LISTS),
)
async def test_whatever_is_asked_for_is_listed_or_refused(
    client: httpx.AsyncClient, name: str, value: str, path: str
) -> None:
    answer = await client.get(path, params={name: value})
    assert answer.status_code in {200, 400} or (name, answer.status_code) == ("webhook", 404), answer.text


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.binary(max_size=60))
async def test_whatever_query_is_sent_is_answered(api: Api, token: str, query: bytes) -> None:
    headers = [(b"authorization", f"Bearer {token}".encode())]
    status, _ = await ask_raw(api, {"path": "/v1/events", "query_string": query, "headers": headers})
    assert status in {200, 400}


async def test_durations_are_counted_back_from_now(client: httpx.AsyncClient) -> None:
    await publish(client, "auth.success")
    old = int(time.time() * 1000)
    assert await listed(client, since=f"{old}ms") == ["e-0"]
    assert await listed(client, since="365000d") == ["e-0"]
