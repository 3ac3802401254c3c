"""Where the keys come from that seal secrets at rest: a file of its own, or the environment."""

import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from bellwire.errors import InvalidSetting
from bellwire.folder import DataFolder, write_private
from bellwire.model.secrecy import Secrecy
from bellwire.model.secrets_key import KEY_BYTES, SecretsKey, parse_keys, show_keys

KEY_VARIABLE: Final = "BELLWIRE_SECRETS_KEY"
KEY_SETTING: Final = "secrets.key-file"
FILE_BYTES_MAX: Final = 4_096


class Keys(msgspec.Struct, frozen=True):
    """The keys, the present one first. file: where they stand; None: in the environment. is_ours: the file is the one
    in the data folder, which Bellwire itself keeps.
    """

    all: tuple[SecretsKey, ...]
    file: Path | None
    is_ours: bool = False

    def forget_older(self) -> None:
        """Leave only the present key in a file of ours, once everything is sealed with it."""
        if self.is_ours and self.file is not None and len(self.all) > 1:
            write_private(self.file, show_keys(self.all[:1]))


def make_key() -> SecretsKey:
    """A new one."""
    return SecretsKey(secrets.token_bytes(KEY_BYTES))


def obtain_keys(folder: DataFolder, secrecy: Secrecy, environ: Mapping[str, str]) -> Keys:
    """The keys from BELLWIRE_SECRETS_KEY, else from the file that a setting names, else from the data folder's own,
    which is made where it is missing. Raises InvalidSetting for what is no key or can be read by others.
    """
    if given := environ.get(KEY_VARIABLE):
        if secrecy.key_file is not None:
            raise InvalidSetting(f"{KEY_SETTING}: {KEY_VARIABLE} gives a key as well; leave out one of the two")
        try:
            return Keys(parse_keys(given), None)
        except ValueError as problem:
            raise InvalidSetting(f"{KEY_VARIABLE}: {problem}; {_REMEDY}") from problem
    if secrecy.key_file is not None:
        return Keys(_read_file(secrecy.key_file), secrecy.key_file)
    path = folder.key_path
    if not path.exists():
        write_private(path, show_keys((make_key(),)))
    return Keys(_read_file(path), path, is_ours=True)


_REMEDY: Final = "write what `bellwire secrets make-key` shows"


def _read_file(path: Path) -> tuple[SecretsKey, ...]:
    where = f"{KEY_SETTING}: {path}"
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise InvalidSetting(f"{where} is no regular file; name a file that holds a key")
            if found.st_mode & (stat.S_IWGRP | stat.S_IRWXO):
                mode = stat.S_IMODE(found.st_mode)
                raise InvalidSetting(f"{where} is open to others (mode {mode:04o}); run: chmod 600 '{path}'")
            content = file.read(FILE_BYTES_MAX + 1)
    except FileNotFoundError as problem:
        raise InvalidSetting(
            f"{where} does not exist; bring it back, or make one: (umask 077; bellwire secrets make-key > '{path}')"
        ) from problem
    except OSError as problem:
        raise InvalidSetting(
            f"{where} cannot be read: {problem.strerror}; name a file that this user may read"
        ) from problem
    if len(content) > FILE_BYTES_MAX:
        raise InvalidSetting(f"{where} has more than {FILE_BYTES_MAX:,} bytes; name a file that holds a key")
    try:
        return parse_keys(content.decode("ascii"))
    except UnicodeDecodeError as problem:
        raise InvalidSetting(f"{where} is no text; {_REMEDY}") from problem
    except ValueError as problem:
        raise InvalidSetting(f"{where} {problem}; {_REMEDY}") from problem
