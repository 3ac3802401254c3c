"""The password checker: hashes passwords with argon2id, a few at a time, off the event loop."""

import asyncio
import concurrent.futures
from typing import Final

import argon2

from bellwire.errors import Overloaded

MEMORY_KIB: Final = 19_456
PASSES: Final = 2
LANES: Final = 1
"""What OWASP's Password Storage Cheat Sheet asks of argon2id at least: enough against guessing, and an attacker who
sends passwords cannot take much memory.
"""

AT_ONCE_MAX: Final = 2
WAITING_MAX: Final = 20
"""How many passwords may wait to be hashed; more are turned away."""


class PasswordChecker:
    """Each hash takes some 20 MiB and tens of milliseconds."""

    def __init__(self) -> None:
        self._hasher = argon2.PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)
        self._threads = concurrent.futures.ThreadPoolExecutor(AT_ONCE_MAX, thread_name_prefix="bellwire-password")
        self._waiting = 0
        self._nobodys: str | None = None

    async def hash(self, password: str) -> str:
        """The hash to be kept. Raises Overloaded."""
        hashed = await self._in_thread(self._hasher.hash, password)
        return str(hashed)

    async def matches(self, password: str, password_hash: str | None) -> bool:
        """Whether it is the password of that hash; None, where there is none, takes as long. Raises Overloaded."""
        if password_hash is None:
            if self._nobodys is None:
                self._nobodys = await self.hash("nobody's")
            await self._in_thread(self._verify, self._nobodys, password)
            return False
        return bool(await self._in_thread(self._verify, password_hash, password))

    def close(self) -> None:
        """Let go of the threads, once what was begun is done."""
        self._threads.shutdown(wait=False)

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except argon2.exceptions.VerificationError:
            return False

    async def _in_thread(self, work: object, *arguments: str) -> object:
        if self._waiting >= WAITING_MAX:
            raise Overloaded(f"{WAITING_MAX} passwords are being checked already; try again in a moment")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)  # type: ignore[arg-type] # narrowed below
        finally:
            self._waiting -= 1
