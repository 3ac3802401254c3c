"""/v1/status and /healthz: how Bellwire does."""

from typing import Annotated

import msgspec
from starlette.responses import Response

from bellwire.errors import Stopping
from bellwire.model.principal import Scope
from bellwire.model.room import Room, RoomState
from bellwire.model.status import Restarts
from bellwire.web.answers import Time, json_answer, show_time_ms
from bellwire.web.operation import Answer, Example, Tag, json_content
from bellwire.web.problem_kinds import GOING_DOWN
from bellwire.web.problems import STOPPING
from bellwire.web.resource import Call, described


class HolderView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A webhook that still needs a part of the log."""

    webhook_id: str
    name: str
    replay_id: Annotated[str | None, msgspec.Meta(description="If it is one of its replays that needs it.")]
    bytes: Annotated[int, msgspec.Meta(description="Of the log, from the first event that waits for it.")]


class RoomView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Room for more events, as it was found last."""

    state: RoomState
    used_bytes: Annotated[int, msgspec.Meta(description="Of the log, from the first event that waits for any webhook.")]
    limit_bytes: Annotated[int | None, msgspec.Meta(description="How many may be used; null: there is no limit.")]
    free_bytes: Annotated[int | None, msgspec.Meta(description="What the file system has left.")]
    floor_bytes: Annotated[int, msgspec.Meta(description="With less left, no events are taken.")]
    holders: Annotated[tuple[HolderView, ...], msgspec.Meta(description="Who holds most of it, the most first.")]


class RestartView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A dispatcher that failed or made no progress, and was begun anew."""

    at: Time
    webhook_id: str
    reason: str


class WatchdogView(msgspec.Struct, frozen=True, kw_only=True):
    """How often dispatchers were begun anew since the start, and the last time."""

    restarts: int
    last: RestartView | None


class StatusView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How the server does as a whole."""

    version: str
    started_at: Time
    events_logged: Annotated[int, msgspec.Meta(description="Events taken in since the store was made.")]
    webhooks: int
    states: Annotated[dict[str, int], msgspec.Meta(description="How many webhooks are in each state.")]
    store_bytes: Annotated[int, msgspec.Meta(description="The store's files.")]
    room: RoomView
    watchdog: WatchdogView
    announcements_lost: Annotated[int, msgspec.Meta(description="Own events that could not be published.")]


class HealthView(msgspec.Struct, frozen=True, kw_only=True):
    """Events are taken."""

    status: str


_EXAMPLE = StatusView(
    version="1.0.0",
    started_at="2026-01-31T08:00:00.000Z",
    events_logged=4_711,
    webhooks=2,
    states={"healthy": 1, "failing": 1},
    store_bytes=1_048_576,
    room=RoomView(
        state=RoomState.AMPLE,
        used_bytes=20_480,
        limit_bytes=10_737_418_240,
        free_bytes=21_474_836_480,
        floor_bytes=268_435_456,
        holders=(
            HolderView(webhook_id="019786a1-7c7e-7d5c-9d8f-3f1c5a1d2b3e", replay_id=None, name="crm", bytes=20_480),
        ),
    ),
    watchdog=WatchdogView(restarts=0, last=None),
    announcements_lost=0,
)


@described(
    summary="Read the server's status",
    needs=Scope.READ,
    tag=Tag.SERVER,
    answers=(
        Answer(
            status=200,
            description="How the server does.",
            contents=json_content(StatusView, one=Example(summary="One webhook fails", value=_EXAMPLE)),
        ),
    ),
)
async def read_status(call: Call) -> Response:
    """How the server does as a whole; `room` says how much waits, how much may, and for which webhooks."""
    status = await call.service.status()
    return json_answer(
        StatusView(
            version=status.version,
            started_at=show_time_ms(status.started_at_ms),
            events_logged=status.events_logged,
            webhooks=status.webhooks,
            states=status.states,
            store_bytes=status.store_bytes,
            room=_view_room(status.room),
            watchdog=_view_restarts(status.restarts),
            announcements_lost=status.announcements_lost,
        )
    )


def _view_restarts(restarts: Restarts) -> WatchdogView:
    last = restarts.last
    shown = None
    if last is not None:
        shown = RestartView(at=show_time_ms(last.at_ms), webhook_id=last.webhook_id, reason=last.reason)
    return WatchdogView(restarts=restarts.count, last=shown)


def _view_room(room: Room) -> RoomView:
    return RoomView(
        state=room.state,
        used_bytes=room.used_bytes,
        limit_bytes=room.limit_bytes,
        free_bytes=room.free_bytes,
        floor_bytes=room.floor_bytes,
        holders=tuple(
            HolderView(webhook_id=holder.webhook_id, replay_id=holder.replay_id, name=holder.name, bytes=holder.bytes)
            for holder in room.holders
        ),
    )


@described(
    summary="Ask whether events are taken",
    needs=None,
    tag=Tag.SERVER,
    answers=(
        Answer(
            status=200,
            description="Events are taken.",
            contents=json_content(HealthView, one=Example(summary="Well", value=HealthView(status="ok"))),
        ),
    ),
    problems=(GOING_DOWN,),
)
async def read_health(call: Call) -> Response:
    """200 while events are taken, 503 once the server is stopping, so that nobody sends more work. Needs no token."""
    if call.service.stopping:
        raise Stopping(STOPPING)
    return json_answer(HealthView(status="ok"))
