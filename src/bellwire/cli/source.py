"""`bellwire source`: the upstream servers that may post their events; create, list, show, delete."""

import secrets
from typing import Any, BinaryIO, Final

import click
import msgspec

from bellwire.cli.asking import confirm
from bellwire.cli.client import JSON, path_of
from bellwire.cli.drafting import any_given
from bellwire.cli.helping import OrderedGroup, examples
from bellwire.cli.keys import named_auth, named_key
from bellwire.cli.locating import connect, server_options
from bellwire.cli.misuse import Misuse
from bellwire.cli.tables import Column, Cut, pretty, print_facts, print_json_lines, print_table
from bellwire.cli.terminal import OUT, note, say
from bellwire.cli.webhook_writing import read_object
from bellwire.cli.wording import counted, moment

LIST_MAX: Final = 1_000
KEY_BYTES: Final = 32


class Reception(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What came from a source since the server started; see GET /v1/sources/{name}."""

    accepted: int
    duplicates: int
    refused_events: int
    requests: int
    refused_requests: int
    not_admitted: int
    last_request: str | None
    last_accepted: str | None
    last_error: str | None
    last_error_at: str | None


class SourceRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is told of a source."""

    name: str
    path: str
    enable: bool
    allow_anyone: bool
    signature_key: dict[str, Any]
    http_auth: dict[str, Any]
    reception: Reception


@click.command(
    epilog=examples(
        "bellwire source create mail --make-key",
        "bellwire source create mail --secret-file /etc/mail.key --bearer-env TOKEN",
        "bellwire source create mail --from source.json",
    )
)
@click.argument("name")
@click.option("--make-key", is_flag=True, help="Make a signature key; it is shown this once.")
@click.option("--secret-env", metavar="VAR", help="The signature key is in this variable of the server.")
@click.option("--secret-file", metavar="PATH", help="The signature key is in this file on the server.")
@click.option("--auth-basic-user", metavar="NAME", help="Its requests authenticate as this user.")
@click.option("--auth-secret-env", metavar="VAR", help="The password is in this variable of the server.")
@click.option("--auth-secret-file", metavar="PATH", help="The password is in this file on the server.")
@click.option("--bearer-env", metavar="VAR", help="Its requests carry the token in this variable of the server.")
@click.option("--bearer-file", metavar="PATH", help="Its requests carry the token in this file on the server.")
@click.option("--allow-anyone", is_flag=True, help="Let everybody publish by it who reaches the server.")
@click.option("--from", "document", type=click.File("rb"), metavar="FILE|-", help="The source object in JSON.")
@server_options
@click.pass_context
def create(context: click.Context, /, name: str, document: BinaryIO | None, **options: Any) -> None:  # noqa: ANN401 - the options above
    """Let an upstream server post its events.

    NAME is of your choice: lower case letters, digits and hyphens. Told is what to enter in the server's own settings.
    """
    client = connect(context)
    key = secrets.token_urlsafe(KEY_BYTES) if options["make_key"] else None
    if document is not None:
        if any_given(options):
            raise Misuse("give the object as a file or by options, not both")
        body = _named(read_object(document), name)
    else:
        body = msgspec.json.encode({"name": name, **_drafted(options, key)})
    answer = client.ask("POST", "/v1/sources", body=body, headers={"Content-Type": JSON})
    row = msgspec.json.decode(answer.body, type=SourceRow)
    say(row.name)
    note("enter this in the upstream server, at Settings > Telemetry > Webhooks:")
    note(f"  Endpoint URL   {client.url}{row.path}", style="cyan")
    if key is not None:
        note(f"  Signature Key  {key}   (shown this once)", style="cyan")
    elif row.signature_key["@type"] != "None":
        note("  Signature Key  the same key as here", style="cyan")
    if row.http_auth["@type"] != "Unauthenticated":
        note("  Authentication  the same as here", style="cyan")
    note(f"to see what comes: bellwire source show {row.name}")


@click.command("list", epilog=examples("bellwire source list", "bellwire source list --json | jq -r .name"))
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each source, a line each.")
@server_options
@click.pass_context
def list_sources(context: click.Context, as_json: bool) -> None:
    """List the sources and what came from each."""
    items = connect(context).items("/v1/sources", {}, limit=LIST_MAX)
    if as_json:
        print_json_lines(items)
        return
    rows = [msgspec.json.decode(item, type=SourceRow) for item in items]
    if not rows:
        note("no source yet; create one: bellwire source create --help")
        return
    columns = (
        Column(heading="name"),
        Column(heading="accepted", number=True),
        Column(heading="refused", number=True),
        Column(heading="last request"),
        Column(heading="last error", cut=Cut.END),
    )
    print_table(columns, (_cells(row) for row in rows))


@click.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="As JSON; it can be edited and PUT in its place.")
@server_options
@click.pass_context
def show(context: click.Context, name: str, as_json: bool) -> None:
    """Show what came from a source, and what was refused."""
    client = connect(context)
    answer = client.ask("GET", path_of("sources", name))
    if as_json:
        OUT.print_json(pretty(answer.body))
        return
    row = msgspec.json.decode(answer.body, type=SourceRow)
    came = row.reception
    print_facts(
        [
            ("name", row.name if row.enable else f"{row.name}, disabled"),
            ("receives at", client.url + row.path),
            ("checks", _checks(row)),
            ("requests", f"{came.requests:,}, of them {came.refused_requests:,} refused"),
            ("not admitted", counted(came.not_admitted, "request") + ": signature or credentials are not the source's"),
            ("accepted", f"{counted(came.accepted, 'event')}, of them {came.duplicates:,} known already"),
            ("refused", counted(came.refused_events, "event") + " out of requests that were taken"),
            ("last request", moment(came.last_request)),
            ("last accepted", moment(came.last_accepted)),
            ("last error", _last_error(came)),
        ]
    )


@click.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@server_options
@click.pass_context
def delete(context: click.Context, name: str, yes: bool) -> None:
    """Delete a source; what came from it stays."""
    client = connect(context)
    client.ask("GET", path_of("sources", name))
    confirm(f"Delete the source {name!r}? What its server sends from then on is refused.", yes=yes)
    client.ask("DELETE", path_of("sources", name))
    say(f"{name} is deleted")


@click.group(cls=OrderedGroup, commands=[create, list_sources, show, delete])
@server_options
def source() -> None:
    """Upstream servers that post their events here."""


def _drafted(options: dict[str, Any], key: str | None) -> dict[str, Any]:
    named = named_key(options["secret_env"], options["secret_file"], option="--secret")
    if key is not None and named is not None:
        raise Misuse("--make-key excludes --secret-env and --secret-file; give one of them")
    given = {
        "signatureKey": named if key is None else {"@type": "Value", "secret": key},
        "httpAuth": named_auth(options),
        "allowAnyone": options["allow_anyone"] or None,
    }
    return {name: value for name, value in given.items() if value is not None}


def _named(body: bytes, name: str) -> bytes:
    """The object under its name, if it is one that says no other; the server checks it."""
    try:
        members = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError:
        return body
    return msgspec.json.encode({"name": name} | members)


def _cells(row: SourceRow) -> tuple[str, ...]:
    came = row.reception
    return (
        row.name if row.enable else f"{row.name} (disabled)",
        f"{came.accepted:,}",
        f"{came.refused_requests:,}",
        moment(came.last_request),
        _last_error(came),
    )


def _last_error(came: Reception) -> str:
    return "-" if came.last_error is None else f"{moment(came.last_error_at)}: {came.last_error}"


def _checks(row: SourceRow) -> str:
    checks = ["X-Signature"] if row.signature_key["@type"] != "None" else []
    checks += [row.http_auth["@type"]] if row.http_auth["@type"] != "Unauthenticated" else []
    return " and ".join(checks) or "nothing: anyone may publish by it"
