"""What is asked of an event type?"""

from typing import Final

import msgspec

from bellwire.errors import Fault, InvalidObject
from bellwire.model.event import EventTypeId
from bellwire.model.event_type import EventLevel, EventType, TracingLevel, is_type_id
from bellwire.rules.reading import Findings, Place, kind_of, read_choice, read_text, refuse_unknown
from bellwire.rules.suggesting import alternatives

MEMBERS: Final = ("level", "description")


class TypeWish(msgspec.Struct, frozen=True, kw_only=True):
    """level: what counts from now on; None: the type's own. description: None leaves it as it is."""

    level: EventLevel | None
    description: str | None


def read_wish(document: dict[str, object], *, description_length_max: int) -> TypeWish:
    """Read `{"level": "warn" | "disable" | null, "description": "…"}`. Raises InvalidObject with all faults."""
    faults = Findings()
    place = Place(document, "", faults)
    refuse_unknown(document, MEMBERS, place=place, owner="an event type")
    level = document.get("level")
    wish = TypeWish(
        level=None if level is None else read_choice(place.at("level", level), EventLevel),
        description=_read_description(place, document, length_max=description_length_max),
    )
    if faults.all():
        raise InvalidObject(faults.all())
    return wish


def _read_description(place: Place, document: dict[str, object], *, length_max: int) -> str | None:
    if "description" not in document:
        return None
    return read_text(place.at("description", document["description"]), length_max=length_max)


def read_declarations(written: object, *, description_length_max: int) -> tuple[EventType, ...]:
    """Read `{"shop.order-paid": {"level": "info", "description": "…"}, …}`, a level being needed of each.

    Raises InvalidObject with all faults.
    """
    faults = Findings()
    if not isinstance(written, dict):
        raise InvalidObject((Fault("", f"must be a table of event types, not {kind_of(written)}"),))
    declared = [
        _read_declaration(Place(members, type_id, faults), type_id, length_max=description_length_max)
        for type_id, members in written.items()
    ]
    if faults.all():
        raise InvalidObject(faults.all())
    return tuple(event_type for event_type in declared if event_type is not None)


def _read_declaration(place: Place, type_id: str, *, length_max: int) -> EventType | None:
    if not is_type_id(type_id):
        place.fault('is not an event type; write it in quotes, lower case, with a dot, as in [event-types."shop.paid"]')
        return None
    members = place.value
    if not isinstance(members, dict):
        place.fault(f"must be a table with level and description, not {kind_of(members)}")
        return None
    refuse_unknown(members, MEMBERS, place=place, owner="an event type")
    if members.get("level") is None:
        place.at("level", None).fault(f"is needed; write {alternatives(level.value for level in TracingLevel)}")
        return None
    level = read_choice(place.at("level", members["level"]), TracingLevel)
    description = _read_description(place, members, length_max=length_max) or ""
    return None if level is None else EventType(id=EventTypeId(type_id), level=level, description=description)
