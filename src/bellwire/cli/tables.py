"""Lists as people read them: aligned columns under a heading."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
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
OUTCOME_STYLES: Final = {"delivered": "green", "failed": "red"}

GAP: Final = "  "
CUT_WIDTH_MIN: Final = 8


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """One column. cut: it gives way where the terminal is narrow. styles: how a cell of that text looks."""

    heading: str
    cut: bool = False
    number: bool = False
    styles: dict[str, str] = {}


def print_table(head: Sequence[Column], rows: Iterable[Sequence[str]]) -> None:
    """Print the rows under their headings; on a terminal nothing but a `cut` column is shortened."""
    cells = [[Text(column.heading, style="bold") for column in head]]
    cells += [[_cell(column, text) for column, text in zip(head, row, strict=True)] for row in rows]
    widths = _fitting([max(row[at].cell_len for row in cells) for at in range(len(head))], head)
    for row in cells:
        line = Text()
        for column, cell, width in zip(head, row, widths, strict=True):
            cell.truncate(width, overflow="ellipsis")
            line.append(" " * (width - cell.cell_len if column.number else 0))
            line.append_text(cell)
            line.append(" " * (0 if column.number else width - cell.cell_len) + GAP)
        line.rstrip()
        OUT.print(line, soft_wrap=True)


def _cell(column: Column, text: str) -> Text:
    return Text(printable(text), style=column.styles.get(text, ""))


def _fitting(widths: list[int], head: Sequence[Column]) -> list[int]:
    """The widths of the columns once the widest of those that may be cut have given way."""
    excess = sum(widths) + len(GAP) * (len(widths) - 1) - columns()
    widths = list(widths)
    while excess > 0:
        cuttable = [at for at, column in enumerate(head) if column.cut and widths[at] > CUT_WIDTH_MIN]
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
