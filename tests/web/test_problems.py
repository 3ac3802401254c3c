import http
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from bellwire.engine import password_checker
from bellwire.engine.failure_counter import REFUSALS_PER_MINUTE
from bellwire.errors import StaleCursor, StorageUnavailable
from bellwire.model.principal import PROGRAM, Scope
from bellwire.rules.granting import TokenWish
from bellwire.service import Bellwire
from bellwire.web import bodies
from bellwire.web.app import OPERATIONS
from builders import make_document

EVENT = {"type": "auth.success", "data": {}, "id": "taken"}

KINDS = {kind for operation in OPERATIONS.values() for kind in operation.all_problems}

Ask = Callable[[httpx.AsyncClient, str], Awaitable[httpx.Response]]

PROVOCATIONS: dict[str, Ask] = {
    "invalid-parameter": lambda client, _: client.get("/v1/events", params={"limit": "0"}),
    "invalid-json": lambda client, _: client.post("/v1/webhooks", content=b"{"),
    "400": lambda client, webhook: client.get(webhook, headers={"If-None-Match": "1"}),
    "401": lambda client, _: client.get("/v1/status", headers={"Authorization": "Bearer wrong"}),
    "unknown-webhook": lambda client, _: client.get("/v1/webhooks/nothing"),
    "unknown-event": lambda client, _: client.get("/v1/events/nothing"),
    "unknown-attempt": lambda client, _: client.get("/v1/attempts/nothing"),
    "unknown-replay": lambda client, _: client.get("/v1/replays/nothing"),
    "unknown-event-type": lambda client, _: client.get("/v1/event-types/nothing"),
    "unknown-token": lambda client, _: client.get("/v1/tokens/nothing"),
    "unknown-person": lambda client, _: client.get("/v1/people/nothing"),
    "unknown-session": lambda client, _: client.delete("/v1/sessions/nothing"),
    "conflicting-event": lambda client, _: client.post("/v1/events", json=[EVENT, {**EVENT, "data": {"other": 1}}]),
    "conflicting-name": lambda client, _: client.put("/v1/sources/mail", json={"name": "post", "allowAnyone": True}),
    "edit-conflict": lambda client, webhook: client.delete(webhook, headers={"If-Match": '"7"'}),
    "413": lambda client, _: client.post("/v1/webhooks", content=b" " * (2 << 20)),
    "415": lambda client, _: client.post("/v1/webhooks", content=b"url", headers={"Content-Type": "text/plain"}),
    "invalid-object": lambda client, _: client.post("/v1/webhooks", json={}),
    "invalid-event": lambda client, _: client.post("/v1/events", json={"type": "auth.success"}),
}

ELSEWHERE = {"not-admitted", "secret-unreadable", "unknown-source"}
"""Those that upstream servers meet; tests/web/test_receiving.py provokes them."""


@pytest.mark.parametrize("kind", PROVOCATIONS)
async def test_a_kind_of_problem_occurs_as_it_is_described(client: httpx.AsyncClient, kind: str) -> None:
    created = await client.post("/v1/webhooks", json=make_document())
    answer = await PROVOCATIONS[kind](client, created.headers["location"])
    expect_kind(answer, kind)


async def test_a_scope_that_is_missing_is_one_kind(client: httpx.AsyncClient, service: Bellwire) -> None:
    _, secret = await service.access.tokens.create(TokenWish(name="shop", scopes=(Scope.PUBLISH,)), by=PROGRAM)
    expect_kind(await client.get("/v1/status", headers={"Authorization": f"Bearer {secret}"}), "forbidden")


async def test_too_many_wrong_tokens_are_one_kind(client: httpx.AsyncClient) -> None:
    for _ in range(REFUSALS_PER_MINUTE):
        await client.get("/v1/status", headers={"Authorization": "Bearer wrong"})
    answer = await client.get("/v1/status", headers={"Authorization": "Bearer wrong"})
    expect_kind(answer, "too-many-requests")


async def test_too_many_passwords_at_once_are_one_kind(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(password_checker, "WAITING_MAX", 0)
    person = {"name": "nadia", "scopes": ["read"], "password": "correct horse battery"}
    expect_kind(await client.post("/v1/people", json=person), "overloaded")


async def test_what_fails_inside_is_one_kind(client: httpx.AsyncClient, fail_with: Callable[[Exception], None]) -> None:
    fail_with(StaleCursor("inside"))
    expect_kind(await client.get("/v1/status"), "500")


async def test_what_storage_cannot_do_is_one_kind(
    client: httpx.AsyncClient, fail_with: Callable[[Exception], None]
) -> None:
    fail_with(StorageUnavailable("the disk is full; free some space"))
    expect_kind(await client.get("/v1/status"), "storage-unavailable")


async def test_stopping_is_one_kind(client: httpx.AsyncClient, service: Bellwire) -> None:
    await service.close()
    expect_kind(await client.post("/v1/events", json=EVENT), "stopping")


async def test_too_many_bodies_in_hand_are_one_kind(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "BODIES_BYTES_MAX", 1)

    async def pieces() -> Any:  # noqa: ANN401 - an async generator
        yield b"{"
        yield b"}"

    expect_kind(await client.post("/v1/webhooks", content=pieces()), "busy")


def test_every_kind_that_is_described_is_provoked() -> None:
    here = {*PROVOCATIONS, "forbidden", "too-many-requests", "overloaded", "500"}
    here |= {"storage-unavailable", "stopping", "busy"}
    assert {kind.name or str(kind.status) for kind in KINDS} == here | ELSEWHERE


@pytest.fixture
def fail_with(service: Bellwire, monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception], None]:
    """Let the status fail so."""

    def fail_with(error: Exception) -> None:
        async def fail() -> None:
            raise error

        monkeypatch.setattr(service, "status", fail)

    return fail_with


def expect_kind(answer: httpx.Response, name: str) -> None:
    """The problem document of this kind, with the title and headers that are described."""
    kind = next(kind for kind in KINDS if name == (kind.name or str(kind.status)))
    problem = json.loads(answer.content)
    assert (answer.status_code, problem["type"], problem["title"]) == (
        kind.status,
        kind.type,
        kind.title or http.HTTPStatus(kind.status).phrase,
    )
    assert all(header in answer.headers for header in kind.headers)
    assert bool(problem["errors"]) == (kind.fault is not None)
