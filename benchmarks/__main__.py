"""Run the benchmarks: `make bench`, `make bench QUICK=1`, `make bench BASE=<revision>`; see docs/performance.md."""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import click

from benchmarks.measuring import Result
from benchmarks.programs import ROOT
from benchmarks.report import machine, write_report
from benchmarks.scenarios import ALL, Scenario, Setting, Wrong

SECONDS: Final = 8.0
REPEATS: Final = 5
QUICK_SECONDS: Final = 1.0
QUICK_REPEATS: Final = 1


@click.command(context_settings={"show_default": True})
@click.argument("names", nargs=-1)
@click.option("--quick", is_flag=True, help="Once and briefly: whether all works, not how fast it is.")
@click.option("--repeats", type=click.IntRange(1), help="How often each is measured.", default=REPEATS)
@click.option("--seconds", type=click.FloatRange(min=0.2), help="How long each measurement takes.", default=SECONDS)
@click.option("--base", help="A revision to measure beside this one.")
@click.option("--folder", type=click.Path(path_type=Path), default=ROOT / "build" / "bench", help="For the report.")
def main(names: tuple[str, ...], quick: bool, repeats: int, seconds: float, base: str | None, folder: Path) -> None:
    """Measure Bellwire and its limits; NAMES: only these scenarios. Exit status 1 when a run lost an event."""
    known = {scenario.__name__: scenario for scenario in ALL}
    if unknown := [name for name in names if name not in known]:
        raise click.UsageError(f"there is no {unknown[0]}; there are {', '.join(known)}")
    setting = Setting(
        repeats=QUICK_REPEATS if quick else repeats, seconds=QUICK_SECONDS if quick else seconds, source=None
    )
    (ROOT / "build").mkdir(exist_ok=True)
    chosen = [known[name] for name in names] or list(ALL)
    here = machine()
    click.echo(f"{here.processor}, {here.cores} cores, {here.memory_gib:.0f} GiB; Python {here.python}")
    results = _measure(chosen, setting)
    base_results = _measure_base(base, chosen, setting) if base else []
    write_report(folder, here, setting, results, base_results)
    click.echo(f"\nThe report is in {folder}")


def _measure(scenarios: list[Scenario], setting: Setting) -> list[Result]:
    results = []
    for scenario in scenarios:
        click.echo(f"{(scenario.__doc__ or '').strip()} … ", nl=False)
        try:
            result = scenario(setting)
        except Wrong as problem:
            click.echo(f"WRONG: {problem}")
            sys.exit(1)
        mark = "reached" if result.is_reached else "missed"
        beside = "" if result.limit is None else f" of {result.limit.median:,.0f} {result.limit.unit}"
        click.echo(
            f"{result.measured.median:,.2f} {result.measured.unit}{beside}: {result.value:.2f} ({result.goal} {mark})"
        )
        for what, note in result.notes.items():
            click.echo(f"    {what}: {note}")
        results.append(result)
    return results


def _measure_base(revision: str, scenarios: list[Scenario], setting: Setting) -> list[Result]:
    """The same with the program of another revision, by the benchmarks of this one."""
    with tempfile.TemporaryDirectory() as name:
        tree = Path(name) / "base"
        subprocess.run(["git", "worktree", "add", "--quiet", "--detach", tree, revision], check=True, cwd=ROOT)
        try:
            click.echo(f"\n{revision}:")
            return _measure(scenarios, Setting(repeats=setting.repeats, seconds=setting.seconds, source=tree / "src"))
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", tree], check=True, cwd=ROOT)


if __name__ == "__main__":
    main()
