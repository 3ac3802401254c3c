"""One setting of the program: its name, where it was set, and how what was written is read."""

import enum
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from bellwire.model.secret import OWN_VARIABLES
from bellwire.rules.suggesting import alternatives, quoted

PATH_LENGTH_MAX: Final = 4096
LIST_MAX: Final = 1_000
"""Entries of a setting that is a list."""


class Origin(msgspec.Struct, frozen=True):
    """Where a value was set, in words: `default`, `file …`, `environment variable …`, `flag …`.

    folder: what a relative path is relative to; None: the working directory.
    """

    words: str
    folder: Path | None = None


def _written(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case enum.Enum():
            return str(value.value)
        case _:
            return str(value)


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One setting: its name in the file, what it does, and how what was written is read.

    A dot in the name is a table of the file. read raises ValueError with what is wrong and what would be right. write
    shows a value as it would be written.
    """

    name: str
    form: str
    default: str
    help: str
    read: Callable[[object, Origin], Any]
    write: Callable[[Any], str] = _written

    @property
    def field(self) -> str:
        """Its name in Config."""
        return self.name.replace("-", "_").replace(".", "_")

    @property
    def flag(self) -> str:
        """Its name on the command line."""
        return "--" + self.name.replace(".", "-")

    @property
    def variable(self) -> str:
        """Its environment variable."""
        return OWN_VARIABLES + self.field.upper()


def read_flag(value: object, _origin: Origin) -> bool:
    """Read true or false."""
    match value:
        case bool():
            return value
        case str() if value.lower() in {"true", "false"}:
            return value.lower() == "true"
        case _:
            raise ValueError(f"{quoted(str(value))} is neither true nor false")


def read_choice(kind: type[enum.Enum]) -> Callable[[object, Origin], enum.Enum]:
    """Read one of the values of an enumeration."""

    def read(value: object, _origin: Origin) -> enum.Enum:
        for choice in kind:
            if choice is value or choice.value == value:
                return choice
        choices = alternatives([choice.value for choice in kind])
        raise ValueError(f"{quoted(str(value))} is none of its values; write {choices}")

    return read


def read_path(value: object, origin: Origin, *, form: str) -> Path:
    """Read a path, relative to the file that it stands in. form: what it is, and how it would be right."""
    if not isinstance(value, str | Path) or not str(value) or "\0" in str(value) or len(str(value)) > PATH_LENGTH_MAX:
        raise ValueError(f"{quoted(str(value))} is no{form.removeprefix('a')}")
    try:
        return ((origin.folder or Path.cwd()) / Path(value).expanduser()).absolute()
    except (RuntimeError, OSError) as error:
        kind = form.removeprefix("a").partition(";")[0]
        raise ValueError(f"{quoted(str(value))} is no{kind} ({error}); write the whole path") from error


def read_list(value: object) -> tuple[str, ...]:
    """Read a list of texts, or one text with commas between them."""
    match value:
        case str():
            found = [part.strip() for part in value.split(",") if part.strip()]
        case list() | tuple() if all(isinstance(part, str) for part in value):
            found = [str(part) for part in value]
        case _:
            raise ValueError(f"{quoted(str(value))} is no list; write texts in brackets, or one text with commas")
    if len(found) > LIST_MAX:
        raise ValueError(f"has more than {LIST_MAX:,} entries; shorten it")
    return tuple(found)


def show_list(entries: Iterable[object]) -> str:
    """Write what read_list reads."""
    return ", ".join(map(str, entries))


def flattened(table: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    """A file's values by the settings' names: those of a table that names several settings by `table.name`."""
    tables = {name.partition(".")[0] for name in names if "." in name}
    found: dict[str, Any] = {}
    for name, value in table.items():
        if name in tables and isinstance(value, dict):
            found |= {f"{name}.{member}": each for member, each in value.items()}
        else:
            found[name] = value
    return found
