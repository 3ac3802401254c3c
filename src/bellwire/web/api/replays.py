"""/v1/webhooks/{id}/replays and /v1/replays: delivering again what the log still holds."""

from collections.abc import Sequence
from typing import Annotated, Final

import msgspec
from starlette.responses import Response

from bellwire.model.cursor import DiscardReason, ReplayId
from bellwire.model.principal import Scope
from bellwire.model.replay import Replay, ReplayPreview, ReplayState, ReplayStatus, ReplayWish
from bellwire.model.webhook import WebhookId
from bellwire.web.answers import Time, json_answer, show_time_ms, show_time_ms_or_none
from bellwire.web.api.events import EventView, view_event
from bellwire.web.api.webhooks import UNKNOWN_WEBHOOK, webhook_id_of
from bellwire.web.bodies import JSON_TYPE, PATCH_TYPE
from bellwire.web.operation import LOCATION, Answer, Body, Content, Example, Tag, json_content
from bellwire.web.paging import PAGING, Page, gather, listing, place_from
from bellwire.web.parameters import LIMIT, flag_parameter
from bellwire.web.problem_kinds import INVALID_OBJECT, unknown
from bellwire.web.resource import Call, described
from bellwire.web.schemas.replays import REPLAY_EDIT, WISH


class ReplayPlace(msgspec.Struct, frozen=True, array_like=True, tag="replay"):
    """Where a page of replays ends."""

    replay_id: str


class AskedView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What was asked for."""

    since: Time | None
    until: Time | None
    from_position: int | None
    ids: Annotated[int, msgspec.Meta(description="How many were named.")]
    reason: DiscardReason | None
    types: tuple[str, ...] | None


class ReplayAccountView(msgspec.Struct, frozen=True, kw_only=True):
    """wanted = delivered + waiting + discarded + cancelled, in events."""

    wanted: int
    delivered: int
    waiting: int
    discarded: Annotated[dict[str, int], msgspec.Meta(description="For each reason that there was.")]
    cancelled: Annotated[int, msgspec.Meta(description="Never sent, as the replay was cancelled.")]


class ReplayView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A replay and how it does."""

    id: str
    webhook_id: str
    state: ReplayState
    reason: Annotated[str, msgspec.Meta(description="Why it does not go on, or was cancelled; empty otherwise.")]
    created_at: Time
    ended_at: Time | None
    asked: AskedView
    first_position: int
    last_position: int
    rate: Annotated[float | None, msgspec.Meta(description="Events a second, where one was chosen.")]
    paused: bool
    missing: Annotated[int, msgspec.Meta(description="Events that were asked for and are no longer retained.")]
    account: ReplayAccountView
    progress: Annotated[float, msgspec.Meta(description="0 to 1: how much of it is behind it.", ge=0, le=1)]
    measured_rate: Annotated[float | None, msgspec.Meta(description="Events delivered a second.")]
    seconds_left: Annotated[float | None, msgspec.Meta(description="How long it will take at that pace.")]
    next_attempt: Annotated[Time | None, msgspec.Meta(description="When a retry is due.")]


class ReplayPreviewView(msgspec.Struct, frozen=True, kw_only=True):
    """What a replay would deliver."""

    events: int
    missing: Annotated[int, msgspec.Meta(description="Events that are asked for and are no longer retained.")]
    sample: Annotated[tuple[EventView, ...], msgspec.Meta(description="The first of them.")]


_PLACES: Final = msgspec.json.Decoder(ReplayPlace)
_UNKNOWN_REPLAY: Final = unknown("replay")
_PREVIEW: Final = flag_parameter("preview", "Only count the events and show the first, and answer 200.")
_EXAMPLE: Final = ReplayView(
    id="019786a3-2bbb-7000-8000-000000000001",
    webhook_id="019786a1-7c7e-7d5c-9d8f-3f1c5a1d2b3e",
    state=ReplayState.RUNNING,
    reason="",
    created_at="2026-01-31T08:00:00.000Z",
    ended_at=None,
    asked=AskedView(
        since=None, until=None, from_position=None, ids=0, reason=DiscardReason.EXPIRED, types=("auth.failed",)
    ),
    first_position=17,
    last_position=4_711,
    rate=50,
    paused=False,
    missing=0,
    account=ReplayAccountView(wanted=1_000, delivered=250, waiting=750, discarded={}, cancelled=0),
    progress=0.25,
    measured_rate=49.8,
    seconds_left=15.1,
    next_attempt=None,
)
_ANSWER: Final = Answer(
    status=200,
    description="The replay as it is now.",
    contents=json_content(ReplayView, one=Example(summary="A quarter is done", value=_EXAMPLE)),
)
_PAGE: Final = Answer(
    status=200,
    description="A page of replays.",
    contents=json_content(Page[ReplayView], one=Example(summary="One replay", value=Page(items=[_EXAMPLE], next=None))),
)


@described(
    summary="Begin a replay",
    needs=Scope.WRITE,
    tag=Tag.REPLAYS,
    parameters=(_PREVIEW,),
    body=Body(
        contents=json_content(
            WISH,
            reason=Example(summary="Dead letters", value={"reason": "expired", "since": "1d", "rate": 50}),
            since=Example(summary="What came since a time", value={"since": "2h", "types": ["auth.failed"]}),
            ids=Example(summary="Some events", value={"ids": ["order-7", "order-9"]}),
        )
    ),
    answers=(
        Answer(
            status=200,
            description="With `preview=true`: what would be delivered; nothing was begun.",
            contents=json_content(
                ReplayPreviewView,
                one=Example(summary="Some events", value=ReplayPreviewView(events=1_000, missing=3, sample=())),
            ),
        ),
        Answer(
            status=201,
            description="The replay.",
            contents=json_content(ReplayView, one=Example(summary="It is running", value=_EXAMPLE)),
            headers=(LOCATION,),
        ),
    ),
    problems=(UNKNOWN_WEBHOOK, INVALID_OBJECT),
)
async def create_replay(call: Call) -> Response:
    """Deliver events of the log to the webhook again, under the same event ids and through its present filter."""
    parameters = call.parameters()
    preview_only = parameters.read(_PREVIEW)
    parameters.check()
    document = await call.document()
    replays = call.service.replays
    if preview_only:
        preview = await replays.preview(webhook_id_of(call), document, by=call.principal)
        return json_answer(_view_preview(preview))
    status = await replays.create(webhook_id_of(call), document, by=call.principal)
    return json_answer(_view(status), status=201, headers={"Location": f"/v1/replays/{status.replay.id}"})


@described(
    summary="List a webhook's replays",
    needs=Scope.READ,
    tag=Tag.REPLAYS,
    parameters=PAGING,
    answers=(_PAGE,),
    problems=(UNKNOWN_WEBHOOK,),
)
async def list_webhook_replays(call: Call) -> Response:
    """The replays of a webhook, the newest first; those that ended, for 30 days."""
    return await _list(call, webhook_id_of(call))


@described(summary="List replays", needs=Scope.READ, tag=Tag.REPLAYS, parameters=PAGING, answers=(_PAGE,))
async def list_replays(call: Call) -> Response:
    """The replays of all webhooks, the newest first; those that ended, for 30 days."""
    return await _list(call, None)


@described(summary="Read a replay", needs=Scope.READ, tag=Tag.REPLAYS, answers=(_ANSWER,), problems=(_UNKNOWN_REPLAY,))
async def read_replay(call: Call) -> Response:
    """How a replay does and what became of its events."""
    replays = call.service.replays
    return json_answer(_view(await replays.status(replays.get(_replay_id_of(call)))))


@described(
    summary="Edit a replay",
    needs=Scope.WRITE,
    tag=Tag.REPLAYS,
    body=Body(
        contents=tuple(
            Content(
                shape=REPLAY_EDIT,
                media_type=media_type,
                examples={"slower": Example(summary="Slower", value={"rate": 5})},
            )
            for media_type in (PATCH_TYPE, JSON_TYPE)
        )
    ),
    answers=(_ANSWER,),
    problems=(_UNKNOWN_REPLAY, INVALID_OBJECT),
)
async def edit_replay(call: Call) -> Response:
    """Change the rate of a replay, pause it, or let it go on; its deadlines count anew from then."""
    replay_id, document = _replay_id_of(call), await call.document()
    return json_answer(_view(await call.service.replays.edit(replay_id, document, by=call.principal)))


@described(
    summary="Cancel a replay", needs=Scope.WRITE, tag=Tag.REPLAYS, answers=(_ANSWER,), problems=(_UNKNOWN_REPLAY,)
)
async def cancel_replay(call: Call) -> Response:
    """Send nothing more of a replay; the request in flight is settled by its answer. One that has ended stays as it
    is.
    """
    return json_answer(_view(await call.service.replays.cancel(_replay_id_of(call), by=call.principal)))


async def _list(call: Call, webhook_id: WebhookId | None) -> Response:
    parameters = call.parameters()
    limit, place = parameters.read(LIMIT), place_from(parameters, _PLACES)
    parameters.check()
    replays = call.service.replays

    async def fetch(last: Replay | None, count: int) -> Sequence[Replay]:
        before = last.id if last else place.replay_id if place else None
        older = (replay for replay in replays.all(webhook_id) if before is None or replay.id < before)
        return [replay for replay, _ in zip(older, range(count), strict=False)]

    found, more = await gather(fetch, limit=limit, size=lambda _: 0)
    statuses = [await replays.status(replay) for replay in found]
    return json_answer(listing(statuses, more=more, show=_view, place=lambda status: ReplayPlace(status.replay.id)))


def _replay_id_of(call: Call) -> ReplayId:
    return ReplayId(call.path("replay_id"))


def _view(status: ReplayStatus) -> ReplayView:
    replay = status.replay
    return ReplayView(
        id=replay.id,
        webhook_id=replay.webhook_id,
        state=status.state,
        reason=status.reason,
        created_at=show_time_ms(replay.created_at_ms),
        ended_at=show_time_ms_or_none(replay.end.at_ms if replay.end else None),
        asked=_view_wish(replay.wish),
        first_position=replay.part.since,
        last_position=replay.part.until - 1,
        rate=replay.rate_per_s,
        paused=replay.paused_at_ms is not None,
        missing=replay.missing,
        account=ReplayAccountView(
            wanted=status.wanted,
            delivered=status.delivered,
            waiting=status.waiting,
            discarded=status.discarded,
            cancelled=status.cancelled,
        ),
        progress=1 - status.waiting / status.wanted if status.wanted else 1,
        measured_rate=status.measured_per_s,
        seconds_left=status.left_s,
        next_attempt=show_time_ms_or_none(status.next_attempt_at_ms),
    )


def _view_wish(wish: ReplayWish) -> AskedView:
    return AskedView(
        since=show_time_ms_or_none(wish.since_ms),
        until=show_time_ms_or_none(wish.until_ms),
        from_position=wish.from_position,
        ids=len(wish.ids),
        reason=wish.reason,
        types=wish.types,
    )


def _view_preview(preview: ReplayPreview) -> ReplayPreviewView:
    return ReplayPreviewView(
        events=preview.events, missing=preview.missing, sample=tuple(view_event(event) for event in preview.sample)
    )
