"""Lists as people read them: aligned columns under a heading."""

import enum
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec
from rich.cells import cell_len, set_cell_size
from rich.text import Text

from bellwire.cli.terminal import OUT, columns, printable

STATE_STYLES: Final = {
    "healthy": "green",
    "retrying": "yellow",
    "failing": "bold red",
    "blocked": "bold red",
    "gone": "bold red",
    "paused": "cyan",
    "disabled": "dim",
}
"""How each state of a webhook looks; the word alone says it where there is no colour."""

LEVEL_STYLES: Final = {"error": "red", "warn": "yellow", "debug": "dim", "trace": "dim"}
OUTCOME_STYLES: Final = {
    "delivered": "green",
    "failed": "red",
    "refused": "red",
    "gone": "red",
    "blocked": "red",
    "retry-later": "yellow",
}

GAP: Final = "  "
CUT_WIDTH_MIN: Final = 8


class Cut(enum.Enum):
    """What of a cell goes where the terminal is narrow. START leaves the end of an id, which tells it from others."""

    NOTHING = enum.auto()
    END = enum.auto()
    START = enum.auto()


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """One column. wide: left out unless the whole table fits. styles: by the cell's text up to a colon."""

    heading: str
    cut: Cut = Cut.NOTHING
    wide: bool = False
    number: bool = False
    styles: dict[str, str] = {}


def print_table(head: Sequence[Column], rows: Iterable[Sequence[str]]) -> None:
    """Print the rows under their headings; for a program, not a terminal, nothing is cut or left out."""
    cells = [tuple(map(printable, row)) for row in rows]
    widths = [
        max(map(cell_len, (column.heading, *texts)))
        for column, texts in zip(head, _by_column(cells, head), strict=True)
    ]
    kept = [at for at, column in enumerate(head) if not column.wide or _excess(widths) <= 0]
    head = [head[at] for at in kept]
    widths = _fitting([widths[at] for at in kept], head)
    OUT.print(_line(head, [column.heading for column in head], widths, style="bold"), soft_wrap=True)
    for row in cells:
        OUT.print(_line(head, [row[at] for at in kept], widths), soft_wrap=True)


def _by_column(rows: Sequence[Sequence[str]], head: Sequence[Column]) -> Iterator[list[str]]:
    return ([row[at] for row in rows] for at in range(len(head)))


def _line(head: Sequence[Column], texts: Sequence[str], widths: Sequence[int], *, style: str = "") -> Text:
    line = Text()
    for column, text, width in zip(head, texts, widths, strict=True):
        cell = Text(_shortened(text, width, column.cut), style=style or column.styles.get(text.partition(":")[0], ""))
        gap = " " * (width - cell.cell_len)
        line.append(gap if column.number else "").append_text(cell).append(GAP if column.number else gap + GAP)
    line.rstrip()
    return line


def _shortened(text: str, width: int, cut: Cut) -> str:
    if cell_len(text) <= width:
        return text
    if cut is Cut.START:
        return "…" + set_cell_size(text[::-1], width - 1)[::-1]
    return set_cell_size(text, width - 1) + "…"


def _excess(widths: Sequence[int]) -> int:
    """By how many columns the table is wider than the terminal."""
    return sum(widths) + len(GAP) * (len(widths) - 1) - columns()


def _fitting(widths: list[int], head: Sequence[Column]) -> list[int]:
    """The widths of the columns once the widest of those that may be cut have given way."""
    widths = list(widths)
    excess = _excess(widths)
    while excess > 0:
        cuttable = [
            at for at, column in enumerate(head) if column.cut is not Cut.NOTHING and widths[at] > CUT_WIDTH_MIN
        ]
        if not cuttable:
            break
        widest = max(cuttable, key=lambda at: widths[at])
        others = [widths[at] for at in cuttable if at != widest]
        step = min(excess, max(1, widths[widest] - max([*others, CUT_WIDTH_MIN])))
        widths[widest] -= step
        excess -= step
    return widths


def print_facts(facts: Sequence[tuple[str, str]]) -> None:
    """Print names and their values as two columns."""
    width = max(len(name) for name, _ in facts)
    for name, value in facts:
        OUT.print(
            Text(name.ljust(width) + GAP, style="bold").append(printable(value), style="not bold"), soft_wrap=True
        )


def print_json_lines(items: Iterable[msgspec.Raw | bytes]) -> None:
    """Print JSON documents, one a line, with every digit as it came."""
    for item in items:
        OUT.out(msgspec.json.format(bytes(item), indent=-1).decode(), highlight=False)


def pretty(document: bytes) -> str:
    """A JSON document over several lines, every digit as it came."""
    return msgspec.json.format(document, indent=2).decode()
