"""/v1/live: what happens, as it happens."""

from typing import Any, Final

import msgspec
from starlette.responses import Response

from bellwire.engine.listener import Item, Told
from bellwire.model.attempt import Attempt
from bellwire.model.change import Blocked, Change, Edited, Failing, LevelSet, NumberedChange, WentGone
from bellwire.model.cursor import Discard
from bellwire.model.duration import PATTERN as DURATION_PATTERN
from bellwire.model.duration import parse_duration
from bellwire.model.event import LoggedEvent
from bellwire.model.event_type import TracingLevel
from bellwire.model.live import PLACE_PATTERN, LiveKind, Missed, Place, Pulse, Wish, parse_place, show_place
from bellwire.model.positions import count_of
from bellwire.model.principal import Scope
from bellwire.model.webhook import WebhookId
from bellwire.rules.permitting import may
from bellwire.rules.suggesting import alternatives, quoted
from bellwire.service import Bellwire
from bellwire.store import NumberedDiscard
from bellwire.web.answers import show_time_ms
from bellwire.web.api.attempts import view_attempt, view_attempt_details
from bellwire.web.api.events import view_event
from bellwire.web.auth import still_admitted
from bellwire.web.bodies import head_of
from bellwire.web.operation import Answer, Content, Example, Tag
from bellwire.web.parameters import (
    UNKNOWN_TOLD_MAX,
    Parameter,
    Parameters,
    RepeatedParameter,
    choice_parameter,
    flag_parameter,
)
from bellwire.web.problem_kinds import OVERLOADED
from bellwire.web.resource import Call, described
from bellwire.web.schemas.live import LIVE_MESSAGE, STREAM_TYPE, LiveChange, LiveDiscard, LiveMissed, LivePulse
from bellwire.web.streaming import StreamAnswer, stream_head
from bellwire.web.type_filter import TYPE, read_types

FOR_MAX: Final = "1d"
LAST_EVENT_ID: Final = b"last-event-id"
PULSE_MS: Final = 1_000
"""Between two pulses, at least."""

_KINDS: Final = [kind.value for kind in LiveKind]


def _read_show(text: str) -> frozenset[LiveKind]:
    words = text.split(",")
    for word in words:
        if word not in _KINDS:
            raise ValueError(
                f"{quoted(word)} is nothing that is shown; write {alternatives(_KINDS)}, with commas between"
            )
    return frozenset(map(LiveKind, words))


def _read_length_ms(text: str) -> int:
    try:
        length_ms: int | None = parse_duration(text)
    except ValueError:
        length_ms = None
    if length_ms is None or length_ms > parse_duration(FOR_MAX):
        raise ValueError(f"{quoted(text)} is no duration up to {FOR_MAX}; write 0s, 30s or 5m")
    return length_ms


_ANY_KIND: Final = "|".join(_KINDS)
_WEBHOOK: Final = RepeatedParameter(
    "webhook", "Only attempts, discards and changes of the webhook of this id, and events that it gets."
)
_LEVEL: Final = choice_parameter("level", "Only events of types of at least this level.", TracingLevel)
_SHOW: Final = Parameter(
    "show",
    "What is shown, with commas between; all of it if not given.",
    read=_read_show,
    absent=frozenset(LiveKind),
    schema={"type": "string", "pattern": f"^({_ANY_KIND})(,({_ANY_KIND}))*$"},
    examples=("events,attempts",),
)
_ANSWERS: Final = flag_parameter("answers", "Show the first 4 KiB of what endpoints answered, too.")
_PULSE: Final = flag_parameter(
    "pulse", "Tell how much happens instead of what: at most one `pulse` a second. It begins with what happens now."
)
_LAST: Final = Parameter[Place | None](
    "lastEventId",
    "As the header `Last-Event-ID`, for clients that cannot set it; the header wins.",
    read=parse_place,
    absent=None,
    schema={"type": "string", "pattern": PLACE_PATTERN},
    examples=("17.0.3.019786a2-11aa-7000-8000-6f6e6c7920aa",),
)
_FOR: Final = Parameter[int | None](
    "for",
    f"End after so long, at most {FOR_MAX}; `0s`: once what was asked for by `Last-Event-ID` is told.",
    read=_read_length_ms,
    absent=None,
    schema={"type": "string", "pattern": "^(?=.)" + DURATION_PATTERN.removeprefix("^")},
    examples=("0s",),
)
_EXAMPLE: Final = LiveChange(
    number=3,
    at="2026-01-31T08:00:12.120Z",
    position=17,
    webhook_id="019786a1-7c7e-7d5c-9d8f-3f1c5a1d2b3e",
    type=None,
    change="failing",
    reason="answered 500",
)
_MESSAGE: Final = {"event": "change", "id": "17.0.3.", "data": msgspec.json.encode(_EXAMPLE).decode()}


@described(
    summary="Follow what happens",
    needs=Scope.READ,
    tag=Tag.SERVER,
    parameters=(_WEBHOOK, TYPE, _LEVEL, _SHOW, _ANSWERS, _PULSE, _LAST, _FOR),
    answers=(
        Answer(
            status=200,
            description="Server-sent events, until the client, or the server, ends.",
            contents=(
                Content(
                    shape=LIVE_MESSAGE,
                    media_type=STREAM_TYPE,
                    examples={"failing": Example(summary="It began to fail", value=_MESSAGE)},
                ),
            ),
        ),
    ),
    problems=(OVERLOADED,),
)
async def follow_live(call: Call) -> Response:
    """What happens from now on: events as they are logged, attempts as they are settled, discards, and changes of
    webhooks and of their states. With `Last-Event-ID`, first what happened since, up to 1,000 of each. Whoever reads
    too slowly is told by `missed` how many they missed. `type` and `level` narrow the events.
    """
    parameters = call.parameters()
    wish = _read_wish(call, parameters)
    after, ends_after_ms = parameters.read(_LAST), parameters.read(_FOR)
    with_answers, summed = parameters.read(_ANSWERS), parameters.read(_PULSE)
    if written := head_of(call.request.scope).get(LAST_EVENT_ID):
        try:
            after = parse_place(written.decode("latin-1"))
        except ValueError as problem:
            parameters.fault("Last-Event-ID", str(problem))
    parameters.check()
    if call.request.method == "HEAD":
        return stream_head()
    service, scope = call.service, call.request.scope

    def may_go_on() -> bool:
        principal = still_admitted(service, scope)
        return principal is not None and may(principal, Scope.READ)

    listener = await (service.live.listen_summed(wish) if summed else service.live.listen(wish, after))
    return StreamAnswer(
        service.live,
        listener,
        lambda told: _show(service, told, with_answers=with_answers),
        still_admitted=may_go_on,
        ends_after_ms=ends_after_ms,
        pause_ms=PULSE_MS if summed else 0,
    )


def _read_wish(call: Call, parameters: Parameters) -> Wish:
    named = frozenset(map(WebhookId, parameters.read_all(_WEBHOOK)))
    known = {webhook.id for webhook in call.service.webhooks()}
    for webhook_id in sorted(named - known)[:UNKNOWN_TOLD_MAX]:
        parameters.fault("webhook", f"there is no webhook {quoted(webhook_id)}; GET /v1/webhooks lists them")
    return Wish(
        kinds=parameters.read(_SHOW),
        webhook_ids=named or None,
        types=read_types(parameters, call.service.catalogue),
        level=parameters.read(_LEVEL),
    )


def _show(service: Bellwire, told: Told, *, with_answers: bool) -> bytes:
    """One server-sent event. Compact JSON has no line breaks."""
    if isinstance(told.what, Pulse):
        name, view = "pulse", _view_pulse(told.what, service.live.states())
    else:
        name, view = _view(told.what, with_answers=with_answers)
    return b"event: %b\nid: %b\ndata: %b\n\n" % (
        name.encode(),
        show_place(told.place).encode(),
        msgspec.json.encode(view),
    )


def _view(what: Item | Missed, *, with_answers: bool) -> tuple[str, Any]:
    match what:
        case LoggedEvent():
            return "event", view_event(what)
        case Attempt():
            return "attempt", view_attempt_details(what) if with_answers else view_attempt(what)
        case NumberedDiscard(discard=discard):
            return "discard", _view_discard(discard)
        case NumberedChange(number=number, change=change):
            return "change", _view_change(number, change)
        case Missed():
            return "missed", LiveMissed(**msgspec.structs.asdict(what))


def _view_pulse(pulse: Pulse, states: dict[str, int]) -> LivePulse:
    return LivePulse(
        events=pulse.events,
        attempts=pulse.attempts,
        discards=pulse.discards,
        changes=pulse.changes,
        webhook_ids=None if pulse.webhook_ids is None else tuple(sorted(pulse.webhook_ids)),
        states=states,
    )


def _view_discard(discard: Discard) -> LiveDiscard:
    return LiveDiscard(
        at=show_time_ms(discard.at_ms),
        webhook_id=discard.webhook_id,
        replay_id=discard.replay_id,
        reason=discard.reason.value,
        events=count_of(discard.members),
        first_position=discard.members[0][0],
        last_position=discard.members[-1][1],
    )


def _view_change(number: int, change: Change) -> LiveChange:
    view = LiveChange(
        number=number,
        at=show_time_ms(change.at_ms),
        position=change.position,
        webhook_id=change.subject,
        type=None,
        change=str(change.what.__struct_config__.tag),
    )
    match change.what:
        case Edited(fields=fields):
            return msgspec.structs.replace(view, fields=fields)
        case Failing(reason=reason) | WentGone(reason=reason) | Blocked(reason=reason):
            return msgspec.structs.replace(view, reason=reason)
        case LevelSet(type=type_id, after=level):
            return msgspec.structs.replace(view, webhook_id=None, type=type_id, level=level.value)
        case _:
            return view
