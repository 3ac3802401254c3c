"""`bellwire webhook changes`: what was changed of a webhook, and what its state became."""

from typing import Final

import click
import msgspec

from bellwire.cli.client import path_of
from bellwire.cli.helping import examples
from bellwire.cli.locating import connect, server_options
from bellwire.cli.tables import Column, Cut, print_json_lines, print_table
from bellwire.cli.terminal import note
from bellwire.cli.webhook_rows import complete_id
from bellwire.cli.wording import moment

LIMIT_MAX: Final = 1_000_000
STYLES: Final = {
    "failing": "bold red",
    "blocked": "bold red",
    "gone": "bold red",
    "recovered": "green",
    "unblocked": "green",
    "paused": "cyan",
    "disabled": "dim",
}


class FilterRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Which events a webhook got."""

    events: tuple[str, ...]
    events_policy: str
    level: str | None


class ChangeRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the list shows of a change; see GET /v1/webhooks/{id}/changes."""

    at: str
    position: int
    change: str
    fields: tuple[str, ...] = ()
    filter_before: FilterRow | None = None
    filter_after: FilterRow | None = None
    reason: str | None = None
    previous_key_until: str | None = None


@click.command(epilog=examples("bellwire webhook changes ID --limit 5", "bellwire webhook changes ID --json"))
@click.argument("webhook_id", metavar="ID", shell_complete=complete_id)
@click.option("--limit", type=click.IntRange(1, LIMIT_MAX), default=20, show_default=True, help="How many.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each change, a line each.")
@server_options
@click.pass_context
def changes(context: click.Context, webhook_id: str, limit: int, as_json: bool) -> None:
    """List changes of a webhook and of its state.

    The newest first. Each names the first position of the log that it decides on.
    """
    items = connect(context).items(path_of("webhooks", webhook_id, "changes"), {}, limit=limit)
    if as_json:
        print_json_lines(items)
        return
    rows = [msgspec.json.decode(item, type=ChangeRow) for item in items]
    if not rows:
        note("nothing was changed as far back as changes are kept")
        return
    columns = (
        Column(heading="at"),
        Column(heading="position", number=True),
        Column(heading="change", styles=STYLES),
        Column(heading="what", cut=Cut.END),
    )
    print_table(columns, ((moment(row.at), f"{row.position:,}", row.change, _told(row)) for row in rows))


def _told(row: ChangeRow) -> str:
    if row.filter_before is None and row.filter_after is not None:
        return _shown(row.filter_after)
    if row.filter_before is not None and row.filter_after is not None:
        return f"{', '.join(row.fields)}; {_shown(row.filter_before)} → {_shown(row.filter_after)}"
    if row.previous_key_until is not None:
        return f"the key before signs too until {moment(row.previous_key_until)}"
    return row.reason or ", ".join(row.fields)


def _shown(one: FilterRow) -> str:
    level = f", level {one.level}" if one.level else ""
    return f"{one.events_policy} {', '.join(one.events) or 'nothing'}{level}"
