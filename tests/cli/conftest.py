import contextlib
import io
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import msgspec
import pytest

from bellwire.cli.main import run

PROGRAM = (sys.executable, "-m", "bellwire")
ENVIRONMENT = {"BELLWIRE_CONFIG": os.devnull, "NO_COLOR": "1"}


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a command line came to."""

    code: int
    out: str
    err: str

    def items(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.out.splitlines()]


Bellwire = Callable[..., Told]
Start = Callable[..., "Program"]


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither settings nor colours come from whoever runs the tests."""
    for name in os.environ:
        if name.startswith("BELLWIRE_"):
            monkeypatch.delenv(name)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def bellwire(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Bellwire:
    """Runs a command line in this process, with nobody at the keyboard."""

    def call(*arguments: str | Path, stdin: bytes = b"") -> Told:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        written = capsys.readouterr()
        return Told(code=code, out=written.out, err=written.err)

    return call


class Program:
    """A command that stays up, as a process of its own; its lines are read as they come."""

    def __init__(self, *arguments: str | Path, **environment: str) -> None:
        self.process = subprocess.Popen(
            [*PROGRAM, *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **ENVIRONMENT, **environment},
        )
        self.errors: list[str] = []
        self._new_errors: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        assert self.process.stderr is not None
        self._reader = threading.Thread(target=self._read, args=(self.process.stderr,))
        self._reader.start()

    def line_with(self, text: str) -> str:
        """The next line of standard output that contains the text."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if text in line:
                return line
        pytest.fail(f"it ended without saying {text!r}: {self.errors}")

    def error_with(self, text: str) -> str:
        """The next line of standard error that contains the text."""
        while (line := self._new_errors.get(timeout=30)) is not None:
            if text in line:
                return line
        pytest.fail(f"it ended without saying {text!r}: {self.errors}")

    def end(self, signal_number: int) -> int:
        """Send a signal and wait for the end; the exit code."""
        self.process.send_signal(signal_number)
        return self.wait()

    def wait(self) -> int:
        """Read the rest and wait for the end; the exit code."""
        assert self.process.stdout is not None
        self.rest = self.process.stdout.read()
        code = self.process.wait(30)
        self._reader.join()
        return code

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.wait()
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()

    def _read(self, stream: IO[str]) -> None:
        for line in stream:
            self.errors.append(line)
            self._new_errors.put(line)
        self._new_errors.put(None)


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """A running server: its folder, and command lines that talk to it."""

    folder: Path
    bellwire: Bellwire
    process: Program

    def __call__(self, *arguments: str | Path, stdin: bytes = b"") -> Told:
        return self.bellwire("--data", self.folder, *arguments, stdin=stdin)

    def right(self, *arguments: str | Path, stdin: bytes = b"") -> Told:
        """A command line that must succeed."""
        told = self(*arguments, stdin=stdin)
        assert told.code == 0, told
        return told


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Program]]:
    """One server for all tests that do not stop it."""
    folder = tmp_path_factory.mktemp("served")
    with contextlib.closing(serve(folder)) as server:
        yield folder, server


@pytest.fixture
def served(running: tuple[Path, Program], bellwire: Bellwire) -> Iterator[Served]:
    """The server, without webhooks; those of the test are deleted after it."""
    folder, process = running
    served = Served(folder=folder, bellwire=bellwire, process=process)
    yield served
    for webhook in served.right("webhook", "list", "--json").items():
        served.right("webhook", "delete", "--yes", str(webhook["id"]))


def serve(folder: Path, *options: str) -> Program:
    """A server that listens."""
    server = Program("serve", "--data", folder, "--listen", "127.0.0.1:0", *options)
    with contextlib.ExitStack() as on_failure:
        on_failure.callback(server.close)
        server.line_with("listens at")
        on_failure.pop_all()
    return server


@pytest.fixture
def program() -> Iterator[Start]:
    """Starts programs, and ends those that are left."""
    with contextlib.ExitStack() as started:

        def start(*arguments: str | Path, **environment: str) -> Program:
            one = Program(*arguments, **environment)
            started.callback(one.close)
            return one

        yield start
