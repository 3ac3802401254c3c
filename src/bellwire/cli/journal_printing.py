"""A request that came, as a block of lines."""

from collections.abc import Sequence
from typing import Final

from bellwire.cli.checking import Verdict
from bellwire.cli.journal import Seen
from bellwire.cli.terminal import say
from bellwire.cli.wording import counted, size

IDS_SHOWN_MAX: Final = 3


def print_seen(seen: Seen) -> None:
    """Print the request as a block of lines, an empty one before it."""
    say()
    what = counted(seen.events, "event") if seen.readable else "no WebhookEvents object"
    style = "bold" if seen.readable else "bold red"
    say(f"{seen.at[11:19]}Z  POST {seen.target}  {what}, {size(seen.bytes)}, answered {seen.answered}", style=style)
    if seen.types:
        _print_line(
            "types", ", ".join(kind if number == 1 else f"{number} {kind}" for kind, number in seen.types.items())
        )
    _print_verdict("X-Signature", seen.x_signature)
    _print_verdict("webhook-signature", seen.webhook_signature)
    if seen.webhook_id:
        again = f"  seen before, now {seen.times_seen} times" if seen.times_seen > 1 else ""
        _print_line("webhook-id", seen.webhook_id + again, style="yellow" if again else None)
    if seen.repeated_ids:
        _print_line("repeated", _repeated(seen.repeated_ids, of=seen.events), style="yellow")


def _print_verdict(name: str, verdict: Verdict) -> None:
    _print_line(name, verdict.words, style={True: "green", False: "bold red", None: None}[verdict.holds])


def _print_line(name: str, value: str, *, style: str | None = None) -> None:
    say(f"  {name:<18} {value}", style=style)


def _repeated(ids: Sequence[str], *, of: int) -> str:
    more = ", …" if len(ids) > IDS_SHOWN_MAX else ""
    return f"{len(ids)} of {of} ids seen before: {', '.join(ids[:IDS_SHOWN_MAX])}{more}"
