import asyncio
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from bellwire.errors import Stopping
from bellwire.model.attempt import ANSWER_BYTES_KEPT_MAX, Answer, NoAnswer, Request, Trouble
from bellwire.senders import transfers
from bellwire.senders.http import HttpSender
from receivers import Connection, Receiver, Reply
from senders.requesting import allow_all, make_request

MIB = 1024 * 1024


async def answer_to(sender: HttpSender, request: Request) -> Answer:
    response = await sender.send(request)
    assert isinstance(response, Answer), response
    return response


async def test_nothing_is_sent_but_the_given_headers_host_and_content_length(sender: HttpSender) -> None:
    headers = (("Content-Type", "application/json"), ("X-My-Header", "my-value"), ("X-Empty", ""), ("X-Blank", "  "))
    with Receiver() as receiver:
        await answer_to(sender, make_request(receiver.url + "/a/b?c=d", headers=headers, body=b"12345"))
    (request,) = receiver.requests
    assert (request.method, request.target) == ("POST", "/a/b?c=d")
    assert request.headers == (
        ("Host", f"127.0.0.1:{receiver.port}"),
        ("Content-Type", "application/json"),
        ("X-My-Header", "my-value"),
        ("X-Empty", ""),
        ("X-Blank", ""),
        ("Content-Length", "5"),
    )


async def test_a_header_of_the_operator_replaces_one_that_is_left_out_otherwise(sender: HttpSender) -> None:
    with Receiver() as receiver:
        await answer_to(sender, make_request(receiver.url, headers=(("accept", "text/plain"), ("User-Agent", "me"))))
    assert receiver.requests[0].header("Accept") == "text/plain"
    assert receiver.requests[0].header("User-Agent") == "me"
    assert "Content-Type" not in dict(receiver.requests[0].headers)


async def test_credentials_of_one_request_do_not_show_up_in_the_next(sender: HttpSender) -> None:
    with Receiver() as receiver:
        await answer_to(sender, make_request(receiver.url, headers=(("Authorization", "Bearer secret"),)))
        await answer_to(sender, make_request(receiver.url))
    assert "Authorization" not in dict(receiver.requests[1].headers)


@pytest.mark.parametrize("size", [0, 1, 3 * MIB, 64 * MIB])
async def test_a_body_of_any_bytes_and_any_size_arrives_unchanged(sender: HttpSender, size: int) -> None:
    body = (bytes(range(256)) * (size // 256 + 1))[:size]
    with Receiver() as receiver:
        await answer_to(sender, make_request(receiver.url, body=body, timeout_ms=30_000))
    assert receiver.requests[0].body == body
    assert receiver.requests[0].header("Content-Length") == str(size)
    assert "Expect" not in dict(receiver.requests[0].headers)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_shown_and_not_followed(sender: HttpSender, status: int) -> None:
    with Receiver() as elsewhere, Receiver(Reply(status=status, headers=(("Location", elsewhere.url),))) as receiver:
        answer = await answer_to(sender, make_request(receiver.url))
    assert answer.status == status
    assert dict(answer.headers)["location"] == elsewhere.url
    assert elsewhere.connections == 0


async def test_proxies_of_the_environment_are_not_used(sender: HttpSender, monkeypatch: pytest.MonkeyPatch) -> None:
    with Receiver() as proxy, Receiver() as receiver:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        await answer_to(sender, make_request(receiver.url))
    assert (proxy.connections, len(receiver.requests)) == (0, 1)


async def test_cookies_are_not_kept(sender: HttpSender) -> None:
    with Receiver(Reply(headers=(("Set-Cookie", "a=b; Path=/"),))) as receiver:
        for _ in range(2):
            await answer_to(sender, make_request(receiver.url))
    assert "Cookie" not in dict(receiver.requests[1].headers)


async def test_the_first_bytes_of_a_body_are_kept(sender: HttpSender) -> None:
    body = os.urandom(3 * ANSWER_BYTES_KEPT_MAX)
    with Receiver(Reply(body=body)) as receiver:
        answer = await answer_to(sender, make_request(receiver.url))
    assert answer.body == body[:ANSWER_BYTES_KEPT_MAX]


async def test_a_compressed_answer_is_kept_as_it_came(sender: HttpSender) -> None:
    with Receiver(Reply(headers=(("Content-Encoding", "gzip"),), body=b"\x1f\x8bnot gzip at all")) as receiver:
        answer = await answer_to(sender, make_request(receiver.url))
    assert answer.body == b"\x1f\x8bnot gzip at all"


async def test_header_names_come_back_in_lower_case_repeated_ones_in_their_order(sender: HttpSender) -> None:
    headers = (("X-B", "1"), ("X-A", "caf\xe9"), ("x-b", "2"))
    with Receiver(Reply(headers=headers)) as receiver:
        answer = await answer_to(sender, make_request(receiver.url))
    assert answer.headers[:3] == (("x-b", "1"), ("x-a", "caf\xe9"), ("x-b", "2"))


async def test_an_interim_answer_is_passed_over(sender: HttpSender) -> None:
    def interim_first(connection: Connection) -> None:
        connection.send(b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\nHTTP/1.1 204 Done\r\nA: b\r\n\r\n")

    with Receiver(interim_first) as receiver:
        answer = await answer_to(sender, make_request(receiver.url))
    assert (answer.status, answer.headers) == (204, (("a", "b"),))


async def test_a_connection_is_kept_and_its_steps_are_timed_once(sender: HttpSender) -> None:
    with Receiver() as receiver:
        first, second = [await answer_to(sender, make_request(receiver.url)) for _ in range(2)]
        assert receiver.connections == 1
    assert first.timings.name_lookup_us is not None
    assert first.timings.connect_us is not None
    assert first.timings.first_byte_us is not None
    assert first.timings.name_lookup_us <= first.timings.connect_us <= first.timings.first_byte_us
    assert first.timings.first_byte_us <= first.timings.total_us
    assert (second.timings.name_lookup_us, second.timings.connect_us, second.timings.tls_us) == (None, None, None)


async def test_a_kept_connection_that_the_endpoint_closed_is_replaced(sender: HttpSender) -> None:
    with Receiver(Reply(close=True)) as receiver:
        for number in range(1, 4):
            await answer_to(sender, make_request(receiver.url))
            await receiver.until(lambda: receiver.open_connections == 0)
            assert len(receiver.requests) == number
    assert [request.connection for request in receiver.requests] == [1, 2, 3]


async def test_a_connection_that_dies_under_a_request_is_replaced_and_carries_the_body_once(sender: HttpSender) -> None:
    with Receiver(Reply(), lambda connection: connection.close(), Reply()) as receiver:
        await answer_to(sender, make_request(receiver.url, body=b"first"))
        await answer_to(sender, make_request(receiver.url, body=b"second"))
    assert [(request.connection, request.body) for request in receiver.requests] == [
        (1, b"first"),
        (1, b"second"),
        (2, b"second"),
    ]


async def test_an_endpoint_restarted_at_the_same_port_is_reached_again(sender: HttpSender) -> None:
    with Receiver() as receiver:
        await answer_to(sender, make_request(receiver.url))
    refused = await sender.send(make_request(receiver.url))
    assert isinstance(refused, NoAnswer)
    assert refused.trouble is Trouble.CONNECT
    with Receiver(port=receiver.port) as again:
        await answer_to(sender, make_request(again.url))


async def test_no_more_than_so_many_connections_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfers, "CONNECTIONS_KEPT_MAX", 2)
    sender = HttpSender(allow_all)
    with Receiver() as one, Receiver() as two, Receiver() as three:
        for receiver in (one, two, three):
            await answer_to(sender, make_request(receiver.url))
        await one.until(lambda: one.open_connections == 0)
        assert (two.open_connections, three.open_connections) == (1, 1)
    await sender.close()


async def test_many_requests_are_under_way_at_once(sender: HttpSender) -> None:
    gate = threading.Event()
    with Receiver(Reply(hold=gate)) as receiver:
        sending = [asyncio.create_task(sender.send(make_request(receiver.url, body=b"%d" % i))) for i in range(150)]
        await receiver.arrival(150)
        gate.set()
        assert all(isinstance(response, Answer) for response in await asyncio.gather(*sending))
    assert {int(request.body) for request in receiver.requests} == set(range(150))


async def test_cancelling_closes_the_connection_of_that_request_only(sender: HttpSender) -> None:
    gate = threading.Event()
    with Receiver(Reply(hold=gate)) as receiver:
        first, second = (asyncio.create_task(sender.send(make_request(receiver.url))) for _ in range(2))
        await receiver.arrival(2)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        gate.set()
        assert isinstance(await second, Answer)
        await receiver.until(lambda: receiver.open_connections == 1)
        await answer_to(sender, make_request(receiver.url))
        assert receiver.connections == 2


async def test_cancelling_in_the_turn_of_the_loop_in_which_the_answer_comes_harms_nothing(sender: HttpSender) -> None:
    problems: list[object] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, problem: problems.append(problem))
    gate = threading.Event()
    with Receiver(Reply(hold=gate, close=True)) as receiver:
        sending = asyncio.create_task(sender.send(make_request(receiver.url)))
        await receiver.arrival(1)
        gate.set()
        receiver.wait_until(lambda: receiver.open_connections == 0)  # while the loop stands still
        loop.call_soon(sending.cancel)
        with pytest.raises(asyncio.CancelledError):
            await sending
        await answer_to(sender, make_request(receiver.url))
    assert not problems


async def test_closing_right_after_cancelling_harms_nothing(sender: HttpSender) -> None:
    with Receiver(lambda connection: connection.wait_closed()) as receiver:
        sending = asyncio.create_task(sender.send(make_request(receiver.url)))
        await receiver.arrival(1)
        sending.cancel()
        await sender.close()
        with pytest.raises(asyncio.CancelledError):
            await sending


async def test_closing_closes_kept_and_busy_connections(sender: HttpSender) -> None:
    with Receiver(Reply(), lambda connection: connection.wait_closed()) as receiver:
        await answer_to(sender, make_request(receiver.url))
        busy = asyncio.create_task(sender.send(make_request(receiver.url)))
        await receiver.arrival(2)
        await sender.close()
        with pytest.raises(Stopping):
            await busy
        await receiver.until(lambda: receiver.open_connections == 0)


async def test_no_file_descriptor_is_left_over() -> None:
    async def exchange() -> None:
        sender = HttpSender(allow_all)
        with Receiver(Reply(), lambda connection: connection.reset(), Reply(close=True)) as receiver:
            for _ in range(6):
                await sender.send(make_request(receiver.url))
            cancelled = asyncio.create_task(sender.send(make_request(receiver.url)))
            await asyncio.sleep(0)
            cancelled.cancel()
            await asyncio.gather(cancelled, return_exceptions=True)
            await sender.close()

    await exchange()
    before = _open_files()
    for _ in range(5):
        await exchange()
    assert _open_files() <= before


async def test_descriptors_that_libcurl_has_closed_serve_others_at_once(sender: HttpSender) -> None:
    """The loop must not think of a number as watched once libcurl has given it back."""
    with Receiver(Reply(close=True)) as receiver:
        for _ in range(20):
            await answer_to(sender, make_request(receiver.url))
            reader, writer = await asyncio.open_connection("127.0.0.1", receiver.port)
            writer.write(b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")
            writer.close()
            await writer.wait_closed()


def _open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@pytest.mark.parametrize("url", ["http://endpoint.onion/", f"http://{'x' * 64}.example/", "http://127.0.0.1:99999/"])
async def test_a_name_that_cannot_be_looked_up_is_said_so(sender: HttpSender, url: str) -> None:
    response = await sender.send(make_request(url))
    assert isinstance(response, NoAnswer)
    assert response.trouble is Trouble.NAME_LOOKUP
    assert response.detail.startswith("the name lookup failed: ")
    assert response.timings.connect_us is None


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_a_refused_connection_is_said_so_with_its_address(
    sender: HttpSender, host: str, free_port: Callable[[str], int]
) -> None:
    shown = f"[{host}]" if ":" in host else host
    port = free_port(host)
    response = await sender.send(make_request(f"http://{shown}:{port}/"))
    assert isinstance(response, NoAnswer)
    assert (response.trouble, response.detail) == (Trouble.CONNECT, f"connection refused by {shown}:{port}")
