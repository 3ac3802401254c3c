"""The processes of a benchmark: the server that is measured, its loader, its receiver, and what stands for a limit."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import httpx
import msgspec

from benchmarks.curl_alone import Posted, Posting
from benchmarks.loader import Load, Loaded
from benchmarks.receiver import Received

ROOT: Final = Path(__file__).parent.parent
STOP_S_MAX: Final = 30
CALL_S_MAX: Final = 120
CLOCK_TICKS: Final = os.sysconf("SC_CLK_TCK")
PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """What a process has used: seconds of CPU since its start, bytes of memory now and at most."""

    cpu_s: float
    memory_bytes: int
    memory_bytes_max: int


class Server:
    """`bellwire serve` as its users run it: fsync on, its defaults, a folder on disk of its own."""

    def __init__(self, folder: Path, *, source: Path | None = None, options: tuple[str, ...] = ()) -> None:
        """source: the src folder of the Bellwire to measure, None for the one that is installed."""
        self.folder = folder
        self._source = source
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start it; returns once it listens."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("BELLWIRE_")}
        path = {} if self._source is None else {"PYTHONPATH": str(self._source)}
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "bellwire",
                "serve",
                "--data",
                self.folder,
                "--listen",
                "127.0.0.1:0",
                *self._options,
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=(self.folder.parent / "server.log").open("ab"),
            env={**inherited, "BELLWIRE_CONFIG": os.devnull, "NO_COLOR": "1", **path},
        )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if b"listens at" in line:
                self.port = int(line.decode().strip().rsplit(":", 1)[1].rstrip("/"))
                return
        raise RuntimeError(f"the server did not start; see {self.folder.parent / 'server.log'}")

    def stop(self) -> None:
        """End it in good order."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(STOP_S_MAX)
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None

    @property
    def token(self) -> str:
        """The administrator's."""
        return (self.folder / "admin.token").read_text().strip()

    def client(self) -> httpx.Client:
        """Calls of its API."""
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}",
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=CALL_S_MAX,
            trust_env=False,
        )

    def usage(self) -> Usage:
        """What it has used."""
        assert self._process is not None
        return usage_of(self._process.pid)


class Receiver:
    """The receiver, see receiver.py."""

    def __enter__(self) -> Self:
        self._process = start("benchmarks.receiver")
        self.port = int(self._line())
        return self

    def __exit__(self, *_: object) -> None:
        close(self._process)

    def url(self, path: str = "/hook") -> str:
        """Of an endpoint."""
        return f"http://127.0.0.1:{self.port}{path}"

    def told(self, *, reset: bool = False) -> Received:
        """What came since the last reset."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"reset\n" if reset else b"tell\n")
        self._process.stdin.flush()
        return msgspec.json.decode(self._line(), type=Received)

    def _line(self) -> bytes:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


class Loading:
    """A loader at work: `with Loading(load) as loading: …; loaded = loading.result()`."""

    def __init__(self, load: Load) -> None:
        self._load = load

    def __enter__(self) -> Self:
        self._process = start("benchmarks.loader")
        assert self._process.stdin is not None
        self._process.stdin.write(msgspec.json.encode(self._load))
        self._process.stdin.close()
        self._process.stdin = None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def result(self) -> Loaded:
        """Wait for its end."""
        output, _ = self._process.communicate()
        if self._process.returncode:
            raise RuntimeError("the loader failed")
        return msgspec.json.decode(output, type=Loaded)


def load(plan: Load) -> Loaded:
    """Load, and wait for the end."""
    with Loading(plan) as loading:
        return loading.result()


def post_alone(plan: Posting) -> Posted:
    """libcurl alone, in a process of its own."""
    process = start("benchmarks.curl_alone")
    output, _ = process.communicate(msgspec.json.encode(plan))
    if process.returncode:
        raise RuntimeError("posting failed")
    return msgspec.json.decode(output, type=Posted)


@contextlib.contextmanager
def limit_server(mode: str, folder: Path) -> Iterator[int]:
    """The port of a server that answers without work, or (mode `file`) once the body is in a plain file on disk."""
    process = start("benchmarks.limit_server", mode, str(folder / "plain"))
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        close(process)


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """A folder on the disk that is measured: BENCH_FOLDER, or the one of the repository."""
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=os.environ.get("BENCH_FOLDER", ROOT / "build")))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def start(module: str, *arguments: str) -> subprocess.Popen[bytes]:
    """A process of this package."""
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    )


def close(process: subprocess.Popen[Any]) -> None:
    """End one that stops when its standard input ends."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def usage_of(pid: int) -> Usage:
    """What a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line)
    return Usage(
        cpu_s=(int(fields[11]) + int(fields[12])) / CLOCK_TICKS,
        memory_bytes=int(status["VmRSS"].split()[0]) * 1024,
        memory_bytes_max=int(status["VmHWM"].split()[0]) * 1024,
    )
