import contextlib
import http.client
import json
import os
import pty
import re
import signal
import socket
import stat
import subprocess
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bellwire.cli.receiver import Received, Receiver
from cli.conftest import PROGRAM, Bellwire, Start, serve
from receivers import Receiver as Slow
from receivers import Reply


def health(url: str) -> int:
    with contextlib.closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)) as connection:
        connection.request("GET", "/healthz")
        with connection.getresponse() as response:
            response.read()
            return response.status


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_leaves_its_address_while_it_runs_and_ends_with_0_at_a_signal(
    program: Start, tmp_path: Path, number: int
) -> None:
    folder = tmp_path / "data"
    server = program("serve", "--data", folder, "--listen", "127.0.0.1:0")
    url = server.line_with("listens at").split()[-1]
    address = folder / "server.json"
    server.line_with("bellwire webhook create")
    assert json.loads(address.read_bytes()) == {"url": url, "pid": server.process.pid}
    assert stat.S_IMODE(address.stat().st_mode) == 0o600
    assert health(url) == 200
    assert server.end(number) == 0
    assert not address.exists()
    assert not any("Traceback" in line for line in server.errors)


def test_it_shows_a_link_that_lets_in_once_to_whom_sits_at_a_terminal_and_never_to_a_log(
    program: Start, tmp_path: Path
) -> None:
    near, far = pty.openpty()
    command = [*PROGRAM, "serve", "--data", str(tmp_path / "seen"), "--listen", "127.0.0.1:0"]
    with (
        subprocess.Popen(command, stdin=far, stdout=far, stderr=subprocess.DEVNULL) as seen,
        os.fdopen(near, "rb", buffering=0) as terminal,
    ):
        said = b""
        while b"bellwire demo" not in said:
            said += terminal.read(4096)
        seen.terminate()
        os.close(far)
        assert seen.wait(30) == 0
    assert re.search(rb"http://127\.0\.0\.1:\d+/sign-in/link\?code=[\w-]{40,}", said)
    logged = program("serve", "--data", tmp_path / "logged", "--listen", "127.0.0.1:0")
    logged.line_with("bellwire login-link")
    assert logged.end(signal.SIGTERM) == 0
    assert "code=" not in logged.rest


def test_a_second_signal_stops_at_once(tmp_path: Path, bellwire: Bellwire) -> None:
    arrived = threading.Event()

    def take(_: Received) -> None:
        arrived.set()

    with contextlib.closing(serve(tmp_path)) as server, Receiver(("127.0.0.1", 0), take, delay_s=3600) as receiver:
        assert bellwire("--data", tmp_path, "webhook", "create", "--url", receiver.url).code == 0
        assert bellwire("--data", tmp_path, "emit", "auth.success").code == 0
        assert arrived.wait(30)
        server.process.send_signal(signal.SIGTERM)
        server.error_with("stopping")
        assert server.end(signal.SIGTERM) == 128 + signal.SIGTERM
    assert not (tmp_path / "server.json").exists()


def test_while_it_stops_publishers_are_told_to_come_again(tmp_path: Path, bellwire: Bellwire) -> None:
    release = threading.Event()
    with contextlib.closing(serve(tmp_path)) as server, Slow(Reply(hold=release)) as receiver:
        assert bellwire("--data", tmp_path, "webhook", "create", "--url", receiver.url).code == 0
        assert bellwire("--data", tmp_path, "emit", "auth.success").code == 0
        receiver.wait_for(1)
        server.process.send_signal(signal.SIGTERM)
        server.error_with("stopping")
        told = bellwire("--data", tmp_path, "emit", "auth.success")
        assert (told.code, "Bellwire is stopping" in told.err) == (1, True)
        release.set()
        assert server.wait() == 0
    assert not (tmp_path / "server.json").exists()


def test_event_types_of_the_settings_are_declared_when_it_starts(tmp_path: Path, bellwire: Bellwire) -> None:
    file, data = tmp_path / "bellwire.toml", tmp_path / "data"
    for level, description in (("warn", "An order was paid."), ("debug", "Paid.")):
        file.write_text(f'[event-types."shop.order-paid"]\nlevel = "{level}"\ndescription = "{description}"\n')
        with contextlib.closing(serve(data, "--config", str(file))) as server:
            (row,) = bellwire("--data", data, "event-types", "shop.*", "--json").items()
            assert (row["level"], row["description"]) == (level, description)
            assert server.end(signal.SIGTERM) == 0


def test_a_data_folder_in_use_is_one_clear_line_and_harms_nobody(tmp_path: Path, program: Start) -> None:
    with contextlib.closing(serve(tmp_path)) as server:
        before = (tmp_path / "server.json").read_bytes()
        second = program("serve", "--data", tmp_path, "--listen", "127.0.0.1:0")
        assert second.wait() == 1
        assert (tmp_path / "server.json").read_bytes() == before
    (line,) = second.errors
    assert line.startswith(f"bellwire: the data folder {tmp_path} is in use by process {server.process.pid};")


def test_a_port_in_use_is_one_clear_line(tmp_path: Path, program: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        server = program("serve", "--data", tmp_path, "--listen", address)
        assert server.wait() == 1
    (line,) = server.errors
    assert line.startswith(f"bellwire: listen: {address} ")
    assert not (tmp_path / "server.json").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--listen", "8425"), "listen: '8425' has no host; write it as 127.0.0.1:8425"),
        (("--listen", "0.0.0.0:0"), "set tls.certificate and tls.key"),
        (("--log-level", "loud"), "log-level: 'loud'"),
        (("--config", "/nonexistent.toml"), "/nonexistent.toml does not exist"),
    ],
)
def test_a_bad_setting_is_one_clear_line(
    tmp_path: Path, bellwire: Bellwire, arguments: tuple[str, ...], words: str
) -> None:
    told = bellwire("serve", "--data", tmp_path, *arguments)
    assert told.code == 2
    assert len(told.err.splitlines()) == 1
    assert words in told.err


def test_several_bad_settings_are_a_line_each(tmp_path: Path, bellwire: Bellwire) -> None:
    told = bellwire("serve", "--data", tmp_path, "--listen", "1", "--log-level", "loud")
    assert told.code == 2
    assert len(told.err.splitlines()) == 2


def test_a_folder_that_cannot_be_made_is_one_clear_line(tmp_path: Path, program: Start) -> None:
    (tmp_path / "file").touch()
    server = program("serve", "--data", tmp_path / "file" / "data")
    assert server.wait() == 1
    (line,) = server.errors
    assert line.startswith("bellwire: the data folder ")


def test_what_is_left_by_a_process_that_died_is_not_believed(tmp_path: Path, bellwire: Bellwire) -> None:
    with contextlib.closing(serve(tmp_path)) as server:
        server.end(signal.SIGKILL)
    assert (tmp_path / "server.json").exists()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (tmp_path / "bellwire.toml").write_text(f'listen = "127.0.0.1:{port}"\n')
    told = bellwire("--data", tmp_path, "--config", tmp_path / "bellwire.toml", "status")
    assert told.code == 1
    assert f"no Bellwire answers at http://127.0.0.1:{port}" in told.err
    assert f"start one with: bellwire serve --data {tmp_path}" in told.err


def test_config_shows_each_value_and_where_it_was_set(
    bellwire: Bellwire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('log-level = "debug"\n')
    monkeypatch.setenv("BELLWIRE_LISTEN", "127.0.0.1:1")
    told = bellwire("config", "--data", tmp_path, "--config", file, "--json")
    rows = {row["name"]: (row["value"], row["origin"]) for row in told.items()}
    assert rows["data"] == (str(tmp_path), "flag --data")
    assert rows["listen"] == ("127.0.0.1:1", "environment variable BELLWIRE_LISTEN")
    assert rows["log-level"] == ("debug", f"file {file}")
    assert rows["log-format"] == ("auto", "default")
    assert "environment variable BELLWIRE_LISTEN" in bellwire("config", "--config", file).out


def test_logs_are_json_where_nobody_reads_them_at_a_terminal(tmp_path: Path, bellwire: Bellwire) -> None:
    with contextlib.closing(serve(tmp_path)) as server, socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        silent.close()
        assert bellwire("--data", tmp_path, "webhook", "create", "--url", f"http://127.0.0.1:{port}/").code == 0
        assert bellwire("--data", tmp_path, "emit", "auth.success").code == 0
        line = json.loads(server.error_with("attempt failed"))
    assert (line["level"], line["event"], line["events"]) == ("warning", "attempt failed", 1)
