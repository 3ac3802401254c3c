"""The processes of a benchmark: the server that is measured, its loader, its receiver, and what stands for a limit."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import httpx
import msgspec

from benchmarks.curl_alone import Posted, Posting
from benchmarks.loader import Load, Loaded
from benchmarks.receiver import Counted, Received

ROOT: Final = Path(__file__).parent.parent
STOP_S_MAX: Final = 30
CALL_S_MAX: Final = 120
CLOCK_TICKS: Final = os.sysconf("SC_CLK_TCK")


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """What a process has used: seconds of CPU since its start, bytes of memory now and at most."""

    cpu_s: float
    memory_bytes: int
    memory_bytes_max: int


class Server:
    """`bellwire serve` as its users run it: fsync on, its defaults, a folder on disk of its own."""

    def __init__(
        self, folder: Path, *, source: Path | None = None, options: tuple[str, ...] = (), settings: str = ""
    ) -> None:
        """source: the src folder of the Bellwire to measure, None for the one that is installed. settings: the text of
        its settings file.
        """
        self.folder = folder
        self.port = 0
        self.started_s = 0.0
        self.memory_bytes_max = 0
        self._source = source
        self._options = options
        self._settings = folder.parent / "bellwire.toml"
        self._settings.write_text(settings)
        self._log = folder.parent / "server.log"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start it; returns once it answers that it is well, after started_s seconds."""
        begun = time.perf_counter()
        command = [sys.executable, "-m", "bellwire", "serve", "--data", str(self.folder), "--listen", "127.0.0.1:0"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, *self._options],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**_environment(self._source), "BELLWIRE_CONFIG": str(self._settings), "NO_COLOR": "1"},
            )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if b"listens at" in line:
                self.port = int(line.decode().strip().rsplit(":", 1)[1].rstrip("/"))
                httpx.get(f"http://127.0.0.1:{self.port}/healthz", trust_env=False).raise_for_status()
                self.started_s = time.perf_counter() - begun
                return
        raise RuntimeError(f"the server did not start:\n{self._log.read_text()[-2000:]}")

    def stop(self) -> None:
        """End it in good order."""
        if self._process is not None:
            with contextlib.suppress(FileNotFoundError, KeyError):  # it has ended by itself
                self.memory_bytes_max = max(self.memory_bytes_max, self.usage().memory_bytes_max)
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

    def __init__(self) -> None:
        self._port = 0

    def __enter__(self) -> Self:
        self._process = start("benchmarks.receiver")
        return self

    def __exit__(self, *_: object) -> None:
        close(self._process)

    def url(self, path: str = "/hook") -> str:
        """Of an endpoint. The process is waited for at the first call only, as a server may start meanwhile."""
        self._port = self._port or int(self._line())
        return f"http://127.0.0.1:{self._port}{path}"

    def counted(self) -> Counted:
        """What came since the last reset, in short."""
        return msgspec.json.decode(self._asked(b"count"), type=Counted)

    def received(self, *, reset: bool = False) -> Received:
        """What came since the last reset."""
        return msgspec.json.decode(self._asked(b"reset" if reset else b"tell"), type=Received)

    def _asked(self, question: bytes) -> bytes:
        self.url()
        assert self._process.stdin is not None
        self._process.stdin.write(question + b"\n")
        self._process.stdin.flush()
        return self._line()

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
    return msgspec.json.decode(asked("benchmarks.curl_alone", plan), type=Posted)


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


def start(module: str, *arguments: str, source: Path | None = None) -> subprocess.Popen[bytes]:
    """A process of this package; source: as of Server, where the module imports Bellwire."""
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=_environment(source),
    )


def asked(module: str, question: object = None, *, source: Path | None = None) -> bytes:
    """What a process of this package, which is given this as JSON, writes until its end."""
    process = start(module, source=source)
    output, _ = process.communicate(msgspec.json.encode(question))
    if process.returncode:
        raise RuntimeError(f"{module} failed")
    return output


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


def _environment(source: Path | None) -> Mapping[str, str]:
    """As this process has it, without settings of Bellwire; modules of Bellwire come from the source. Compiled modules
    are kept, as installing a program does: a start is not about compiling.
    """
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("BELLWIRE_") and name != "PYTHONDONTWRITEBYTECODE"
    }
    return inherited if source is None else {**inherited, "PYTHONPATH": str(source)}
