"""`bellwire events` and `bellwire event-types`: what was published, and what can be."""

from typing import Final

import click
import msgspec

from bellwire.cli.helping import examples
from bellwire.cli.locating import connect, server_options
from bellwire.cli.tables import LEVEL_STYLES, Column, Cut, print_json_lines, print_table
from bellwire.cli.terminal import note
from bellwire.cli.webhook_rows import complete_id
from bellwire.cli.wording import moment

TYPES_MAX: Final = 20_000
LIMIT_MAX: Final = 1_000_000


class EventRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the list shows of an event."""

    id: str
    created_at: str
    type: str
    data: msgspec.Raw


class TypeRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the list shows of an event type; successors only of a former name."""

    id: str
    level: str
    own_level: str | None = None
    disabled: bool = False
    description: str = ""
    former: bool = False
    successors: tuple[str, ...] = ()


@click.command(
    epilog=examples(
        "bellwire events --since 15m",
        "bellwire events --type auth.failed --type auth.success --limit 5",
        "bellwire events --where accountName=jane --where remoteIp=203.0.113.24",
        "bellwire events --since 2026-09-29T19:00:00Z --json | jq -c .data",
    )
)
@click.option("--type", "types", multiple=True, metavar="TYPE", help="Only events of this type. Repeatable.")
@click.option("--since", metavar="TIME", help="Only what was accepted since: 15m, 2h, or RFC 3339.")
@click.option("--until", metavar="TIME", help="Only what was accepted before; as --since.")
@click.option(
    "--where",
    multiple=True,
    metavar="KEY=VALUE",
    help="Only events whose data have this value. Repeatable: all must be met.",
)
@click.option(
    "--webhook", metavar="ID", shell_complete=complete_id, help="Only what this webhook wants by its present filter."
)
@click.option("--limit", type=click.IntRange(1, LIMIT_MAX), default=20, show_default=True, help="How many.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each event, a line each.")
@server_options
@click.pass_context
def events(context: click.Context, /, limit: int, as_json: bool, **filters: str | tuple[str, ...] | None) -> None:
    """List published events, the newest first."""
    query = {"type": filters.pop("types"), **filters}
    items = connect(context).items("/v1/events", query, limit=limit)
    if as_json:
        print_json_lines(items)
        return
    rows = [msgspec.json.decode(item, type=EventRow) for item in items]
    if not rows:
        note("no such events")
        return
    columns = (
        Column(heading="created at"),
        Column(heading="type"),
        Column(heading="id", cut=Cut.START),
        Column(heading="data", cut=Cut.END),
    )
    print_table(columns, ((moment(row.created_at), row.type, row.id, bytes(row.data).decode()) for row in rows))


@click.command(
    epilog=examples(
        "bellwire event-types 'auth.*'",
        "bellwire event-types --group smtp --text certificate",
        "bellwire event-types --json | jq -r 'select(.former|not).id'",
    )
)
@click.argument("pattern", required=False)
@click.option("--group", metavar="NAME", help="Only those of this group: what their ids begin with, before the dot.")
@click.option("--text", metavar="TEXT", help="Only those whose id or description has this text in it.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each type, a line each.")
@server_options
@click.pass_context
def event_types(
    context: click.Context, pattern: str | None, group: str | None, text: str | None, as_json: bool
) -> None:
    """List event types.

    All of them, or those that match PATTERN (* and ? as in a shell). Former names are listed with what they are today.
    `bellwire event-type show ID` says more about one.
    """
    query = {"pattern": pattern, "group": group, "text": text}
    items = connect(context).items("/v1/event-types", query, limit=TYPES_MAX)
    if as_json:
        print_json_lines(items)
        return
    rows = [msgspec.json.decode(item, type=TypeRow) for item in items]
    if not rows:
        note(
            f"no event type matches {pattern!r}; patterns are written as 'auth.*'" if pattern else "no such event types"
        )
        return
    columns = (
        Column(heading="id"),
        Column(heading="level", styles=LEVEL_STYLES),
        Column(heading="description", cut=Cut.END),
    )
    print_table(
        columns,
        ((row.id, level_in_words(row.level, row.own_level, disabled=row.disabled), _described(row)) for row in rows),
    )


def level_in_words(level: str, own_level: str | None, *, disabled: bool) -> str:
    """The level that counts, and the type's own where it is another; the first word tells how it looks."""
    if disabled:
        return f"disable: instead of {own_level or level}"
    return level if own_level in (None, level) else f"{level}: instead of {own_level}"


def _described(row: TypeRow) -> str:
    if not row.former:
        return row.description
    return (
        f"former name of {' and '.join(row.successors)}" if row.successors else "former name; gone without a successor"
    )
