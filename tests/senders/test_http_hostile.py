"""Receivers that do what they should not: each attempt ends in time, in bounded memory, with a reason."""

import socket
from collections.abc import Callable, Iterator

import pytest

from bellwire.model.attempt import ANSWER_BYTES_KEPT_MAX, AddressRefused, Answer, NoAnswer, Trouble
from bellwire.senders.http import HttpSender
from receivers import Connection, Receiver
from senders.requesting import make_request

TIMEOUT_MS = 250
HEADER = b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n"

Misbehaviour = Callable[[Connection], None]


def sends(*pieces: bytes) -> Misbehaviour:
    """Send, then leave the connection open."""

    def misbehave(connection: Connection) -> None:
        connection.send(*pieces)
        connection.wait_closed()

    return misbehave


def sends_and_closes(*pieces: bytes) -> Misbehaviour:
    return lambda connection: connection.send(*pieces)


def sends_and_resets(*pieces: bytes) -> Misbehaviour:
    def misbehave(connection: Connection) -> None:
        connection.send(*pieces)
        connection.reset()

    return misbehave


def dribbles(head: bytes, each: bytes) -> Misbehaviour:
    return lambda connection: connection.send(head, *[each] * 10_000, pause_s=0.01)


def floods(head: bytes, each: bytes) -> Misbehaviour:
    return lambda connection: connection.send(head, *[each] * 100_000)


async def response_to(sender: HttpSender, misbehaviour: Misbehaviour) -> Answer | NoAnswer:
    with Receiver(misbehaviour) as receiver:
        response = await sender.send(make_request(receiver.url, timeout_ms=TIMEOUT_MS))
    assert not isinstance(response, AddressRefused)
    return response


@pytest.mark.parametrize(
    "misbehaviour",
    [
        pytest.param(sends(HEADER), id="body never comes"),
        pytest.param(dribbles(HEADER, b"x"), id="body comes slowly"),
        pytest.param(floods(HEADER, b"x" * 65_536), id="body without end"),
        pytest.param(
            floods(b"HTTP/1.1 200 OK\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"), id="chunks"
        ),
        pytest.param(sends_and_closes(b"HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 9\r\n\r\nxx"), id="body too short"),
        pytest.param(sends_and_closes(b"HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 1\r\n\r\nxx"), id="body too long"),
        pytest.param(sends_and_resets(b"HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 9\r\n\r\n"), id="reset in the body"),
        pytest.param(
            sends_and_closes(b"HTTP/1.1 200 OK\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), id="bad chunk"
        ),
    ],
)
async def test_whatever_the_body_does_a_complete_header_is_the_answer(
    sender: HttpSender, misbehaviour: Misbehaviour
) -> None:
    response = await response_to(sender, misbehaviour)
    assert isinstance(response, Answer), response
    assert response.status == 200
    assert response.headers[0] == ("a", "b")
    assert len(response.body) <= ANSWER_BYTES_KEPT_MAX


@pytest.mark.parametrize(
    ("misbehaviour", "progress"),
    [
        pytest.param(sends(), "request sent)", id="silence"),
        pytest.param(dribbles(b"HTTP/1.1 200 OK\r\n", b"x"), "request sent, last status line 200)", id="slow header"),
        pytest.param(dribbles(b"", b"HTTP/1.1 102 Wait\r\n\r\n"), "request sent, last status line 102)", id="slow 1xx"),
    ],
)
async def test_an_answer_that_does_not_come_in_time_is_a_timeout_that_says_how_far_it_came(
    sender: HttpSender, misbehaviour: Misbehaviour, progress: str
) -> None:
    response = await response_to(sender, misbehaviour)
    assert isinstance(response, NoAnswer)
    assert response.trouble is Trouble.TIMEOUT
    assert response.detail.startswith("no answer within 250ms (connected after ")
    assert response.detail.endswith(progress)
    assert response.timings.total_us >= TIMEOUT_MS * 1000


async def test_a_receiver_that_does_not_read_is_a_timeout(sender: HttpSender) -> None:
    with Receiver(on_connect=lambda connection: connection.closing.wait()) as receiver:
        response = await sender.send(make_request(receiver.url, body=bytes(32 * 1024 * 1024), timeout_ms=TIMEOUT_MS))
    assert isinstance(response, NoAnswer)
    assert response.trouble is Trouble.TIMEOUT
    assert response.detail.endswith("of 33554432 bytes sent)")


async def test_a_receiver_that_does_not_accept_is_a_timeout(sender: HttpSender, full_port: int) -> None:
    response = await sender.send(make_request(f"http://127.0.0.1:{full_port}/", timeout_ms=TIMEOUT_MS))
    assert isinstance(response, NoAnswer)
    assert response.trouble is Trouble.TIMEOUT
    assert response.detail.endswith("not connected)")
    assert response.timings.connect_us is None


@pytest.mark.parametrize(
    "misbehaviour",
    [
        pytest.param(sends_and_closes(), id="closed"),
        pytest.param(sends_and_closes(b"HTT"), id="closed in the status line"),
        pytest.param(sends_and_closes(b"HTTP/1.1 200 OK\r\nA: b\r\n"), id="closed in the header"),
        pytest.param(sends_and_closes(b"HTTP/1.1 100 Continue\r\n\r\n"), id="closed behind an interim answer"),
        pytest.param(sends_and_resets(), id="reset"),
        pytest.param(sends_and_resets(b"HTTP/1.1 200 OK\r\nA: b\r\n"), id="reset in the header"),
    ],
)
async def test_a_connection_that_ends_before_the_header_does_is_a_reset(
    sender: HttpSender, misbehaviour: Misbehaviour
) -> None:
    response = await response_to(sender, misbehaviour)
    assert isinstance(response, NoAnswer)
    assert response.trouble is Trouble.RESET
    assert response.detail.startswith("the endpoint closed the connection without an answer (connected after ")


@pytest.mark.parametrize(
    ("misbehaviour", "reason"),
    [
        pytest.param(sends(b"SSH-2.0-x\r\n"), "does not begin as HTTP/1 does", id="another protocol"),
        pytest.param(sends(b"\0\0\0\4\0\0\0\0\0"), "does not begin as HTTP/1 does", id="HTTP/2"),
        pytest.param(sends(b"<html>hello"), "does not begin as HTTP/1 does", id="HTTP/0.9"),
        pytest.param(sends(b"HTTP/1.1 20 OK\r\n\r\n"), "does not begin as HTTP/1 does", id="short status"),
        pytest.param(sends(b"HTTP/1.1 1000 OK\r\n\r\n"), "begins with a malformed status line", id="long status"),
        pytest.param(sends(b"HTTP/1.1 099 OK\r\n\r\n"), "begins with a malformed status line", id="low status"),
        pytest.param(sends(b"HTTP/1.1 101 Up\r\n\r\n"), "switches to another protocol (status 101)", id="upgrade"),
        pytest.param(sends(b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n"), "is not valid HTTP", id="no colon"),
        pytest.param(sends(b"HTTP/1.1 200 OK\r\na\0: b\r\n\r\n"), "is not valid HTTP", id="NUL"),
        pytest.param(sends(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"), "is not valid HTTP", id="bad length"),
        pytest.param(
            sends(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"),
            "is not valid HTTP",
            id="two lengths",
        ),
        pytest.param(sends(b"HTTP/1.1 200 OK\r\nA: ", b"x" * 200_000), "is not valid HTTP", id="endless field"),
        pytest.param(
            floods(b"HTTP/1.1 200 OK\r\n", b"A: %s\r\n" % (b"x" * 100)),
            "has more than 64 KiB of header",
            id="endless header",
        ),
        pytest.param(floods(b"", b"HTTP/1.1 103 X\r\n\r\n"), "has more than 64 KiB of header", id="endless 1xx"),
    ],
)
async def test_what_is_not_http_is_said_so(sender: HttpSender, misbehaviour: Misbehaviour, reason: str) -> None:
    response = await response_to(sender, misbehaviour)
    assert isinstance(response, NoAnswer), response
    assert response.trouble is Trouble.BAD_HTTP
    assert response.detail.startswith(f"the endpoint's answer {reason}")


async def test_an_answer_that_comes_before_the_body_was_read_counts(sender: HttpSender) -> None:
    def refuse_early(connection: Connection) -> None:
        connection.receive()
        connection.send(b"HTTP/1.1 413 Too large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        connection.wait_closed()

    with Receiver(on_connect=refuse_early) as receiver:
        response = await sender.send(make_request(receiver.url, body=bytes(8 * 1024 * 1024)))
    assert isinstance(response, Answer), response
    assert response.status == 413


async def test_a_hostile_receiver_harms_no_other(sender: HttpSender) -> None:
    with Receiver(floods(HEADER, b"x" * 65_536)) as hostile, Receiver() as other:
        for _ in range(3):
            await sender.send(make_request(hostile.url, timeout_ms=TIMEOUT_MS))
            assert isinstance(await sender.send(make_request(other.url)), Answer)


@pytest.fixture
def full_port() -> Iterator[int]:
    """A port whose queue of connections is full, so that the system answers no further ones."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        address = listener.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(address)
        yield int(address[1])
        for each in waiting:
            each.close()
