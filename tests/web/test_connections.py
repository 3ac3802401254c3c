"""Clients that take their time, or more than their share; over real sockets."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import httpx
import pytest

from bellwire.service import Bellwire
from bellwire.web import connections, server
from bellwire.web.connections import HEADERS_MAX
from bellwire.web.server import RunningServer, serve_api
from web.expecting import expect_problem
from web.test_server import connected, read_answer

SHORT_S = 0.3


@pytest.fixture
async def hasty(service: Bellwire, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RunningServer]:
    """A server with little patience."""
    monkeypatch.setattr(connections, "HEAD_S", SHORT_S)
    monkeypatch.setattr(connections, "BODY_STALL_S", SHORT_S)
    monkeypatch.setattr(server, "_TICK_S", 0.02)
    made = await serve_api(service, host="127.0.0.1", port=0)
    yield made
    await made.stop()


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, written: bytes) -> bytes:
    """Write byte by byte, slowly, until the other side has had enough; what it said."""
    said = asyncio.create_task(all_from(reader))
    for byte in written:
        if (await asyncio.wait({said}, timeout=0.02))[0]:
            break
        with contextlib.suppress(ConnectionError):
            writer.write(bytes([byte]))
            await writer.drain()
    return await said


async def all_from(reader: asyncio.StreamReader) -> bytes:
    """What comes until the other side closes, in good order or not."""
    came = b""
    with contextlib.suppress(ConnectionError):
        while piece := await reader.read(4096):
            came += piece
    return came


def status_of(said: bytes) -> int:
    return int(said.split(b" ", 2)[1])


async def test_a_head_that_drips_in_is_cut_off_however_much_of_it_comes(hasty: RunningServer) -> None:
    async with connected(hasty) as (reader, writer):
        said = await drip(reader, writer, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: " + b"x" * 10_000)
    assert status_of(said) == 408
    assert b"the head of a request has to come within" in said


async def test_a_connection_that_says_nothing_is_closed_without_a_word(hasty: RunningServer) -> None:
    async with connected(hasty) as (reader, _):
        assert await reader.read() == b""


async def test_a_second_head_has_its_time_too(hasty: RunningServer) -> None:
    async with connected(hasty) as (reader, writer):
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"200" in await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(len(b'{"status":"ok"}'))
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: loc")
        assert status_of(await reader.read()) == 408


async def test_a_connection_that_is_kept_may_rest_longer_than_a_head_may_take(hasty: RunningServer) -> None:
    async with connected(hasty) as (reader, writer):
        for _ in range(2):
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(len(b'{"status":"ok"}'))
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(reader.read(1), 2 * SHORT_S)


async def test_a_body_that_stalls_is_answered_with_408(hasty: RunningServer, token: str) -> None:
    async with connected(hasty) as (reader, writer):
        writer.write(_head(token, 100) + b'{"type"')
        answer = await read_answer(reader)
    assert "nothing of the body has come" in expect_problem(answer, 408)["detail"]
    assert answer.headers["connection"] == "close"


async def test_a_body_that_goes_on_may_take_its_time(hasty: RunningServer, token: str) -> None:
    body = b'{"type":"auth.success","data":{}}'
    async with connected(hasty) as (reader, writer):
        writer.write(_head(token, len(body), close=True))
        said = await drip(reader, writer, body)
    assert status_of(said) == 202


async def test_a_body_that_nobody_wants_cannot_hold_the_connection(hasty: RunningServer) -> None:
    async with connected(hasty) as (reader, writer):
        writer.write(_head("wrong", 1_000_000))
        said = await drip(reader, writer, b" " * 10_000)
    assert status_of(said) == 401


async def test_too_many_headers_are_refused_with_their_number(hasty: RunningServer) -> None:
    async with connected(hasty) as (reader, writer):
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + b"A: b\r\n" * HEADERS_MAX + b"\r\n")
        answer = await read_answer(reader)
    assert f"{HEADERS_MAX} headers" in expect_problem(answer, 431)["detail"]


async def test_as_many_headers_as_may_be_are_taken(hasty: RunningServer) -> None:
    async with httpx.AsyncClient(trust_env=False, headers={}) as client:
        extra = [(f"X-{number}", "1") for number in range(HEADERS_MAX - 6)]
        answer = await client.get(f"http://127.0.0.1:{hasty.port}/healthz", headers=extra)
    assert answer.status_code == 200


async def test_more_connections_than_there_may_be_are_cut_and_the_others_served(
    service: Bellwire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "CONNECTIONS_MAX", 2)
    made = await serve_api(service, host="127.0.0.1", port=0)
    async with connected(made) as (first, writer), connected(made), connected(made) as (third, _):
        with contextlib.suppress(ConnectionError):
            assert await third.read() == b""
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"200" in await first.readuntil(b"\r\n\r\n")
    await made.stop()


async def test_a_name_of_another_server_is_refused_before_anything_else(hasty: RunningServer, token: str) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{hasty.port}", trust_env=False) as client:
        headers = {"Authorization": f"Bearer {token}", "Host": "evil.example"}
        problem = expect_problem(await client.get("/v1/status", headers=headers), 421, kind="misdirected")
        assert "setting hosts" in problem["detail"]


@pytest.mark.parametrize("hosts", [b"", b"Host: localhost\r\nHost: localhost\r\n"])
async def test_one_host_header_there_has_to_be(hasty: RunningServer, hosts: bytes) -> None:
    async with connected(hasty) as (reader, writer):
        writer.write(b"GET /healthz HTTP/1.1\r\n" + hosts + b"Connection: close\r\n\r\n")
        assert status_of(await reader.read()) == 400


def _head(token: str, length: int, *, close: bool = False) -> bytes:
    ending = b"Connection: close\r\n" if close else b""
    return (
        b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\nAuthorization: Bearer %b\r\n%b\r\n"
        % (length, token.encode(), ending)
    )
