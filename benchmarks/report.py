"""The report of a run: figures as JSON, a table in Markdown, and a plot."""

import html
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import apsw
import msgspec
import pycurl

from benchmarks.measuring import Result
from benchmarks.scenarios import Setting

BAR_WIDTH: Final = 360
ROW_HEIGHT: Final = 34
LABEL_WIDTH: Final = 400


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """Where it was measured, and with what."""

    processor: str
    cores: int
    memory_gib: float
    system: str
    python: str
    sqlite: str
    libcurl: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All of a run."""

    machine: Machine
    setting: Setting
    results: Sequence[Result]
    base: Sequence[Result]


def machine() -> Machine:
    """This one."""
    models = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return Machine(
        processor=models[0].partition(":")[2].strip() if models else platform.machine(),
        cores=len(os.sched_getaffinity(0)),
        memory_gib=pages / 1024**3,
        system=platform.platform(),
        python=sys.version.split()[0],
        sqlite=apsw.sqlite_lib_version(),
        libcurl=pycurl.version_info()[1],
    )


def write_report(
    folder: Path, here: Machine, setting: Setting, results: Sequence[Result], base: Sequence[Result]
) -> None:
    """Write report.json, report.md and ratios.svg into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    report = Report(machine=here, setting=setting, results=results, base=base)
    encoded = msgspec.json.encode(report, enc_hook=str)
    (folder / "report.json").write_bytes(msgspec.json.format(encoded, indent=2) + b"\n")
    (folder / "report.md").write_text(_markdown(report))
    (folder / "ratios.svg").write_text(_plot([result for result in results if result.limit is not None]))


def _markdown(report: Report) -> str:
    here = report.machine
    bases = {result.name: result for result in report.base}
    told = (
        f"{here.processor}, {here.cores} cores, {here.memory_gib:.0f} GiB, {here.system}; Python {here.python}, "
        f"SQLite {here.sqlite}, libcurl {here.libcurl}. {report.setting.repeats} repeats of "
        f"{report.setting.seconds:g} s, Bellwire and its limit in turn; medians, ± half the distance between the "
        "lowest and the highest."
    )
    lines = [
        told,
        "",
        f"| scenario | Bellwire | its limit | ratio | goal |{' before |' if bases else ''}",
        f"|---|---|---|---|---|{'---|' if bases else ''}",
    ]
    for result in report.results:
        before = f" {bases[result.name].value:.2f} |" if result.name in bases else ""
        goal = f"{result.goal}{'' if result.is_reached else ', missed'}"
        limit = "-" if result.limit is None else f"{result.limit.median:,.0f} {result.limit.unit}"
        ratio = "-" if result.limit is None else f"{result.value:.2f}"
        measured = f"{result.measured.median:,.6g} {result.measured.unit} ± {result.measured.spread:.0%}"
        lines.append(f"| {result.name} | {measured} | {limit} | {ratio} | {goal} |{before}")
    notes = [f"- {result.name}: {what}: {note}" for result in report.results for what, note in result.notes.items()]
    return "\n".join([*lines, "", *notes]) + "\n"


def _plot(results: Sequence[Result]) -> str:
    """A bar for each ratio, as a part of the limit, with a mark at its goal."""
    height = ROW_HEIGHT * len(results) + 10
    rows = []
    for row, result in enumerate(results):
        top = ROW_HEIGHT * row + 8
        bar, goal = (min(part, 1.2) * BAR_WIDTH / 1.2 for part in (result.value, result.goal.at_least or 0))
        rows.append(
            f'<text x="{LABEL_WIDTH - 10}" y="{top + 15}" text-anchor="end">{html.escape(result.name)}</text>'
            f'<rect x="{LABEL_WIDTH}" y="{top}" width="{bar:.0f}" height="20" rx="3" fill="#3f7fd0"/>'
            f'<line x1="{LABEL_WIDTH + goal:.0f}" x2="{LABEL_WIDTH + goal:.0f}" y1="{top - 3}" y2="{top + 23}" '
            'stroke="#c03a2b" stroke-width="2"/>'
            f'<text x="{LABEL_WIDTH + BAR_WIDTH + 10}" y="{top + 15}">{result.value:.2f}</text>'
        )
    width = LABEL_WIDTH + BAR_WIDTH + 60
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
        f'font-size="13" role="img"><title>Bellwire as a part of its limit; the marks are the goals</title>'
        f"{''.join(rows)}</svg>\n"
    )
