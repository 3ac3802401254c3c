"""The keyring: reads the secrets that a webhook or a source names, at the moment they are used."""

import base64
import errno
import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, Final, assert_never

import msgspec

from bellwire.model.secrecy import Secrecy
from bellwire.model.secret import (
    MASK,
    OWN_VARIABLES,
    EnvironmentVariable,
    File,
    NoSecret,
    SecretKey,
    SecretKeyOptional,
    Value,
)
from bellwire.model.source import Source
from bellwire.model.webhook import Basic, Bearer, HttpAuth, Unauthenticated, WebHook
from bellwire.rules.composing import Credentials
from bellwire.rules.signing import STANDARD_PREFIX, standard_key

FILE_BYTES_MAX: Final = 64 * 1024
KEY_BYTES: Final = 32
ANYWHERE: Final = Secrecy()

_SEARCHED: Final = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
"""A folder on the way: with O_PATH, where there is that, one need not be allowed to list it."""


_SEALED: Final = (
    "the stored secret cannot be decrypted; write it anew, or start Bellwire with the key that it was encrypted with"
)


class Unreadable(msgspec.Struct, frozen=True):
    """A secret is named and cannot be had now. reason: which and why, for a person."""

    reason: str


class _Known(msgspec.Struct, frozen=True):
    stamp: tuple[int, ...]
    secret: str


class _Problem(Exception):
    pass


class Keyring:
    """Reads variables and files anew for each use; a file's content is kept until the file changes."""

    def __init__(
        self,
        *,
        environ: Mapping[str, str],
        forbidden_folder: Path | None,
        forbidden_file: Path | None = None,
        secrecy: Secrecy = ANYWHERE,
    ) -> None:
        self.secrecy = secrecy
        self._environ = environ
        self._forbidden_folder = forbidden_folder.resolve() if forbidden_folder else None
        self._forbidden_files = (forbidden_file,) if forbidden_file else ()
        self._files: dict[Path, _Known] = {}

    def read(self, webhook: WebHook, previous_key: SecretKey | None = None) -> Credentials | Unreadable:
        """Every secret of the webhook, or why one cannot be read: then nothing may be sent.

        previous_key: the one that overlaps; if it cannot be read any more, the present one signs alone.
        """
        sealed = [name for name, value in webhook.http_headers.items() if value == MASK]
        if sealed:
            return Unreadable(f"httpHeaders/{sealed[0]}: {_SEALED}")
        try:
            return Credentials(
                previous_key=self._read_previous_key(previous_key),
                signature_key=self._read_signature_key(webhook.signature_key),
                auth_secret=self._read_auth(webhook.http_auth),
            )
        except _Problem as problem:
            return Unreadable(str(problem))

    def read_for_source(self, source: Source) -> Credentials | Unreadable:
        """Every secret of the source, or why one cannot be read: then nothing may be taken from it."""
        try:
            return Credentials(
                signature_key=self._read_signature_key(source.signature_key),
                auth_secret=self._read_auth(source.http_auth),
            )
        except _Problem as problem:
            return Unreadable(str(problem))

    def _read_signature_key(self, key: SecretKeyOptional) -> str | None:
        if isinstance(key, NoSecret):
            return None
        secret = self._read(key, "signatureKey")
        try:
            standard_key(secret)
        except ValueError as problem:
            raise _Problem(f"signatureKey: {problem}") from problem
        return secret

    def _read_previous_key(self, key: SecretKey | None) -> str | None:
        try:
            return None if key is None else self._read_signature_key(key)
        except _Problem:
            return None

    def _read_auth(self, auth: HttpAuth) -> str | None:
        match auth:
            case Unauthenticated():
                return None
            case Basic(secret=named):
                return self._read(named, "httpAuth")
            case Bearer(bearer_token=named):
                return self._read_token(named)
        assert_never(auth)

    def _read_token(self, named: SecretKey) -> str:
        """Unlike a password, which is encoded, a token stands in the header as it is."""
        token = self._read(named, "httpAuth")
        if not (token.isascii() and token.isprintable()):
            raise _Problem("httpAuth: the token holds characters that no header may carry, such as a line break")
        return token

    def _read(self, named: SecretKey, field: str) -> str:
        match named:
            case Value(secret=secret) if secret == MASK:
                raise _Problem(f"{field}: {_SEALED}")
            case Value(secret=secret):
                return secret
            case EnvironmentVariable(variable_name=name):
                return self._read_variable(name, field)
            case File(file_path=path):
                return self._read_file(path, field)
        assert_never(named)

    def _read_variable(self, name: str, field: str) -> str:
        if name.upper().startswith(OWN_VARIABLES):
            raise _Problem(f"{field}: variables that start {OWN_VARIABLES} are Bellwire's own and never read")
        if not self.secrecy.allows_variable(name):
            raise _Problem(f"{field}: the settings do not allow to read the environment variable {name}")
        secret = self._environ.get(name, "")
        if not secret:
            raise _Problem(f"{field}: the environment variable {name} is not set, or empty")
        return secret

    def _read_file(self, path: str, field: str) -> str:
        try:
            place = Path(path).resolve()
            self._check_place(place, path, field)
            with open_exactly(place) as file:
                found = os.fstat(file.fileno())
                stamp = (found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_dev, found.st_ino)
                known = self._files.get(place)
                if known is not None and known.stamp == stamp:
                    return known.secret
                self._check_file(found, path, field)
                content = file.read(FILE_BYTES_MAX + 1)
            if len(content) > FILE_BYTES_MAX:
                raise _Problem(f"{field}: {path} has more than {FILE_BYTES_MAX:,} bytes")
            secret = content.decode().rstrip()
        except (OSError, RuntimeError) as problem:
            number = problem.errno if isinstance(problem, OSError) else errno.ELOOP
            raise _Problem(f"{field}: {path} cannot be read: {os.strerror(number or 0)}") from problem
        except UnicodeDecodeError:
            raise _Problem(f"{field}: {path} is not UTF-8 text") from None
        if not secret:
            raise _Problem(f"{field}: {path} is empty")
        self._files[place] = _Known(stamp, secret)
        return secret

    def _check_place(self, place: Path, path: str, field: str) -> None:
        """By where the file is once links are followed; before it is opened, as opening a device can do something."""
        if self._forbidden_folder and place.is_relative_to(self._forbidden_folder):
            raise _Problem(f"{field}: {path} is in Bellwire's own data folder, which is never read")
        folders = self.secrecy.folders
        if folders is not None and not any(place.is_relative_to(folder.resolve()) for folder in folders):
            raise _Problem(f"{field}: {path} is in no folder that the settings allow secrets to be read from")
        if not stat.S_ISREG(place.stat().st_mode):
            raise _Problem(f"{field}: {path} is not a regular file")

    def _check_file(self, found: os.stat_result, path: str, field: str) -> None:
        """By what was opened, whatever its name."""
        if not stat.S_ISREG(found.st_mode):
            raise _Problem(f"{field}: {path} is not a regular file")
        if found.st_dev in _kernel_devices():
            raise _Problem(f"{field}: {path} is a view of the system and of processes, which is never read")
        if (found.st_dev, found.st_ino) in self._own_files():
            raise _Problem(f"{field}: {path} is a file of Bellwire's own, which is never read")

    def _own_files(self) -> set[tuple[int, int]]:
        """Those of the data folder and the key: a hard link leads to them from anywhere."""
        own = [Path(folder, name) for folder, _, names in os.walk(self._forbidden_folder or "") for name in names]
        return {stamp for file in (*own, *self._forbidden_files) if (stamp := _identity(file)) is not None}


def open_exactly(place: Path) -> BinaryIO:
    """Open the file at a path that has no links. One that took the place of a folder, or of the file, since it was
    checked is not followed, and a pipe that did is not waited for. Raises OSError.
    """
    folder = os.open(place.anchor, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for name in place.parts[1:-1]:
            inner = os.open(name, _SEARCHED, dir_fd=folder)
            os.close(folder)
            folder = inner
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
        return os.fdopen(os.open(place.name, flags, dir_fd=folder), "rb")
    finally:
        os.close(folder)


def _identity(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _kernel_devices() -> set[int]:
    """Of /proc and /sys, wherever else they are mounted: /proc/self/environ holds our own variables."""
    return {Path(root).stat().st_dev for root in ("/proc", "/sys") if Path(root).is_mount()}


def make_signature_key() -> str:
    """A new signature key, in the form that Standard Webhooks 1.0 asks for: `whsec_` and base64 of 32 random bytes."""
    return STANDARD_PREFIX + base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
