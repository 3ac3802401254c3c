"""Events in a file, whatever its shape, as NDJSON in pieces: NDJSON itself, a JSON array, or `{"events": […]}`."""

from collections.abc import Callable, Iterator
from typing import BinaryIO, Final

import click
import msgspec

PIECE_BYTES: Final = 256 * 1024
FIRST_LINE_BYTES_MAX: Final = 8 * 1024 * 1024
DOCUMENT_BYTES_MAX: Final = 256 * 1024 * 1024
"""How large a file may be that is one JSON document: it is held in memory. NDJSON may be of any size."""

WHITE: Final = b" \t\r\n"


class EventsFile(msgspec.Struct, frozen=True, kw_only=True):
    """What was found in a file. unit: what the server's line numbers count in it: lines, or events of a document."""

    unit: str
    pieces: Iterator[bytes]


class _Document(msgspec.Struct, frozen=True):
    events: list[msgspec.Raw]


def open_events(file: BinaryIO, *, count: Callable[[int, int], None]) -> EventsFile:
    """Find out the shape of a file and read on piece by piece. count: told the bytes and events of each piece."""
    head = file.readline(FIRST_LINE_BYTES_MAX)
    while head and not head.strip(WHITE) and len(head) < FIRST_LINE_BYTES_MAX:
        head += file.readline(FIRST_LINE_BYTES_MAX)
    if not _is_document(head):
        return EventsFile(unit="line", pieces=_counted(_pieces(head, file), count))
    whole = head + file.read(DOCUMENT_BYTES_MAX + 1 - len(head))
    if len(whole) > DOCUMENT_BYTES_MAX:
        raise click.ClickException(
            f"{name_of(file)} is one JSON document of more than {DOCUMENT_BYTES_MAX} bytes; "
            "write one event a line (NDJSON)"
        )
    return EventsFile(unit="event", pieces=_counted(_lines_of(_events_of(whole, name_of(file))), count))


def name_of(file: BinaryIO) -> str:
    """How a file is called in messages."""
    name = getattr(file, "name", "<stdin>")
    return "standard input" if name == "<stdin>" else str(name)


def _is_document(head: bytes) -> bool:
    """Whether a file that starts so is a single document: an array, the page's shape, or an object over many lines."""
    start = head.lstrip(WHITE)
    if not start.startswith(b"{"):
        return start.startswith(b"[")
    try:
        members = msgspec.json.decode(start, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return not start.rstrip(WHITE).endswith(b"}")
    return "events" in members and "type" not in members


def _events_of(whole: bytes, name: str) -> list[msgspec.Raw]:
    start = whole.lstrip(WHITE)
    try:
        if start.startswith(b"["):
            return msgspec.json.decode(start, type=list[msgspec.Raw])
        members = msgspec.json.decode(start, type=dict[str, msgspec.Raw])
        return msgspec.json.decode(start, type=_Document).events if "events" in members else [msgspec.Raw(start)]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise click.ClickException(
            f"{name} is neither NDJSON (one event a line) nor one JSON document of events: {problem}"
        ) from problem


def _pieces(head: bytes, file: BinaryIO) -> Iterator[bytes]:
    yield head
    while piece := file.read1(PIECE_BYTES):  # type: ignore[attr-defined] # a buffered file, whose type click does not name
        yield piece


def _lines_of(events: list[msgspec.Raw]) -> Iterator[bytes]:
    lines = bytearray()
    for event in events:
        lines += msgspec.json.format(bytes(event), indent=-1) + b"\n"
        if len(lines) >= PIECE_BYTES:
            yield bytes(lines)
            lines.clear()
    if lines:
        yield bytes(lines)


def _counted(pieces: Iterator[bytes], count: Callable[[int, int], None]) -> Iterator[bytes]:
    for piece in pieces:
        count(len(piece), piece.count(b"\n"))
        yield piece
