"""/metrics: what a monitoring system reads."""

from typing import Final

from starlette.responses import Response

from bellwire.model.principal import Scope
from bellwire.rules.exposing import MEDIA_TYPE, expose
from bellwire.web.metrics import metrics_of
from bellwire.web.operation import Answer, Content, Example, Tag
from bellwire.web.resource import Call, described

METRICS_PATH: Final = "/metrics"
_EXAMPLE: Final = (
    "# HELP bellwire_events_accepted_total Events taken in.\n"
    "# TYPE bellwire_events_accepted_total counter\n"
    "bellwire_events_accepted_total 4711\n"
)


@described(
    summary="Read metrics",
    needs=Scope.READ,
    tag=Tag.SERVER,
    answers=(
        Answer(
            status=200,
            description="The metrics, in the text format of Prometheus.",
            contents=(
                Content(
                    shape=str,
                    media_type=MEDIA_TYPE.partition(";")[0],
                    examples={"one": Example(summary="One metric", value=_EXAMPLE)},
                ),
            ),
        ),
    ),
)
async def read_metrics(call: Call) -> Response:
    """Counters since the start, gauges and a histogram of attempts; of 1,000 webhooks each by itself."""
    headers = {"Content-Type": MEDIA_TYPE, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(expose(await metrics_of(call.service)), headers=headers)
