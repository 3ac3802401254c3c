"""/v1/series and /v1/webhooks/{id}/series: figures over time."""

from typing import Annotated, Final

import msgspec
from starlette.responses import Response

from bellwire.model.principal import Scope
from bellwire.model.rollup import LATENCY_BOUNDS_MS, STEP_MS, Figures, Series, SpanStep
from bellwire.model.webhook import WebhookId
from bellwire.rules.summing import SPANS_MAX, quantile_ms, spans_of
from bellwire.web.answers import Time, json_answer, show_time_ms
from bellwire.web.api.webhooks import UNKNOWN_WEBHOOK, webhook_id_of
from bellwire.web.operation import Answer, Example, Tag, json_content
from bellwire.web.parameters import choice_parameter, time_parameter
from bellwire.web.resource import Call, described

SPANS_DEFAULT: Final = 60


class LatencyView(msgspec.Struct, frozen=True, kw_only=True):
    """Within how many milliseconds half, 95 % and 99 % of the attempts ended; estimated from the classes."""

    p50: float
    p95: float
    p99: float


class FiguresView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What happened in a span of time, to one webhook or to all. Replays are counted as live delivery is."""

    delivered: Annotated[int, msgspec.Meta(description="Attempts that were delivered.")]
    failed: Annotated[int, msgspec.Meta(description="Attempts that failed, with an answer or without.")]
    refused: Annotated[int, msgspec.Meta(description="Attempts that were answered 400, 413 or 422.")]
    retry_later: Annotated[int, msgspec.Meta(description="Attempts whose answer said when to come again.")]
    gone: Annotated[int, msgspec.Meta(description="Attempts that were answered 410.")]
    events: Annotated[int, msgspec.Meta(description="Events delivered.")]
    sent_bytes: Annotated[int, msgspec.Meta(description="Of the bodies of all attempts.")]
    discarded: Annotated[int, msgspec.Meta(description="Events given up.")]
    backlog_max: Annotated[int, msgspec.Meta(description="Events waiting, the most at the end of a minute.")]
    lag_max_ms: Annotated[int, msgspec.Meta(description="The age of the oldest of them, the most at the same times.")]
    latency_ms: Annotated[LatencyView | None, msgspec.Meta(description="null: there was no attempt.")]
    latencies: Annotated[
        tuple[int, ...],
        msgspec.Meta(description="Attempts in each class of latencyBoundsMs; empty ones at the end are left out."),
    ]
    accepted: Annotated[
        int | None,
        msgspec.Meta(description="Events taken in, own ones of Bellwire included; null in the figures of one webhook."),
    ]
    accepted_bytes: Annotated[int | None, msgspec.Meta(description="Of those, as they are encoded.")]


class SeriesView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Figures of spans that follow one another."""

    step: Annotated[SpanStep, msgspec.Meta(description="How long each of the spans is.")]
    since: Annotated[Time, msgspec.Meta(description="When the first span begins.")]
    latency_bounds_ms: Annotated[
        tuple[int, ...],
        msgspec.Meta(description="The upper ends of the classes of latencies; one more class has what is longer."),
    ]
    spans: Annotated[
        tuple[FiguresView, ...], msgspec.Meta(description="The oldest first; the last may not have ended.")
    ]
    whole: Annotated[FiguresView, msgspec.Meta(description="All together; of backlog and lag the most.")]


_STEP: Final = choice_parameter("step", "How long each span is; absent: a minute.", SpanStep)
_SINCE: Final = time_parameter(
    "since", f"The first span is the one that this time is in; absent: so that there are {SPANS_DEFAULT} spans."
)
_UNTIL: Final = time_parameter("until", "The last span begins before this time; absent, or later than now: now.")
_EXAMPLE: Final = Figures(
    delivered=57,
    failed=3,
    events=1_204,
    sent_bytes=431_520,
    backlog_max=12,
    lag_max_ms=4_200,
    latencies=(0, 0, 0, 2, 31, 24, 2, 0, 0, 1),
    accepted=1_216,
    accepted_bytes=436_100,
)


def _view(figures: Figures, *, of_all: bool) -> FiguresView:
    p50, p95, p99 = (quantile_ms(figures.latencies, share) for share in (0.5, 0.95, 0.99))
    latency = None
    if p50 is not None and p95 is not None and p99 is not None:
        latency = LatencyView(p50=round(p50, 1), p95=round(p95, 1), p99=round(p99, 1))
    return FiguresView(
        delivered=figures.delivered,
        failed=figures.failed,
        refused=figures.refused,
        retry_later=figures.retry_later,
        gone=figures.gone,
        events=figures.events,
        sent_bytes=figures.sent_bytes,
        discarded=figures.discarded,
        backlog_max=figures.backlog_max,
        lag_max_ms=figures.lag_max_ms,
        latency_ms=latency,
        latencies=figures.latencies,
        accepted=figures.accepted if of_all else None,
        accepted_bytes=figures.accepted_bytes if of_all else None,
    )


def _view_series(series: Series, *, of_all: bool) -> SeriesView:
    return SeriesView(
        step=series.step,
        since=show_time_ms(series.since_ms),
        latency_bounds_ms=LATENCY_BOUNDS_MS,
        spans=tuple([_view(figures, of_all=of_all) for figures in series.spans]),
        whole=_view(series.whole, of_all=of_all),
    )


def _answer_of(description: str, *, of_all: bool) -> Answer:
    series = Series(step=SpanStep.MINUTE, since_ms=1_769_846_400_000, spans=(_EXAMPLE,), whole=_EXAMPLE)
    example = Example(summary="One minute", value=_view_series(series, of_all=of_all))
    return Answer(status=200, description=description, contents=json_content(SeriesView, one=example))


@described(
    summary="Read a webhook's figures over time",
    needs=Scope.READ,
    tag=Tag.WEBHOOKS,
    parameters=(_STEP, _SINCE, _UNTIL),
    answers=(_answer_of("What happened to the webhook, span by span.", of_all=False),),
    problems=(UNKNOWN_WEBHOOK,),
)
async def read_webhook_series(call: Call) -> Response:
    """Attempts, events, backlog and latency of the webhook by the minute, hour or day; at most 1,500 spans."""
    webhook = call.service.webhook(webhook_id_of(call))
    return await _read(call, webhook.id)


@described(
    summary="Read the figures of all webhooks over time",
    needs=Scope.READ,
    tag=Tag.SERVER,
    parameters=(_STEP, _SINCE, _UNTIL),
    answers=(_answer_of("What happened to all webhooks together, span by span.", of_all=True),),
)
async def read_series(call: Call) -> Response:
    """Events taken in, and attempts, events, backlog and latency of all webhooks together; at most 1,500 spans."""
    return await _read(call, None)


async def _read(call: Call, webhook_id: WebhookId | None) -> Response:
    parameters, now_ms = call.parameters(), call.service.figures.now_ms
    step = parameters.read(_STEP) or SpanStep.MINUTE
    since_ms, until_ms = parameters.read(_SINCE), parameters.read(_UNTIL)
    until_ms = now_ms + 1 if until_ms is None else min(until_ms, now_ms + 1)
    if since_ms is None:
        since_ms = max(0, until_ms - (SPANS_DEFAULT - 1) * STEP_MS[step] - 1)
    spans = len(spans_of(step, since_ms=since_ms, until_ms=until_ms))
    if not spans:
        parameters.fault("since", "is not before until, or later than now")
    elif spans > SPANS_MAX:
        parameters.fault("since", f"there would be {spans:,} spans, {SPANS_MAX:,} at most; a longer step has fewer")
    parameters.check()
    series = await call.service.figures.series(webhook_id, step, since_ms=since_ms, until_ms=until_ms)
    return json_answer(_view_series(series, of_all=webhook_id is None))
