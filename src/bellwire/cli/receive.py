"""`bellwire receive`: a receiver to try webhooks with, which checks signatures and shows what came."""

import contextlib
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

import click
import msgspec

from bellwire.cli.helping import examples
from bellwire.cli.interrupting import interruptible
from bellwire.cli.journal import Journal, Seen
from bellwire.cli.journal_printing import print_seen
from bellwire.cli.misuse import Misuse
from bellwire.cli.receiver import Received, Receiver
from bellwire.cli.terminal import OUT, note, say
from bellwire.cli.values import read_duration_ms, read_statuses
from bellwire.cli.wording import SECOND_MS
from bellwire.rules.signing import standard_key

DEFAULT_PORT: Final = 8426


@click.command(
    epilog=examples(
        "bellwire receive --secret my-secret-key",
        "bellwire receive --status 503,503,200       refuse twice, then accept",
        "bellwire receive --delay 2s --port 0        be slow, on any free port",
    )
)
@click.option("--port", type=click.IntRange(0, 65535), default=DEFAULT_PORT, show_default=True, help="0: any free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--secret", help="Check signatures with this secret.")
@click.option(
    "--status", "statuses", callback=read_statuses, default="200", help="What to answer in turn; the last repeats."
)
@click.option("--delay", callback=read_duration_ms, default="0s", help="Wait so long before each answer.")
@click.option(
    "--cert", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Serve TLS: certificate, PEM."
)
@click.option("--key", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Its key, unless in --cert.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each request, a line each.")
def receive(
    *,
    port: int,
    host: str,
    secret: str | None,
    statuses: tuple[int, ...],
    delay: int,
    cert: Path | None,
    key: Path | None,
    as_json: bool,
) -> None:
    """Receive webhooks, check their signatures and show them.

    Both signatures are checked, X-Signature and webhook-signature. Ctrl-C ends with a summary.
    """
    _require_sound(secret)
    journal = Journal(secret=secret, show=_show_json if as_json else print_seen)
    receiver = _open((host, port), journal.take, statuses=statuses, delay_s=delay / SECOND_MS, tls=_tls(cert, key))
    tell: Callable[[str], None] = note if as_json else say
    with receiver, interruptible():
        tell(f"Receiving at {receiver.url} (Ctrl-C ends)")
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()
    tell("")
    tell(journal.summary())


def _show_json(seen: Seen) -> None:
    OUT.file.write(msgspec.json.encode(seen).decode() + "\n")
    OUT.file.flush()


def _open(
    address: tuple[str, int],
    take: Callable[[Received], None],
    *,
    statuses: tuple[int, ...],
    delay_s: float,
    tls: ssl.SSLContext | None,
) -> Receiver:
    try:
        return Receiver(address, take, statuses=statuses, delay_s=delay_s, tls=tls)
    except OSError as problem:
        raise click.ClickException(
            f"cannot listen on {address[0]} port {address[1]}: {problem.strerror or problem}; "
            "choose another with --port or --host"
        ) from problem


def _require_sound(secret: str | None) -> None:
    try:
        standard_key(secret or "")
    except ValueError as problem:
        raise Misuse(f"--secret: {problem}") from problem


def _tls(cert: Path | None, key: Path | None) -> ssl.SSLContext | None:
    if cert is None:
        if key is not None:
            raise Misuse("--key needs --cert")
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(cert, key)
    except (OSError, ssl.SSLError) as problem:
        raise click.ClickException(f"cannot use {cert}: {problem}; --cert and --key take PEM files") from problem
    return context
