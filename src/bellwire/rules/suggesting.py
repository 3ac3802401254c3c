"""Which known name did the writer mean?"""

import difflib
import heapq
from collections.abc import Iterable
from typing import Final

QUOTED_LENGTH_MAX: Final = 60
LOOKED_AT_LENGTH_MAX: Final = 128
SHORTLIST_MAX: Final = 50

_LIKENESS_MIN: Final = 0.6
_WITHOUT_SEPARATORS: Final = str.maketrans("", "", " ._-")


def nearest(written: str, known: Iterable[str], *, count: int) -> list[str]:
    """The known names most like the written one, the likest first; upper case and separators do not matter.

    One that differs in nothing else is the only answer. Cheap enough for ten thousand names: only the SHORTLIST_MAX
    that share most pairs of letters are compared in full.
    """
    meant = _simplified(written[:LOOKED_AT_LENGTH_MAX])
    pairs = {meant[at : at + 2] for at in range(len(meant) - 1)}
    by_form = {_simplified(name): name for name in known}
    if meant in by_form:
        return [by_form[meant]]
    shortlist = heapq.nlargest(SHORTLIST_MAX, by_form, key=lambda form: sum(map(form.__contains__, pairs)))
    close = difflib.get_close_matches(meant, shortlist, n=count, cutoff=_LIKENESS_MIN)
    return [by_form[form] for form in close]


def alternatives(names: Iterable[str]) -> str:
    """The names as a person lists them: `a, b or c`."""
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last


def quoted(text: str) -> str:
    """The text in quotes on one line, cut when it is long."""
    return repr(text) if len(text) <= QUOTED_LENGTH_MAX else f"{text[:QUOTED_LENGTH_MAX]!r}…"


def _simplified(name: str) -> str:
    return name.translate(_WITHOUT_SEPARATORS).lower()
