"""`bellwire attempts`, `dead-letters` and `status`: what was sent, what was given up, how all does."""

import contextlib
import time
from collections.abc import Iterator
from typing import Final

import click
import msgspec

from bellwire.cli.client import Client
from bellwire.cli.helping import examples
from bellwire.cli.locating import connect, server_options
from bellwire.cli.tables import OUTCOME_STYLES, Column, Cut, print_facts, print_json_lines, print_table
from bellwire.cli.terminal import note, say
from bellwire.cli.webhook_rows import complete_id, webhook_names
from bellwire.cli.wording import counted, moment, size, took
from bellwire.model.cursor import DiscardReason

LIMIT_MAX: Final = 1_000_000
FOLLOW_INTERVAL_S: Final = 1
FOLLOWED_MAX: Final = 10_000
"""So many attempts of one interval are shown at most: the latest of them."""
FOLLOWED_PAGE_ITEMS: Final = 100


class AttemptRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the list shows of an attempt. reason: why it failed; status: of the answer, if one came."""

    id: str
    at: str
    webhook_id: str
    number: int
    events: int
    bytes: int
    outcome: str
    reason: str | None = None
    status: int | None = None
    duration_ms: float


class LetterRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the list shows of a dead letter."""

    at: str
    type: str
    event_id: str
    webhook_id: str
    reason: str


class RestartView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The last dispatcher that was begun anew."""

    at: str
    webhook_id: str
    reason: str


class WatchdogView(msgspec.Struct, frozen=True, kw_only=True):
    """How often dispatchers were begun anew."""

    restarts: int
    last: RestartView | None


class StatusView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How Bellwire does as a whole."""

    version: str
    started_at: str
    events_logged: int
    webhooks: int
    states: dict[str, int]
    store_bytes: int
    watchdog: WatchdogView


ATTEMPT_COLUMNS: Final = (
    Column(heading="at"),
    Column(heading="webhook", cut=Cut.END),
    Column(heading="no.", number=True),
    Column(heading="events", number=True),
    Column(heading="size", number=True, wide=True),
    Column(heading="took", number=True),
    Column(heading="outcome", cut=Cut.END, styles=OUTCOME_STYLES),
)


@click.command(
    epilog=examples(
        "bellwire attempts --webhook ID --limit 5",
        "bellwire attempts --follow",
        "bellwire attempts --failed --json | jq .reason",
    )
)
@click.option("--webhook", "webhook_id", metavar="ID", shell_complete=complete_id, help="Only those of this webhook.")
@click.option("--failed", is_flag=True, help="Only those that did not deliver.")
@click.option("--follow", is_flag=True, help="Go on and show attempts as they are made, the latest last; Ctrl-C ends.")
@click.option("--limit", type=click.IntRange(1, LIMIT_MAX), default=20, show_default=True, help="How many.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each attempt, a line each.")
@server_options
@click.pass_context
def attempts(
    context: click.Context, webhook_id: str | None, failed: bool, follow: bool, limit: int, as_json: bool
) -> None:
    """List requests and what came of them, the newest first."""
    client = connect(context)
    query = {"webhook": webhook_id, "failed": "true" if failed else None}
    if follow:
        with contextlib.suppress(KeyboardInterrupt):
            _follow(client, query, limit=limit, as_json=as_json)
        return
    items = client.items("/v1/attempts", query, limit=limit)
    if as_json:
        print_json_lines(items)
        return
    rows = [msgspec.json.decode(item, type=AttemptRow) for item in items]
    if not rows:
        note("no attempt failed that is kept" if failed else "no attempts yet")
        return
    names = webhook_names(client)
    print_table(ATTEMPT_COLUMNS, (_cells(row, names) for row in rows))


@click.command(
    epilog=examples(
        "bellwire dead-letters --reason expired --since 2h",
        "bellwire dead-letters --type auth.failed --type auth.error",
        "bellwire dead-letters --webhook ID --json",
    )
)
@click.option("--webhook", "webhook_id", metavar="ID", shell_complete=complete_id, help="Only those of this webhook.")
@click.option(
    "--reason", type=click.Choice([reason.value for reason in DiscardReason]), help="Only those given up for this."
)
@click.option("--type", "types", multiple=True, metavar="TYPE", help="Only events of this type. Repeatable.")
@click.option("--since", metavar="TIME", help="Only what was given up since: 15m, 2h, or RFC 3339.")
@click.option("--until", metavar="TIME", help="Only what was given up before; as --since.")
@click.option("--limit", type=click.IntRange(1, LIMIT_MAX), default=20, show_default=True, help="How many.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each dead letter, a line each.")
@server_options
@click.pass_context
def dead_letters(context: click.Context, /, limit: int, as_json: bool, **filters: str | tuple[str, ...] | None) -> None:
    """List events that were given up, the newest first."""
    client = connect(context)
    query = {"webhook": filters.pop("webhook_id"), "type": filters.pop("types"), **filters}
    items = client.items("/v1/dead-letters", query, limit=limit)
    if as_json:
        print_json_lines(items)
        return
    rows = [msgspec.json.decode(item, type=LetterRow) for item in items]
    if not rows:
        note("no dead letters")
        return
    columns = (
        Column(heading="at"),
        Column(heading="reason"),
        Column(heading="type"),
        Column(heading="event", cut=Cut.START),
        Column(heading="webhook", cut=Cut.END),
    )
    names = webhook_names(client)
    cells = (
        (moment(row.at), row.reason, row.type, row.event_id, names.get(row.webhook_id, row.webhook_id)) for row in rows
    )
    print_table(columns, cells)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@server_options
@click.pass_context
def status(context: click.Context, as_json: bool) -> None:
    """Show how the server does as a whole."""
    answer = connect(context).ask("GET", "/v1/status")
    if as_json:
        print_json_lines([answer.body])
        return
    found = msgspec.json.decode(answer.body, type=StatusView)
    states = ", ".join(f"{number:,} {state}" for state, number in found.states.items() if number)
    facts = [
        ("version", found.version),
        ("running since", moment(found.started_at)),
        ("events in the log", f"{found.events_logged:,}"),
        ("webhooks", f"{found.webhooks:,}" + (f" ({states})" if states else "")),
        ("store", size(found.store_bytes)),
    ]
    if (last := found.watchdog.last) is not None:
        times = counted(found.watchdog.restarts, "time")
        facts.append(("begun anew", f"{times}, last {moment(last.at)} for {last.webhook_id}: {last.reason}"))
    print_facts(facts)


def _cells(row: AttemptRow, names: dict[str, str]) -> tuple[str, ...]:
    return (
        moment(row.at),
        names.get(row.webhook_id, row.webhook_id),
        str(row.number),
        f"{row.events:,}",
        size(row.bytes),
        took(row.duration_ms),
        _outcome(row),
    )


def _outcome(row: AttemptRow) -> str:
    return f"{row.outcome}: {row.reason or row.status}"


def _follow(client: Client, query: dict[str, str | None], *, limit: int, as_json: bool) -> None:
    """Show the latest attempts, then each new one; the latest last."""
    last = None
    while True:
        new = list(_newer_than(last, client, query, limit=limit))
        names = webhook_names(client) if new and not as_json else {}
        for item, row in reversed(new):
            if as_json:
                print_json_lines([item])
            else:
                _say_attempt(row, names)
        last = new[0][1].id if new else last
        limit = FOLLOWED_MAX
        time.sleep(FOLLOW_INTERVAL_S)


def _newer_than(
    last: str | None, client: Client, query: dict[str, str | None], *, limit: int
) -> Iterator[tuple[msgspec.Raw, AttemptRow]]:
    for item in client.items("/v1/attempts", query, limit=limit, page_items=FOLLOWED_PAGE_ITEMS):
        row = msgspec.json.decode(item, type=AttemptRow)
        if row.id == last:
            return
        yield item, row


def _say_attempt(row: AttemptRow, names: dict[str, str]) -> None:
    number = f", attempt {row.number}" if row.number > 1 else ""
    what = f"{counted(row.events, 'event')}, {size(row.bytes)}, {took(row.duration_ms)}{number}"
    name = names.get(row.webhook_id, row.webhook_id)
    say(f"{moment(row.at)}  {name}  {_outcome(row)}  ({what})", style=OUTCOME_STYLES.get(row.outcome))
