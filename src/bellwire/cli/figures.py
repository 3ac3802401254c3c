"""`bellwire figures`: what happened over time, of one webhook or of all."""

from datetime import datetime, timedelta
from typing import Final

import click
import msgspec

from bellwire.cli.client import path_of
from bellwire.cli.helping import examples
from bellwire.cli.locating import connect, server_options
from bellwire.cli.tables import Column, print_json_lines, print_table
from bellwire.cli.webhook_rows import complete_id
from bellwire.cli.wording import length, moment, took
from bellwire.model.rollup import STEP_MS, SpanStep


class Latency(msgspec.Struct, frozen=True):
    """Of the attempts of a span."""

    p50: float
    p95: float


class Span(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the table shows of a span; see GET /v1/series."""

    delivered: int
    failed: int
    refused: int
    retry_later: int
    gone: int
    events: int
    discarded: int
    backlog_max: int
    lag_max_ms: int
    latency_ms: Latency | None
    accepted: int | None


class Answer(msgspec.Struct, frozen=True):
    """The spans, the oldest first."""

    step: SpanStep
    since: str
    spans: tuple[Span, ...]


COLUMNS: Final = (
    Column(heading="since"),
    Column(heading="accepted", number=True),
    Column(heading="delivered", number=True),
    Column(heading="discarded", number=True),
    Column(heading="attempts", number=True),
    Column(heading="failed", number=True),
    Column(heading="waiting", number=True),
    Column(heading="oldest", number=True, wide=True),
    Column(heading="p50", number=True, wide=True),
    Column(heading="p95", number=True),
)


@click.command(
    epilog=examples(
        "bellwire figures --since 15m",
        "bellwire figures --webhook ID --step hour --since 7d",
        "bellwire figures --step day --json",
    )
)
@click.option("--webhook", "webhook_id", metavar="ID", shell_complete=complete_id, help="Of this webhook only.")
@click.option(
    "--step",
    type=click.Choice([step.value for step in SpanStep]),
    default=SpanStep.MINUTE.value,
    show_default=True,
    help="A row for each.",
)
@click.option("--since", metavar="TIME", help="From then on: 15m, 2h, or RFC 3339.  [default: 60 rows]")
@click.option("--until", metavar="TIME", help="Before then; as --since.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with the histogram of latencies.")
@server_options
@click.pass_context
def figures(
    context: click.Context, *, webhook_id: str | None, step: str, since: str | None, until: str | None, as_json: bool
) -> None:
    """Show what happened by the minute, hour or day.

    Events accepted, delivered and discarded; attempts and how many of them failed; events waiting at most, and for how
    long the oldest; how long attempts took: half of them no longer than p50, 95 % no longer than p95.
    """
    path = path_of("series") if webhook_id is None else path_of("webhooks", webhook_id, "series")
    answer = connect(context).ask("GET", path, query={"step": step, "since": since, "until": until})
    if as_json:
        print_json_lines([answer.body])
        return
    found = msgspec.json.decode(answer.body, type=Answer)
    begin, step_length = datetime.fromisoformat(found.since), timedelta(milliseconds=STEP_MS[found.step])
    rows = [(begin + number * step_length, span) for number, span in enumerate(found.spans)]
    print_table(COLUMNS, [_cells(at, span) for at, span in rows])


def _cells(at: datetime, span: Span) -> tuple[str, ...]:
    unsuccessful = span.failed + span.refused + span.retry_later + span.gone
    return (
        moment(at.isoformat()),
        "-" if span.accepted is None else f"{span.accepted:,}",
        f"{span.events:,}",
        f"{span.discarded:,}",
        f"{span.delivered + unsuccessful:,}",
        f"{unsuccessful:,}",
        f"{span.backlog_max:,}",
        length(span.lag_max_ms) if span.backlog_max else "-",
        "-" if span.latency_ms is None else took(span.latency_ms.p50),
        "-" if span.latency_ms is None else took(span.latency_ms.p95),
    )
