"""The keyring: reads the secrets that a webhook or a source names, at the moment they are used."""

import base64
import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final, assert_never

import msgspec

from bellwire.model.secret import (
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


class Unreadable(msgspec.Struct, frozen=True):
    """A secret is named and cannot be had now. reason: which and why, for a person."""

    reason: str


class _Known(msgspec.Struct, frozen=True):
    stamp: tuple[int, int, int]
    secret: str


class _Problem(Exception):
    pass


class Keyring:
    """Reads variables and files anew for each use; a file's content is kept until the file changes."""

    def __init__(self, *, environ: Mapping[str, str], forbidden_folder: Path | None) -> None:
        self._environ = environ
        self._forbidden_folder = forbidden_folder.resolve() if forbidden_folder else None
        self._files: dict[str, _Known] = {}

    def read(self, webhook: WebHook, previous_key: SecretKey | None = None) -> Credentials | Unreadable:
        """Every secret of the webhook, or why one cannot be read: then nothing may be sent.

        previous_key: the one that overlaps; if it cannot be read any more, the present one signs alone.
        """
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
            case Value(secret=secret):
                return secret
            case EnvironmentVariable(variable_name=name):
                return self._read_variable(name, field)
            case File(file_path=path):
                return self._read_file(path, field)
        assert_never(named)

    def _read_variable(self, name: str, field: str) -> str:
        if name.startswith(OWN_VARIABLES):
            raise _Problem(f"{field}: variables that start {OWN_VARIABLES} are Bellwire's own and never read")
        secret = self._environ.get(name, "")
        if not secret:
            raise _Problem(f"{field}: the environment variable {name} is not set, or empty")
        return secret

    def _read_file(self, path: str, field: str) -> str:
        place = Path(path).resolve()
        if self._forbidden_folder and place.is_relative_to(self._forbidden_folder):
            raise _Problem(f"{field}: {path} is in Bellwire's own data folder, which is never read")
        try:
            found = place.stat()
            stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
            known = self._files.get(path)
            if known is not None and known.stamp == stamp:
                return known.secret
            if not stat.S_ISREG(found.st_mode):
                raise _Problem(f"{field}: {path} is not a regular file")
            if found.st_size > FILE_BYTES_MAX:
                raise _Problem(f"{field}: {path} has more than {FILE_BYTES_MAX:,} bytes")
            secret = place.read_bytes()[:FILE_BYTES_MAX].decode().rstrip()
        except OSError as problem:
            raise _Problem(f"{field}: {path} cannot be read: {os.strerror(problem.errno or 0)}") from problem
        except UnicodeDecodeError as problem:
            raise _Problem(f"{field}: {path} is not UTF-8 text") from problem
        if not secret:
            raise _Problem(f"{field}: {path} is empty")
        self._files[path] = _Known(stamp, secret)
        return secret


def make_signature_key() -> str:
    """A new signature key, in the form that Standard Webhooks 1.0 asks for: `whsec_` and base64 of 32 random bytes."""
    return STANDARD_PREFIX + base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
