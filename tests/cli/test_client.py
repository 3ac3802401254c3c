import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bellwire.cli.client import Client, Refused, ServerAddress, Unreachable
from bellwire.cli.receiver import Receiver
from cli.conftest import Bellwire, Served


def client_of(url: str) -> Client:
    return Client(ServerAddress(url=url, token="t", start_hint="start it"))


def test_where_no_server_has_run_it_is_said_how_to_start_one(bellwire: Bellwire, tmp_path: Path) -> None:
    told = bellwire("--data", tmp_path, "status")
    assert told.code == 1
    assert f"no server has run in {tmp_path} yet; start one with: bellwire serve --data {tmp_path}" in told.err


def test_a_server_elsewhere_is_found_by_url_and_token(
    served: Served, bellwire: Bellwire, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = json.loads((served.folder / "server.json").read_bytes())["url"]
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("BELLWIRE_TOKEN", (served.folder / "admin.token").read_text().strip())
        assert bellwire("--server", url, "status").code == 0
        assert bellwire("status", "--server", f"{url}/").code == 0
        elsewhere.setenv("BELLWIRE_URL", url)
        assert bellwire("status").code == 0
        elsewhere.setenv("BELLWIRE_TOKEN", "wrong")
        told = bellwire("status")
        assert served("status").code == 0, "a folder that is named wins over the environment"
    assert told.code == 1
    assert "does not accept the token" in told.err


def test_the_token_of_this_machine_is_never_sent_elsewhere(bellwire: Bellwire, served: Served) -> None:
    told = bellwire("--data", served.folder, "--server", "http://127.0.0.1:9", "status")
    assert told.code == 2
    assert "BELLWIRE_TOKEN" in told.err


@pytest.mark.parametrize("url", ["bellwire.example", "ftp://x", "http://", "http://x:99999", "http://["])
def test_what_is_no_url_is_a_usage_error(bellwire: Bellwire, url: str) -> None:
    told = bellwire("--server", url, "status")
    assert (told.code, "is no URL of a server" in told.err) == (2, True)


def test_what_answers_but_is_no_bellwire_is_said() -> None:
    with Receiver(("127.0.0.1", 0), lambda _: None) as receiver:
        client = client_of(receiver.url)
        with contextlib.closing(client), pytest.raises(Refused, match="answered 405"):
            client.ask("GET", "/v1/status")


def test_a_kept_connection_that_went_away_is_opened_again_for_reading_only() -> None:
    with _answering(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}") as url:
        client = client_of(url)
        with contextlib.closing(client):
            assert client.ask("GET", "/").body == b"{}"
            assert client.ask("GET", "/").body == b"{}"
            with pytest.raises(Unreachable, match="start it"):
                client.ask("POST", "/", body=b"x")


def test_an_upload_stops_when_the_answer_comes_before_its_end() -> None:
    problem = b'{"title":"no","detail":"line 1: no","errors":[]}'
    answer = b"HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\nContent-Length: %d\r\n\r\n%s"
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b"x" * 1000

    with _answering(answer % (len(problem), problem)) as url, pytest.raises(Refused, match="line 1: no"):
        client_of(url).upload("/", endless(), content_type="text/plain")
    assert sent > 0


@contextlib.contextmanager
def _answering(answer: bytes) -> Iterator[str]:
    """Answers one request on each connection as soon as its first bytes have come, then closes it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection:
                        connection.recv(65536)
                        connection.sendall(answer)
                        connection.shutdown(socket.SHUT_WR)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
