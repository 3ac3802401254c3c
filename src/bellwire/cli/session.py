"""`bellwire login-link` and `bellwire session`: letting a browser in, and out again."""

import click
import msgspec

from bellwire.cli.client import Client, path_of
from bellwire.cli.helping import OrderedGroup, examples
from bellwire.cli.locating import connect, server_options
from bellwire.cli.tables import Column, print_json_lines, print_table
from bellwire.cli.terminal import note, say
from bellwire.cli.wording import moment
from bellwire.model.credentials import PEOPLE_MAX, SESSIONS_MAX, TOKENS_MAX


class MadeLink(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """See POST /v1/login-links."""

    path: str
    expires_at: str


class SessionRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the list shows of a session."""

    id: str
    name: str
    address: str
    created_at: str
    last_used: str


@click.command(epilog=examples("bellwire login-link", "bellwire login-link --person nadia"))
@click.option("--person", metavar="NAME", help="Whom it lets in. Default: you, with what your token grants.")
@server_options
@click.pass_context
def login_link(context: click.Context, person: str | None) -> None:
    """Make a link that signs a browser in, once, within 5 minutes."""
    client = connect(context)
    made = ask_link(client, person)
    say(client.url + made.path)
    note(f"whoever opens it first is let in; valid until {moment(made.expires_at)}")


def ask_link(client: Client, person: str | None = None) -> MadeLink:
    """A link for that person, or (None) for whose token it is."""
    answer = client.ask("POST", path_of("login-links"), body=msgspec.json.encode({"person": person}))
    return msgspec.json.decode(answer.body, type=MadeLink)


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@server_options
@click.pass_context
def list_sessions(context: click.Context, as_json: bool) -> None:
    """List the browsers that are signed in."""
    most = (TOKENS_MAX + PEOPLE_MAX) * SESSIONS_MAX
    found = list(connect(context).items(path_of("sessions"), {}, limit=most))
    if as_json:
        print_json_lines(found)
        return
    rows = [msgspec.json.decode(item, type=SessionRow) for item in found]
    head = (
        Column(heading="ID"),
        Column(heading="NAME"),
        Column(heading="FROM"),
        Column(heading="SINCE", wide=True),
        Column(heading="LAST USED"),
    )
    print_table(head, [(row.id, row.name, row.address, moment(row.created_at), moment(row.last_used)) for row in rows])


@click.command()
@click.argument("session_id", metavar="ID")
@server_options
@click.pass_context
def end(context: click.Context, session_id: str) -> None:
    """Sign a browser out."""
    connect(context).ask("DELETE", path_of("sessions", session_id))
    say(f"the session {session_id} has ended")


@click.group(cls=OrderedGroup, commands=[list_sessions, end])
@server_options
def session() -> None:
    """List who is signed in, and sign them out."""
