"""`bellwire token`: what programs show to be let in."""

from typing import Final

import click
import msgspec

from bellwire.cli.asking import confirm
from bellwire.cli.client import path_of
from bellwire.cli.helping import OrderedGroup, examples
from bellwire.cli.locating import connect, server_options
from bellwire.cli.tables import Column, Cut, print_json_lines, print_table
from bellwire.cli.terminal import note, say
from bellwire.cli.wording import moment
from bellwire.model.credentials import TOKENS_MAX
from bellwire.model.principal import Scope

SCOPES: Final = click.Choice([scope.value for scope in Scope])


class TokenRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the list shows of a token."""

    name: str
    scopes: tuple[str, ...]
    types: tuple[str, ...] | None = None
    expires_at: str | None = None
    last_used: str | None = None


class MadeToken(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A token that was just made; see POST /v1/tokens."""

    token: str
    expires_at: str | None


@click.command(
    epilog=examples(
        "bellwire token create shop --scope publish --type shop.order-paid",
        "bellwire token create dashboard --scope read --expires 30d",
    )
)
@click.argument("name", metavar="NAME")
@click.option("--scope", "scopes", type=SCOPES, multiple=True, required=True, help="What it grants; repeatable.")
@click.option("--expires", metavar="DURATION", help="For how long, as in 30d. Default: until it is revoked.")
@click.option("--type", "types", metavar="TYPE", multiple=True, help="Publish only this event type; repeatable.")
@server_options
@click.pass_context
def create(
    context: click.Context, name: str, scopes: tuple[str, ...], expires: str | None, types: tuple[str, ...]
) -> None:
    """Make a token and show it, this once.

    publish lets events in, read looks at everything but tokens and people, write edits webhooks and event types too,
    admin may do everything.
    """
    wish = {"name": name, "scopes": scopes, "expiresIn": expires, "types": types or None}
    answer = connect(context).ask("POST", path_of("tokens"), body=msgspec.json.encode(wish))
    _say_made(answer.body)


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@server_options
@click.pass_context
def list_tokens(context: click.Context, as_json: bool) -> None:
    """List the tokens, and when each was last used."""
    found = list(connect(context).items(path_of("tokens"), {}, limit=TOKENS_MAX))
    if as_json:
        print_json_lines(found)
        return
    rows = [msgspec.json.decode(item, type=TokenRow) for item in found]
    head = (
        Column(heading="NAME"),
        Column(heading="SCOPES"),
        Column(heading="PUBLISHES", cut=Cut.END),
        Column(heading="EXPIRES", wide=True),
        Column(heading="LAST USED"),
    )
    print_table(head, [_cells(row) for row in rows])


@click.command()
@click.argument("name", metavar="NAME")
@click.option("--yes", is_flag=True, help="Do not ask.")
@server_options
@click.pass_context
def rotate(context: click.Context, name: str, yes: bool) -> None:
    """Give a token another value and show it, this once.

    It grants the same, for as long again; the value before lets nobody in from now on.
    """
    client = connect(context)
    client.ask("GET", path_of("tokens", name))  # as in revoke
    confirm(f"Rotate the token {name}? Programs that use it are turned away until they have the new one.", yes=yes)
    _say_made(client.ask("POST", path_of("tokens", name, "rotate")).body)


@click.command()
@click.argument("name", metavar="NAME")
@click.option("--yes", is_flag=True, help="Do not ask.")
@server_options
@click.pass_context
def revoke(context: click.Context, name: str, yes: bool) -> None:
    """Take a token back: it lets nobody in from now on."""
    client = connect(context)
    client.ask("GET", path_of("tokens", name))  # a slip of the pen is told before anything is asked
    confirm(f"Revoke the token {name}? Programs that use it are turned away at once.", yes=yes)
    client.ask("DELETE", path_of("tokens", name))
    say(f"the token {name} is revoked")


@click.group(cls=OrderedGroup, commands=[create, list_tokens, rotate, revoke])
@server_options
def token() -> None:
    """Make, list, rotate and revoke tokens, which let programs in."""


def _say_made(body: bytes) -> None:
    made = msgspec.json.decode(body, type=MadeToken)
    say(made.token)
    until = "until it is revoked" if made.expires_at is None else f"until {moment(made.expires_at)}"
    note(f"this is the token, shown this once; it is valid {until}")


def _cells(row: TokenRow) -> tuple[str, ...]:
    publishes = "-" if row.types is None else ", ".join(row.types)
    return row.name, ", ".join(row.scopes), publishes, moment(row.expires_at), moment(row.last_used)
