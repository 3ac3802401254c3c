"""Charts: what happened over time, as lines and as a table of the same figures."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from bellwire.model.rollup import STEP_MS, Figures, SpanStep
from bellwire.model.webhook import WebhookId
from bellwire.rules.summing import grouped, quantile_ms
from bellwire.web.pages.showing import plural, show_count, show_span
from bellwire.web.pages.visit import Visit


class Range(msgspec.Struct, frozen=True, kw_only=True):
    """How far back charts look. points: each of so many spans of the step together."""

    name: str
    words: str
    step: SpanStep
    spans: int
    per_point: int = 1

    @property
    def point_ms(self) -> int:
        """How long a point of the chart is."""
        return STEP_MS[self.step] * self.per_point


RANGES: Final = {
    one.name: one
    for one in (
        Range(name="15m", words="15 minutes", step=SpanStep.MINUTE, spans=15),
        Range(name="1h", words="hour", step=SpanStep.MINUTE, spans=60),
        Range(name="6h", words="6 hours", step=SpanStep.MINUTE, spans=360, per_point=5),
        Range(name="24h", words="24 hours", step=SpanStep.MINUTE, spans=1_440, per_point=15),
        Range(name="7d", words="7 days", step=SpanStep.HOUR, spans=168),
        Range(name="30d", words="30 days", step=SpanStep.HOUR, spans=720, per_point=6),
    )
}
"""So that no chart has more than 169 points."""

RANGE_DEFAULT: Final = "1h"


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a chart, a column of the table. look: its colour in the styles. of: None where there is no figure."""

    name: str
    label: str
    look: str
    of: Callable[[Figures], float | None]
    is_length: bool = False


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """told: what it shows, in a sentence, for those who do not see it."""

    name: str
    title: str
    lines: tuple[Line, ...]
    told: Callable[[Figures], str]


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """A figure as it is shown, empty where there is none; value: for the chart where that is not the same."""

    text: str
    value: float | None = None


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the table. begin_ms: since 1970."""

    begin_ms: int
    cells: tuple[Cell, ...]


class Charts(msgspec.Struct, frozen=True, kw_only=True):
    """All charts of a page over one time, and their table. every: how long each point is, in words."""

    range: Range
    every: str
    charts: tuple[tuple[Chart, str], ...]
    lines: tuple[Line, ...]
    points: tuple[Point, ...]


def _quantile(share: float) -> Callable[[Figures], float | None]:
    return lambda figures: quantile_ms(figures.latencies, share)


def _told_latency(whole: Figures) -> str:
    p50, p95 = quantile_ms(whole.latencies, 0.5), quantile_ms(whole.latencies, 0.95)
    if p50 is None or p95 is None:
        return "no attempts"
    return f"half within {show_span(round(p50, 1))}, 95 % within {show_span(round(p95, 1))}"


_SENT: Final = Line(name="delivered", label="delivered", look="ok", of=lambda figures: figures.delivered)
_FAILED: Final = Line(name="failed", label="failed", look="bad", of=lambda figures: figures.unsuccessful)
_WAITING: Final = Line(name="waiting", label="waiting", look="warn", of=lambda figures: figures.backlog_max)
_LAG: Final = Line(
    name="lag", label="oldest waiting", look="info", of=lambda figures: figures.lag_max_ms, is_length=True
)
_ATTEMPTS: Final = Chart(
    name="attempts",
    title="Attempts",
    lines=(_SENT, _FAILED),
    told=lambda whole: f"{show_count(whole.delivered)} delivered, {show_count(whole.unsuccessful)} failed",
)
_LATENCY: Final = Chart(
    name="latency",
    title="Response time",
    lines=(
        Line(name="p50", label="p50", look="dbg", of=_quantile(0.5), is_length=True),
        Line(name="p95", label="p95", look="info", of=_quantile(0.95), is_length=True),
    ),
    told=_told_latency,
)
_BACKLOG: Final = Chart(
    name="backlog",
    title="Backlog",
    lines=(_WAITING,),
    told=lambda whole: f"{plural(whole.backlog_max, 'event')} at most",
)
_DISCARDED: Final = Line(name="discarded", label="discarded", look="trc", of=lambda figures: figures.discarded)

OF_WEBHOOK: Final = (_ATTEMPTS, _LATENCY, _BACKLOG)
OF_ALL: Final = (
    Chart(
        name="events",
        title="Events",
        lines=(
            Line(name="accepted", label="accepted", look="info", of=lambda figures: figures.accepted),
            Line(name="got", label="delivered", look="ok", of=lambda figures: figures.events),
            _DISCARDED,
        ),
        told=lambda whole: (
            f"{show_count(whole.accepted)} accepted, {show_count(whole.events)} delivered, "
            f"{show_count(whole.discarded)} discarded"
        ),
    ),
    _ATTEMPTS,
    _BACKLOG,
    Chart(
        name="lag",
        title="Oldest waiting",
        lines=(_LAG,),
        told=lambda whole: f"{show_span(whole.lag_max_ms)} at most" if whole.lag_max_ms else "nothing waited",
    ),
)


async def chart_context(visit: Visit, charts: tuple[Chart, ...], webhook_id: WebhookId | None = None) -> dict[str, Any]:
    """What charts.html needs for the charts of a webhook, or (None) of all, over the range that the query names."""
    found = await _charts_of(visit, charts, webhook_id)
    return {"charts": found, "ranges": RANGES, "range_default": RANGE_DEFAULT}


async def _charts_of(visit: Visit, charts: tuple[Chart, ...], webhook_id: WebhookId | None) -> Charts:
    asked = RANGES.get(visit.query("range"), RANGES[RANGE_DEFAULT])
    recorder = visit.service.figures
    now_ms = recorder.now_ms
    since_ms = (now_ms - (asked.spans - asked.per_point) * STEP_MS[asked.step]) // asked.point_ms * asked.point_ms
    series = await recorder.series(webhook_id, asked.step, since_ms=since_ms, until_ms=now_ms + 1)
    lines = tuple(line for chart in charts for line in chart.lines)
    return Charts(
        range=asked,
        every=show_span(asked.point_ms),
        charts=tuple((chart, chart.told(series.whole)) for chart in charts),
        lines=lines,
        points=tuple(
            Point(begin_ms=series.since_ms + number * asked.point_ms, cells=tuple(_cell(line, one) for line in lines))
            for number, one in enumerate(grouped(series.spans, asked.per_point))
        ),
    )


def _cell(line: Line, figures: Figures) -> Cell:
    value = line.of(figures)
    if not line.is_length:
        return Cell(text=show_count(int(value or 0)))
    if value is None:
        return Cell(text="")
    return Cell(text=show_span(value), value=round(value, 1))
