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
    assert list(known["auth.success"]) == ["id", "level", "ownLevel", "disabled", "description", "formerNames"]
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


@pytest.mark.parametrize("name", ["pattern", "text", "group"])
async def test_an_over_long_filter_is_refused(client: httpx.AsyncClient, name: str) -> None:
    answer = await client.get("/v1/event-types", params={name: "*" * 129})
    assert expect_problem(answer, 400, kind="invalid-parameter")["errors"][0]["path"] == name


async def test_a_group_has_the_types_that_begin_with_it(client: httpx.AsyncClient, service: Bellwire) -> None:
    pages = await expect_pages(client, "/v1/event-types", group="auth", limit=5)
    found = [item["id"] for page in pages for item in page]
    assert found == sorted(type_id for type_id in service.catalogue.ids() if type_id.startswith("auth."))


async def test_a_group_that_no_type_has_is_answered_with_the_nearest_one(client: httpx.AsyncClient) -> None:
    problem = expect_problem(await client.get("/v1/event-types?group=auht"), 400, kind="invalid-parameter")
    assert "did you mean auth?" in problem["detail"]


async def test_text_is_found_in_ids_and_descriptions_whatever_its_case(client: httpx.AsyncClient) -> None:
    page = expect_json(await client.get("/v1/event-types", params={"text": "CERTIFICATE authority", "group": "acme"}))
    assert page["items"]
    assert all("certificate authority" in item["description"].casefold() for item in page["items"])
    by_id = expect_json(await client.get("/v1/event-types?text=th.succ"))["items"]
    assert [item["id"] for item in by_id] == ["auth.success"]
    assert expect_json(await client.get("/v1/event-types?text=no-such-text"))["items"] == []


async def test_a_type_seen_for_the_first_time_is_listed_from_then_on(client: httpx.AsyncClient) -> None:
    await client.post("/v1/events", json={"type": "shop.order-placed", "data": {}})
    page = expect_json(await client.get("/v1/event-types?pattern=shop.*"))
    (item,) = page["items"]
    assert (item["id"], item["level"], item["description"]) == ("shop.order-placed", "info", "")


async def test_a_type_that_comes_with_bellwire_is_told_with_its_group_and_keys(client: httpx.AsyncClient) -> None:
    told = expect_json(await client.get("/v1/event-types/auth.success"))
    assert (told["level"], told["comesWithBellwire"], told["webhooksWanting"]) == ("info", True, 0)
    assert told["group"]["title"]
    assert "accountName" in [key["name"] for key in told["keys"]]


async def test_the_level_of_a_type_is_set_and_reset(client: httpx.AsyncClient) -> None:
    path = "/v1/event-types/smtp.raw-input"
    raised = expect_json(await client.put(path, json={"level": "warn"}))
    assert (raised["level"], raised["ownLevel"], raised["disabled"]) == ("warn", "trace", False)
    disabled = expect_json(await client.put(path, json={"level": "disable"}))
    assert disabled["disabled"] is True
    reset = expect_json(await client.put(path, json={"level": None}))
    assert (reset["level"], reset["disabled"]) == ("trace", False)


async def test_an_own_type_is_declared_and_described_anew(client: httpx.AsyncClient) -> None:
    path = "/v1/event-types/shop.order-paid"
    declared = expect_json(await client.put(path, json={"level": "warn", "description": "An order was paid."}))
    assert (declared["level"], declared["description"]) == ("warn", "An order was paid.")
    assert declared["comesWithBellwire"] is False
    again = expect_json(await client.put(path, json={"level": "info"}))
    assert (again["level"], again["description"]) == ("info", "An order was paid.")
    disabled = expect_json(await client.put(path, json={"level": "disable"}))
    assert (disabled["disabled"], disabled["ownLevel"]) == (True, "info")


@pytest.mark.parametrize(
    ("type_id", "body", "path"),
    [
        ("auth.success", {"description": "mine"}, "description"),
        ("auth.success", {"level": "loud"}, "level"),
        ("auth.success", {"lvl": "info"}, "lvl"),
        ("shop.order", {}, "level"),
        ("shop.order", {"level": "disable"}, "level"),
        ("Shop.Order", {"level": "info"}, "id"),
        ("store.ingest", {"level": "info"}, "id"),
        ("shop.order", {"level": "info", "description": "x" * 501}, "description"),
    ],
)
async def test_a_bad_wish_is_refused_with_its_place(
    client: httpx.AsyncClient, type_id: str, body: dict[str, object], path: str
) -> None:
    problem = expect_problem(await client.put(f"/v1/event-types/{type_id}", json=body), 422, kind="invalid-object")
    assert [error["path"] for error in problem["errors"]] == [path]


async def test_an_unknown_type_is_not_found(client: httpx.AsyncClient) -> None:
    expect_problem(await client.get("/v1/event-types/no.such-type"), 404, kind="unknown-event-type")
