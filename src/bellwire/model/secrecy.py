"""What an operator settles about secrets."""

from pathlib import Path
from typing import Final

import msgspec

ANY_MARK: Final = "*"
"""At the end of a variable's name it stands for any rest."""


class Secrecy(msgspec.Struct, frozen=True, kw_only=True):
    """key_file: where the key is that seals secrets at rest; None: in the data folder. folders: from which secrets may
    be read as files; variables: from which variables, a * at the end of a name stands for any rest; None: from any.
    """

    key_file: Path | None = None
    folders: tuple[Path, ...] | None = None
    variables: tuple[str, ...] | None = None

    def allows_variable(self, name: str) -> bool:
        """Whether the variable may be read."""
        if self.variables is None:
            return True
        return any(
            name.startswith(known.removesuffix(ANY_MARK)) if known.endswith(ANY_MARK) else name == known
            for known in self.variables
        )
