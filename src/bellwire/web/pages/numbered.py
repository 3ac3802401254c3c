"""Lists that are shown in numbered pages."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

_NUMBER_LENGTH_MAX: Final = 4


class NumberedPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some rows of a list. number: of this page, from 1 to `pages`; found: rows in all."""

    rows: Sequence[Any]
    number: int
    pages: int
    found: int


def page_of(rows: Sequence[Any], written: str, *, rows_max: int) -> NumberedPage:
    """The page of that number: the first where none is written, the last where there are not so many."""
    pages = max(1, -(-len(rows) // rows_max))
    is_number = written.isascii() and written.isdigit() and len(written) <= _NUMBER_LENGTH_MAX
    number = min(max(1, int(written)), pages) if is_number else 1
    return NumberedPage(
        rows=rows[(number - 1) * rows_max : number * rows_max], number=number, pages=pages, found=len(rows)
    )
