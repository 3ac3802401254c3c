import http

import httpx
import pytest
import structlog

from bellwire.errors import StaleCursor, StorageUnavailable
from bellwire.model.principal import Principal
from bellwire.service import Bellwire
from bellwire.web.app import Api
from web.expecting import expect_json, expect_problem

PATHS = (
    "/v1/status",
    "/v1/webhooks",
    "/v1/webhooks/some",
    "/v1/webhooks/some/status",
    "/v1/attempts",
    "/v1/attempts/some",
    "/v1/events",
    "/v1/events/some",
    "/v1/dead-letters",
    "/v1/event-types",
)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY")


@pytest.fixture
def strict_client(api: Api) -> httpx.AsyncClient:
    """Has no token."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=api), base_url="http://bellwire.test")


async def test_every_call_needs_a_token(strict_client: httpx.AsyncClient) -> None:
    for path in (*PATHS, "/", "/v2", "/v1/nothing"):
        for method in METHODS:
            answer = await strict_client.request(method, path)
            assert answer.headers["www-authenticate"] == 'Bearer realm="bellwire"', (method, path)
            if method != "HEAD":
                expect_problem(answer, 401)


WRONG_CREDENTIALS = (
    "Bearer wrong",
    "Bearer ",
    "Bearer",
    "Basic c2VjcmV0",
    "Bearer " + "x" * 5000,
    "Bearer \xff\xfe",
    "secret",
)


async def test_a_wrong_token_is_refused(strict_client: httpx.AsyncClient) -> None:
    for credentials in WRONG_CREDENTIALS:
        headers = {b"Authorization": credentials.encode("latin-1")}
        answer = await strict_client.post("/v1/events", content=b"{}", headers=headers)
        expect_problem(answer, 401)
        told_invalid = 'error="invalid_token"' in answer.headers["www-authenticate"]
        assert told_invalid is credentials.startswith("Bearer ")


async def test_the_scheme_may_be_written_in_any_case(strict_client: httpx.AsyncClient, token: str) -> None:
    expect_json(await strict_client.get("/v1/status", headers={"Authorization": f"bEARER  {token}"}))


async def test_a_refused_request_has_published_nothing(
    strict_client: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    expect_problem(await strict_client.post("/v1/events", json={"type": "auth.success", "data": {}}), 401)
    assert expect_json(await client.get("/v1/events"))["items"] == []


async def test_health_needs_no_token(strict_client: httpx.AsyncClient) -> None:
    assert expect_json(await strict_client.get("/healthz")) == {"status": "ok"}


async def test_health_says_when_bellwire_is_stopping(strict_client: httpx.AsyncClient, service: Bellwire) -> None:
    await service.close()
    answer = await strict_client.get("/healthz")
    expect_problem(answer, 503, kind="stopping")
    assert answer.headers["retry-after"] == "5"


async def test_a_path_without_anything_is_a_problem(client: httpx.AsyncClient) -> None:
    for path in ["/", "/v1", "/v1/", "/v1/status/", "/v1/webhooks/a/b", "/v1//status", "/v1/%2e%2e", "/é"]:
        expect_problem(await client.get(path), 404)


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/healthz", "GET, HEAD, OPTIONS"),
        ("/v1/status", "GET, HEAD, OPTIONS"),
        ("/v1/webhooks", "GET, POST, HEAD, OPTIONS"),
        ("/v1/webhooks/some", "GET, PUT, PATCH, DELETE, HEAD, OPTIONS"),
        ("/v1/events", "GET, HEAD, POST, OPTIONS"),
        ("/v1/events/some", "GET, HEAD, OPTIONS"),
    ],
)
async def test_another_method_is_answered_with_those_there_are(
    client: httpx.AsyncClient, path: str, allowed: str
) -> None:
    refused = sorted(set(METHODS) - set(allowed.split(", ")))
    for method in refused:
        answer = await client.request(method, path)
        expect_problem(answer, 405)
        assert answer.headers["allow"] == allowed
    told = await client.options(path)
    assert (told.status_code, told.headers["allow"], told.content) == (204, allowed, b"")


async def test_head_is_get_without_the_body(client: httpx.AsyncClient) -> None:
    got, head = await client.get("/v1/event-types"), await client.head("/v1/event-types")
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers == got.headers


async def test_an_unexpected_error_is_logged_and_told_without_internals(
    client: httpx.AsyncClient, service: Bellwire, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail() -> None:
        raise ZeroDivisionError("the secret inside")

    monkeypatch.setattr(service, "status", fail)
    with structlog.testing.capture_logs() as logged:
        answer = await client.get("/v1/status")
    expect_problem(answer, 500)
    assert "secret" not in answer.text
    (line,) = logged
    assert (line["log_level"], line["method"], line["path"]) == ("error", "GET", "/v1/status")
    assert isinstance(line["exc_info"], ZeroDivisionError)


async def test_what_storage_cannot_do_now_may_be_tried_again(
    client: httpx.AsyncClient, service: Bellwire, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_body: bytes, *, by: Principal) -> None:
        assert by.name == "admin"
        raise StorageUnavailable("the disk is full; free some space")

    monkeypatch.setattr(service, "publish_json", fail)
    answer = await client.post("/v1/events", json={"type": "auth.success", "data": {}})
    problem = expect_problem(answer, 503, kind="storage-unavailable")
    assert problem["detail"] == "the disk is full; free some space"
    assert answer.headers["retry-after"] == "5"


async def test_an_error_that_no_client_can_cause_is_unexpected(
    client: httpx.AsyncClient, service: Bellwire, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail() -> None:
        raise StaleCursor("inside")

    monkeypatch.setattr(service, "status", fail)
    with structlog.testing.capture_logs() as logged:
        expect_problem(await client.get("/v1/status"), http.HTTPStatus.INTERNAL_SERVER_ERROR)
    assert len(logged) == 1


async def test_what_fails_because_bellwire_is_stopping_is_told_so(client: httpx.AsyncClient, service: Bellwire) -> None:
    await service.close()
    with structlog.testing.capture_logs() as logged:
        answers = [await client.get(path) for path in ("/v1/status", "/v1/events", "/v1/attempts", "/v1/dead-letters")]
    for answer in answers:
        assert answer.status_code in {200, 503}, answer.text
    assert logged == []
