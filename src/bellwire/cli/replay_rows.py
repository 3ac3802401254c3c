"""Replays as the commands show them, and one that is followed to its end."""

import time
from collections.abc import Callable
from typing import Final

import msgspec
from rich.progress import BarColumn, Progress, TextColumn

from bellwire.cli.client import Client, path_of
from bellwire.cli.tables import print_facts
from bellwire.cli.terminal import ERR, note, say
from bellwire.cli.wording import SECOND_MS, counted, length, moment

STATE_STYLES: Final = {"running": "green", "paused": "cyan", "done": "dim", "cancelled": "dim"}

WATCH_INTERVAL_S: Final = 1
LINE_INTERVAL_S: Final = 10
"""Between two lines, where the progress is no bar at a terminal."""


class AskedRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a replay was asked to deliver."""

    since: str | None
    until: str | None
    from_position: int | None
    ids: int
    reason: str | None
    types: tuple[str, ...] | None


class ReplayAccount(msgspec.Struct, frozen=True, kw_only=True):
    """wanted = delivered + waiting + discarded + cancelled, in events."""

    wanted: int
    delivered: int
    waiting: int
    discarded: dict[str, int]
    cancelled: int


class ReplayRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """See GET /v1/replays/{id}."""

    id: str
    webhook_id: str
    state: str
    reason: str
    created_at: str
    ended_at: str | None
    asked: AskedRow
    rate: float | None
    missing: int
    account: ReplayAccount
    progress: float
    measured_rate: float | None
    seconds_left: float | None
    next_attempt: str | None


def read_replay(client: Client, replay_id: str) -> ReplayRow:
    """The replay as it is now."""
    return msgspec.json.decode(client.ask("GET", path_of("replays", replay_id)).body, type=ReplayRow)


def asked(row: ReplayRow) -> str:
    """What it was asked to deliver, in words."""
    wish = row.asked
    if wish.ids:
        words = [counted(wish.ids, "event")]
    elif wish.reason:
        words = [f"{wish.reason} dead letters"]
    else:
        words = [f"from position {wish.from_position}"] if wish.from_position else []
    words += [f"since {moment(wish.since)}"] if wish.since else []
    words += [f"until {moment(wish.until)}"] if wish.until else []
    words += [f"of {', '.join(wish.types)}"] if wish.types else []
    return " ".join(words)


def share(row: ReplayRow) -> str:
    """How much of it is behind it."""
    return f"{row.progress * 100:.0f} %"


def pace(row: ReplayRow) -> str:
    """How fast it goes, and how fast it may."""
    measured = "" if row.measured_rate is None else f"{row.measured_rate:,.1f}/s"
    chosen = "" if row.rate is None else f"at most {row.rate:g}/s"
    return ", ".join(filter(None, (measured, chosen))) or "as fast as the endpoint takes it"


def left(row: ReplayRow) -> str:
    """How long it will take; empty where nothing tells."""
    return "" if row.seconds_left is None else f"{length(round(row.seconds_left * SECOND_MS))} left"


def show_replay(row: ReplayRow) -> None:
    """Print all that is known of one."""
    account = row.account
    facts = [
        ("id", row.id),
        ("webhook", row.webhook_id),
        ("state", f"{row.state}: {row.reason}" if row.reason else row.state),
        ("asked for", asked(row)),
        ("begun", moment(row.created_at)),
    ]
    facts += [("ended", moment(row.ended_at))] if row.ended_at else [("pace", pace(row)), ("progress", share(row))]
    facts += [("time", left(row))] if left(row) and not row.ended_at else []
    facts += [("next attempt", moment(row.next_attempt))] if row.next_attempt else []
    facts += [
        ("wanted", counted(account.wanted, "event")),
        ("delivered", f"{account.delivered:,}"),
        ("waiting", f"{account.waiting:,}"),
        ("discarded", f"{sum(account.discarded.values()):,}"),
    ]
    facts += [(f"  {reason}", f"{number:,}") for reason, number in sorted(account.discarded.items())]
    facts += [("cancelled", f"{account.cancelled:,}")] if account.cancelled else []
    facts += [("no longer retained", f"{row.missing:,}")] if row.missing else []
    print_facts(facts)


def watch_replay(client: Client, replay_id: str, *, wait: Callable[[float], None] = time.sleep) -> ReplayRow:
    """Show the progress of a replay until it has ended: a bar at a terminal, else a line now and then."""
    columns = (BarColumn(bar_width=30), TextColumn("{task.description}"))
    with Progress(*columns, console=ERR, transient=True, disable=not ERR.is_terminal) as progress:
        task = progress.add_task("", total=1)
        seconds = 0
        while (row := read_replay(client, replay_id)).ended_at is None:
            progress.update(task, completed=row.progress, description=_told(row))
            if not ERR.is_terminal and seconds % LINE_INTERVAL_S == 0:
                note(_told(row))
            wait(WATCH_INTERVAL_S)
            seconds += WATCH_INTERVAL_S
    return row


def tell_end(row: ReplayRow) -> bool:
    """Say how it ended, and whether every event was delivered."""
    account = row.account
    given_up = sum(account.discarded.values())
    words = [f"{row.state}: {counted(account.delivered, 'event')} delivered"]
    words += [f"{given_up:,} discarded ({', '.join(sorted(account.discarded))})"] if given_up else []
    words += [f"{account.cancelled:,} cancelled ({row.reason})"] if account.cancelled else []
    say(", ".join(words), style=None if given_up or account.cancelled else "green")
    return not given_up and not account.cancelled


def _told(row: ReplayRow) -> str:
    done = row.account.wanted - row.account.waiting
    words = (f"{done:,} of {counted(row.account.wanted, 'event')} ({share(row)})", pace(row), left(row))
    state = row.state if row.state != "running" else ""
    return ", ".join(filter(None, (*words, ": ".join(filter(None, (state, row.reason))))))
