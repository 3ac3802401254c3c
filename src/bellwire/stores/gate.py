"""Lets calls through while a store is open, and only in the process that opened it."""

import os

from bellwire.errors import StorageUnavailable


class Gate:
    """One store's openness. SQLite's locks and the writer's thread do not survive a fork, so a child is turned away."""

    def __init__(self) -> None:
        self._open = True
        self._owner = os.getpid()

    @property
    def is_open(self) -> bool:
        """Whether nobody closed the store yet."""
        return self._open

    def check(self) -> None:
        """Raise StorageUnavailable unless a call may pass."""
        if not self._open:
            raise StorageUnavailable("the store is closed; open it again to use it")
        if os.getpid() != self._owner:
            raise StorageUnavailable(
                f"the store was opened by process {self._owner} and cannot be used in process {os.getpid()}, "
                "which was forked from it; open a store after the fork"
            )

    def close(self) -> None:
        """Let nothing through from now on."""
        self._open = False
