"""What the demo tells: a short text on 80 columns, readable with and without colours."""

import shlex
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from bellwire.cli.demo_story import HAPPENINGS, SECRET
from bellwire.cli.receiver import Received
from bellwire.cli.tables import Column, print_facts, print_table
from bellwire.cli.terminal import say
from bellwire.cli.wording import counted, size

WIDTH: Final = 80
INDENT: Final = "   "
FATE_STYLES: Final = {"delivered": "green", "not wanted": "dim", "MISSING": "bold red", "UNWANTED": "bold red"}


def stage(server_url: str, endpoint: str, folder: Path) -> None:
    """Who plays."""
    say("1. A server and a receiver", style="bold")
    print_facts([("   server", server_url), ("   its data", str(folder)), ("   receiver", endpoint)])


def webhook(written: str, webhook_id: str, warnings: Sequence[str]) -> None:
    """The object as it was sent."""
    _heading("2. A webhook: the documentation's example, pointed at the receiver")
    for line in written.splitlines():
        _code(line)
    _text(f"It is registered as {webhook_id}.")
    for warning in warnings:
        _text(f"Note: {warning}.")


def publishing() -> None:
    """What happened."""
    _heading(f"3. {counted(len(HAPPENINGS), 'event')}, published in one request to POST /v1/events")
    print_facts([(f"   {happening.type}", happening.words) for happening in HAPPENINGS])


def request(received: Received) -> None:
    """A request as it came, with line breaks in its body."""
    _heading("4. What the receiver got: the wanted events, in one request")
    _code(f"POST {received.target} HTTP/1.1")
    for name, value in received.headers:
        _code(f"{name}: {value}")
    say()
    events = msgspec.json.decode(received.body, type=dict[str, list[dict[str, msgspec.Raw]]])["events"]
    _code('{"events":[')
    for number, event in enumerate(events, start=1):
        shown = {name: bytes(value).decode() for name, value in event.items()}
        _code(f'  {{"id":{shown["id"]},')
        _code(f'   "createdAt":{shown["createdAt"]},"type":{shown["type"]},')
        _code(f'   "data":{shown["data"]}}}{"," if number < len(events) else ""}')
    _code("]}")
    _text(f"The body has {size(len(received.body))}; it came without the line breaks, and long lines are cut here.")


def signature(received: Received, *, right: str) -> None:
    """Whether it holds."""
    _heading("5. Does the signature hold?")
    given = received.lower_case_headers().get("x-signature", "missing")
    print_facts([("   X-Signature", given), ("   computed anew", right)])
    if given == right:
        _text("It holds: base64 of HMAC-SHA256 over the body, with the secret as the key.", style="green")
    else:
        _text("IT DOES NOT HOLD.", style="bold red")


def accounts(arrived: Sequence[bool]) -> None:
    """What became of each event."""
    _heading("6. What became of each event")
    rows = [
        (f"   {happening.type}", _fate(wanted=happening.wanted, came=came), happening.because)
        for happening, came in zip(HAPPENINGS, arrived, strict=True)
    ]
    print_table(
        (Column(heading="   type"), Column(heading="fate", styles=FATE_STYLES), Column(heading="because")), rows
    )


def all_well() -> None:
    """The end of a demo that does not stay up."""
    say()
    say("Everything came as it should.", style="bold green")


def pages(link: str) -> None:
    """How to see the same in a browser; the link is not cut, as it would lead nowhere."""
    _heading("Look around in a browser")
    _text("This link signs you in. It works once, within 5 minutes:")
    say(link, style="bold cyan")


def what_next(folder: Path, *, body_file: str, temporary: bool) -> None:
    """Where to go on."""
    _heading("Or go on in another terminal")
    for command in (
        f"cd {shlex.quote(str(folder))}; export BELLWIRE_DATA=$PWD",
        "bellwire emit auth.success accountName=you",
        "bellwire login-link     # another link for the browser",
        "bellwire webhook list",
        "bellwire attempts --follow",
        "bellwire event-types 'auth.*'",
        f"openssl dgst -sha256 -hmac {SECRET} -binary {body_file} | base64",
    ):
        _code(f"$ {command}")
    say()
    end = "and removes its folder" if temporary else "and keeps its folder"
    say(f"Waiting for more requests. Ctrl-C ends the demo {end}.", style="bold")


def _fate(*, wanted: bool, came: bool) -> str:
    match (wanted, came):
        case (True, True):
            return "delivered"
        case (True, False):
            return "MISSING"
        case (False, True):
            return "UNWANTED"
        case _:
            return "not wanted"


def _heading(text: str) -> None:
    say()
    say(text, style="bold")


def _text(text: str, *, style: str | None = None) -> None:
    for line in textwrap.wrap(text, WIDTH - len(INDENT), break_long_words=False, break_on_hyphens=False):
        say(INDENT + line, style=style)


def _code(line: str) -> None:
    room = WIDTH - len(INDENT)
    say(INDENT + (line if len(line) <= room else line[: room - 1] + "…"), style="cyan")
