"""The server of the demo: a process of its own, as `bellwire serve` runs it."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from bellwire.cli.client import Client
from bellwire.cli.locating import running_address
from bellwire.model.secret import OWN_VARIABLES

START_S: Final = 20
STOP_S: Final = 15
POLL_S: Final = 0.02
LOG_FILE: Final = "demo-server.log"


@contextlib.contextmanager
def running_server(folder: Path) -> Iterator[Client]:
    """Run a server over the folder on any free port; yields a client of it, and stops it in good order afterwards.

    It is put out of reach of the terminal's Ctrl-C, so that it is stopped once and in order.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    command = [sys.executable, "-m", "bellwire", "--config", os.devnull, "serve", "--data", str(folder)]
    log = folder / LOG_FILE
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own program
            [*command, "--listen", "127.0.0.1:0", "--log-level", "warn"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={name: value for name, value in os.environ.items() if not name.startswith(OWN_VARIABLES)},
            process_group=0,
        )
    try:
        client = _client_once_it_listens(process, folder)
        try:
            yield client
        finally:
            client.close()
    finally:
        _stop(process)


def _client_once_it_listens(process: subprocess.Popen[bytes], folder: Path) -> Client:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        address = running_address(folder, pid=process.pid)
        if address is not None:
            return Client(address)
        if process.poll() is not None:
            break
        time.sleep(POLL_S)
    said = (folder / LOG_FILE).read_text(encoding="utf-8", errors="replace").strip()
    raise click.ClickException(f"the demo's server did not start: {said or f'nothing was heard of it for {START_S} s'}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
