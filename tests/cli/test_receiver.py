import concurrent.futures
import contextlib
import http.client
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import urlsplit

import pytest
import trustme

from bellwire.cli.receiver import Received, Receiver

Start = Callable[..., tuple[Receiver, list[Received]]]


@pytest.fixture
def start() -> Iterator[Start]:
    with contextlib.ExitStack() as stack:

        def begin(
            *, host: str = "127.0.0.1", statuses: Sequence[int] = (200,), tls: ssl.SSLContext | None = None
        ) -> tuple[Receiver, list[Received]]:
            came: list[Received] = []
            return stack.enter_context(Receiver((host, 0), came.append, statuses=statuses, tls=tls)), came

        yield begin


def connect(receiver: Receiver) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(receiver.url).netloc, timeout=10)


def post(connection: http.client.HTTPConnection, body: bytes = b"{}", **headers: str) -> int:
    connection.request("POST", "/hook", body=body, headers=headers)
    with connection.getresponse() as response:
        response.read()
        return response.status


def test_requests_over_one_kept_connection_are_taken_as_they_came(start: Start) -> None:
    receiver, came = start()
    with contextlib.closing(connect(receiver)) as connection:
        assert post(connection, b'{"a":1}') == 200
        first = connection.sock
        assert post(connection, b"") == 200
        assert connection.sock is first
    assert [received.body for received in came] == [b'{"a":1}', b""]
    assert came[0].target == "/hook"
    assert ("Content-Length", "7") in came[0].headers


def test_statuses_are_answered_in_turn_and_the_last_one_repeats(start: Start) -> None:
    receiver, _ = start(statuses=(503, 204, 200))
    with contextlib.closing(connect(receiver)) as connection:
        assert [post(connection) for _ in range(4)] == [503, 204, 200, 200]


def test_a_chunked_body_is_put_together(start: Start) -> None:
    receiver, came = start()
    with contextlib.closing(connect(receiver)) as connection:
        connection.request(
            "POST", "/", body=iter([b"ab", b"c" * 5000]), encode_chunked=True, headers={"Transfer-Encoding": "chunked"}
        )
        assert connection.getresponse().status == 200
    assert came[0].body == b"ab" + b"c" * 5000


def test_many_senders_at_once_are_all_taken(start: Start) -> None:
    receiver, came = start()

    def send(number: int) -> int:
        with contextlib.closing(connect(receiver)) as connection:
            return post(connection, str(number).encode())

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        assert set(pool.map(send, range(64))) == {200}
    assert sorted(int(received.body) for received in came) == list(range(64))


def test_a_length_that_is_no_number_is_answered_400_and_not_taken(start: Start) -> None:
    receiver, came = start()
    with socket.create_connection(_address(receiver), timeout=10) as raw:
        raw.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ten\r\n\r\n")
        assert raw.recv(4096).startswith(b"HTTP/1.1 400 ")
    assert came == []


def test_a_sender_that_goes_away_in_mid_body_leaves_nothing_behind(
    start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    receiver, came = start()
    with socket.create_connection(_address(receiver), timeout=10) as raw:
        raw.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
    with contextlib.closing(connect(receiver)) as connection:
        assert post(connection) == 200
    assert len(came) == 1
    assert capsys.readouterr().err == ""


def test_what_is_no_post_is_told_so(start: Start) -> None:
    receiver, came = start()
    with contextlib.closing(connect(receiver)) as connection:
        connection.request("GET", "/")
        with connection.getresponse() as response:
            assert (response.status, response.headers["Allow"]) == (405, "POST")
    assert came == []


def test_it_ends_while_a_connection_is_kept_open() -> None:
    came: list[Received] = []
    with contextlib.ExitStack() as stack:
        receiver = stack.enter_context(Receiver(("127.0.0.1", 0), came.append))
        connection = stack.enter_context(contextlib.closing(connect(receiver)))
        post(connection)
        stack.pop_all().close()
    assert len(came) == 1


def test_a_long_delay_does_not_hold_up_the_end() -> None:
    taken = concurrent.futures.Future[Received]()
    with contextlib.ExitStack() as outlasting, Receiver(("127.0.0.1", 0), taken.set_result, delay_s=3600) as receiver:
        connection = outlasting.enter_context(contextlib.closing(connect(receiver)))
        connection.request("POST", "/", body=b"x")
        assert taken.result(10).body == b"x"


def test_it_serves_tls(start: Start) -> None:
    authority = trustme.CA()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(server)
    authority.configure_trust(client)
    receiver, came = start(tls=server)
    assert receiver.url.startswith("https://")
    with contextlib.closing(
        http.client.HTTPSConnection(urlsplit(receiver.url).netloc, timeout=10, context=client)
    ) as connection:
        assert post(connection, b"secret") == 200
    assert came[0].body == b"secret"


def test_an_ipv6_address_is_written_in_brackets(start: Start) -> None:
    receiver, _ = start(host="::1")
    assert receiver.url.startswith("http://[::1]:")
    with contextlib.closing(connect(receiver)) as connection:
        assert post(connection) == 200


def _address(receiver: Receiver) -> tuple[str, int]:
    parts = urlsplit(receiver.url)
    return str(parts.hostname), int(parts.port or 0)
