"""An answer that goes on: server-sent events (WHATWG HTML §9.2), until the reader or their permission ends."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from bellwire.engine.broadcaster import Broadcaster
from bellwire.engine.listener import Listener, Told
from bellwire.model.live import show_place
from bellwire.model.webhook import KIB
from bellwire.web.schemas.live import STREAM_TYPE

HEARTBEAT_S: Final = 15
"""Between two comments, by which each side finds out that the other is gone; the permission is checked as often."""

RETRY_MS: Final = 2_000
"""After which a browser connects again."""

PIECE_BYTES: Final = 64 * KIB
"""Written at once, about; the server's buffer for one connection holds as much before it makes us wait."""

SECOND_MS: Final = 1_000

HEADERS: Final = {
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # nginx would gather what is meant to be seen at once
}


def stream_head() -> Response:
    """The answer to HEAD: as the stream's, without one."""
    return Response(headers={**HEADERS, "Content-Type": STREAM_TYPE})


class StreamAnswer(Response):
    """Tells what a listener hears. still_admitted: whether the reader may go on. ends_after_ms: None for no end.
    pause_ms: how long nothing is told after something was.
    """

    def __init__(
        self,
        live: Broadcaster,
        listener: Listener,
        show: Callable[[Told], bytes],
        *,
        still_admitted: Callable[[], bool],
        ends_after_ms: int | None,
        pause_ms: int = 0,
    ) -> None:
        super().__init__(headers={**HEADERS, "Content-Type": STREAM_TYPE})
        del self.headers["content-length"]
        self._live = live
        self._listener = listener
        self._show = show
        self._still_admitted = still_admitted
        self._ends_after_ms = ends_after_ms
        self._pause_ms = pause_ms

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's own signature
        """Answer, for as long as it takes; whoever reads slowly is waited for, and what they miss is counted."""
        gone = asyncio.get_running_loop().create_task(_until_gone(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await send(_piece(f"retry: {RETRY_MS}\n{self._place()}".encode()))
            await self._tell(send, gone)
            await send(_piece(b"", more=False))
        finally:
            self._live.leave(self._listener)
            gone.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await gone

    async def _tell(self, send: Send, gone: asyncio.Task[None]) -> None:
        clock = asyncio.get_running_loop()
        end = None if self._ends_after_ms is None else clock.time() + self._ends_after_ms / SECOND_MS
        beat_at = clock.time() + HEARTBEAT_S
        while not gone.done():
            if clock.time() >= beat_at:
                if not self._still_admitted():
                    return
                beat_at = clock.time() + HEARTBEAT_S
                await send(_piece(f":\n{self._place()}".encode()))
            self._listener.woken.clear()
            if piece := self._take():
                await send(_piece(piece))
                await asyncio.wait({gone}, timeout=self._pause_ms / SECOND_MS)
            elif self._listener.closed or (end is not None and clock.time() >= end):
                return
            else:
                until = beat_at if end is None else min(beat_at, end)
                await self._wait(gone, timeout_s=until - clock.time())

    def _take(self) -> bytes:
        piece = bytearray()
        while len(piece) < PIECE_BYTES and (told := self._listener.take()) is not None:
            piece += self._show(told)
        return bytes(piece)

    async def _wait(self, gone: asyncio.Task[None], *, timeout_s: float) -> None:
        woken = asyncio.get_running_loop().create_task(self._listener.woken.wait())
        try:
            await asyncio.wait({woken, gone}, timeout=max(0, timeout_s), return_when=asyncio.FIRST_COMPLETED)
        finally:
            woken.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await woken

    def _place(self) -> str:
        """An id without data: it is remembered, and nothing is dispatched."""
        return f"id: {show_place(self._listener.place)}\n\n"


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _piece(content: bytes, *, more: bool = True) -> dict[str, object]:
    return {"type": "http.response.body", "body": content, "more_body": more}
