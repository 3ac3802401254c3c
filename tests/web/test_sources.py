from typing import Any

import httpx
import pytest

from bellwire.model.principal import PROGRAM
from bellwire.model.source import SOURCES_MAX
from bellwire.reporters.log import LogReporter
from bellwire.service import Bellwire
from web.expecting import expect_json, expect_pages, expect_problem

KEY = {"@type": "Value", "secret": "s3cret"}
SOURCES = "/v1/sources"


def source(name: str | None = "mail", **members: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON members of any type
    return {"name": name, "signatureKey": KEY} | members


async def test_a_source_is_registered_read_replaced_and_deleted(client: httpx.AsyncClient) -> None:
    answer = await client.post(SOURCES, json=source())
    created = expect_json(answer, 201)
    assert answer.headers["location"] == created["path"] == "/v1/sources/mail"
    assert created["signatureKey"] == {"@type": "Value", "secret": "****"}
    assert expect_json(await client.get("/v1/sources/mail")) == created
    replaced = expect_json(await client.put("/v1/sources/mail", json=created | {"enable": False}))
    assert replaced | {"updatedAt": ""} == created | {"enable": False, "updatedAt": ""}
    assert (await client.delete("/v1/sources/mail")).status_code == 204
    for answer in (await client.get("/v1/sources/mail"), await client.delete("/v1/sources/mail")):
        expect_problem(answer, 404, kind="unknown-source")


async def test_a_source_is_registered_by_putting_it_where_it_is_not(client: httpx.AsyncClient) -> None:
    expect_json(await client.put("/v1/sources/mail", json={"signatureKey": KEY}))
    assert expect_json(await client.get("/v1/sources/mail"))["name"] == "mail"


async def test_a_name_is_given_once(client: httpx.AsyncClient) -> None:
    await client.post(SOURCES, json=source())
    problem = expect_problem(await client.post(SOURCES, json=source(allowAnyone=False)), 409, kind="conflicting-name")
    assert [fault["path"] for fault in problem["errors"]] == ["name"]


async def test_a_name_other_than_the_one_in_the_path_conflicts(client: httpx.AsyncClient) -> None:
    problem = expect_problem(await client.put("/v1/sources/other", json=source()), 409, kind="conflicting-name")
    assert problem["detail"] == "name: is 'mail', but the source is called 'other'; leave the name out"
    assert expect_json(await client.put("/v1/sources/other", json=source() | {"name": None}))["name"] == "other"


async def test_what_the_server_adds_is_passed_over_whatever_it_says(client: httpx.AsyncClient) -> None:
    shown = expect_json(await client.post(SOURCES, json=source(createdAt=0, path=None, reception="much")), 201)
    assert (shown["path"], shown["reception"]["accepted"]) == ("/v1/sources/mail", 0)


async def test_a_source_that_nobody_checks_is_refused_unless_it_says_so(client: httpx.AsyncClient) -> None:
    problem = expect_problem(await client.post(SOURCES, json={"name": "mail"}), 422, kind="invalid-object")
    assert "neither signatureKey nor httpAuth" in problem["detail"]
    expect_json(await client.post(SOURCES, json={"name": "mail", "allowAnyone": True}), 201)


async def test_a_masked_secret_keeps_the_stored_one_and_cannot_stand_for_none(client: httpx.AsyncClient) -> None:
    masked = {"signatureKey": {"@type": "Value", "secret": "****"}}
    problem = expect_problem(await client.put("/v1/sources/mail", json=masked), 422, kind="invalid-object")
    assert [fault["path"] for fault in problem["errors"]] == ["signatureKey/secret"]


async def test_sources_are_listed_by_name_in_pages(client: httpx.AsyncClient) -> None:
    for name in ("mail-3", "mail-1", "mail-2"):
        await client.post(SOURCES, json=source(name))
    pages = await expect_pages(client, SOURCES, limit=2)
    assert [[item["name"] for item in page] for page in pages] == [["mail-1", "mail-2"], ["mail-3"]]


async def test_sources_outlive_the_process(client: httpx.AsyncClient, service: Bellwire) -> None:
    await client.post(SOURCES, json=source())
    await service.sources.load(LogReporter())
    assert [one.object.name for one in service.sources.all()] == ["mail"]


async def test_there_is_a_most_of_sources(service: Bellwire, client: httpx.AsyncClient) -> None:
    known = await service.sources.put("mail", {"signatureKey": KEY}, by=PROGRAM)
    service.sources._sources |= {f"other-{number}": known for number in range(SOURCES_MAX - 1)}
    problem = expect_problem(
        await client.put("/v1/sources/one-more", json={"signatureKey": KEY}), 422, kind="invalid-object"
    )
    assert "1,000 sources, which is the most" in problem["detail"]
    expect_json(await client.put("/v1/sources/mail", json={"signatureKey": KEY}))


@pytest.mark.parametrize(
    ("method", "path"), [("GET", SOURCES), ("POST", SOURCES), ("GET", "/v1/sources/mail"), ("PUT", "/v1/sources/mail")]
)
async def test_registering_and_reading_need_a_token(client: httpx.AsyncClient, method: str, path: str) -> None:
    expect_problem(await client.request(method, path, json=source(), headers={"Authorization": ""}), 401)


async def test_what_can_be_done_with_a_source_is_told(client: httpx.AsyncClient) -> None:
    allowed = (await client.request("OPTIONS", "/v1/sources/mail")).headers["allow"]
    assert allowed == "GET, PUT, DELETE, HEAD, POST, OPTIONS"
    expect_problem(await client.patch("/v1/sources/mail"), 405)
