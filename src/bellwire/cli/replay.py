"""`bellwire replay`: deliver again what the log still holds."""

import contextlib
from collections.abc import Mapping
from typing import Any, Final

import click
import msgspec

from bellwire.cli.asking import confirm, may_ask
from bellwire.cli.client import JSON, MERGE_PATCH, Client, path_of
from bellwire.cli.helping import OrderedGroup, examples
from bellwire.cli.locating import connect, server_options
from bellwire.cli.misuse import Misuse
from bellwire.cli.replay_rows import (
    STATE_STYLES,
    ReplayRow,
    asked,
    left,
    pace,
    read_replay,
    share,
    show_replay,
    tell_end,
    watch_replay,
)
from bellwire.cli.tables import Column, Cut, print_json_lines, print_table
from bellwire.cli.terminal import note, say
from bellwire.cli.webhook_rows import complete_id, webhook_names
from bellwire.cli.wording import counted, moment
from bellwire.model.cursor import DiscardReason

LIMIT_MAX: Final = 100_000


class SampledEvent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a preview shows of an event."""

    id: str
    created_at: str
    type: str


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What a replay would deliver; see POST /v1/webhooks/{id}/replays."""

    events: int
    missing: int
    sample: tuple[SampledEvent, ...]


def _complete_replay(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """The ids of the replays, for the shell; none where they cannot be read."""
    try:
        items = connect(context).items("/v1/replays", {}, limit=LIMIT_MAX)
        ids = [msgspec.json.decode(item, type=ReplayRow).id for item in items]
    except click.ClickException:
        return []
    return [replay_id for replay_id in ids if replay_id.startswith(incomplete)]


@click.command(
    epilog=examples(
        "bellwire replay create WEBHOOK --since 2h",
        "bellwire replay create WEBHOOK --reason expired --since 1d --follow",
        "bellwire replay create WEBHOOK --event order-7 --event order-9",
        "bellwire replay create WEBHOOK --from-position 1 --rate 50 --preview",
    )
)
@click.argument("webhook_id", metavar="WEBHOOK", shell_complete=complete_id)
@click.option("--since", metavar="TIME", help="What was accepted since: 15m, 2h, or RFC 3339.")
@click.option("--until", metavar="TIME", help="Only what was accepted before; as --since.")
@click.option("--from-position", type=click.IntRange(min=1), metavar="N", help="From this position of the log on.")
@click.option("--event", "ids", multiple=True, metavar="ID", help="This event. Repeatable.")
@click.option(
    "--reason",
    type=click.Choice([reason.value for reason in DiscardReason]),
    help="What was given up for this; --since and --until then say when.",
)
@click.option("--type", "types", multiple=True, metavar="TYPE", help="Only events of this type. Repeatable.")
@click.option("--rate", type=float, metavar="N", help="So many events a second. Default: as fast as they are taken.")
@click.option("--paused", is_flag=True, help="Begin paused.")
@click.option("--preview", is_flag=True, help="Only say how many events it would deliver, and show the first.")
@click.option("--follow", is_flag=True, help="Show the progress until it has ended.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@server_options
@click.pass_context
def create(
    context: click.Context,
    /,
    webhook_id: str,
    *,
    preview: bool,
    follow: bool,
    yes: bool,
    as_json: bool,
    **asked_for: Any,  # noqa: ANN401 - each option has its own type
) -> None:
    """Deliver events to a webhook again.

    Give one of --since, --from-position, --event and --reason. Only what the webhook's filter wants is delivered, under
    the same event ids. Live delivery goes first.
    """
    client = connect(context)
    body = msgspec.json.encode(_document(asked_for))
    path = path_of("webhooks", webhook_id, "replays")
    looked_at = client.ask("POST", path, query={"preview": "true"}, body=body, headers={"Content-Type": JSON})
    found = msgspec.json.decode(looked_at.body, type=Preview)
    if preview:
        if as_json:
            print_json_lines([looked_at.body])
        else:
            _show_preview(found)
        return
    if found.events and may_ask() and not as_json:
        confirm(f"{counted(found.events, 'event')} will be delivered again{_missing(found)}. Go on?", yes=yes)
    answer = client.ask("POST", path, body=body, headers={"Content-Type": JSON})
    row = msgspec.json.decode(answer.body, type=ReplayRow)
    if as_json:
        print_json_lines([answer.body])
    else:
        say(row.id)
        note(f"{counted(row.account.wanted, 'event')} to be delivered again{_missing(found)}")
    if follow:
        _follow(context, client, row.id)
    elif not as_json:
        note(f"to see how it goes: bellwire replay watch {row.id}")


@click.command("list")
@click.option("--webhook", "webhook_id", metavar="ID", shell_complete=complete_id, help="Only those of this webhook.")
@click.option("--limit", type=click.IntRange(1, LIMIT_MAX), default=20, show_default=True, help="How many.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each replay, a line each.")
@server_options
@click.pass_context
def list_replays(context: click.Context, webhook_id: str | None, limit: int, as_json: bool) -> None:
    """List replays, the newest first; those that ended, for 30 days."""
    client = connect(context)
    path = "/v1/replays" if webhook_id is None else path_of("webhooks", webhook_id, "replays")
    items = client.items(path, {}, limit=limit)
    if as_json:
        print_json_lines(items)
        return
    rows = [msgspec.json.decode(item, type=ReplayRow) for item in items]
    if not rows:
        note("no replays")
        return
    names = webhook_names(client)
    columns = (
        Column(heading="begun"),
        Column(heading="webhook", cut=Cut.END),
        Column(heading="state", styles=STATE_STYLES),
        Column(heading="done", number=True),
        Column(heading="events", number=True),
        Column(heading="asked for", cut=Cut.END),
        Column(heading="id", cut=Cut.START),
    )
    cells = (
        (
            moment(row.created_at),
            names.get(row.webhook_id, row.webhook_id),
            row.state,
            share(row),
            f"{row.account.wanted:,}",
            asked(row),
            row.id,
        )
        for row in rows
    )
    print_table(columns, cells)


@click.command()
@click.argument("replay_id", metavar="REPLAY", shell_complete=_complete_replay)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@server_options
@click.pass_context
def show(context: click.Context, replay_id: str, as_json: bool) -> None:
    """Show how a replay does and what became of its events."""
    client = connect(context)
    if as_json:
        print_json_lines([client.ask("GET", path_of("replays", replay_id)).body])
        return
    show_replay(read_replay(client, replay_id))


@click.command()
@click.argument("replay_id", metavar="REPLAY", shell_complete=_complete_replay)
@server_options
@click.pass_context
def watch(context: click.Context, replay_id: str) -> None:
    """Show the progress of a replay until it has ended.

    Ctrl-C leaves it running. Exit status 1 if not every event was delivered.
    """
    _follow(context, connect(context), replay_id)


@click.command()
@click.argument("replay_id", metavar="REPLAY", shell_complete=_complete_replay)
@server_options
@click.pass_context
def pause(context: click.Context, replay_id: str) -> None:
    """Send nothing more of a replay until it is resumed.

    The deadlines of its events stand still.
    """
    row = _edit(connect(context), replay_id, {"paused": True})
    say(f"{replay_id} is paused; {counted(row.account.waiting, 'event')} waiting")
    note(f"to go on: bellwire replay resume {replay_id}")


@click.command()
@click.argument("replay_id", metavar="REPLAY", shell_complete=_complete_replay)
@server_options
@click.pass_context
def resume(context: click.Context, replay_id: str) -> None:
    """Go on with a replay that was paused."""
    row = _edit(connect(context), replay_id, {"paused": False})
    say(f"{replay_id} goes on; {counted(row.account.waiting, 'event')} waiting")


@click.command("set-rate", epilog=examples("bellwire replay set-rate REPLAY 50", "bellwire replay set-rate REPLAY max"))
@click.argument("replay_id", metavar="REPLAY", shell_complete=_complete_replay)
@click.argument("rate", metavar="N|max")
@server_options
@click.pass_context
def set_rate(context: click.Context, replay_id: str, rate: str) -> None:
    """Let a replay send N events a second, or as many as it can.

    max: as fast as the endpoint takes them.
    """
    try:
        chosen = None if rate == "max" else float(rate)
    except ValueError as problem:
        raise Misuse(f"{rate!r} is no number of events a second; write 50, 0.5 or max") from problem
    row = _edit(connect(context), replay_id, {"rate": chosen})
    remaining = left(row)
    say(f"{replay_id}: {pace(row)}{', ' + remaining if remaining else ''}")


@click.command()
@click.argument("replay_id", metavar="REPLAY", shell_complete=_complete_replay)
@server_options
@click.pass_context
def cancel(context: click.Context, replay_id: str) -> None:
    """End a replay; what it has not sent yet is not sent."""
    answer = connect(context).ask("DELETE", path_of("replays", replay_id))
    row = msgspec.json.decode(answer.body, type=ReplayRow)
    unsent = row.account.cancelled + row.account.waiting
    if row.state == "cancelled":
        say(f"{replay_id} is cancelled; {row.account.delivered:,} delivered, {unsent:,} not sent")
    else:
        say(f"{replay_id} was done already; {counted(row.account.delivered, 'event')} delivered")


@click.group(cls=OrderedGroup, commands=[create, list_replays, show, watch, pause, resume, set_rate, cancel])
def replay() -> None:
    """Deliver events again that are still in the log."""


def _document(asked_for: Mapping[str, Any]) -> dict[str, Any]:
    named = {
        "since": asked_for["since"],
        "until": asked_for["until"],
        "fromPosition": asked_for["from_position"],
        "ids": asked_for["ids"] or None,
        "reason": asked_for["reason"],
        "types": asked_for["types"] or None,
        "rate": asked_for["rate"],
        "paused": asked_for["paused"] or None,
    }
    return {name: value for name, value in named.items() if value is not None}


def _show_preview(found: Preview) -> None:
    say(f"{counted(found.events, 'event')} would be delivered{_missing(found)}")
    if found.sample:
        columns = (Column(heading="created at"), Column(heading="type"), Column(heading="id", cut=Cut.START))
        print_table(columns, ((moment(event.created_at), event.type, event.id) for event in found.sample))


def _missing(found: Preview) -> str:
    return f"; {found.missing:,} are no longer retained" if found.missing else ""


def _edit(client: Client, replay_id: str, patch: dict[str, Any]) -> ReplayRow:
    answer = client.ask(
        "PATCH",
        path_of("replays", replay_id),
        body=msgspec.json.encode(patch),
        headers={"Content-Type": MERGE_PATCH},
    )
    return msgspec.json.decode(answer.body, type=ReplayRow)


def _follow(context: click.Context, client: Client, replay_id: str) -> None:
    with contextlib.suppress(KeyboardInterrupt):
        if not tell_end(watch_replay(client, replay_id)):
            context.exit(1)
        return
    note(f"it goes on; to see how: bellwire replay show {replay_id}")
