import datetime as dt
import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bellwire.web.resource import OBJECT_BYTES_MAX
from builders import make_document
from web.expecting import expect_json, expect_pages, expect_problem

PATCH = {"Content-Type": "application/merge-patch+json"}
NOWHERE = "/v1/webhooks/no-such-webhook"


async def create(client: httpx.AsyncClient, **members: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON members of any type
    return expect_json(await client.post("/v1/webhooks", json=make_document(**members)), 201)


async def read_all(client: httpx.AsyncClient) -> list[Any]:
    return [item for page in await expect_pages(client, "/v1/webhooks") for item in page]


async def test_a_created_webhook_is_answered_as_it_reads_with_its_place_tag_and_warnings(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.post("/v1/webhooks", json=make_document(timeout="1m30s"))
    created = expect_json(answer, 201)
    warnings = created.pop("warnings")
    assert warnings == []
    assert answer.headers["location"] == f"/v1/webhooks/{created['id']}"
    assert answer.headers["etag"] == '"1"'
    assert created["timeout"] == "90s"
    assert dt.datetime.fromisoformat(created["createdAt"]).tzinfo == dt.UTC
    got = await client.get(answer.headers["location"])
    assert expect_json(got) == created
    assert got.headers["etag"] == '"1"'
    assert await read_all(client) == [created]


async def test_secrets_are_shown_nowhere(client: httpx.AsyncClient) -> None:
    key = {"@type": "Value", "secret": "very-secret"}
    auth = {"@type": "Basic", "username": "u", "secret": {"@type": "Value", "secret": "very-secret"}}
    answer = await client.post("/v1/webhooks", json=make_document(signatureKey=key, httpAuth=auth))
    path = answer.headers["location"]
    edited = await client.patch(
        path, json={"name": "other", "signatureKey": {"@type": "Value", "secret": "very-secret"}}
    )
    bad = await client.patch(path, json={"name": 5, "signatureKey": {"@type": "Value", "secret": "very-secret"}})
    for shown in (answer, edited, bad, await client.get(path), await client.get("/v1/webhooks")):
        assert "very-secret" not in shown.text
    assert edited.json()["signatureKey"] == {"@type": "Value", "secret": "****"}


async def test_oddities_are_told_as_warnings(client: httpx.AsyncClient) -> None:
    created = await create(client, events=["auth.success"], level="error")
    assert [warning.keys() for warning in created["warnings"]] == [{"path", "message"}]


async def test_all_faults_of_an_object_are_told_together(client: httpx.AsyncClient) -> None:
    document = make_document(url="ftp://x", timout="30s", lossy="yes")
    problem = expect_problem(await client.post("/v1/webhooks", json=document), 422, kind="invalid-object")
    assert {fault["path"] for fault in problem["errors"]} == {"url", "timout", "lossy"}
    assert await read_all(client) == []


async def test_validating_shows_what_would_be_and_stores_nothing(client: httpx.AsyncClient) -> None:
    document = make_document(events=["auth.success", "auth.failed"], level="error", timeout=90_000)
    checked = expect_json(await client.post("/v1/webhooks?validate=true", json=document))
    assert checked["timeout"] == "90s"
    assert checked["eventTypes"] == 0
    assert checked["warnings"]
    assert "id" not in checked
    expect_problem(await client.post("/v1/webhooks?validate=true", json={"url": "x"}), 422, kind="invalid-object")
    assert await read_all(client) == []


async def test_validating_counts_each_type_once_whatever_its_names(client: httpx.AsyncClient) -> None:
    types = [item for page in await expect_pages(client, "/v1/event-types", limit=1000) for item in page]
    present = next(item for item in types if item.get("formerNames"))
    gone = next(item for item in types if item.get("former") and not item["successors"])

    async def count(*events: str) -> int:
        answer = await client.post("/v1/webhooks?validate=true", json=make_document(events=events))
        return int(expect_json(answer)["eventTypes"])

    assert await count(present["id"]) == 1
    assert await count(present["id"], *present["formerNames"]) >= 1
    assert await count(gone["id"]) == 1
    every = expect_json(await client.post("/v1/webhooks?validate=true", json={"url": "http://h/", "level": "trace"}))
    current = [item for item in types if not item.get("former") and not item["id"].startswith("bellwire.")]
    assert every["eventTypes"] == len(current)


@pytest.mark.parametrize("value", ["yes", "1", "", "TRUE"])
async def test_validate_is_true_or_false(client: httpx.AsyncClient, value: str) -> None:
    answer = await client.post("/v1/webhooks", params={"validate": value}, json=make_document())
    assert expect_problem(answer, 400, kind="invalid-parameter")["errors"][0]["path"] == "validate"
    assert await read_all(client) == []


@pytest.mark.parametrize(
    ("body", "position"),
    [
        (b"", "is empty"),
        (b"{", "at byte 1"),
        (b'{"url": nonsense}', "at byte 8"),
        (b'{"url": "\xff"}', "not UTF-8 at byte 9"),
        (b'{"url": "x"} 1', "at byte 13"),
        ('{"é": NaN, "b": x}'.encode(), "at byte 17"),
        (b'{"url": Infinity}', "is not JSON"),
        (b"[]", "no object"),
        (b'"text"', "no object"),
        (b"[" * 100_000, "nested too deeply"),
        (b"9" * 10_000, "is not JSON"),
    ],
    ids=[
        "empty",
        "cut off",
        "no JSON",
        "latin",
        "more behind",
        "behind two bytes",
        "infinite",
        "array",
        "text",
        "deep",
        "huge number",
    ],
)
async def test_a_body_that_is_no_json_object_is_refused_with_the_place(
    client: httpx.AsyncClient, body: bytes, position: str
) -> None:
    created = await create(client)
    path = f"/v1/webhooks/{created['id']}"
    for method, target in (("POST", "/v1/webhooks"), ("PUT", path), ("PATCH", path)):
        answer = await client.request(method, target, content=body, headers={"Content-Type": "application/json"})
        assert position in expect_problem(answer, 400, kind="invalid-json")["detail"]
    assert len(await read_all(client)) == 1


@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/webhooks"), ("PUT", NOWHERE), ("PATCH", NOWHERE)])
async def test_an_object_above_the_limit_is_refused(client: httpx.AsyncClient, method: str, path: str) -> None:
    content = json.dumps({"url": "x" * OBJECT_BYTES_MAX}).encode()
    answer = await client.request(method, path, content=content)
    assert "1 MiB" in expect_problem(answer, 413)["detail"]


async def test_each_method_names_the_content_types_it_takes(client: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "text/plain"}
    created = await create(client)
    path = f"/v1/webhooks/{created['id']}"
    for method, target in (("POST", "/v1/webhooks"), ("PUT", path)):
        answer = await client.request(method, target, content=b"{}", headers=headers)
        assert "send application/json, in UTF-8" in expect_problem(answer, 415)["detail"]
    answer = await client.patch(path, content=b"{}", headers=headers)
    expect_problem(answer, 415)
    assert answer.headers["accept-patch"] == "application/merge-patch+json, application/json"


async def test_what_was_read_can_be_put_back(client: httpx.AsyncClient) -> None:
    created = await create(client, signatureKey={"@type": "Value", "secret": "s"})
    path = f"/v1/webhooks/{created['id']}"
    read = expect_json(await client.get(path))
    answer = await client.put(path, json=read | {"name": "renamed"}, headers={"If-Match": '"1"'})
    put = expect_json(answer)
    assert put["name"] == "renamed"
    assert put["warnings"] == []
    assert answer.headers["etag"] == '"2"'
    assert expect_json(await client.get(path))["name"] == "renamed"


@pytest.mark.parametrize("content_type", ["application/merge-patch+json", "application/json", None])
async def test_a_merge_patch_changes_what_it_names(client: httpx.AsyncClient, content_type: str | None) -> None:
    created = await create(client, level="warn", name="before", events=["auth.failed"])
    headers = {} if content_type is None else {"Content-Type": content_type}
    answer = await client.patch(
        f"/v1/webhooks/{created['id']}", content=b'{"level":null,"name":"after"}', headers=headers
    )
    patched = expect_json(answer)
    assert patched["name"] == "after"
    assert "level" not in patched
    assert patched["events"] == ["auth.failed"]
    assert answer.headers["etag"] == '"2"'


async def test_a_bad_edit_changes_nothing(client: httpx.AsyncClient) -> None:
    created = await create(client)
    path = f"/v1/webhooks/{created['id']}"
    before = await client.get(path)
    expect_problem(await client.patch(path, json={"timeout": "soon"}), 422, kind="invalid-object")
    expect_problem(await client.put(path, json={"url": "soon"}), 422, kind="invalid-object")
    after = await client.get(path)
    assert (after.json(), after.headers["etag"]) == (before.json(), before.headers["etag"])


EDITS: tuple[tuple[str, dict[str, Any] | None], ...] = (
    ("PUT", make_document(name="edited")),
    ("PATCH", {"name": "edited"}),
    ("DELETE", None),
)


@pytest.mark.parametrize("condition", ['"1"', '"0", "1"', "*", ' "1" ', None])
async def test_an_edit_of_the_present_revision_is_made(client: httpx.AsyncClient, condition: str | None) -> None:
    headers = {} if condition is None else {"If-Match": condition}
    for method, body in EDITS:
        created = await create(client)
        answer = await client.request(method, f"/v1/webhooks/{created['id']}", json=body, headers=headers)
        assert answer.status_code == (204 if method == "DELETE" else 200), method


@pytest.mark.parametrize(
    "headers",
    [{"If-Match": '"2"'}, {"If-Match": 'W/"1"'}, {"If-None-Match": "*"}, {"If-None-Match": 'W/"1"'}],
    ids=str,
)
async def test_an_edit_of_another_revision_is_refused(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    created = await create(client)
    path = f"/v1/webhooks/{created['id']}"
    for method, body in EDITS:
        answer = await client.request(method, path, json=body, headers=headers)
        expect_problem(answer, 412, kind="edit-conflict")
    kept = await client.get(path)
    assert kept.json()["name"] == created["name"]
    assert kept.headers["etag"] == '"1"'


async def test_a_condition_that_is_no_tag_is_refused_with_the_right_form(client: httpx.AsyncClient) -> None:
    created = await create(client)
    path = f"/v1/webhooks/{created['id']}"
    for condition in ("1", "", '"1', '"1" "2"', "W/1", "*, *"):
        answer = await client.patch(path, json={"name": "edited"}, headers={"If-Match": condition})
        assert 'If-Match: "1"' in expect_problem(answer, 400)["detail"]
        expect_problem(await client.get(path, headers={"If-None-Match": condition}), 400)


SAME = ('"1"', 'W/"1"', '"0","1"', "*")
OTHERS = ('"2"', '"11"', 'W/"0"')


async def test_a_webhook_is_sent_again_only_when_it_changed(client: httpx.AsyncClient) -> None:
    created = await create(client)
    for condition in (*SAME, *OTHERS):
        answer = await client.get(f"/v1/webhooks/{created['id']}", headers={"If-None-Match": condition})
        assert answer.status_code == (304 if condition in SAME else 200), condition
        assert answer.headers["etag"] == '"1"'
        assert bool(answer.content) is (condition in OTHERS)


async def test_a_deleted_webhook_is_gone(client: httpx.AsyncClient) -> None:
    created = await create(client)
    path = f"/v1/webhooks/{created['id']}"
    answer = await client.delete(path)
    assert (answer.status_code, answer.content) == (204, b"")
    expect_problem(await client.get(path), 404, kind="unknown-webhook")
    assert await read_all(client) == []


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", NOWHERE), ("PUT", NOWHERE), ("PATCH", NOWHERE), ("DELETE", NOWHERE), ("GET", NOWHERE + "/status")],
)
async def test_a_webhook_that_is_not_there_is_a_problem(client: httpx.AsyncClient, method: str, path: str) -> None:
    body = make_document() if method in {"PUT", "PATCH"} else None
    answer = await client.request(method, path, json=body, headers={"If-Match": "*"})
    assert "no-such-webhook" in expect_problem(answer, 404, kind="unknown-webhook")["detail"]


async def test_paging_gives_each_webhook_once_the_oldest_first(client: httpx.AsyncClient) -> None:
    created = [(await create(client, name=f"webhook {number}"))["id"] for number in range(7)]
    pages = await expect_pages(client, "/v1/webhooks", limit=3)
    assert [len(page) for page in pages] == [3, 3, 1]
    assert [item["id"] for page in pages for item in page] == created


async def test_a_webhook_s_status_is_shown(client: httpx.AsyncClient) -> None:
    created = await create(client)
    status = expect_json(await client.get(f"/v1/webhooks/{created['id']}/status"))
    assert list(status) == [
        "state",
        "since",
        "reason",
        "backlog",
        "lagMs",
        "delivered",
        "discarded",
        "lastSuccess",
        "lastFailure",
        "nextAttempt",
        "nextAttemptInMs",
        "oldestDeadline",
        "oldestDeadlineInMs",
        "certificateEnds",
        "warnings",
    ]
    assert status["state"] == "healthy"
    assert dt.datetime.fromisoformat(status["since"]).tzinfo == dt.UTC
    assert (status["backlog"], status["lagMs"], status["delivered"], status["discarded"]) == (0, 0, 0, 0)
    assert (status["lastSuccess"], status["lastFailure"], status["nextAttempt"]) == (None, None, None)


members = st.sampled_from(
    ["url", "events", "timeout", "signatureKey", "httpAuth", "httpHeaders", "level", "id", "@type"]
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(members | st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
bodies = st.binary(max_size=200) | st.dictionaries(members, values).map(lambda value: json.dumps(value).encode())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=bodies, method=st.sampled_from(["POST", "PUT", "PATCH"]))
async def test_whatever_is_written_is_stored_or_refused_without_a_change(
    client: httpx.AsyncClient, body: bytes, method: str
) -> None:
    before = await read_all(client)
    path = "/v1/webhooks" if method == "POST" or not before else f"/v1/webhooks/{before[0]['id']}"
    answer = await client.request(method if before else "POST", path, content=body)
    assert answer.status_code in {200, 201, 400, 422}, answer.text
    if answer.status_code >= 400:
        assert await read_all(client) == before
