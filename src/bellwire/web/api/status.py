"""/v1/status and /healthz: how Bellwire does."""

from starlette.responses import Response

from bellwire.errors import Stopping
from bellwire.web.answers import json_answer, show_time_ms
from bellwire.web.problems import STOPPING
from bellwire.web.resource import Call


async def read_status(call: Call) -> Response:
    """GET /v1/status."""
    call.parameters().check()
    status = await call.service.status()
    return json_answer(
        {
            "version": status.version,
            "startedAt": show_time_ms(status.started_at_ms),
            "eventsLogged": status.events_logged,
            "webhooks": status.webhooks,
            "states": status.states,
            "storeBytes": status.store_bytes,
        }
    )


async def read_health(call: Call) -> Response:
    """GET /healthz: 503 once Bellwire is stopping, so that nobody sends more work."""
    if call.service.stopping:
        raise Stopping(STOPPING)
    return json_answer({"status": "ok"})
