"""Which event types does the list name?"""

from typing import Final

import msgspec

from bellwire.model.event import EventTypeId
from bellwire.model.event_type import Catalogue
from bellwire.rules.reading import Place, kind_of
from bellwire.rules.suggesting import alternatives, nearest, quoted

EVENTS_LISTED_MAX: Final = 20_000
CLOSEST_SHOWN: Final = 3
UNKNOWN_COMPARED_MAX: Final = 10
"""For how many unknown ids of one list the closest known ones are looked up, which takes milliseconds each."""

_FORM: Final = 'a list of ids, ["auth.success"], or an object, {"auth.success": true}'


class ListedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A known type in the list. path: where it was written."""

    id: EventTypeId
    path: str


def read_events(place: Place, catalogue: Catalogue) -> tuple[ListedEvent, ...]:
    """Read the list as it was written, repeated entries and former names included; null stands for the empty list.

    In the object's form, false entries are left out unread, whatever they name.
    """
    match place.value:
        case None:
            return ()
        case list() | dict() as written if len(written) > EVENTS_LISTED_MAX:
            place.fault(f"lists {len(written)} event types; at most {EVENTS_LISTED_MAX} are possible")
            return ()
        case list() as written:
            entries = [place.at(index, type_id) for index, type_id in enumerate(written)]
        case dict() as written:
            entries = _chosen(place, written)
        case str() as written:
            place.fault(f"must be {_FORM}; write [{quoted(written)}]")
            return ()
        case other:
            place.fault(f"must be {_FORM}, not {kind_of(other)}")
            return ()
    return _known(entries, catalogue)


def _chosen(place: Place, written: dict[str, object]) -> list[Place]:
    for type_id, chosen in written.items():
        if not isinstance(chosen, bool):
            place.at(type_id, chosen).fault(
                f"must be true or false, not {kind_of(chosen)}; leave out what is not wanted"
            )
    return [place.at(type_id, type_id) for type_id, chosen in written.items() if chosen is True]


def _known(entries: list[Place], catalogue: Catalogue) -> tuple[ListedEvent, ...]:
    listed: list[ListedEvent] = []
    compared = 0
    for entry in entries:
        match entry.value:
            case str() as written if written in catalogue:
                listed.append(ListedEvent(id=EventTypeId(written), path=entry.path))
            case str() as written if "*" in written or "?" in written:
                entry.fault(
                    "wildcards are not supported; list every type, or have the list written out by "
                    f"`bellwire webhook create --event {quoted(written)}`"
                )
            case str() as written:
                close = (
                    nearest(written, catalogue.ids(), count=CLOSEST_SHOWN) if compared < UNKNOWN_COMPARED_MAX else []
                )
                compared += 1
                remedy = (
                    f"did you mean {alternatives(close)}?" if close else "declare it, or publish an event of it first"
                )
                entry.fault(f"{quoted(written)} is no known event type; {remedy}")
            case other:
                entry.fault(f"must be the id of an event type, not {kind_of(other)}")
    return tuple(listed)
