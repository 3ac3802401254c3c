"""What every answer of the API keeps to."""

import http
from collections.abc import MutableMapping
from typing import Any

import httpx

from bellwire.web.app import Api


def expect_problem(answer: httpx.Response, status: int, *, kind: str = "") -> dict[str, Any]:
    """The problem document of this answer; every member is checked that each of them has."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == status
    assert problem["type"] == (f"urn:bellwire:problem:{kind}" if kind else "about:blank")
    assert kind or problem["title"] == http.HTTPStatus(status).phrase
    assert problem["title"]
    assert problem["detail"]
    assert all(fault.keys() == {"path", "message"} and fault["message"] for fault in problem["errors"])
    return problem


def expect_json(answer: httpx.Response, status: int = 200) -> dict[str, Any]:
    """The JSON object of this answer."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    content: dict[str, Any] = answer.json()
    return content


async def expect_pages(client: httpx.AsyncClient, path: str, **parameters: str | int) -> list[list[Any]]:
    """All pages of a list, each with its items, by following `next` to the end."""
    pages = []
    token: str | None = ""
    while token is not None:
        asked = {**parameters, **({"pageToken": token} if token else {})}
        page = expect_json(await client.get(path, params=asked))
        assert page.keys() == {"items", "next"}
        pages.append(page["items"])
        token = page["next"]
        assert len(pages) < 1000
    return pages


async def ask_raw(api: Api, scope: dict[str, Any], *parts: bytes, complete: bool = True) -> tuple[int | None, bytes]:
    """Call the API as a server does; complete: whether the body ends, else the client goes away.

    Gives the answer's status and body; None where there is no answer.
    """
    messages: list[dict[str, Any]] = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    messages.append({"type": "http.request"} if complete else {"type": "http.disconnect"})
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    defaults = {"type": "http", "method": "GET", "query_string": b"", "headers": []}
    await api(defaults | scope, receive, send)
    if not sent:
        return None, b""
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent)
