"""The report of a run: figures as JSON, a table in Markdown, and a plot."""

import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

import apsw
import msgspec
import pycurl

from benchmarks.measuring import Failure, Figure, Result
from benchmarks.plots import latency_lines, ratios
from benchmarks.stage import Setting


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
    """All of a run. base: the revision that was measured beside this one, before: what it gave."""

    machine: Machine
    setting: Setting
    results: Sequence[Result]
    failures: Sequence[Failure]
    base: str | None
    before: Sequence[Result]


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


def write_report(folder: Path, report: Report) -> None:
    """The whole as JSON, as Markdown, and as two plots."""
    folder.mkdir(parents=True, exist_ok=True)
    encoded = msgspec.json.encode(report, enc_hook=str)
    (folder / "report.json").write_bytes(msgspec.json.format(encoded, indent=2) + b"\n")
    (folder / "report.md").write_text(_markdown(report))
    (folder / "ratios.svg").write_text(ratios([result for result in report.results if result.limit is not None]))
    latencies = {label: one for result in report.results for label, one in result.percentiles.items() if one}
    (folder / "latencies.svg").write_text(latency_lines(latencies))


def _markdown(report: Report) -> str:
    here = report.machine
    before = {result.name: result for result in report.before}
    told = (
        f"{here.processor}, {here.cores} cores, {here.memory_gib:.0f} GiB, {here.system}; Python {here.python}, "
        f"SQLite {here.sqlite}, libcurl {here.libcurl}. {report.setting.repeats} repeats of "
        f"{report.setting.seconds:g} s, Bellwire and its limit in turn; medians, ± half the distance between the "
        "lowest and the highest. Memory is what the server had resident at most."
    )
    lines = [
        told,
        "",
        f"| scenario | Bellwire | its limit | ratio | goal | memory |{f' {report.base} |' if before else ''}",
        f"|---|---|---|---|---|---|{'---|' if before else ''}",
        *(_row(result, before.get(result.name), with_before=bool(before)) for result in report.results),
        "",
        *(f"- **failed**: {failure.name}: {failure.problem}" for failure in report.failures),
        *(f"- {result.name}: {what}: {note}" for result in report.results for what, note in result.notes.items()),
    ]
    return "\n".join(lines) + "\n"


def _row(result: Result, before: Result | None, *, with_before: bool) -> str:
    memory = "-"
    if result.memory_bytes_max:
        memory = f"{result.memory_bytes_max / 1000**2:,.0f} MB{'' if result.is_small else ', too much'}"
    cells = [
        result.name,
        _shown(result.measured),
        "-" if result.limit is None else _shown(result.limit),
        "-" if result.limit is None else f"{result.value:.2f}{_spread(result.judged)}",
        f"{result.goal}{'' if result.is_reached else ', missed'}",
        memory,
        *(["-" if before is None else f"{before.value:,.6g}"] if with_before else []),
    ]
    return f"| {' | '.join(cells)} |"


def _shown(figure: Figure) -> str:
    return f"{figure.median:,.6g} {figure.unit}{_spread(figure)}"


def _spread(figure: Figure) -> str:
    return f" ± {figure.spread:.0%}" if len(figure.readings) > 1 else ""
