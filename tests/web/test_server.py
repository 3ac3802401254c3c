import asyncio
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from bellwire.errors import InvalidSetting
from bellwire.service import Bellwire
from bellwire.web.connections import HEAD_BYTES_MAX
from bellwire.web.server import RunningServer, serve_api
from web.expecting import expect_json, expect_problem


@pytest.fixture
async def server(service: Bellwire) -> AsyncIterator[RunningServer]:
    server = await serve_api(service, host="127.0.0.1", port=0)
    yield server
    await server.stop()


@pytest.fixture
async def remote(server: RunningServer, token: str) -> AsyncIterator[httpx.AsyncClient]:
    """Calls the API over a socket, with a valid token."""
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{server.port}", headers={"Authorization": f"Bearer {token}"}, trust_env=False
    ) as client:
        yield client


@asynccontextmanager
async def connected(server: RunningServer) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def test_any_free_port_is_taken_and_told(server: RunningServer, remote: httpx.AsyncClient) -> None:
    assert server.host == "127.0.0.1"
    assert server.port > 0
    answer = await remote.get("/healthz")
    assert expect_json(answer) == {"status": "ok"}
    assert "date" in answer.headers
    assert "server" not in answer.headers


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
async def test_ipv6_is_listened_on(service: Bellwire) -> None:
    server = await serve_api(service, host="::1", port=0)
    async with httpx.AsyncClient(trust_env=False) as client:
        expect_json(await client.get(f"http://[::1]:{server.port}/healthz"))
    await server.stop()


async def test_events_are_published_and_read_over_one_kept_connection(remote: httpx.AsyncClient) -> None:
    expect_json(await remote.post("/v1/events", json={"id": "e-1", "type": "auth.success", "data": {}}), 202)
    assert expect_json(await remote.get("/v1/events/e-1"))["id"] == "e-1"
    head = await remote.head("/v1/events")
    assert (head.status_code, head.content) == (200, b"")
    expect_problem(await remote.get("/v1/nothing"), 404)


async def test_lines_are_published_while_they_come(remote: httpx.AsyncClient) -> None:
    async def lines() -> AsyncIterator[bytes]:
        for _ in range(3000):
            yield b'{"type":"auth.success","data":{"text":"h\xc3'
            yield b'\xb6"}}\r\n'

    headers = {"Content-Type": "application/x-ndjson"}
    taken = expect_json(await remote.post("/v1/events", content=lines(), headers=headers), 202)
    assert taken["accepted"] == 3000


async def test_a_refused_upload_leaves_the_connection_usable(remote: httpx.AsyncClient) -> None:
    answer = await remote.post("/v1/webhooks", content=b" " * (3 * 1024 * 1024))
    expect_problem(answer, 413)
    expect_json(await remote.get("/v1/status"))


async def test_the_waiting_client_is_told_of_a_body_too_large_before_it_sends(
    server: RunningServer, token: str
) -> None:
    async with connected(server) as (reader, writer):
        writer.write(
            b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 999999999\r\n"
            b"Authorization: Bearer " + token.encode() + b"\r\n\r\n"
        )
        assert await reader.readline() == b"HTTP/1.1 413 Request Entity Too Large\r\n"


@pytest.mark.parametrize(
    "start",
    [
        b"GET / HTTP/1.1\r\nX-Endless: ",
        b"GET /",
        b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1;extension=",
        b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Trailer: ",
    ],
    ids=["header", "path", "chunk", "trailer"],
)
async def test_a_head_without_end_is_cut_off(server: RunningServer, start: bytes) -> None:
    async with connected(server) as (reader, writer):
        writer.write(start)
        sent = 0
        ended = asyncio.create_task(reader.read())
        while not ended.done() and sent < 100 * HEAD_BYTES_MAX:
            writer.write(b"x" * 16384)
            sent += 16384
            try:
                await writer.drain()
            except ConnectionError:
                break
            await asyncio.sleep(0)
        await asyncio.gather(ended, return_exceptions=True)
        assert sent < 100 * HEAD_BYTES_MAX


async def read_answer(reader: asyncio.StreamReader) -> httpx.Response:
    """The one answer before the connection ends."""
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    return httpx.Response(int(status.split()[1]), headers=headers, content=body)


async def test_what_is_no_http_is_refused_with_a_problem_too(server: RunningServer) -> None:
    async with connected(server) as (reader, writer):
        writer.write(b"\x16\x03\x01 hello\r\n\r\n")
        answer = await read_answer(reader)
    expect_problem(answer, 400)
    assert answer.headers["connection"] == "close"
    assert "date" in answer.headers


async def test_a_head_above_the_limit_is_refused_with_the_limit(server: RunningServer) -> None:
    async with connected(server) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nX-Large: " + b"x" * HEAD_BYTES_MAX)
        assert "64 KiB" in expect_problem(await read_answer(reader), 431)["detail"]


@pytest.mark.parametrize("target", [b"*", b"http://[", b"/%zz", b"/\xff", b"//", b"?", b"/v1/events?%zz=%ff"])
async def test_no_request_target_is_an_internal_error(server: RunningServer, token: str, target: bytes) -> None:
    async with connected(server) as (reader, writer):
        head = (
            b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer "
            + token.encode()
            + b"\r\n\r\n"
        )
        writer.write(b"GET " + target + head)
        assert (await reader.readline()).split()[1] in {b"400", b"404"}
        await reader.read()


async def test_an_address_in_use_is_refused_naming_it(service: Bellwire, server: RunningServer) -> None:
    with pytest.raises(InvalidSetting, match=rf"^listen: 127\.0\.0\.1:{server.port} cannot be listened on"):
        await serve_api(service, host="127.0.0.1", port=server.port)


@pytest.mark.parametrize("host", ["192.0.2.1", "no such host", "x" * 300, "a..b"])
async def test_an_address_that_is_not_ours_is_refused(service: Bellwire, host: str) -> None:
    with pytest.raises(InvalidSetting, match=r"cannot be listened on .*; choose another address"):
        await serve_api(service, host=host, port=0)


async def test_a_stopped_server_takes_no_connection_and_stopping_again_is_nothing(service: Bellwire) -> None:
    server = await serve_api(service, host="127.0.0.1", port=0)
    async with connected(server) as (reader, _):
        await server.stop()
        assert await reader.read() == b""
    with pytest.raises(ConnectionError):
        await asyncio.open_connection("127.0.0.1", server.port)
    await server.stop()


async def test_stopping_finishes_the_request_in_hand(service: Bellwire, token: str) -> None:
    server = await serve_api(service, host="127.0.0.1", port=0)
    async with connected(server) as (reader, writer):
        body = b'{"type":"auth.success","data":{}}'
        writer.write(
            b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: %d\r\n" % len(body)
            + b"Authorization: Bearer "
            + token.encode()
            + b"\r\n\r\n"
        )
        assert await reader.readline() == b"HTTP/1.1 100 Continue\r\n"
        await reader.readline()
        stopping = asyncio.create_task(server.stop())
        await asyncio.sleep(0)
        writer.write(body)
        assert await reader.readline() == b"HTTP/1.1 202 Accepted\r\n"
        assert b'"accepted":1' in await reader.read()
        await stopping


async def test_stopping_does_not_wait_for_ever_for_a_slow_client(service: Bellwire, token: str) -> None:
    server = await serve_api(service, host="127.0.0.1", port=0)
    async with connected(server) as (reader, writer):
        writer.write(
            b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 9\r\n"
            b"Authorization: Bearer " + token.encode() + b"\r\n\r\n"
        )
        assert await reader.readline() == b"HTTP/1.1 100 Continue\r\n"
        await server.stop(within_s=0)
        await reader.read()
    left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    assert not [task for task in left if "run_asgi" in repr(task)]


async def test_the_signals_stay_as_they_are(service: Bellwire) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    server = await serve_api(service, host="127.0.0.1", port=0)
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
    await server.stop()


async def test_the_port_is_free_again_at_once(service: Bellwire) -> None:
    first = await serve_api(service, host="127.0.0.1", port=0)
    async with connected(first):
        await first.stop()
    second = await serve_api(service, host="127.0.0.1", port=first.port)
    assert second.port == first.port
    await second.stop()


async def test_a_webhook_never_delivers_to_where_bellwire_itself_listens(
    server: RunningServer, remote: httpx.AsyncClient
) -> None:
    itself = {"url": f"http://127.0.0.1:{server.port}/v1/events"}
    problem = expect_problem(await remote.post("/v1/webhooks", json=itself), 422, kind="invalid-object")
    assert "where Bellwire itself listens" in problem["errors"][0]["message"]
    by_name = {"url": f"http://localhost:{server.port}/v1/events"}
    created = expect_json(await remote.post("/v1/webhooks", json=by_name), 201)
    tested = expect_json(await remote.post(f"/v1/webhooks/{created['id']}/test"))
    assert tested["response"] is None or tested["response"]["status"] is None
    assert "where Bellwire itself listens" in tested["reason"]
