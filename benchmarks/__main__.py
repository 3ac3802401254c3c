"""Run the benchmarks: `make bench`, `make bench QUICK=1`, `make bench BASE=<revision>`; see docs/performance.md."""

import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
from msgspec.structs import replace

from benchmarks.checking import Wrong
from benchmarks.measuring import Failure, Result
from benchmarks.programs import ROOT
from benchmarks.report import Report, machine, write_report
from benchmarks.scenarios.every import ALL
from benchmarks.stage import Run, Scenario, Setting

SECONDS: Final = 8.0
REPEATS: Final = 5
QUICK_SECONDS: Final = 0.5
QUICK_REPEATS: Final = 1

Outcome = Result | Failure


@click.command(context_settings={"show_default": True})
@click.argument("names", nargs=-1)
@click.option("--quick", is_flag=True, help="Once and briefly: whether all works, not how fast it is.")
@click.option("--repeats", type=click.IntRange(1), help="How often each is measured.", default=REPEATS)
@click.option("--seconds", type=click.FloatRange(min=0.2), help="How long each measurement takes.", default=SECONDS)
@click.option("--base", help="A revision to measure beside this one, each scenario in turn.")
@click.option("--folder", type=click.Path(path_type=Path), default=ROOT / "build" / "bench", help="For the report.")
def main(names: tuple[str, ...], quick: bool, repeats: int, seconds: float, base: str | None, folder: Path) -> None:
    """Measure Bellwire and its limits; NAMES: only these scenarios. Exit status 1 when one of them failed, as it does
    when an event was lost, repeated or out of order.
    """
    known = {scenario.__name__: scenario for scenario in ALL}
    if unknown := [name for name in names if name not in known]:
        raise click.UsageError(f"there is no {unknown[0]}; there are {', '.join(known)}")
    setting = Setting(
        repeats=QUICK_REPEATS if quick else repeats, seconds=QUICK_SECONDS if quick else seconds, is_quick=quick
    )
    (ROOT / "build").mkdir(exist_ok=True)
    here = machine()
    click.echo(f"{here.processor}, {here.cores} cores, {here.memory_gib:.0f} GiB; Python {here.python}")
    outcomes: list[Outcome] = []
    before: list[Outcome] = []
    with _tree(base) as source:
        for scenario in [known[name] for name in names] or ALL:
            outcomes += _measure(scenario, setting)
            if base is not None:
                click.echo(f"{base}: ", nl=False)
                before += _measure(scenario, replace(setting, source=source))
    report = Report(
        machine=here,
        setting=setting,
        results=[outcome for outcome in outcomes if isinstance(outcome, Result)],
        failures=[outcome for outcome in outcomes if isinstance(outcome, Failure)],
        base=base,
        before=[outcome for outcome in before if isinstance(outcome, Result)],
    )
    write_report(folder, report)
    click.echo(f"\nThe report is in {folder}")
    sys.exit(1 if report.failures else 0)


def _measure(scenario: Scenario, setting: Setting) -> list[Outcome]:
    name = (scenario.__doc__ or "").strip()
    click.echo(f"{name} …")
    run = Run(setting)
    try:
        results = [replace(result, memory_bytes_max=run.memory_bytes_max) for result in scenario(run)]
    except (Wrong, OSError, RuntimeError, subprocess.SubprocessError) as problem:  # the others are still of use
        click.echo(f"    FAILED: {problem}")
        return [Failure(name=name, problem=str(problem))]
    for result in results:
        beside = "" if result.limit is None else f" beside {result.limit.median:,.6g}: {result.value:.2f} of it"
        told = f"{result.measured.median:,.6g} {result.measured.unit}{beside}"
        click.echo(f"    {result.name}: {told} ({result.goal} {'reached' if result.is_reached else 'missed'})")
        for what, note in result.notes.items():
            click.echo(f"        {what}: {note}")
    return list(results)


@contextlib.contextmanager
def _tree(revision: str | None) -> Iterator[Path | None]:
    """The program of another revision, to be measured by the benchmarks of this one."""
    if revision is None:
        yield None
        return
    with tempfile.TemporaryDirectory() as name:
        tree = Path(name) / "base"
        subprocess.run(["git", "worktree", "add", "--quiet", "--detach", tree, revision], check=True, cwd=ROOT)
        try:
            yield tree / "src"
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", tree], check=True, cwd=ROOT)


if __name__ == "__main__":
    main()
