"""The settings about secrets: where the key is, and from where secrets may be read."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bellwire.model.secrecy import ANY_MARK
from bellwire.model.secret import OWN_VARIABLES
from bellwire.rules.suggesting import quoted
from bellwire.setting import Origin, Setting, read_list, read_path, show_list

ANY: Final = "any"
IN_DATA_FOLDER: Final = "auto"

_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\*?", re.ASCII)


def _read_key_file(value: object, origin: Origin) -> Path | None:
    return (
        None
        if value == IN_DATA_FOLDER
        else read_path(value, origin, form="a file; write a path such as '/etc/bellwire/secrets.key'")
    )


def _read_folders(value: object, origin: Origin) -> tuple[Path, ...] | None:
    if value == ANY:
        return None
    return tuple(
        read_path(folder, origin, form="a folder; write a path such as '/run/secrets'") for folder in read_list(value)
    )


def _read_variables(value: object, _origin: Origin) -> tuple[str, ...] | None:
    if value == ANY:
        return None
    names = read_list(value)
    for name in names:
        if not _VARIABLE.fullmatch(name):
            raise ValueError(
                f"{quoted(name)} is no name of a variable; write one as HOOK_KEY, or many as HOOK_{ANY_MARK}"
            )
        if name.upper().startswith(OWN_VARIABLES):
            raise ValueError(f"{quoted(name)} is Bellwire's own and never read; leave it out")
    return names


def _show(entries: Sequence[object] | None) -> str:
    return ANY if entries is None else show_list(entries)


SECRET_SETTINGS: Final = (
    Setting(
        name="secrets.key-file",
        form="FILE|auto",
        default=IN_DATA_FOLDER,
        help="The key that encrypts secrets in the store; auto is secrets.key in the data folder, made at first start.",
        read=_read_key_file,
        write=lambda path: IN_DATA_FOLDER if path is None else str(path),
    ),
    Setting(
        name="secrets.folders",
        form="FOLDERS|any",
        default=ANY,
        help="From which folders webhooks may read secrets as files; several with commas between.",
        read=_read_folders,
        write=_show,
    ),
    Setting(
        name="secrets.variables",
        form="NAMES|any",
        default=ANY,
        help="Which variables webhooks may read secrets from; several with commas between, HOOK_* for a beginning.",
        read=_read_variables,
        write=_show,
    ),
)
