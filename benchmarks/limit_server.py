"""A limit: the HTTP server that Bellwire uses, answering without work (`none`), or once the body is on disk (`file`).

    python -m benchmarks.limit_server none|file PATH

It writes its port to standard output and ends with its standard input. `file` appends bodies to a plain file and calls
fdatasync once for all that waited meanwhile, which is the least that a durable log must do.
"""

import asyncio
import os
import socket
import sys
import threading
from typing import Final

import uvicorn
from starlette.types import Receive, Scope, Send

ANSWER: Final = b'{"accepted":1,"duplicates":0,"ids":["00000000-0000-0000-0000-000000000000"]}'


class PlainFile:
    """One thread appends what waits, syncs once, and tells the event loop once."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._some = threading.Condition()
        self._loop: asyncio.AbstractEventLoop | None = None
        threading.Thread(target=self._run, daemon=True).start()

    async def append(self, body: bytes) -> None:
        """Returns once it is on disk."""
        self._loop = asyncio.get_running_loop()
        future = self._loop.create_future()
        with self._some:
            self._waiting.append((body, future))
            self._some.notify()
        await future

    def _run(self) -> None:
        while True:
            with self._some:
                self._some.wait_for(lambda: self._waiting)
                group, self._waiting = self._waiting, []
            os.write(self._file, b"".join(body for body, _ in group))
            os.fdatasync(self._file)
            assert self._loop is not None
            self._loop.call_soon_threadsafe(_answer, [future for _, future in group])


def _answer(futures: list[asyncio.Future[None]]) -> None:
    for future in futures:
        future.set_result(None)


class Application:
    """Raw ASGI, as Bellwire's publishing is."""

    def __init__(self, file: PlainFile | None) -> None:
        self._file = file

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        pieces = []
        while True:
            message = await receive()
            pieces.append(message.get("body", b""))
            if not message.get("more_body", False):
                break
        if self._file is not None:
            await self._file.append(b"".join(pieces))
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(ANSWER)).encode())]
        await send({"type": "http.response.start", "status": 202, "headers": headers})
        await send({"type": "http.response.body", "body": ANSWER})


def main(mode: str, path: str) -> None:
    """Serve until standard input ends."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    application = Application(PlainFile(path) if mode == "file" else None)
    config = uvicorn.Config(application, log_level="error", lifespan="off", loop="uvloop", http="httptools")
    server = uvicorn.Server(config)
    print(listener.getsockname()[1], flush=True)
    threading.Thread(target=server.run, args=([listener],), daemon=True).start()
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
