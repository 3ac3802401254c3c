"""`bellwire tail`: what happens, as it happens."""

import contextlib
import time
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import click
import msgspec

from bellwire.cli.client import Client, Refused, Unreachable
from bellwire.cli.helping import examples
from bellwire.cli.interrupting import interruptible
from bellwire.cli.locating import connect, server_options
from bellwire.cli.tables import OUTCOME_STYLES, STATE_STYLES
from bellwire.cli.terminal import OUT, note, say
from bellwire.cli.webhook_rows import complete_id, webhook_names
from bellwire.cli.wording import counted, moment, size, took
from bellwire.model.event_type import TracingLevel
from bellwire.model.live import LiveKind

SILENCE_S: Final = 45
"""After which the connection is taken for dead: the server is heard every 15 s."""

LINE_BYTES_MAX: Final = 16 * 1024 * 1024
PAUSE_S: Final = 1
PAUSE_S_MAX: Final = 15
"""Before connecting again; doubled up to the latter."""

LATER: Final = frozenset({429, 503})
"""Refusals that are worth another try, once anything has come."""


class Happening(NamedTuple):
    """One server-sent event."""

    name: str
    place: str
    content: bytes


@click.command(
    epilog=examples(
        "bellwire tail",
        "bellwire tail --show events --type auth.failed --level warn",
        "bellwire tail --webhook ID --show attempts,changes",
        "bellwire tail --json | jq -c 'select(.kind==\"attempt\")'",
    )
)
@click.option(
    "--webhook", multiple=True, metavar="ID", shell_complete=complete_id, help="Only what concerns it. Repeatable."
)
@click.option("--type", multiple=True, metavar="TYPE", help="Only events of this type. Repeatable.")
@click.option("--level", type=click.Choice([level.value for level in TracingLevel]), help="Only events as grave.")
@click.option("--show", metavar="WHAT,…", help=f"What of: {', '.join(kind.value for kind in LiveKind)}.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each, a line each; so it is in a pipe, too.")
@server_options
@click.pass_context
def tail(context: click.Context, /, *, as_json: bool, **query: str | tuple[str, ...] | None) -> None:
    """Show what happens, as it happens; Ctrl-C ends.

    Events as they are logged, attempts, what is given up, and changes of webhooks. When the connection breaks it is
    made again, and what happened meanwhile is shown.
    """
    client, asking = connect(context), connect(context)
    as_json = as_json or not OUT.is_terminal
    names: dict[str, str] = {}
    with contextlib.suppress(KeyboardInterrupt), interruptible():
        for happening in _happenings(client, query):
            if as_json:
                head = f'{{"kind":"{happening.name}","place":"{happening.place}","data":'
                OUT.out(head + happening.content.decode() + "}", highlight=False)
                OUT.file.flush()
            else:
                _say(asking, happening, names)


def _happenings(client: Client, query: dict[str, str | tuple[str, ...] | None]) -> Iterator[Happening]:
    """What comes, over as many connections as it takes; once one stood, those that fail are made again."""
    place, pause_s, connected = "", PAUSE_S, False
    while True:
        try:
            for happening in _over_one_connection(client, query, place):
                if not connected:
                    note(f"following {client.url}; Ctrl-C ends")
                place, pause_s, connected = happening.place, PAUSE_S, True
                if happening.content:
                    yield happening
            trouble = "the server has ended the connection"
        except Unreachable as problem:
            if not place:
                raise
            trouble = problem.message
        except Refused as problem:
            if not place or problem.status not in LATER:
                raise
            trouble = problem.message
        connected = False
        note(f"{trouble}; trying again in {pause_s} s")
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, PAUSE_S_MAX)


def _over_one_connection(
    client: Client, query: dict[str, str | tuple[str, ...] | None], place: str
) -> Iterator[Happening]:
    """What one connection brings; without content where only the place moves on (WHATWG HTML §9.2.6)."""
    headers = {"Accept": "text/event-stream", **({"Last-Event-ID": place} if place else {})}
    name, content = "", b""
    lines = client.follow("/v1/live", query=query, headers=headers, timeout_s=SILENCE_S, line_bytes_max=LINE_BYTES_MAX)
    for line in lines:
        field, _, value = line.partition(b": ")
        match field:
            case b"event":
                name = value.decode()
            case b"id":
                place = value.decode()
            case b"data":
                content = value
            case b"":
                if not line:
                    yield Happening(name, place, content)
                    name, content = "", b""
            case _:
                pass


def _say(client: Client, happening: Happening, names: dict[str, str]) -> None:
    """One line for a person. names: of webhooks, read when one comes up that is not among them."""
    found: dict[str, Any] = msgspec.json.decode(happening.content)
    webhook_id = found.get("webhookId")
    if webhook_id and webhook_id not in names:
        with contextlib.suppress(Unreachable, Refused):
            names |= webhook_names(client)
        names.setdefault(webhook_id, webhook_id)
    name = names.get(webhook_id or "", "")
    match happening.name:
        case "event":
            content = msgspec.json.decode(happening.content, type=dict[str, msgspec.Raw])["data"]
            at, style, text = found["acceptedAt"], None, f"{found['type']}  {found['id']}  {bytes(content).decode()}"
        case "attempt":
            at, style, text = found["at"], OUTCOME_STYLES.get(found["outcome"]), f"{name}  {_attempt(found)}"
        case "discard":
            at, style = found["at"], "red"
            text = f"{name}  {counted(found['events'], 'event')} given up: {found['reason']}"
        case "change":
            at, style, text = found["at"], STATE_STYLES.get(found["change"]), _change(found, name)
        case _:
            note(f"missed: {_missed(found)}", style="yellow")
            return
    say(f"{moment(at)}  {happening.name:<7}  {text}", style=style)


def _attempt(found: dict[str, Any]) -> str:
    number = f", attempt {found['number']}" if found["number"] > 1 else ""
    what = f"{counted(found['events'], 'event')}, {size(found['bytes'])}, {took(found['durationMs'])}{number}"
    return f"{found['outcome']}: {found['reason'] or found['status']}  ({what})"


def _change(found: dict[str, Any], name: str) -> str:
    more = found["reason"] or found["level"] or ", ".join(found["fields"])
    return f"{name or found['type']}  {found['change']}" + (f": {more}" if more else "")


def _missed(found: dict[str, Any]) -> str:
    return ", ".join(
        f"some {kind}" if count is None else f"{count:,} {kind}" for kind, count in found.items() if count != 0
    )
