"""Metrics (Settings, Telemetry, Metrics): what a monitoring system can read here, and how it is set up for that."""

from typing import Final

import msgspec
from starlette.responses import Response

from bellwire.model.metric import Metric
from bellwire.rules.exposing import series_name, show_value
from bellwire.web.api.metrics import METRICS_PATH
from bellwire.web.metrics import metrics_of
from bellwire.web.pages.visit import Visit

SAMPLES_MAX: Final = 20
"""Shown of each metric; of more webhooks than that only the address has all."""

TEXT_LENGTH_MAX: Final = 200


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """One value and what queries call it."""

    name: str
    value: str


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A metric, the first of its values, and how many more there are."""

    metric: Metric
    values: tuple[Value, ...]
    more: int


async def show_metrics(visit: Visit) -> Response:
    """GET /settings/telemetry/metrics: searched by name, meaning and label."""
    text = visit.query("q")[:TEXT_LENGTH_MAX]
    every = await metrics_of(visit.service)
    url = visit.request.url
    return await visit.page(
        "metrics.html",
        text=text,
        total=len(every),
        found=[shown for metric in every if (shown := _shown(metric, text.casefold())) is not None],
        path=METRICS_PATH,
        scheme=url.scheme,
        target=url.netloc,
    )


def _shown(metric: Metric, text: str) -> Shown | None:
    """None: nothing of it matches. Where the metric itself does, all of its values do."""
    values = [Value(name=series_name(metric, one), value=show_value(one.value)) for one in metric.samples]
    if text not in f"{metric.name}\n{metric.means}\n{metric.kind.value}".casefold():
        values = [value for value in values if text in value.name.casefold()]
        if not values:
            return None
    return Shown(metric=metric, values=tuple(values[:SAMPLES_MAX]), more=max(0, len(values) - SAMPLES_MAX))
