"""Looks a name up as the system does, bounded in time."""

import asyncio
import contextlib
import socket
import threading

from bellwire.model.attempt import NoAnswer, Timings, Trouble
from bellwire.model.duration import DurationMs, show_duration
from bellwire.model.endpoint_check import Addresses, LookedUp


async def look_up(host: str, port: int, *, timeout_ms: DurationMs) -> LookedUp:
    """Every address of the host, once each, in the system's order of preference."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Addresses | str] = loop.create_future()

    def tell(found: Addresses | str) -> None:
        if not answer.done():
            answer.set_result(found)

    def ask() -> None:
        try:
            listed = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found: Addresses | str = Addresses(tuple(dict.fromkeys(str(each[4][0]) for each in listed)))
        except (OSError, UnicodeError) as error:
            found = getattr(error, "strerror", None) or str(error)
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(tell, found)

    # A lookup cannot be cut off; in a thread of the loop's executor it would hold up the end of the process.
    threading.Thread(target=ask, name="name lookup", daemon=True).start()
    try:
        async with asyncio.timeout(timeout_ms / 1_000):
            found = await answer
    except TimeoutError:
        found = f"no name server has answered within {show_duration(timeout_ms)}"
    if isinstance(found, Addresses):
        return found
    return NoAnswer(trouble=Trouble.NAME_LOOKUP, detail=f"the name lookup failed: {found}", timings=Timings())
