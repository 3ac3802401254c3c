"""`bellwire person`: who signs in at the pages."""

from typing import Final

import click
import msgspec

from bellwire.cli.asking import confirm, may_ask
from bellwire.cli.client import MERGE_PATCH, path_of
from bellwire.cli.helping import OrderedGroup, examples
from bellwire.cli.locating import connect, server_options
from bellwire.cli.misuse import Misuse
from bellwire.cli.tables import Column, print_json_lines, print_table
from bellwire.cli.terminal import note, say
from bellwire.cli.token import SCOPES
from bellwire.cli.webhook_actions import read_secret
from bellwire.cli.wording import moment
from bellwire.model.credentials import PEOPLE_MAX

PASSWORD_HELP: Final = "Read the password from standard input."  # noqa: S105 - a help text


class PersonRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the list shows of a person."""

    name: str
    scopes: tuple[str, ...]
    has_password: bool
    created_at: str


@click.command(
    epilog=examples(
        "bellwire person add nadia --scope write",
        "bellwire person add omar --scope read --no-password  # by login-link only",
    )
)
@click.argument("name", metavar="NAME")
@click.option("--scope", "scopes", type=SCOPES, multiple=True, required=True, help="What they may do; repeatable.")
@click.option("--password-stdin", is_flag=True, help=PASSWORD_HELP)
@click.option("--no-password", is_flag=True, help="Let them in by links only.")
@server_options
@click.pass_context
def add(context: click.Context, name: str, scopes: tuple[str, ...], password_stdin: bool, no_password: bool) -> None:
    """Let a person sign in; the password is asked twice."""
    if password_stdin and no_password:
        raise Misuse("give --password-stdin or --no-password, not both")
    password = None if no_password else _password(from_stdin=password_stdin)
    wish = {"name": name, "scopes": scopes, "password": password}
    client = connect(context)
    client.ask("POST", path_of("people"), body=msgspec.json.encode(wish))
    say(f"{name} may sign in at {client.url}/sign-in with {', '.join(scopes)}")
    if no_password:
        note(f"to let them in: bellwire login-link --person {name}")


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@server_options
@click.pass_context
def list_people(context: click.Context, as_json: bool) -> None:
    """List the people who may sign in."""
    found = list(connect(context).items(path_of("people"), {}, limit=PEOPLE_MAX))
    if as_json:
        print_json_lines(found)
        return
    rows = [msgspec.json.decode(item, type=PersonRow) for item in found]
    head = (
        Column(heading="NAME"),
        Column(heading="SCOPES"),
        Column(heading="SIGNS IN BY"),
        Column(heading="ADDED", wide=True),
    )
    print_table(head, [_cells(row) for row in rows])


@click.command("set-password")
@click.argument("name", metavar="NAME")
@click.option("--password-stdin", is_flag=True, help=PASSWORD_HELP)
@server_options
@click.pass_context
def set_password(context: click.Context, name: str, password_stdin: bool) -> None:
    """Give a person another password; ends their sessions."""
    client = connect(context)
    client.ask("GET", path_of("people", name))  # a slip of the pen is told before anything is asked
    wish = msgspec.json.encode({"password": _password(from_stdin=password_stdin)})
    client.ask("PATCH", path_of("people", name), body=wish, headers={"Content-Type": MERGE_PATCH})
    say(f"{name} has another password and must sign in again")


@click.command(
    "change-password",
    epilog=examples("bellwire person change-password nadia --server https://bellwire.example.org"),
)
@click.argument("name", metavar="NAME")
@click.option(
    "--password-stdin", is_flag=True, help="Read the old and the new password from standard input, a line each."
)
@server_options
@click.pass_context
def change_password(context: click.Context, name: str, password_stdin: bool) -> None:
    """Give yourself another password.

    The old one shows who you are, so no token is needed. Your sessions end.
    """
    client = connect(context, with_token=False)
    old, new = _both_passwords(from_stdin=password_stdin)
    client.ask(
        "POST", path_of("password"), body=msgspec.json.encode({"name": name, "password": old, "newPassword": new})
    )
    say(f"{name} has another password and must sign in again")


@click.command("set-scopes")
@click.argument("name", metavar="NAME")
@click.option("--scope", "scopes", type=SCOPES, multiple=True, required=True, help="What they may do; repeatable.")
@server_options
@click.pass_context
def set_scopes(context: click.Context, name: str, scopes: tuple[str, ...]) -> None:
    """Say anew what a person may do; ends their sessions."""
    wish = msgspec.json.encode({"scopes": scopes})
    connect(context).ask("PATCH", path_of("people", name), body=wish, headers={"Content-Type": MERGE_PATCH})
    say(f"{name} has {', '.join(scopes)} and must sign in again")


@click.command()
@click.argument("name", metavar="NAME")
@click.option("--yes", is_flag=True, help="Do not ask.")
@server_options
@click.pass_context
def remove(context: click.Context, name: str, yes: bool) -> None:
    """Let a person in no more; ends their sessions."""
    client = connect(context)
    client.ask("GET", path_of("people", name))
    confirm(f"Remove {name}? They are signed out at once.", yes=yes)
    client.ask("DELETE", path_of("people", name))
    say(f"{name} may sign in no more")


@click.group(cls=OrderedGroup, commands=[add, list_people, set_password, change_password, set_scopes, remove])
@server_options
def person() -> None:
    """Say who may sign in, and what they may do."""


def _both_passwords(*, from_stdin: bool) -> tuple[str, str]:
    if from_stdin:
        old, _, new = read_secret().partition("\n")
        if not new or "\n" in new:
            raise Misuse("write two lines to standard input: the old password, then the new one")
        return old.removesuffix("\r"), new
    _check_terminal()
    old = click.prompt("Old password", hide_input=True, err=True)
    new = click.prompt("New password", hide_input=True, confirmation_prompt=True, err=True)
    return old, new


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return read_secret()
    _check_terminal()
    password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return password


def _check_terminal() -> None:
    if not may_ask():
        raise Misuse("there is no terminal to ask at; write the password to standard input with --password-stdin")


def _cells(row: PersonRow) -> tuple[str, ...]:
    by = "password or link" if row.has_password else "link"
    return row.name, ", ".join(row.scopes), by, moment(row.created_at)
