"""What replay does somebody ask for, and is it sound?"""

import datetime as dt
from collections.abc import Iterable
from typing import Final

import msgspec

from bellwire.errors import Fault, InvalidObject
from bellwire.model.cursor import DiscardReason
from bellwire.model.duration import parse_duration
from bellwire.model.event import EVENT_ID_LENGTH_MAX, EventId, EventTypeId, Position
from bellwire.model.event_type import Catalogue
from bellwire.model.replay import RATE_MAX_PER_S, RATE_MIN_PER_S, REPLAYED_IDS_MAX, ReplayWish
from bellwire.rules.accepting import read_time
from bellwire.rules.reading import (
    DURATION_LENGTH_MAX,
    Findings,
    Place,
    kind_of,
    read_choice,
    read_count,
    read_flag,
    read_text,
    refuse_unknown,
)
from bellwire.rules.suggesting import alternatives, nearest, quoted

TYPES_MAX: Final = 1_000
POSITION_MAX: Final = 2**63 - 1

ANCHORS: Final = ("since", "fromPosition", "ids", "reason")
"""Where a replay begins."""

MEMBERS: Final = (*ANCHORS, "until", "types", "rate", "paused")
EDITABLE: Final = ("rate", "paused")


class ReplayEdit(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be changed. rate_per_s: None for as fast as the endpoint takes them; UNSET leaves a member alone."""

    rate_per_s: float | msgspec.UnsetType | None
    paused: bool | msgspec.UnsetType


def read_wish(document: dict[str, object], *, catalogue: Catalogue, now_ms: int) -> ReplayWish:
    """The replay that the object asks for. Raises InvalidObject with every fault."""
    faults = Findings()
    place = Place(document, "", faults)
    refuse_unknown(document, MEMBERS, place=place, owner="a replay")
    _check_anchors(place, {name for name in MEMBERS if document.get(name) is not None})
    from_position = read_count(_at(place, "fromPosition"), most=POSITION_MAX, default=0)
    wish = ReplayWish(
        since_ms=_read_time_ms(_at(place, "since"), now_ms),
        until_ms=_read_time_ms(_at(place, "until"), now_ms),
        from_position=Position(from_position) if from_position else None,
        ids=_read_ids(_at(place, "ids")),
        reason=read_choice(_at(place, "reason"), DiscardReason),
        types=_read_types(_at(place, "types"), catalogue),
        rate_per_s=_read_rate(_at(place, "rate")),
        paused=read_flag(_at(place, "paused"), default=False),
    )
    if wish.since_ms is not None and wish.until_ms is not None and wish.since_ms >= wish.until_ms:
        _at(place, "until").fault("is not after since")
    _raise(faults)
    return wish


def read_replay_edit(document: dict[str, object]) -> ReplayEdit:
    """What the object asks to change of a replay. Raises InvalidObject with every fault."""
    faults = Findings()
    place = Place(document, "", faults)
    refuse_unknown(document, EDITABLE, place=place, owner="an edit of a replay")
    edit = ReplayEdit(
        rate_per_s=_read_rate(_at(place, "rate")) if "rate" in document else msgspec.UNSET,
        paused=read_flag(_at(place, "paused"), default=False) if "paused" in document else msgspec.UNSET,
    )
    _raise(faults)
    return edit


def names_of(types: Iterable[EventTypeId] | None, catalogue: Catalogue) -> frozenset[EventTypeId] | None:
    """These types by all their names, present and former; None for all types."""
    if types is None:
        return None
    named = frozenset(types)
    present = {present for name in named for present in catalogue.present_names(name)}
    return named | {name for one in present for name in catalogue.all_names(one)}


def _at(place: Place, name: str) -> Place:
    members = place.value if isinstance(place.value, dict) else {}
    return place.at(name, members.get(name))


def _raise(faults: Findings) -> None:
    found: tuple[Fault, ...] = faults.all()
    if found:
        raise InvalidObject(found)


def _check_anchors(place: Place, given: set[str]) -> None:
    """Exactly one place to begin; dead letters may be narrowed by the time at which they were given up."""
    anchors = [name for name in ANCHORS if name in given]
    if anchors in (["since", "reason"], ["reason"], ["since"], ["fromPosition"]):
        return
    if anchors != ["ids"]:
        remedy = f"give one of {alternatives(ANCHORS)}; reason may have since and until beside it"
        place.fault(f"it does not say where to begin; {remedy}" if not anchors else remedy)
    elif "until" in given:
        _at(place, "until").fault("does not go with ids; leave one of them out")


def _read_time_ms(place: Place, now_ms: int) -> int | None:
    """RFC 3339, or how long ago."""
    match place.value:
        case None:
            return None
        case str() as text if len(text) <= DURATION_LENGTH_MAX:
            written = read_time(text)
            if isinstance(written, str):
                return round(dt.datetime.fromisoformat(written).timestamp() * 1000)
            try:
                return max(0, now_ms - parse_duration(text))
            except ValueError:
                place.fault(f"{quoted(text)} is no time; write 2026-01-31T08:00:00Z, or how long ago: 15m, 2h, 7d")
        case str():
            place.fault("is too long for a time; write 2026-01-31T08:00:00Z, or how long ago: 15m, 2h, 7d")
        case other:
            place.fault(f"must be a time as text, not {kind_of(other)}")
    return None


def _read_ids(place: Place) -> tuple[EventId, ...]:
    match place.value:
        case None:
            return ()
        case []:
            place.fault("is empty; name at least one event")
        case list() as written if len(written) > REPLAYED_IDS_MAX:
            place.fault(f"names {len(written):,} events, {REPLAYED_IDS_MAX:,} at most; replay them by time or reason")
        case list() as written:
            each = [read_text(place.at(at, one), length_max=EVENT_ID_LENGTH_MAX) for at, one in enumerate(written)]
            return tuple(dict.fromkeys(map(EventId, each)))
        case other:
            place.fault(f"must be an array of ids of events, not {kind_of(other)}")
    return ()


def _read_types(place: Place, catalogue: Catalogue) -> tuple[EventTypeId, ...] | None:
    match place.value:
        case None:
            return None
        case []:
            place.fault("is empty; leave it out for all types")
        case list() as written if len(written) > TYPES_MAX:
            place.fault(f"names {len(written):,} types, {TYPES_MAX:,} at most; leave it out for all types")
        case list() as written:
            return tuple(dict.fromkeys(_read_type(place.at(at, one), catalogue) for at, one in enumerate(written)))
        case other:
            place.fault(f"must be an array of event types, not {kind_of(other)}")
    return None


def _read_type(place: Place, catalogue: Catalogue) -> EventTypeId:
    name = EventTypeId(read_text(place, length_max=EVENT_ID_LENGTH_MAX))
    if name and name not in catalogue:
        close = [] if place.faults.full else nearest(name, catalogue.ids(), count=1)
        remedy = f"did you mean {close[0]}?" if close else "GET /v1/event-types lists them"
        place.fault(f"{quoted(name)} is not an event type; {remedy}")
    return name


def _read_rate(place: Place) -> float | None:
    """Events a second; null for as fast as the endpoint takes them."""
    match place.value:
        case None:
            return None
        case int() | float() as rate if not isinstance(rate, bool) and RATE_MIN_PER_S <= rate <= RATE_MAX_PER_S:
            return float(rate)
        case other:
            limits = f"{RATE_MIN_PER_S:g} to {RATE_MAX_PER_S:,.0f}"
            place.fault(
                f"must be events a second, {limits}, or null for as fast as the endpoint takes them; "
                f"not {other if isinstance(other, int | float) else kind_of(other)}"
            )
    return None
