import time

import httpx
import pytest

from builders import make_document
from web.endpoints import closed_endpoint
from web.expecting import expect_json, expect_problem


async def path_of(client: httpx.AsyncClient) -> str:
    document = make_document(url=closed_endpoint(), throttle="0ms")
    return f"/v1/webhooks/{expect_json(await client.post('/v1/webhooks', json=document), 201)['id']}"


async def test_what_happened_is_told_span_by_span_and_together(client: httpx.AsyncClient) -> None:
    path = await path_of(client)
    expect_json(await client.post("/v1/events", json={"type": "auth.success", "data": {}}), 202)
    while not (found := expect_json(await client.get(f"{path}/series")))["whole"]["failed"]:
        continue  # an attempt can be read a moment before it is counted
    assert (found["step"], len(found["spans"]), len(found["latencyBoundsMs"])) == ("minute", 60, 16)
    assert found["whole"]["backlogMax"] == 1
    assert sum(found["whole"]["latencies"]) == found["whole"]["failed"]
    assert found["whole"]["latencyMs"]["p50"] <= found["whole"]["latencyMs"]["p99"]
    assert (found["whole"]["accepted"], found["spans"][0]["latencyMs"]) == (None, None)
    of_all = expect_json(await client.get("/v1/series"))
    assert of_all["whole"]["accepted"] == 1
    assert of_all["whole"]["failed"] >= 1
    assert of_all["whole"]["acceptedBytes"] > 0


@pytest.mark.parametrize(
    ("query", "step", "spans"),
    [
        ({"step": "hour"}, "hour", {60}),
        ({"step": "day", "since": "7d"}, "day", {8}),
        ({"since": "15m"}, "minute", {16}),
        ({"since": "2026-01-31T08:00:00Z", "until": "2026-01-31T09:00:00Z"}, "minute", {60}),
        ({"since": "1m", "until": "2999-01-01T00:00:00Z"}, "minute", {2}),
    ],
)
async def test_the_spans_are_those_of_the_time_that_is_asked_for(
    client: httpx.AsyncClient, query: dict[str, str], step: str, spans: set[int]
) -> None:
    found = expect_json(await client.get("/v1/series", params=query))
    assert (found["step"], len(found["spans"])) == (step, *spans)
    assert found["since"] < time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"step": "week"}, "step: 'week' is no step; write minute, hour or day"),
        ({"since": "2d"}, "since: there would be 2,881 spans, 1,500 at most; a longer step has fewer"),
        ({"since": "1h", "until": "2h"}, "since: is not before until, or later than now"),
        ({"since": "2999-01-01T00:00:00Z"}, "since: is not before until, or later than now"),
    ],
)
async def test_what_cannot_be_answered_is_refused(client: httpx.AsyncClient, query: dict[str, str], told: str) -> None:
    for path in ("/v1/series", f"{await path_of(client)}/series"):
        problem = expect_problem(await client.get(path, params=query), 400, kind="invalid-parameter")
        assert problem["detail"] == told


async def test_an_unknown_webhook_has_no_series(client: httpx.AsyncClient) -> None:
    expect_problem(await client.get("/v1/webhooks/nobody/series"), 404, kind="unknown-webhook")
