"""/v1/status and /healthz: how Bellwire does."""

from starlette.responses import Response

from bellwire.errors import Stopping
from bellwire.model.room import Room
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
            "room": _show_room(status.room),
        }
    )


def _show_room(room: Room) -> dict[str, object]:
    return {
        "state": room.state.value,
        "usedBytes": room.used_bytes,
        "limitBytes": room.limit_bytes,
        "freeBytes": room.free_bytes,
        "floorBytes": room.floor_bytes,
        "holders": [
            {"webhookId": holder.webhook_id, "name": holder.name, "bytes": holder.bytes} for holder in room.holders
        ],
    }


async def read_health(call: Call) -> Response:
    """GET /healthz: 503 once Bellwire is stopping, so that nobody sends more work."""
    if call.service.stopping:
        raise Stopping(STOPPING)
    return json_answer({"status": "ok"})
