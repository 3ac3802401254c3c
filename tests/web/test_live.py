import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import msgspec
import pytest

from bellwire.engine import broadcaster, listener
from bellwire.engine.token_issuer import ADMIN
from bellwire.model.principal import PROGRAM, Scope
from bellwire.rules.granting import TokenWish
from bellwire.service import Bellwire
from bellwire.web import streaming
from bellwire.web.api import live
from bellwire.web.server import RunningServer, serve_api
from builders import make_document
from web.endpoints import WAIT_S_MAX, closed_endpoint, until
from web.expecting import expect_json, expect_problem


class Heard(msgspec.Struct, frozen=True):
    """One server-sent event."""

    name: str
    place: str
    data: dict[str, Any]


class Stream:
    """One answer that goes on, read as it comes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.place = ""

    async def next(self, *, beats: bool = False) -> Heard | None:
        """The next event; None once the answer has ended in good order. beats: also where only its place moves on."""
        name, place, data = "", "", b""
        async with asyncio.timeout(WAIT_S_MAX):
            while (line := await self._line()) is not None:
                field, _, value = line.partition(b": ")
                if field == b"event":
                    name = value.decode()
                elif field == b"id":
                    place = self.place = value.decode()
                elif field == b"data":
                    data = value
                elif not line and (data or (beats and place)):
                    return Heard(name, place, json.loads(data or b"{}"))
        return None

    async def names(self, count: int) -> list[str]:
        """Those of the next events, each with what tells it from others."""
        found = []
        for _ in range(count):
            heard = await self.next()
            assert heard is not None
            found.append(word(heard))
        return found

    async def rest(self) -> list[Heard]:
        """All events to the end."""
        found = []
        while (heard := await self.next()) is not None:
            found.append(heard)
        return found

    async def _line(self) -> bytes | None:
        """The next line of the body; chunks end behind a line. None behind the last chunk."""
        while True:
            line = await self.reader.readuntil(b"\n")
            if line == b"0\r\n":
                return None
            if not line.endswith(b"\r\n"):  # else the head of a chunk, or its end
                return line.removesuffix(b"\n")


def word(heard: Heard) -> str:
    match heard.name:
        case "event":
            return str(heard.data["id"])
        case "attempt":
            return f"{heard.data['outcome']} {heard.data['firstPosition']}"
        case "change":
            return str(heard.data["change"])
        case _:
            return heard.name


@pytest.fixture
async def server(service: Bellwire) -> AsyncIterator[RunningServer]:
    server = await serve_api(service, host="127.0.0.1", port=0)
    yield server
    await service.close()
    await server.stop()


class Follow:
    """Opens streams."""

    def __init__(self, server: RunningServer, token: str) -> None:
        self._server = server
        self._token = token

    @asynccontextmanager
    async def __call__(self, query: str = "", *, token: str = "", last: str = "") -> AsyncIterator[Stream]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._server.port, limit=16 * 1024 * 1024)
        try:
            more = f"Last-Event-ID: {last}\r\n" if last else ""
            writer.write(
                f"GET /v1/live{query} HTTP/1.1\r\nHost: localhost\r\n{more}"
                f"Authorization: Bearer {token or self._token}\r\n\r\n".encode()
            )
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 "), head
            assert b"content-type: text/event-stream\r\n" in head
            stream = Stream(reader, writer)
            await stream.next(beats=True)
            yield stream
        finally:
            writer.close()


@pytest.fixture
def follow(server: RunningServer, token: str) -> Follow:
    return Follow(server, token)


async def publish(service: Bellwire, *event_ids: str, type_id: str = "auth.success") -> None:
    for event_id in event_ids:
        await service.publish(type_id, {}, id=event_id)


async def test_what_happens_is_told_as_it_happens_and_in_order(
    service: Bellwire, follow: Follow, client: httpx.AsyncClient
) -> None:
    async with follow() as stream:
        document = make_document(url=closed_endpoint(), throttle=0, httpHeaders={"X-Key": "hush"})
        path = f"/v1/webhooks/{expect_json(await client.post('/v1/webhooks', json=document), 201)['id']}"
        assert await stream.names(1) == ["created"]
        await publish(service, "e-1")
        assert await stream.names(2) == ["e-1", "failed 1"]
        expect_json(await client.post(f"{path}/pause"))
        assert await stream.names(1) == ["paused"]
        expect_json(await client.put("/v1/event-types/auth.failed", json={"level": "warn"}))
        level = await stream.next()
    assert level is not None
    assert (level.data["type"], level.data["webhookId"], level.data["level"]) == ("auth.failed", None, "warn")


async def test_everything_is_filtered_as_asked_for(
    service: Bellwire, follow: Follow, client: httpx.AsyncClient
) -> None:
    document = make_document(url=closed_endpoint(), events=["auth.failed"], throttle=0)
    one = expect_json(await client.post("/v1/webhooks", json=document), 201)["id"]
    other = expect_json(await client.post("/v1/webhooks", json=make_document(url=closed_endpoint())), 201)["id"]
    async with (
        follow(f"?webhook={one}&show=events,attempts") as of_one,
        follow("?type=auth.failed&type=auth.error&show=events") as by_type,
        follow("?level=error&show=events") as grave,
        follow(f"?webhook={other}&show=changes") as of_other,
    ):
        await publish(service, "e-1")
        await publish(service, "e-2", type_id="auth.failed")
        await service.pause_webhook(other)
        assert await of_one.names(2) == ["e-2", "failed 2"]
        assert await by_type.names(1) == ["e-2"]
        assert await of_other.names(1) == ["paused"]
        await service.close()
        assert [heard.name for heard in await grave.rest()] == []


async def test_who_reconnects_is_told_what_came_meanwhile(service: Bellwire, follow: Follow) -> None:
    async with follow("?show=events") as stream:
        await publish(service, "e-1", "e-2")
        assert await stream.names(2) == ["e-1", "e-2"]
        place = stream.place
    await publish(service, "e-3", "e-4")
    async with follow("?show=events", last=place) as stream:
        assert await stream.names(2) == ["e-3", "e-4"]
        await publish(service, "e-5")
        assert await stream.names(1) == ["e-5"]
    async with follow(f"?show=events&for=0s&lastEventId={place}") as stream:
        assert [word(heard) for heard in await stream.rest()] == ["e-3", "e-4", "e-5"]


async def test_a_slow_reader_is_told_what_it_missed_while_the_server_holds_little(
    service: Bellwire, follow: Follow
) -> None:
    async with follow("?show=events") as stream:
        (one,) = service.live._listeners
        published = 0
        while one._missed.events == 0:  # so much fits into the sockets' own buffers
            assert published < 1_000
            await service.publish("auth.success", {"text": "x" * 500_000}, id=f"e-{published}")
            published += 1
            assert one.held_bytes <= listener.HELD_BYTES_MAX
        await publish(service, "last")
        names, missed = [], None
        while missed is None:
            heard = await stream.next()
            assert heard is not None
            if heard.name == "missed":
                missed = heard.data
            else:
                names.append(word(heard))
        assert names == [f"e-{number}" for number in range(len(names))]
        assert missed == {"events": published + 1 - len(names), "attempts": 0, "discards": 0, "changes": 0}
        await publish(service, "after")
        assert await stream.names(1) == ["after"]


async def test_many_listeners_hear_the_same_and_one_too_many_is_refused(
    service: Bellwire, follow: Follow, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcaster, "LISTENERS_MAX", 3)
    async with follow("?show=events") as one, follow("?show=events") as two:
        async with follow("?show=events") as three:
            await publish(service, "e-1")
            assert [await each.names(1) for each in (one, two, three)] == [["e-1"]] * 3
            answer = await client.get("/v1/live", params={"for": "0s"})
            expect_problem(answer, 503, kind="overloaded")
            assert "retry-after" in answer.headers

        async def listening() -> int:
            return service.live.listening

        await until(listening, true=lambda count: count == 2)
        async with follow("?for=0s"):
            pass


async def test_the_stream_ends_in_good_order_when_the_service_stops(service: Bellwire, follow: Follow) -> None:
    async with follow() as stream:
        await publish(service, "e-1")
        await service.close()
        assert [word(heard) for heard in await stream.rest()] == ["e-1"]
    assert service.live.listening == 0


async def test_the_stream_ends_when_the_token_is_revoked(
    service: Bellwire, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "HEARTBEAT_S", 0)
    _, secret = await service.access.tokens.create(TokenWish(name="screen", scopes=(Scope.READ,)), by=PROGRAM)
    async with follow(token=secret) as stream:
        assert await stream.next(beats=True) == Heard("", stream.place, {})
        await service.access.tokens.revoke("screen", by=PROGRAM)
        while (beat := await stream.next(beats=True)) is not None:
            assert beat.name in {"", "event"}


async def test_an_open_stream_keeps_no_session_alive(service: Bellwire) -> None:
    admin = service.access.tokens.principal_named(ADMIN)
    assert admin is not None
    link = await service.access.make_link(None, by=admin)
    begun = await service.access.use_link(link.code, address="127.0.0.1")
    assert begun is not None
    assert service.access.session_principal(begun.secret) is not None
    assert service.access.sessions.all()[0].last_used_at_ms == begun.session.last_used_at_ms
    await service.access.sessions.end(begun.session.id, by=PROGRAM)
    assert service.access.session_principal(begun.secret) is None


async def test_reading_it_needs_the_scope(service: Bellwire, client: httpx.AsyncClient) -> None:
    _, secret = await service.access.tokens.create(TokenWish(name="shop", scopes=(Scope.PUBLISH,)), by=PROGRAM)
    answer = await client.get("/v1/live", headers={"Authorization": f"Bearer {secret}"})
    expect_problem(answer, 403, kind="forbidden")


async def test_head_and_options_are_answered_at_once(service: Bellwire, client: httpx.AsyncClient) -> None:
    head = await client.head("/v1/live")
    assert (head.status_code, head.content, head.headers["content-type"]) == (200, b"", "text/event-stream")
    assert head.headers["cache-control"] == "no-store"
    assert (await client.options("/v1/live")).headers["allow"] == "GET, HEAD, OPTIONS"
    assert service.live.listening == 0


async def test_every_fault_of_the_query_is_told_with_its_remedy(client: httpx.AsyncClient) -> None:
    query = "webhook=nobody&type=auth.sucess&level=loud&show=evens&for=2d&lastEventId=x"
    answer = await client.get(f"/v1/live?{query}", headers={"Last-Event-ID": "y"})
    problem = expect_problem(answer, 400, kind="invalid-parameter")
    told = {fault["path"]: fault["message"] for fault in problem["errors"]}
    assert set(told) == {"webhook", "type", "level", "show", "for", "lastEventId", "Last-Event-ID"}
    assert "auth.success" in told["type"]
    assert "events, attempts, discards or changes" in told["show"]


async def test_answers_of_endpoints_are_shown_only_where_they_are_asked_for(
    service: Bellwire, client: httpx.AsyncClient
) -> None:
    await service.create_webhook(make_document(url=closed_endpoint(), throttle=0))
    await publish(service, "e-1")

    async def attempts(query: str) -> list[str]:
        text = (await client.get(f"/v1/live?for=0s&show=attempts&lastEventId=1.0.0.{query}")).text
        return [line for line in text.splitlines() if line.startswith("data: ")]

    assert '"answer"' not in (await until(lambda: attempts(""), true=bool))[0]
    assert '"answer"' in (await attempts("&answers=true"))[0]


async def test_a_pulse_tells_how_much_happens_and_how_the_webhooks_do(
    follow: Follow, service: Bellwire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "PULSE_MS", 0)
    async with follow("?pulse=true&show=events,changes") as stream:
        webhook, _ = await service.create_webhook(make_document(url=closed_endpoint(), enable=False))
        created = await stream.next()
        assert created is not None
        assert created.name == "pulse"
        assert created.data == {
            "events": 0,
            "attempts": 0,
            "discards": 0,
            "changes": 1,
            "webhookIds": [webhook.id],
            "states": {"disabled": 1},
        }
        await service.publish("auth.success", {})
        published = await stream.next()
        assert published is not None
        assert (published.data["events"], published.data["webhookIds"]) == (1, [])


async def test_pulses_come_with_pauses_between_and_sum_up_what_came_meanwhile(
    follow: Follow, service: Bellwire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "PULSE_MS", 300)
    async with follow("?pulse=true") as stream:
        await asyncio.gather(*(service.publish("auth.success", {"n": number}) for number in range(50)))
        told: list[int] = []
        while sum(told) < 50:
            pulse = await stream.next()
            assert pulse is not None
            told.append(pulse.data["events"])
        assert sum(told) == 50
        assert len(told) < 10
