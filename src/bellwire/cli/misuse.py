"""What the person at the terminal got wrong."""

from typing import Final

import click

USAGE: Final = 2


class Misuse(click.ClickException):
    """A command line that cannot be carried out as it stands; the message says what would be right."""

    exit_code = USAGE
