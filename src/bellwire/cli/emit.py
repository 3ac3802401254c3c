"""`bellwire emit`: publish events, one from the command line or any number from a file."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO, Final

import click
import msgspec
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TransferSpeedColumn

from bellwire.cli.client import JSON, NDJSON, Client, Refused
from bellwire.cli.helping import examples
from bellwire.cli.lines import name_of, open_events
from bellwire.cli.locating import connect, server_options
from bellwire.cli.misuse import Misuse
from bellwire.cli.terminal import ERR, note, say
from bellwire.cli.wording import counted
from bellwire.model.event_type import is_type_id

PATH: Final = "/v1/events"


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """What the API answers to a publish."""

    accepted: int
    duplicates: int
    ids: tuple[str, ...] = ()


@click.command(
    epilog=examples(
        "bellwire emit auth.success accountName=nadia accountId=14",
        'bellwire emit shop.order-paid total=19.90 items=\'["A1","B2"]\' --id order-7',
        "bellwire emit --from events.ndjson",
        "zcat events.ndjson.gz | bellwire emit --from -",
    )
)
@click.argument("type_id", metavar="TYPE", required=False)
@click.argument("members", metavar="[KEY=VALUE]...", nargs=-1)
@click.option("--id", "event_id", help="The event's id; the same one again is stored once.")
@click.option("--created-at", metavar="TIME", help="When it happened, RFC 3339. Default: now.")
@click.option("--from", "file", type=click.File("rb"), metavar="FILE|-", help="Publish the events of a file.")
@server_options
@click.pass_context
def emit(
    context: click.Context,
    type_id: str | None,
    members: tuple[str, ...],
    event_id: str | None,
    created_at: str | None,
    file: BinaryIO | None,
) -> None:
    """Publish events.

    One event of TYPE: each KEY=VALUE becomes a member of its data. A value that is JSON (19.90, true, null, {…}, […],
    "07") is taken as that, any other as text. The event's id is printed.

    Or, with --from, many: NDJSON (one event a line, of any size), a JSON array, or {"events": […]}.
    """
    if file is not None:
        if type_id is not None or event_id is not None or created_at is not None:
            raise Misuse("--from takes whole events from a file; leave TYPE, KEY=VALUE, --id, --created-at out")
        _emit_file(connect(context), file)
        return
    if type_id is None:
        raise Misuse("give the event's TYPE, or --from FILE")
    event = {"id": event_id, "createdAt": created_at, "type": type_id, "data": _data(members)}
    body = msgspec.json.encode({name: value for name, value in event.items() if value is not None})
    client = connect(context)
    is_new = is_type_id(type_id) and not list(client.items("/v1/event-types", {"pattern": type_id}, limit=1))
    published = msgspec.json.decode(
        client.ask("POST", PATH, body=body, headers={"Content-Type": JSON}).body, type=Published
    )
    say(published.ids[0])
    if is_new:
        note(f"{type_id} was not known before; it is an event type from now on, with level info")
    if published.duplicates:
        note("it was known already and is stored once")


def _data(members: Sequence[str]) -> dict[str, msgspec.Raw]:
    data: dict[str, msgspec.Raw] = {}
    for member in members:
        key, equals, value = member.partition("=")
        if not equals or not key:
            raise Misuse(f"{member!r} is no KEY=VALUE; write it as accountName=nadia")
        if _is_no_text(member):
            raise Misuse(f"{member!r} is not UTF-8; publish it from a file, with --from")
        if key in data:
            raise Misuse(f"{key} is given twice; give a list as {key}='[1, 2]'")
        data[key] = _value(value)
    return data


def _is_no_text(argument: str) -> bool:
    """Whether an argument's bytes were not UTF-8, which Python shows as surrogates (PEP 383)."""
    try:
        argument.encode()
    except UnicodeEncodeError:
        return True
    return False


def _value(text: str) -> msgspec.Raw:
    """JSON as it stands, so that numbers keep their digits; anything else as a string."""
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return msgspec.Raw(msgspec.json.encode(text))
    return msgspec.Raw(text.encode())


def _emit_file(client: Client, file: BinaryIO) -> None:
    with _progress(file) as count:
        events = open_events(file, count=count)
        try:
            answer = client.upload(PATH, events.pieces, content_type=NDJSON)
        except Refused as refused:
            raise _placed(refused, name_of(file), unit=events.unit) from refused
    published = msgspec.json.decode(answer.body, type=Published)
    known = f", {published.duplicates:,} of them known already" if published.duplicates else ""
    say(f"{counted(published.accepted, 'event')} accepted{known}")


def _placed(refused: Refused, name: str, *, unit: str) -> click.ClickException:
    """The refusal with the file's name; in a document it is the event that is numbered, not the line."""
    line = refused.members.get("line")
    if not isinstance(line, int):
        return refused
    message = refused.message.replace(f"line {line}:", f"{unit} {line}:", 1).replace(
        "lines before it", f"{unit}s before it"
    )
    return click.ClickException(f"{name}: {message}")


class _Count:
    """Moves the progress bar; called with the bytes and events of each piece."""

    def __init__(self, progress: Progress, *, total_bytes: int | None) -> None:
        self._progress = progress
        self._events = 0
        self._task = progress.add_task("publishing", total=total_bytes, events="")

    def __call__(self, size_bytes: int, events: int) -> None:
        self._events += events
        self._progress.update(self._task, advance=size_bytes, events=counted(self._events, "event"))


@contextmanager
def _progress(file: BinaryIO) -> Iterator[_Count]:
    columns = (
        BarColumn(bar_width=30),
        TextColumn("{task.fields[events]}"),
        TransferSpeedColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=ERR, transient=True, disable=not ERR.is_terminal) as progress:
        yield _Count(progress, total_bytes=_size_of(file))


def _size_of(file: BinaryIO) -> int | None:
    """The bytes of a regular file; None for a pipe and its like, which do not know."""
    try:
        return os.fstat(file.fileno()).st_size or None
    except OSError:
        return None
