"""The data folder: made private, owned by one process at a time, home of the store and of the administrator's token."""

import fcntl
import os
import secrets
import weakref
from pathlib import Path
from typing import Final

from bellwire.errors import DataFolderInUse, StorageUnavailable

STORE_FILE: Final = "bellwire.db"
LOCK_FILE: Final = "lock"
ADMIN_FILE: Final = "admin.token"
KEY_FILE: Final = "secrets.key"
TOKEN_BYTES: Final = 32


_claimed: Final["weakref.WeakSet[DataFolder]"] = weakref.WeakSet()


class DataFolder:
    """A claimed folder. The claim is a lock that the system drops with the process, however that ends."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self._lock: int | None = lock
        _claimed.add(self)

    @classmethod
    def claim(cls, path: Path) -> "DataFolder":
        """Own the folder, made with mode 0700 where it is missing. Raises DataFolderInUse, StorageUnavailable."""
        path = path.absolute()  # the program may change its working directory
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(path / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as problem:
            raise StorageUnavailable(f"the data folder {path} cannot be used: {problem.strerror}") from problem
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            owner = os.pread(lock, 20, 0).decode(errors="replace").strip() or "unknown"
            os.close(lock)
            whose = "this process itself" if owner == str(os.getpid()) else f"process {owner}"
            raise DataFolderInUse(
                f"the data folder {path} is in use by {whose}; stop that one, or choose another folder (--data)"
            ) from problem
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        return cls(path, lock)

    @property
    def store_path(self) -> Path:
        """Where the store is."""
        return self.path / STORE_FILE

    @property
    def key_path(self) -> Path:
        """Where the key is that seals secrets at rest, unless it is kept elsewhere."""
        return self.path / KEY_FILE

    def admin_token(self) -> str:
        """The administrator's token; made on the first start, or when its file was removed (mode 0600)."""
        path = self.path / ADMIN_FILE
        try:
            token = path.read_text(encoding="ascii").strip()
            if token:
                return token
        except FileNotFoundError:
            pass
        token = "bwadmin_" + secrets.token_urlsafe(TOKEN_BYTES)
        write_private(path, token + "\n")
        return token

    def release(self) -> None:
        """Give the folder up; a second call does nothing. In a forked child the parent's claim stays."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def write_private(path: Path, text: str) -> None:
    """Give a file this content, whole or not at all, also in a crash; only its owner may read it. Raises OSError."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _release_in_child() -> None:
    """A child shares its parent's lock, and would keep the folder from others after its parent's end."""
    for folder in tuple(_claimed):
        folder.release()


os.register_at_fork(after_in_child=_release_in_child)
