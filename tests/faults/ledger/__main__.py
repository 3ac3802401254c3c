"""The ledger run as a program: `PYTHONPATH=tests python -m faults.ledger`; see docs/reliability.md."""

import secrets
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

import click
import httpx

from faults.ledger.run import Plan, Progress, run
from faults.ledger.server import ServerEnded
from faults.ledger.telling import tell_progress, tell_report

KILLS_MAX: Final = 100_000
TOLD_EACH_LINES: Final = 20


@click.command(context_settings={"show_default": True})
@click.option("--kills", type=click.IntRange(0, KILLS_MAX), default=20, help="How often the server is killed.")
@click.option("--seconds", type=click.FloatRange(min=0.1), default=20.0, help="How long its lives are together.")
@click.option("--seed", type=int, help="What decides events, kills and answers; by default another each time.")
@click.option("--publishers", type=click.IntRange(1, 64), default=4, help="How many publish at once.")
@click.option("--webhooks", type=click.IntRange(1, 500), default=10, help="How many webhooks are registered.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where to keep everything; must not exist.")
def main(kills: int, seconds: float, seed: int | None, publishers: int, webhooks: int, folder: Path | None) -> None:
    """Kill a server again and again while it delivers, then hold every promise against what arrived.

    Exit status: 0 when no promise was broken; 1 when one was, and all that was recorded is kept.
    """
    if folder is not None and folder.exists():
        raise click.UsageError(f"--folder: {folder} exists; name one that does not")
    kept = folder or Path(tempfile.mkdtemp(prefix="bellwire-ledger-"))
    kept.mkdir(exist_ok=True, parents=True)
    plan = Plan(
        seed=secrets.randbelow(2**32) if seed is None else seed,
        kills=kills,
        seconds=seconds,
        publishers=publishers,
        webhooks=webhooks,
        folder=kept,
    )
    click.echo(f"seed {plan.seed}")
    try:
        report = run(plan, _Teller(plan))
    except (ServerEnded, httpx.HTTPError) as problem:
        click.echo(f"\nVIOLATION: {str(problem) or type(problem).__name__}; all that was recorded is in {kept}")
        sys.exit(1)
    click.echo("\n\n" + tell_report(report))
    if report.violations:
        sys.exit(1)
    if folder is None:
        shutil.rmtree(kept)


class _Teller:
    """Shows how far the run is: one line that changes on a terminal, a line now and then elsewhere."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._calls = 0

    def __call__(self, progress: Progress) -> None:
        line = tell_progress(progress, self._plan)
        if sys.stdout.isatty():
            click.echo(f"\r{line:<110}", nl=False)
        elif self._calls % TOLD_EACH_LINES == 0:
            click.echo(line)
        self._calls += 1


if __name__ == "__main__":
    main()
