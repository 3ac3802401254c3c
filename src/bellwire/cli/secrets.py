"""`bellwire secrets`: the key that encrypts secrets in the store."""

import asyncio
import os
from typing import Final

import click

from bellwire.cli.helping import examples
from bellwire.cli.locating import folder_options, settings
from bellwire.cli.terminal import note, say
from bellwire.cli.wording import counted
from bellwire.errors import BellwireError
from bellwire.key_file import make_key
from bellwire.model.secrets_key import show_keys
from bellwire.secrets_rotation import rotate_secrets_key

WEBHOOKS_NAMED_MAX: Final = 20
"""In one message."""


@click.group()
def secrets() -> None:
    """Keep the key that encrypts secrets in the store."""


@secrets.command("make-key", epilog=examples("(umask 077; bellwire secrets make-key > /etc/bellwire/secrets.key)"))
def make_key_() -> None:
    """Show a new key, for a file or for BELLWIRE_SECRETS_KEY.

    Nothing is changed by it. Without either, the server makes a key of its own at its first start.
    """
    click.echo(show_keys((make_key(),)), nl=False)


@secrets.command("rotate-key", epilog=examples("bellwire secrets rotate-key --data /var/lib/bellwire"))
@click.option("--secrets-key-file", metavar="FILE", help="Where the key is, if not in the data folder.")
@folder_options
@click.pass_context
def rotate_key(context: click.Context, secrets_key_file: str | None) -> None:
    """Encrypt every secret with a new key; stop the server before.

    The key before is not kept: copy it first where backups of the store need it. It may be interrupted at any moment:
    the file holds both keys until all is done, and the next start goes on.
    """
    config = settings(context, secrets_key_file=secrets_key_file)
    try:
        rotated = asyncio.run(rotate_secrets_key(config.data, config.secrecy, os.environ))
    except BellwireError as problem:
        raise click.ClickException(str(problem)) from problem
    webhooks = counted(rotated.webhooks, "webhook")
    say(f"The secrets of {webhooks} are encrypted with the new key {rotated.key_id}.", style="green")
    say(f"It is in {rotated.file}. Backups from before open with the key before only, which is not kept.")
    if rotated.unread:
        named = ", ".join(rotated.unread[:WEBHOOKS_NAMED_MAX])
        note(f"no key opened secrets of {counted(len(rotated.unread), 'webhook')}, write them anew: {named}")
    if rotated.unread_sources:
        named = ", ".join(rotated.unread_sources[:WEBHOOKS_NAMED_MAX])
        note(f"no key opened secrets of {counted(len(rotated.unread_sources), 'source')}, write them anew: {named}")
