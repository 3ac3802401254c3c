import httpx
import pytest

from bellwire.service import Bellwire
from web.expecting import expect_json, expect_pages, expect_problem


async def test_each_type_is_listed_once_by_its_present_and_its_former_names(
    client: httpx.AsyncClient, service: Bellwire
) -> None:
    pages = await expect_pages(client, "/v1/event-types", limit=100)
    items = [item for page in pages for item in page]
    assert [item["id"] for item in items] == sorted(service.catalogue.ids())
    known = {item["id"]: item for item in items}
    assert list(known["auth.success"]) == ["id", "level", "description", "formerNames"]
    assert known["auth.success"]["level"] == "info"
    for item in items:
        for former in item.get("formerNames", ()):
            assert item["id"] in known[former]["successors"]
        for successor in item.get("successors", ()):
            assert known[item["id"]]["former"] is True
            assert item["id"] in known[successor]["formerNames"]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("auth.success", ["auth.success"]),
        ("auth.succes?", ["auth.success"]),
        ("*.succes[rs]", ["auth.success"]),
        ("AUTH.*", []),
        ("no.such", []),
        ("", []),
    ],
)
async def test_a_pattern_narrows_the_list(client: httpx.AsyncClient, pattern: str, found: list[str]) -> None:
    page = expect_json(await client.get("/v1/event-types", params={"pattern": pattern}))
    assert [item["id"] for item in page["items"] if item["id"] == "auth.success" or not found] == found


async def test_a_star_stands_for_any_part(client: httpx.AsyncClient) -> None:
    page = expect_json(await client.get("/v1/event-types?pattern=auth.*"))
    assert len(page["items"]) > 3
    assert all(item["id"].startswith("auth.") for item in page["items"])


async def test_no_pattern_is_a_burden(client: httpx.AsyncClient) -> None:
    for pattern in ["*a" * 60 + "b", "[" * 100, "[!]a-", "[z-a]*", "\\", "(?:"]:
        assert expect_json(await client.get("/v1/event-types", params={"pattern": pattern}))["items"] == []


async def test_an_over_long_pattern_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/event-types", params={"pattern": "*" * 129})
    assert expect_problem(answer, 400, kind="invalid-parameter")["errors"][0]["path"] == "pattern"


async def test_a_type_seen_for_the_first_time_is_listed_from_then_on(client: httpx.AsyncClient) -> None:
    await client.post("/v1/events", json={"type": "shop.order-placed", "data": {}})
    page = expect_json(await client.get("/v1/event-types?pattern=shop.*"))
    assert page["items"] == [{"id": "shop.order-placed", "level": "info", "description": "", "formerNames": []}]
