"""`bellwire audit`: who changed what."""

from typing import Any, Final

import click
import msgspec

from bellwire.cli.client import path_of
from bellwire.cli.helping import OrderedGroup, examples
from bellwire.cli.locating import connect, server_options
from bellwire.cli.tables import Column, Cut, print_json_lines, print_table
from bellwire.cli.terminal import note
from bellwire.cli.wording import moment
from bellwire.model.audit import Action

LIMIT_MAX: Final = 1_000_000


class ChangeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A member that was changed."""

    path: str
    before: Any = None
    after: Any = None


class EntryRow(msgspec.Struct, frozen=True, kw_only=True):
    """What the list shows of an entry."""

    at: str
    by: str
    kind: str
    address: str
    action: str
    object: str
    changes: tuple[ChangeRow, ...]


@click.command(
    "list",
    epilog=examples("bellwire audit list --since 7d", "bellwire audit list --by nadia --action webhook.edit --json"),
)
@click.option("--by", metavar="NAME", help="Only what this token, person or program did.")
@click.option("--object", "object_id", metavar="ID", help="Only what was done to this webhook, type, token or person.")
@click.option("--action", type=click.Choice([action.value for action in Action]), metavar="ACTION", help="Only this.")
@click.option("--since", metavar="TIME", help="From then on: RFC 3339, or how long ago: 15m, 2h, 7d.")
@click.option("--until", metavar="TIME", help="Before then.")
@click.option("--limit", type=click.IntRange(1, LIMIT_MAX), default=50, show_default=True, help="At most so many.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, with values before and after.")
@server_options
@click.pass_context
def list_entries(
    context: click.Context,
    *,
    by: str | None,
    object_id: str | None,
    action: str | None,
    since: str | None,
    until: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """List who changed what and from where, the newest first."""
    query = {"by": by, "object": object_id, "action": action, "since": since, "until": until}
    found = list(connect(context).items(path_of("audit"), query, limit=limit))
    if as_json:
        print_json_lines(found)
        return
    rows = [msgspec.json.decode(item, type=EntryRow) for item in found]
    if not rows:
        note("nothing was changed that matches")
        return
    head = (
        Column(heading="AT"),
        Column(heading="BY"),
        Column(heading="FROM", wide=True),
        Column(heading="ACTION"),
        Column(heading="OBJECT", cut=Cut.START),
        Column(heading="CHANGED", cut=Cut.END),
    )
    print_table(head, [_cells(row) for row in rows])


@click.group(cls=OrderedGroup, commands=[list_entries])
@server_options
def audit() -> None:
    """Look up who changed what."""


def _cells(row: EntryRow) -> tuple[str, ...]:
    changed = ", ".join(change.path for change in row.changes) or "-"
    return moment(row.at), f"{row.kind} {row.by}", row.address or "-", row.action, row.object, changed
