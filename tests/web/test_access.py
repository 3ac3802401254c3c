from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from bellwire.model.access_limits import AccessLimits
from bellwire.service import Bellwire
from bellwire.web.app import Api
from web.expecting import expect_json, expect_pages, expect_problem

PASSWORD = "correct horse battery"
EVENT = {"type": "shop.order-paid", "data": {}}
WEBHOOK = {"url": "http://127.0.0.1:9/", "httpHeaders": {"X-Key": "hush"}}


def caller(api: Api, token: str = "", *, base_url: str = "http://bellwire.test") -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=api), base_url=base_url, headers=headers)


@pytest.fixture
async def browser(api: Api) -> AsyncIterator[httpx.AsyncClient]:
    async with caller(api) as browser:
        yield browser


Granted = Callable[..., Awaitable[httpx.AsyncClient]]


@pytest.fixture
def granted(api: Api, client: httpx.AsyncClient) -> Granted:
    """A client whose token has these scopes."""

    async def make(*scopes: str, **members: object) -> httpx.AsyncClient:
        wish = {"name": "-".join(["t", *scopes]), "scopes": scopes, **members}
        made = expect_json(await client.post("/v1/tokens", json=wish), 201)
        return caller(api, made["token"])

    return make


async def sign_in(client: httpx.AsyncClient, browser: httpx.AsyncClient, *scopes: str) -> str:
    """Add a person and let the browser sign in as them; the CSRF token of the session."""
    person = {"name": "nadia", "scopes": scopes or ["write"], "password": PASSWORD}
    expect_json(await client.post("/v1/people", json=person), 201)
    answer = await browser.post("/sign-in", data={"name": "nadia", "password": PASSWORD})
    assert answer.status_code == 303, answer.text
    return await csrf_token(browser)


async def csrf_token(browser: httpx.AsyncClient) -> str:
    page = (await browser.get("/sign-in", params={"next": "/sign-in"})).text
    return page.partition('name="csrf_token" value="')[2].partition('"')[0]


async def test_each_scope_lets_its_holder_do_just_what_it_says(granted: Granted) -> None:
    for scope, allowed in {
        "publish": {"publish"},
        "read": {"read"},
        "write": {"read", "write"},
        "admin": {"publish", "read", "write", "admin"},
    }.items():
        holder = await granted(scope)
        answers = {
            "publish": await holder.post("/v1/events", json=EVENT),
            "read": await holder.get("/v1/webhooks"),
            "write": await holder.post("/v1/webhooks", json=WEBHOOK),
            "admin": await holder.get("/v1/tokens"),
        }
        assert {name for name, answer in answers.items() if answer.is_success} == allowed, scope
        for name in answers.keys() - allowed:
            assert f"needs the scope {name}" in expect_problem(answers[name], 403, kind="forbidden")["detail"]


async def test_a_token_publishes_only_the_types_it_may_and_the_others_are_named(granted: Granted) -> None:
    shop = await granted("publish", types=["shop.order-paid"])
    expect_json(await shop.post("/v1/events", json=EVENT), 202)
    problem = expect_problem(
        await shop.post("/v1/events", json=[EVENT, {"type": "auth.success", "data": {}}]), 403, kind="forbidden"
    )
    assert problem["errors"][0]["path"] == "events/1/type"
    assert "may not publish auth.success; it may publish shop.order-paid" in problem["detail"]
    lines = b'{"type":"shop.order-paid","data":{}}\n{"type":"auth.success","data":{}}\n'
    problem = expect_problem(
        await shop.post("/v1/events", content=lines, headers={"Content-Type": "application/x-ndjson"}),
        403,
        kind="forbidden",
    )
    assert (problem["line"], problem["accepted"]) == (2, 1)


async def test_a_token_is_shown_once_listed_and_revoked(client: httpx.AsyncClient, granted: Granted) -> None:
    holder = await granted("read", expiresIn="30d")
    shown = expect_json(await client.get("/v1/tokens/t-read"))
    assert shown.keys() == {"name", "scopes", "types", "createdAt", "expiresAt", "lastUsed"}
    listed = [token["name"] for page in await expect_pages(client, "/v1/tokens", limit=1) for token in page]
    assert listed == ["admin", "t-read"]
    rotated = expect_json(await client.post("/v1/tokens/t-read/rotate"))
    assert rotated["name"] == "t-read"
    expect_problem(await holder.get("/v1/status"), 401)
    holder.headers["Authorization"] = f"Bearer {rotated['token']}"
    expect_json(await holder.get("/v1/status"))
    expect_problem(await client.post("/v1/tokens/admin/rotate"), 422, kind="invalid-object")
    assert (await client.delete("/v1/tokens/t-read")).status_code == 204
    expect_problem(await holder.get("/v1/status"), 401)
    expect_problem(await client.get("/v1/tokens/t-read"), 404, kind="unknown-token")
    expect_problem(await client.delete("/v1/tokens/admin"), 422, kind="invalid-object")


async def test_too_many_wrong_tokens_are_told_to_wait_and_right_ones_are_let_in(
    api: Api, client: httpx.AsyncClient
) -> None:
    wrong = caller(api, "bw_wrong")
    statuses = [(await wrong.get("/v1/status")).status_code for _ in range(12)]
    assert statuses == [401] * 10 + [429] * 2
    assert int((await wrong.get("/v1/status")).headers["retry-after"]) > 0
    expect_json(await client.get("/v1/status"))


async def test_who_calls_more_often_than_the_setting_allows_is_told_when_to_come_again(tmp_path: Path) -> None:
    limits = AccessLimits(requests_per_second=1, requests_burst=2)
    async with Bellwire.open(tmp_path, access=limits) as service:
        client = caller(Api(service), (tmp_path / "admin.token").read_text().strip())
        statuses = [(await client.get("/v1/status")).status_code for _ in range(3)]
        problem = expect_problem(await client.post("/v1/events", json=EVENT), 429, kind="too-many-requests")
        assert statuses == [200, 200, 429]
        assert "calls more often than it may" in problem["detail"]


async def test_a_person_signs_in_calls_the_api_and_signs_out(
    client: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    token = await sign_in(client, browser)
    expect_json(await browser.get("/v1/webhooks"))
    expect_json(await browser.post("/v1/webhooks", json=WEBHOOK, headers={"X-CSRF-Token": token}), 201)
    expect_problem(await browser.get("/v1/tokens"), 403, kind="forbidden")
    answer = await browser.post("/sign-out", data={"csrf_token": token})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    expect_problem(await browser.get("/v1/webhooks"), 401)
    assert expect_json(await client.get("/v1/sessions"))["items"] == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-CSRF-Token": "0" * 64},
        {"X-CSRF-Token": "sch\xf6n".encode("latin-1")},
        {"X-CSRF-Token": None, "Sec-Fetch-Site": "cross-site"},
        {"X-CSRF-Token": None, "Sec-Fetch-Site": "same-site"},
        {"X-CSRF-Token": None, "Origin": "https://evil.example"},
        {"X-CSRF-Token": None, "Origin": "null"},
        {"X-CSRF-Token": None, "Origin": "http://["},
    ],
)
async def test_a_page_of_another_site_changes_nothing_with_a_persons_cookie(
    client: httpx.AsyncClient, browser: httpx.AsyncClient, headers: dict[str, Any]
) -> None:
    """None stands for the right token."""
    token = await sign_in(client, browser)
    sent = {name: token if value is None else value for name, value in headers.items()}
    expect_problem(await browser.post("/v1/webhooks", json=WEBHOOK, headers=sent), 403, kind="forbidden")
    expect_problem(await browser.post("/sign-out", data={"csrf_token": "0"}, headers=sent), 403, kind="forbidden")
    assert expect_json(await client.get("/v1/webhooks"))["items"] == []
    assert len(expect_json(await client.get("/v1/sessions"))["items"]) == 1


async def test_our_own_page_may_change_something(client: httpx.AsyncClient, browser: httpx.AsyncClient) -> None:
    token = await sign_in(client, browser)
    headers = {"X-CSRF-Token": token, "Sec-Fetch-Site": "same-origin", "Origin": "http://bellwire.test"}
    expect_json(await browser.post("/v1/webhooks", json=WEBHOOK, headers=headers), 201)


async def test_another_site_cannot_sign_a_browser_in(client: httpx.AsyncClient, browser: httpx.AsyncClient) -> None:
    await sign_in(client, browser)
    browser.cookies.clear()
    for path in ("/sign-in", "/sign-in/link"):
        answer = await browser.post(path, data={}, headers={"Origin": "https://evil.example"})
        expect_problem(answer, 403, kind="forbidden")


async def test_the_cookie_is_out_of_reach_of_scripts_and_bound_to_the_host_under_tls(
    api: Api, client: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    await sign_in(client, browser)
    plain = await browser.post("/sign-in", data={"name": "nadia", "password": PASSWORD})
    assert plain.headers["set-cookie"].startswith("bellwire=")
    for secure in (caller(api, base_url="https://bellwire.test"), caller(api)):
        headers = {"X-Forwarded-Proto": "https"}
        answer = await secure.post("/sign-in", data={"name": "nadia", "password": PASSWORD}, headers=headers)
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-bellwire=")
        parts = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert parts == {"secure", "httponly", "path=/", "samesite=lax"}


async def test_signing_in_again_gives_another_cookie_and_ends_the_session_before(
    client: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    await sign_in(client, browser)
    before = dict(browser.cookies)
    await browser.post("/sign-in", data={"name": "nadia", "password": PASSWORD})
    assert dict(browser.cookies) != before
    assert len(expect_json(await client.get("/v1/sessions"))["items"]) == 1


async def test_a_wrong_password_and_an_unknown_name_look_alike(
    client: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    await sign_in(client, browser)
    browser.cookies.clear()
    answers = [
        await browser.post("/sign-in", data={"name": name, "password": password})
        for name, password in (("nadia", "a wrong password"), ("omar", PASSWORD), ("x" * 65, PASSWORD))
    ]
    assert {answer.status_code for answer in answers} == {403}
    assert all("do not go together" in answer.text for answer in answers)
    assert (await browser.post("/sign-in", data={"name": "nadia"})).status_code == 422


async def test_who_guesses_is_shown_how_long_to_wait(browser: httpx.AsyncClient) -> None:
    for _ in range(5):
        await browser.post("/sign-in", data={"name": "nadia", "password": "a wrong password"})
    answer = await browser.post("/sign-in", data={"name": "nadia", "password": "a wrong password"})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    assert "Try again in 1 s" in answer.text


async def test_a_link_lets_a_browser_in_once_and_looking_at_it_does_not_use_it(
    client: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    link = expect_json(await client.post("/v1/login-links"), 201)
    for _ in range(3):
        assert "<button" in (await browser.get(link["path"])).text
    code = link["path"].partition("code=")[2]
    assert (await browser.post("/sign-in/link", data={"code": code})).status_code == 303
    expect_json(await browser.get("/v1/tokens"))
    again = await browser.post("/sign-in/link", data={"code": code})
    assert (again.status_code, "used already" in again.text) == (403, True)
    assert "incomplete" in (await browser.get("/sign-in/link")).text


@pytest.mark.parametrize(
    ("written", "target"),
    [
        ("/webhooks?x=1", "/webhooks?x=1"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("", "/"),
        ("/" + "x" * 3000, "/"),
    ],
)
async def test_signing_in_leads_on_only_within_this_server(
    client: httpx.AsyncClient, browser: httpx.AsyncClient, written: str, target: str
) -> None:
    await sign_in(client, browser)
    answer = await browser.post("/sign-in", data={"name": "nadia", "password": PASSWORD, "next": written})
    assert answer.headers["location"] == target


async def test_pages_run_no_scripts_are_framed_by_nobody_and_escape_what_they_show(browser: httpx.AsyncClient) -> None:
    answer = await browser.post("/sign-in", data={"name": '"><script>alert(1)</script>', "password": "x"})
    assert "<script" not in answer.text
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["cache-control"] == "no-store"


async def test_changing_ones_own_password_ends_the_other_sessions_and_renews_this_one(
    api: Api, client: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    token = await sign_in(client, browser, "admin")
    other = caller(api)
    await other.post("/sign-in", data={"name": "nadia", "password": PASSWORD})
    before = dict(browser.cookies)
    changed = await browser.patch(
        "/v1/people/nadia", json={"password": "another good password"}, headers={"X-CSRF-Token": token}
    )
    assert expect_json(changed)["hasPassword"] is True
    assert dict(browser.cookies) != before
    expect_json(await browser.get("/v1/people"))
    expect_problem(await other.get("/v1/people"), 401)


async def test_people_are_added_changed_and_removed(client: httpx.AsyncClient) -> None:
    expect_json(await client.post("/v1/people", json={"name": "omar", "scopes": ["read"]}), 201)
    taken = await client.post("/v1/people", json={"name": "omar", "scopes": ["read"]})
    expect_problem(taken, 409, kind="conflicting-name")
    assert expect_json(await client.patch("/v1/people/omar", json={"scopes": ["write"]}))["scopes"] == ["write"]
    assert expect_json(await client.get("/v1/people/omar"))["hasPassword"] is False
    assert (await client.delete("/v1/people/omar")).status_code == 204
    expect_problem(await client.get("/v1/people/omar"), 404, kind="unknown-person")


async def test_an_administrator_signs_a_browser_out(client: httpx.AsyncClient, browser: httpx.AsyncClient) -> None:
    await sign_in(client, browser)
    ((session,),) = await expect_pages(client, "/v1/sessions")
    assert (session["name"], session["address"]) == ("nadia", "127.0.0.1")
    assert (await client.delete(f"/v1/sessions/{session['id']}")).status_code == 204
    expect_problem(await browser.get("/v1/webhooks"), 401)


async def test_a_person_who_may_only_read_changes_their_own_password(
    api: Api, client: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    await sign_in(client, browser, "read")
    other = caller(api)
    await other.post("/sign-in", data={"name": "nadia", "password": PASSWORD})
    wish = {"name": "nadia", "password": PASSWORD, "newPassword": "another good password"}
    for wrong in (wish | {"password": "no"}, wish | {"name": "omar"}):
        expect_problem(await browser.post("/v1/password", json=wrong), 403, kind="forbidden")
    for short in (wish | {"newPassword": "short"}, wish | {"newPassword": PASSWORD}, {"name": "nadia"}):
        expect_problem(await browser.post("/v1/password", json=short), 422, kind="invalid-object")
    elsewhere = {"Origin": "https://evil.example"}
    expect_problem(await browser.post("/v1/password", json=wish, headers=elsewhere), 403, kind="forbidden")
    assert (await browser.post("/v1/password", json=wish)).status_code == 204
    expect_json(await browser.get("/v1/status"))
    expect_problem(await other.get("/v1/status"), 401)


async def test_replays_are_entered_in_the_audit_trail(client: httpx.AsyncClient, granted: Granted) -> None:
    writer, reader = await granted("write"), await granted("read")
    webhook = expect_json(await writer.post("/v1/webhooks", json=WEBHOOK), 201)["id"]
    await client.post("/v1/events", json=EVENT)
    replays = f"/v1/webhooks/{webhook}/replays"
    expect_problem(await reader.post(replays, json={"fromPosition": 1}), 403, kind="forbidden")
    begun = expect_json(await writer.post(replays, json={"fromPosition": 1, "paused": True}), 201)["id"]
    expect_json(await writer.patch(f"/v1/replays/{begun}", json={"rate": 5}))
    expect_json(await writer.delete(f"/v1/replays/{begun}"))
    (entries,) = await expect_pages(client, "/v1/audit", object=begun)
    assert [(entry["action"], entry["by"]) for entry in entries] == [
        ("replay.cancel", "t-write"),
        ("replay.edit", "t-write"),
        ("replay.create", "t-write"),
    ]
    assert entries[1]["changes"] == [{"path": "rate", "before": None, "after": 5.0}]
    assert {change["path"] for change in entries[2]["changes"]} == {"webhookId", "fromPosition", "paused"}


async def test_no_cache_keeps_what_a_caller_is_shown(client: httpx.AsyncClient) -> None:
    made = await client.post("/v1/tokens", json={"name": "shop", "scopes": ["publish"]})
    for answer in (made, await client.get("/v1/webhooks"), await client.get("/v1/nothing")):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_the_audit_trail_says_who_changed_what_from_where_and_no_secret(
    client: httpx.AsyncClient, granted: Granted
) -> None:
    writer = await granted("write")
    webhook = expect_json(await writer.post("/v1/webhooks", json=WEBHOOK), 201)
    await writer.patch(f"/v1/webhooks/{webhook['id']}", json={"httpHeaders": {"X-Key": "quiet"}, "lossy": True})
    await writer.put("/v1/event-types/shop.order-paid", json={"level": "warn"})
    (entries,) = await expect_pages(client, "/v1/audit", by="t-write")
    told = [(entry["action"], entry["object"], entry["kind"], entry["address"]) for entry in entries]
    assert told == [
        ("event-type.declare", "shop.order-paid", "token", "127.0.0.1"),
        ("webhook.edit", webhook["id"], "token", "127.0.0.1"),
        ("webhook.create", webhook["id"], "token", "127.0.0.1"),
    ]
    assert entries[1]["changes"] == [
        {"path": "httpHeaders", "before": {"X-Key": "****"}, "after": {"X-Key": "****"}},
        {"path": "lossy", "before": False, "after": True},
    ]
    assert "hush" not in str(entries)
    pages = await expect_pages(client, "/v1/audit", object=webhook["id"], limit=1)
    assert [page[0]["action"] for page in pages] == ["webhook.edit", "webhook.create"]
    expect_problem(await client.get("/v1/audit?action=webhook.eat"), 400, kind="invalid-parameter")
