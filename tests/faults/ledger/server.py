"""The server of a run: the real program as a process, killed and started again over one folder."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final

import httpx
import msgspec

START_S_MAX: Final = 60
STOP_S_MAX: Final = 30
CALL_S_MAX: Final = 30
PAGE_ITEMS: Final = 1000
PROGRAM: Final = (sys.executable, "-m", "bellwire")


class ServerEnded(Exception):
    """The server ended though nobody had told it to."""


class Server:
    """`bellwire serve` over a folder, on another free port in each of its lives."""

    def __init__(self, folder: Path, *, log: Path) -> None:
        self.killed_while_starting = 0
        self._folder = folder
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self._url: str | None = None
        self._silent = True
        self._changed = threading.Condition()

    def start(self) -> None:
        """Start the process; returns before it listens."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("BELLWIRE_")}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*PROGRAM, "serve", "--data", self._folder, "--listen", "127.0.0.1:0"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**inherited, "BELLWIRE_CONFIG": os.devnull, "NO_COLOR": "1"},
            )
        self._silent = False
        assert self._process.stdout is not None
        self._reader = threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True)
        self._reader.start()

    def kill(self) -> None:
        """kill -9, at whatever it is. Raises ServerEnded if it had ended before."""
        process = self._running()
        if process.poll() is not None:
            raise ServerEnded(f"the server ended by itself with exit code {process.returncode}; see {self._log}")
        with self._changed:
            self.killed_while_starting += self._url is None
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        return self._end(signal.SIGTERM)

    def close(self) -> None:
        """Leave nothing behind."""
        if self._process is not None:
            self._end(signal.SIGKILL)

    def wait_url(self, timeout_s: float) -> str | None:
        """Where it listens; waits for that as long, unless it ends. None while it does not listen."""
        with self._changed:
            self._changed.wait_for(lambda: self._url is not None or self._silent, timeout=timeout_s)
            return self._url

    def client(self) -> httpx.Client:
        """Calls of the API of this life. Raises ServerEnded if it does not come up."""
        url = self.wait_url(START_S_MAX)
        if url is None:
            raise ServerEnded(f"the server ended, or did not listen within {START_S_MAX} s; see {self._log}")
        return httpx.Client(base_url=url, headers=self.authorization(), timeout=CALL_S_MAX, trust_env=False)

    def authorization(self) -> dict[str, str]:
        """The header that every call needs."""
        return {"Authorization": f"Bearer {(self._folder / 'admin.token').read_text().strip()}"}

    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "start() comes first"
        return self._process

    def _end(self, signal_number: int) -> int:
        process = self._running()
        process.send_signal(signal_number)
        code = process.wait(STOP_S_MAX)
        assert self._reader is not None
        self._reader.join()
        assert process.stdout is not None
        process.stdout.close()
        with self._changed:
            self._url = None
        self._process = None
        return code

    def _read(self, stream: IO[bytes]) -> None:
        for line in stream:
            if b"listens at" in line:
                with self._changed:
                    self._url = line.decode().split()[-1]
                    self._changed.notify_all()
        with self._changed:
            self._silent = True
            self._changed.notify_all()


def read_list(client: httpx.Client, path: str, **query: str) -> Iterator[dict[str, Any]]:
    """All items of a list of the API, page by page; members that are data come as msgspec.Raw."""
    token: str | None = None
    decoder = msgspec.json.Decoder(_Page)
    while True:
        page_token = {} if token is None else {"pageToken": token}
        answer = client.get(path, params={**query, "limit": str(PAGE_ITEMS), **page_token})
        answer.raise_for_status()
        page = decoder.decode(answer.content)
        for item in page.items:
            yield {name: value if name == "data" else msgspec.json.decode(value) for name, value in item.items()}
        token = page.next
        if token is None:
            return


class _Page(msgspec.Struct, frozen=True):
    items: list[dict[str, msgspec.Raw]]
    next: str | None
