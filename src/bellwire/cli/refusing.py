"""How the server's refusals are told: in one line, or fault by fault."""

from bellwire.cli.client import Refused
from bellwire.cli.terminal import note


def tell(message: str) -> None:
    """What went wrong, on standard error; where it is several things, a line each."""
    first, *more = message.splitlines() or [""]
    note(f"bellwire: {first}", style="red")
    for line in more:
        note(f"  {line}", style="red")


def tell_refusal(refused: Refused) -> None:
    """What the server refused; several faults a line each, with their paths."""
    if len(refused.faults) < 2:
        tell(refused.message)
        return
    tell(f"{refused.members.get('title') or 'what was sent has faults'}:")
    for path, message in refused.faults:
        note(f"  {path}: {message}" if path else f"  {message}")
