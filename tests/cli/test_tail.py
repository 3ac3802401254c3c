import contextlib
import fcntl
import json
import os
import pty
import signal
import socket
import struct
import subprocess
import termios
from pathlib import Path

from cli.conftest import ENVIRONMENT, PROGRAM, Bellwire, Served, Start, serve

NOBODY = "http://127.0.0.1:9/in"


def test_what_happens_comes_as_json_lines_in_a_pipe_and_an_interrupt_ends_it_well(
    served: Served, program: Start
) -> None:
    tail = program("--data", served.folder, "tail", "--show", "events", "--type", "auth.failed")
    tail.error_with("following http://127.0.0.1:")
    served.right("emit", "auth.success", "attempt=1")
    served.right("emit", "auth.failed", "amount=12.50", "--id", "tail-1")
    line = tail.line_with("tail-1")
    assert '"amount":12.50' in line
    told = json.loads(line)
    assert (told["kind"], told["data"]["type"]) == ("event", "auth.failed")
    assert tail.end(signal.SIGINT) == 0
    assert tail.rest == ""


def test_a_person_sees_a_line_for_each_thing(served: Served) -> None:
    screen, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 300, 0, 0))
    command = [*PROGRAM, "--data", str(served.folder), "tail"]
    tail = subprocess.Popen(command, stdout=terminal, stderr=terminal, env={**os.environ, **ENVIRONMENT})
    os.close(terminal)
    with tail, contextlib.closing(os.fdopen(screen, "rb", buffering=0)) as lines:

        def line_with(text: str) -> str:
            seen = b""
            while text.encode() not in seen or not seen.endswith(b"\n"):
                seen += lines.read(65_536)
            return next(line for line in seen.decode().splitlines() if text in line)

        line_with("following")
        served.right("webhook", "create", "--url", NOBODY, "--event", "auth.success", "--name", "shop")
        assert "change   shop  created" in line_with("created")
        served.right("emit", "auth.success", "accountName=nadia")
        assert "attempt  shop  failed: connection refused" in line_with("refused")
        tail.send_signal(signal.SIGTERM)
        assert tail.wait(30) == 0


def test_it_connects_again_and_shows_what_happened_meanwhile(
    tmp_path: Path, bellwire: Bellwire, program: Start
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{probe.getsockname()[1]}"
    with contextlib.closing(serve(tmp_path, "--listen", place)) as server:
        tail = program("--data", tmp_path, "tail", "--show", "events")
        tail.error_with("following")
        assert bellwire("--data", tmp_path, "emit", "auth.success", "--id", "before").code == 0
        tail.line_with("before")
        assert server.end(signal.SIGTERM) == 0
        assert not any("error" in line.lower() for line in server.errors)
    tail.error_with("trying again")
    with contextlib.closing(serve(tmp_path, "--listen", place)) as server:
        assert bellwire("--data", tmp_path, "emit", "auth.success", "--id", "after").code == 0
        assert json.loads(tail.line_with("after"))["data"]["id"] == "after"
        assert tail.end(signal.SIGINT) == 0
        server.end(signal.SIGTERM)


def test_what_is_asked_for_wrongly_is_told_at_once(served: Served) -> None:
    told = served("tail", "--show", "evens")
    assert told.code == 1
    assert "write events, attempts, discards or changes" in told.err
