"""A run in words and figures: one line while it goes on, a table at its end."""

from collections.abc import Iterator
from typing import Final

from faults.ledger.record import Answer
from faults.ledger.run import Plan, Progress, Report

VIOLATIONS_TOLD_MAX: Final = 25


def tell_progress(progress: Progress, plan: Plan) -> str:
    """The line while it goes on."""
    told = (
        f"killed {progress.kills} of {plan.kills} times; "
        f"{progress.acknowledged:,} events acknowledged, {progress.requests:,} requests received"
    )
    return told if progress.backlog is None else f"{told}; draining, {progress.backlog:,} deliveries wait"


def tell_report(report: Report) -> str:
    """The table, and the verdict."""
    return "\n".join((*_summary(report), "", *_webhooks(report), "", *_verdict(report)))


def _summary(report: Report) -> Iterator[str]:
    plan = report.plan
    requests = sum(report.answers.values())
    refused = sum(count for answer, count in report.answers.items() if not answer.delivers)
    odd = ", ".join(
        f"{answer.value} {count:,}" for answer, count in report.answers.items() if count and answer is not Answer.OK
    )
    yield f"seed          {plan.seed}"
    yield f"published     {report.events:,} events in {report.calls:,} calls by {plan.publishers} publishers"
    yield (
        f"repeated      {report.repeated_calls:,} calls without an answer; "
        f"{report.known_again:,} of their events were known already and stored once"
    )
    yield f"killed        {report.kills} times with kill -9, {report.killed_while_starting} of them before it listened"
    yield f"meddled       {report.edits} times: webhooks paused, resumed and edited"
    yield f"inspected     {report.inspections:,} accounts at random moments"
    yield f"received      {requests:,} requests, of which {refused:,} were refused or left without an answer"
    yield f"odd answers   {odd or 'none'}"
    yield f"drained       in {report.drained_in_s:.1f} s once the receiver was healthy"


def _webhooks(report: Report) -> Iterator[str]:
    width = max((len(name) for name in report.trails), default=0)
    yield f"{'webhook':{width}}  {'wanted':>8}  {'arrived':>8}  {'batches':>8}  {'requests':>8}  {'repeated':>8}"
    for name, trail in report.trails.items():
        figures = (trail.wanted, trail.arrived, len(trail.batch_ids), trail.requests, trail.repeated)
        yield f"{name:{width}}  " + "  ".join(f"{figure:>8,}" for figure in figures)


def _verdict(report: Report) -> Iterator[str]:
    if not report.violations:
        yield "Every acknowledged event reached every webhook that wants it: in order, byte for byte, signed, accounted"
        yield "for. Nothing came again that was settled. No promise was broken."
        return
    yield f"{len(report.violations)} VIOLATIONS; all that was recorded is in {report.plan.folder}"
    for violation in report.violations[:VIOLATIONS_TOLD_MAX]:
        yield f"- {violation.place}: broken is “{violation.promise}”"
        yield f"  {violation.evidence}"
    if len(report.violations) > VIOLATIONS_TOLD_MAX:
        yield f"- and {len(report.violations) - VIOLATIONS_TOLD_MAX} more"
