"""The process and the event loop that a Bellwire belongs to, and the way in from other threads."""

import asyncio
import concurrent.futures
import contextlib
import os
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

from bellwire.errors import Mistake, Stopping, StorageUnavailable

LOOK_S: Final = 1.0
"""Between two looks whether the event loop is still there: one that is closed tells nobody."""

_T = TypeVar("_T")


class Home:
    """Made inside the running event loop."""

    def __init__(self) -> None:
        self._process = os.getpid()
        self._thread = threading.get_ident()
        self._loop = asyncio.get_running_loop()

    @property
    def is_here(self) -> bool:
        """Whether the caller is not in a child that was forked from the process."""
        return os.getpid() == self._process

    @property
    def is_own_thread(self) -> bool:
        """Whether the caller is in the event loop's thread."""
        return threading.get_ident() == self._thread

    def check(self) -> None:
        """Raise StorageUnavailable in a forked child: what is in memory there is of the past, and no thread runs."""
        if not self.is_here:
            raise StorageUnavailable(
                f"this Bellwire belongs to process {self._process}, from which process {os.getpid()} was forked; "
                "open one over another folder here, or have the parent publish"
            )

    def check_loop(self) -> None:
        """Raise as check does, and Mistake on another event loop than this: answers would not find their way to it."""
        self.check()
        if asyncio.get_running_loop() is not self._loop:
            raise Mistake("this Bellwire belongs to another event loop; from its thread, call publish_from_thread()")

    def tell(self, callback: Callable[[], object]) -> None:
        """Have the event loop call back soon, if it has not ended; in any thread."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(callback)

    def call(self, work: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        """Do the work on the event loop and wait for what comes of it, in another thread.

        Raises what the work raises, StorageUnavailable in a forked child, Mistake in the event loop's own thread, and
        Stopping where the event loop has ended.
        """
        self.check()
        if self.is_own_thread:
            raise Mistake("the event loop's own thread would wait for itself for ever; await publish() there")
        outcome: concurrent.futures.Future[_T] = concurrent.futures.Future()

        def begin() -> None:
            self._loop.create_task(work()).add_done_callback(lambda task: _pass_on(task, outcome))

        try:
            self._loop.call_soon_threadsafe(begin)
        except RuntimeError as problem:
            raise _ended() from problem
        return self._wait(outcome)

    def _wait(self, outcome: "concurrent.futures.Future[_T]") -> _T:
        while not concurrent.futures.wait([outcome], LOOK_S).done:
            if self._loop.is_closed():
                raise _ended()
        try:
            return outcome.result()
        except concurrent.futures.CancelledError as problem:
            raise _ended() from problem


def _pass_on(task: "asyncio.Task[_T]", outcome: "concurrent.futures.Future[_T]") -> None:
    if task.cancelled():
        outcome.cancel()
    elif problem := task.exception():
        outcome.set_exception(problem)
    else:
        outcome.set_result(task.result())


def _ended() -> Stopping:
    return Stopping("Bellwire's event loop has ended; whether the event was stored is not known, so publish it again")
