"""What is asked of an event type?"""

import msgspec

from bellwire.errors import InvalidObject
from bellwire.model.event_type import EventLevel
from bellwire.rules.reading import Findings, Place, read_choice, read_text, refuse_unknown

MEMBERS = ("level", "description")


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
