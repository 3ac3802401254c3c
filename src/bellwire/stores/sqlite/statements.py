"""The SQL statements: one in each file of queries/, by its name."""

import importlib.resources
from typing import Final

_FOLDER: Final = importlib.resources.files("bellwire.stores.sqlite") / "queries"


def statement(name: str) -> str:
    """The text of queries/<name>.sql; to be called once for each statement, while its module is loaded."""
    return (_FOLDER / f"{name}.sql").read_text(encoding="utf-8").strip()
