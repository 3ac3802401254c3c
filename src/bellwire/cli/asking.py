"""Questions before what cannot be undone."""

import sys

import click

from bellwire.cli.misuse import Misuse
from bellwire.cli.terminal import ERR, printable


def confirm(question: str, *, yes: bool) -> None:
    """Go on if the answer is yes; without a person to ask only `--yes` is one. Raises Abort, Misuse."""
    if yes:
        return
    if not may_ask():
        raise Misuse(f"{question} There is no terminal to ask at: confirm it with --yes")
    if not click.confirm(printable(question), err=True):
        raise click.Abort


def may_ask() -> bool:
    """Whether a person can be asked: both ends of the conversation are a terminal."""
    return sys.stdin is not None and sys.stdin.isatty() and ERR.is_terminal
