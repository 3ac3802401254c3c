"""How text reaches the terminal: colours only where they are wanted, nothing cut where a program reads it."""

from typing import Final

from rich.console import Console

PIPE_COLUMNS: Final = 100_000
"""Where the output is no terminal: so many that nothing is ever cut."""


class PlainConsole(Console):
    """Takes text as it is, without markup; raises BrokenPipeError when nobody reads on."""

    def __init__(self, *, stderr: bool) -> None:
        super().__init__(stderr=stderr, markup=False, highlight=False, emoji=False)

    def on_broken_pipe(self) -> None:
        """Leave it to the program how it ends."""
        raise BrokenPipeError


OUT: Final = PlainConsole(stderr=False)
ERR: Final = PlainConsole(stderr=True)


def columns() -> int:
    """How wide a line of standard output may be."""
    return OUT.width if OUT.is_terminal else PIPE_COLUMNS


def say(line: str = "", *, style: str | None = None) -> None:
    """Print one line to standard output; a terminal folds it, we do not."""
    OUT.print(printable(line), style=style, soft_wrap=True)


def note(line: str, *, style: str | None = None) -> None:
    """Print one line for the person at the keyboard to standard error."""
    ERR.print(printable(line), style=style, soft_wrap=True)


def printable(text: str) -> str:
    """The text with control characters and line breaks made visible, so that what others sent cannot steer the
    terminal.
    """
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text
    )
