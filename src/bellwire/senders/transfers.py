"""libcurl's transfers on an asyncio event loop: which sockets they wait for, and until when.

libcurl's sockets are watched by a selector of their own, and the event loop watches that selector. So a socket that
comes and goes costs two cheap calls rather than two of the loop's watchers, one turn of the loop serves all sockets
that are ready, and the loop never holds a file descriptor that libcurl has closed. pycurl's AsyncCurlMulti, which gives
each socket to the loop, takes 1.2 to 1.5 times the processor time for a request.
"""

import asyncio
import concurrent.futures
import selectors
import threading
from typing import Final, NamedTuple

import pycurl  # type: ignore[import-untyped] # it brings no types

from bellwire.errors import Stopping

CONNECTIONS_KEPT_MAX: Final = 500
"""Open connections beyond which one that becomes idle is closed, the one that was idle longest first."""

CLOSE_WAIT_S: Final = 1.0
"""How long close() waits for libcurl, which waits for name lookups that hang; they end by themselves after it."""


class Ending(NamedTuple):
    """How a transfer ended. code: one of pycurl's E_* numbers, E_OK for success; message: libcurl's words for it."""

    code: int
    message: str


class Transfers:
    """Runs transfers, many at once, and keeps their connections. Made and used inside one running event loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._running: dict[pycurl.Curl, asyncio.Future[Ending]] = {}
        self._timer: asyncio.Handle | None = None
        self._closed = False
        self._retired = False
        self._sockets = selectors.DefaultSelector()
        self._watched: dict[int, int] = {}
        self._loop.add_reader(self._sockets.fileno(), self._sockets_ready)
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._wake_in)
        self._multi.setopt(pycurl.M_MAXCONNECTS, CONNECTIONS_KEPT_MAX)

    async def run(self, curl: pycurl.Curl) -> Ending:
        """Make the transfer that the handle describes. Cancelling it closes its connection.

        Raises Stopping when the transfers are closed, before or meanwhile.
        """
        if self._closed:
            raise Stopping("the sender is closed and sends nothing more")
        ending: asyncio.Future[Ending] = self._loop.create_future()
        self._multi.add_handle(curl)
        self._running[curl] = ending
        self._time_has_come()  # so that the request leaves at once, not in the loop's next turn
        try:
            return await ending
        finally:
            if curl in self._running:
                self._remove(curl)
            if self._retired and not self._running:
                self._end()

    @property
    def closed(self) -> bool:
        """Whether nothing can run any more."""
        return self._closed

    def retire(self) -> None:
        """Take no more transfers, let those that run end, and close all connections after the last of them."""
        self._retired = True
        if not self._running:
            self._end()

    async def close(self) -> None:
        """End what is running with Stopping and close all connections; a second call does nothing."""
        if not self._closed:
            await asyncio.wait([asyncio.wrap_future(self._end())], timeout=CLOSE_WAIT_S)

    def _end(self) -> concurrent.futures.Future[None]:
        """End what is running; the future is done once libcurl has closed everything."""
        closed: concurrent.futures.Future[None] = concurrent.futures.Future()
        if self._closed:
            closed.set_result(None)
            return closed
        self._closed = True
        for curl in tuple(self._running):
            ending = self._remove(curl)
            if not ending.cancelled():
                ending.set_exception(Stopping("the sender was closed before an answer came"))
        self._loop.remove_reader(self._sockets.fileno())
        self._sockets.close()
        if self._timer is not None:
            self._timer.cancel()

        # libcurl joins the threads of its name lookups, for ten seconds and more when a name server is silent. A
        # thread of the loop's executor would hold up the end of the process as long.
        def close() -> None:
            self._multi.close()
            closed.set_result(None)

        threading.Thread(target=close, name="closing libcurl", daemon=True).start()
        return closed

    def _remove(self, curl: pycurl.Curl) -> asyncio.Future[Ending]:
        ending = self._running.pop(curl)
        self._multi.remove_handle(curl)
        return ending

    def _watch(self, wanted: int, fd: int, _multi: pycurl.CurlMulti, _of_socket: object) -> None:
        """Told by libcurl what it waits for on a socket; it says POLL_REMOVE before it closes one."""
        if self._closed:
            return
        events = wanted & pycurl.POLL_INOUT  # POLL_IN and POLL_OUT are EVENT_READ and EVENT_WRITE
        watched = self._watched.pop(fd, 0)
        if events:
            self._watched[fd] = events
        if not watched and events:
            self._sockets.register(fd, events)
        elif watched and not events:
            self._sockets.unregister(fd)
        elif events != watched:
            self._sockets.modify(fd, events)

    def _wake_in(self, wait_ms: int) -> None:
        """Told by libcurl when it wants to act though no socket is ready; negative: not at all."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._closed or wait_ms < 0:
            return
        # Not at once even for 0: libcurl must not be called from its own callback.
        self._timer = self._loop.call_later(wait_ms / 1000, self._time_has_come)

    def _time_has_come(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        self._settle_ended()

    def _sockets_ready(self) -> None:
        for key, events in self._sockets.select(0):
            self._multi.socket_action(key.fd, events)  # EVENT_READ and EVENT_WRITE are CSELECT_IN and CSELECT_OUT
        self._settle_ended()

    def _settle_ended(self) -> None:
        _, succeeded, failed = self._multi.info_read()
        for curl in succeeded:
            self._settle(curl, Ending(pycurl.E_OK, ""))
        for curl, code, message in failed:
            self._settle(curl, Ending(code, message))

    def _settle(self, curl: pycurl.Curl, how: Ending) -> None:
        ending = self._remove(curl)
        if not ending.cancelled():  # in this turn of the loop, and run() has not been told yet
            ending.set_result(how)
