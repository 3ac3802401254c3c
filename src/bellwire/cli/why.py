"""`bellwire why`: what became of an event, at one webhook or at each."""

import click
import msgspec

from bellwire.cli.client import path_of
from bellwire.cli.helping import examples
from bellwire.cli.locating import connect, server_options
from bellwire.cli.tables import Column, Cut, print_json_lines, print_table
from bellwire.cli.terminal import note
from bellwire.cli.webhook_rows import LIST_MAX, complete_id, webhook_names
from bellwire.cli.wording import moment

VERDICT_STYLES = {"delivered": "green", "waiting": "yellow", "discarded": "red", "not-wanted": "dim"}


class ReplayNoteRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """That a replay delivered the event, holds it or gave it up."""

    replay_id: str
    verdict: str
    because: str
    at: str | None


class ExplanationRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """See GET /v1/events/{id}/why."""

    webhook_id: str
    verdict: str
    because: str
    at: str | None
    until: str | None
    replays: tuple[ReplayNoteRow, ...] = ()


@click.command(
    short_help="Say why an event did or did not arrive.",
    epilog=examples("bellwire why 01a20fe6-e66c-74c5-ac2a-c7b032dc15de", "bellwire why EVENT WEBHOOK --json"),
)
@click.argument("event_id", metavar="EVENT")
@click.argument("webhook_id", metavar="WEBHOOK", required=False, shell_complete=complete_id)
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each webhook, a line each.")
@server_options
@click.pass_context
def why(context: click.Context, event_id: str, webhook_id: str | None, as_json: bool) -> None:
    """Say why an event did or did not reach a webhook, or (without one) each of them."""
    client = connect(context)
    listed = client.items(path_of("events", event_id, "why"), {"webhook": webhook_id}, limit=LIST_MAX)
    items = [msgspec.json.decode(item, type=ExplanationRow) for item in listed]
    if as_json:
        print_json_lines([msgspec.json.encode(item) for item in items])
        return
    if not items:
        note("there is no webhook that it could have reached")
        return
    names = webhook_names(client)
    columns = (
        Column(heading="webhook", cut=Cut.START),
        Column(heading="verdict", styles=VERDICT_STYLES),
        Column(heading="because", cut=Cut.END),
    )
    rows = []
    for item in items:
        rows.append((names.get(item.webhook_id, item.webhook_id), item.verdict, _told(item)))
        rows += [(f"  replay {each.replay_id}", each.verdict, _told_of_replay(each)) for each in item.replays]
    print_table(columns, rows)


def _told_of_replay(item: ReplayNoteRow) -> str:
    return item.because + (f"; {moment(item.at)}" if item.at else "")


def _told(item: ExplanationRow) -> str:
    when = f"; {moment(item.at)}" if item.at else ""
    until = f"; given up {moment(item.until)}" if item.until else ""
    return item.because + when + until
