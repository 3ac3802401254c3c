"""`bellwire webhook`: the registered webhooks; list, show, status, enable, disable, delete, and what others do."""

import click
import msgspec

from bellwire.cli.asking import confirm
from bellwire.cli.changes import changes
from bellwire.cli.client import MERGE_PATCH, Client, path_of
from bellwire.cli.helping import OrderedGroup, examples
from bellwire.cli.locating import connect, server_options
from bellwire.cli.tables import STATE_STYLES, Column, Cut, pretty, print_facts, print_json_lines, print_table
from bellwire.cli.terminal import OUT, note, say
from bellwire.cli.webhook_actions import account, pause, resume, rotate_key, test
from bellwire.cli.webhook_checking import check
from bellwire.cli.webhook_rows import LIST_MAX, WebhookRow, complete_id, webhook_rows
from bellwire.cli.webhook_writing import create, edit, update, validate
from bellwire.cli.wording import counted, length, moment, to_go


class Status(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How a webhook does; see GET /v1/webhooks/{id}/status."""

    state: str
    since: str
    reason: str
    backlog: int
    lag_ms: int
    delivered: int
    discarded: int
    last_success: str | None
    last_failure: str | None
    next_attempt: str | None
    next_attempt_in_ms: int | None
    oldest_deadline: str | None
    oldest_deadline_in_ms: int | None
    certificate_ends: str | None = None
    warnings: tuple[str, ...] = ()


@click.command("list", epilog=examples("bellwire webhook list", "bellwire webhook list --json | jq -r .url"))
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each webhook, a line each.")
@server_options
@click.pass_context
def list_webhooks(context: click.Context, as_json: bool) -> None:
    """List the webhooks and how each does."""
    client = connect(context)
    if as_json:
        print_json_lines(client.items("/v1/webhooks", {}, limit=LIST_MAX))
        return
    found = [(row, _status(client, row.id)) for row in webhook_rows(client)]
    if not found:
        note("no webhook yet; create one: bellwire webhook create --help")
        return
    columns = (
        Column(heading="id"),
        Column(heading="state", styles=STATE_STYLES),
        Column(heading="backlog", number=True),
        Column(heading="name", cut=Cut.END),
        Column(heading="url", wide=True),
    )
    print_table(columns, ((row.id, state.state, f"{state.backlog:,}", row.name, row.url) for row, state in found))


@click.command(epilog=examples("bellwire webhook show ID > hook.json; bellwire webhook update ID hook.json"))
@click.argument("webhook_id", metavar="ID", shell_complete=complete_id)
@server_options
@click.pass_context
def show(context: click.Context, webhook_id: str) -> None:
    """Show a webhook's object as JSON, secrets as ****.

    What is shown can be edited and given to `webhook update`; **** keeps the stored secret.
    """
    client = connect(context)
    OUT.print_json(pretty(client.ask("GET", path_of("webhooks", webhook_id)).body))
    _warn(_status(client, webhook_id))


@click.command()
@click.argument("webhook_id", metavar="ID", shell_complete=complete_id)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@server_options
@click.pass_context
def status(context: click.Context, webhook_id: str, as_json: bool) -> None:
    """Show how a webhook does: state, reason, backlog, lag."""
    client = connect(context)
    answer = client.ask("GET", path_of("webhooks", webhook_id, "status"))
    if as_json:
        print_json_lines([answer.body])
        return
    found = msgspec.json.decode(answer.body, type=Status)
    say(found.state, style=STATE_STYLES.get(found.state))
    facts = [("since", moment(found.since))]
    facts += [("because", found.reason)] if found.reason else []
    facts += [
        (
            "waiting",
            counted(found.backlog, "event") + (f", the oldest for {length(found.lag_ms)}" if found.backlog else ""),
        ),
        ("delivered", counted(found.delivered, "event")),
        ("discarded", counted(found.discarded, "event")),
        ("last success", moment(found.last_success)),
        ("last failure", moment(found.last_failure)),
        ("next attempt", moment(found.next_attempt)),
        ("given up at", moment(found.oldest_deadline)),
    ]
    facts += [("certificate ends", moment(found.certificate_ends))] if found.certificate_ends else []
    print_facts(facts)
    if countdown := _countdown(found):
        say(countdown)
    _warn(found)


@click.command()
@click.argument("webhook_id", metavar="ID", shell_complete=complete_id)
@server_options
@click.pass_context
def enable(context: click.Context, webhook_id: str) -> None:
    """Enable a webhook; it goes on with the events from now on."""
    client = connect(context)
    _switch(client, webhook_id, on=True)
    say(f"{webhook_id} is enabled and gets the events from now on")


@click.command()
@click.argument("webhook_id", metavar="ID", shell_complete=complete_id)
@click.option("--yes", is_flag=True, help="Do not ask.")
@server_options
@click.pass_context
def disable(context: click.Context, webhook_id: str, yes: bool) -> None:
    """Disable a webhook; what waits for it is discarded."""
    client = connect(context)
    waiting = _status(client, webhook_id).backlog
    if waiting:
        confirm(f"{counted(waiting, 'event')} waiting for {webhook_id} will be discarded. Disable it?", yes=yes)
    _switch(client, webhook_id, on=False)
    say(f"{webhook_id} is disabled" + (f"; {counted(waiting, 'waiting event')} discarded" if waiting else ""))


@click.command()
@click.argument("webhook_id", metavar="ID", shell_complete=complete_id)
@click.option("--yes", is_flag=True, help="Do not ask.")
@server_options
@click.pass_context
def delete(context: click.Context, webhook_id: str, yes: bool) -> None:
    """Delete a webhook; what waits for it is discarded."""
    client = connect(context)
    row = msgspec.json.decode(client.ask("GET", path_of("webhooks", webhook_id)).body, type=WebhookRow)
    waiting = _status(client, webhook_id).backlog
    loss = f" {counted(waiting, 'event')} waiting for it will be discarded." if waiting else ""
    confirm(f"Delete {row.name!r} ({row.url})?{loss}", yes=yes)
    client.ask("DELETE", path_of("webhooks", webhook_id))
    say(f"{webhook_id} is deleted")


@click.group(
    cls=OrderedGroup,
    commands=[
        list_webhooks,
        show,
        status,
        changes,
        account,
        create,
        validate,
        update,
        edit,
        check,
        test,
        pause,
        resume,
        enable,
        disable,
        rotate_key,
        delete,
    ],
)
@server_options
def webhook() -> None:
    """Create, change and look at webhooks."""


def _countdown(found: Status) -> str:
    """`next attempt in 12 s; the oldest event is given up in 3 min 20 s`; empty where nothing is to come."""
    parts = []
    if found.next_attempt_in_ms is not None:
        soon = f"in {to_go(found.next_attempt_in_ms)}" if found.next_attempt_in_ms else "now"
        parts.append(f"next attempt {soon}")
    if found.oldest_deadline_in_ms is not None:
        parts.append(f"the oldest event is given up in {to_go(found.oldest_deadline_in_ms)}")
    return "; ".join(parts)


def _warn(found: Status) -> None:
    for warning in found.warnings:
        note(f"warning: {warning}", style="yellow")


def _status(client: Client, webhook_id: str) -> Status:
    return msgspec.json.decode(client.ask("GET", path_of("webhooks", webhook_id, "status")).body, type=Status)


def _switch(client: Client, webhook_id: str, *, on: bool) -> None:
    body = msgspec.json.encode({"enable": on})
    client.ask("PATCH", path_of("webhooks", webhook_id), body=body, headers={"Content-Type": MERGE_PATCH})
