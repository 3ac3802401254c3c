"""Kinds of events: their names, former names, levels and descriptions."""

import enum
import re
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from bellwire.model.event import EventTypeId

TYPE_ID_LENGTH_MAX: Final = 128
DECLARED_TYPES_MAX: Final = 10_000
DESCRIPTION_LENGTH_MAX: Final = 500

TYPE_ID_PATTERN: Final = r"^[a-z0-9][a-z0-9_-]*(?:\.[a-z0-9][a-z0-9_-]*)+$"

_TYPE_ID: Final = re.compile(TYPE_ID_PATTERN, re.ASCII)


class TracingLevel(enum.Enum):
    """Severity of an event type, the gravest first."""

    ERROR = "error"
    WARN = "warn"
    INFO = "info"
    DEBUG = "debug"
    TRACE = "trace"

    @property
    def rank(self) -> int:
        """0 for the gravest, 4 for trace."""
        return _RANKS[self]


_RANKS: Final = {level: rank for rank, level in enumerate(TracingLevel)}


class EventLevel(enum.Enum):
    """What an operator may set for a type: a level, or that no webhook gets it."""

    ERROR = "error"
    WARN = "warn"
    INFO = "info"
    DEBUG = "debug"
    TRACE = "trace"
    DISABLE = "disable"


class EventType(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of event. description says what happened, in a sentence; empty for types known by first use only.

    level: as it was declared. override: what an operator set instead.
    """

    id: EventTypeId
    level: TracingLevel
    description: str = ""
    override: EventLevel | None = None


class FormerType(msgspec.Struct, frozen=True, kw_only=True):
    """A name that an event type had once. successors: its present names; none: it is gone; several: it was split."""

    id: EventTypeId
    level: TracingLevel
    successors: tuple[EventTypeId, ...] = ()


class EventGroup(msgspec.Struct, frozen=True, kw_only=True):
    """The types whose ids begin with `name.`; title and description for a person."""

    name: str
    title: str
    description: str


class EventKey(msgspec.Struct, frozen=True, kw_only=True):
    """A member that the data of events may have. unit: of its numbers, empty where they count or name something.

    json_types: what its value can be, the usual one first; besides those of JSON ip, timestamp, duration, bytes
    (base64) and event (another event's type and data).
    """

    name: str
    json_types: tuple[str, ...]
    unit: str
    description: str


def is_type_id(text: str) -> bool:
    """Whether text has the form of an id: lower case, `group.name`, at least one dot, at most 128 characters."""
    return len(text) <= TYPE_ID_LENGTH_MAX and _TYPE_ID.fullmatch(text) is not None


class Catalogue:
    """The event types that are known now. It grows by declaring and forgets none."""

    def __init__(self, current: Iterable[EventType], former: Iterable[FormerType] = ()) -> None:
        self._current = {event_type.id: event_type for event_type in current}
        self._former = {former_type.id: former_type for former_type in former}
        self._former_names: dict[EventTypeId, set[EventTypeId]] = {}
        for former_type in self._former.values():
            for successor in former_type.successors:
                self._former_names.setdefault(successor, set()).add(former_type.id)

    def __iter__(self) -> Iterator[EventType]:
        """The current types in the order of their ids."""
        return iter(sorted(self._current.values(), key=lambda event_type: event_type.id))

    def __len__(self) -> int:
        """How many names there are, present and former ones."""
        return len(self._current.keys() | self._former.keys())

    def __contains__(self, type_id: object) -> bool:
        """Whether the id names a type, by its present or a former name."""
        return type_id in self._current or type_id in self._former

    def current(self, type_id: EventTypeId) -> EventType | None:
        """The type of that present name."""
        return self._current.get(type_id)

    def former(self, type_id: EventTypeId) -> FormerType | None:
        """The former type of that name, unless the name was declared anew."""
        return None if type_id in self._current else self._former.get(type_id)

    def formers(self) -> Iterator[FormerType]:
        """Every former name, in the order of their ids."""
        return iter(sorted(self._former.values(), key=lambda former_type: former_type.id))

    def ids(self) -> Iterator[EventTypeId]:
        """Every name, present ones first."""
        yield from self._current
        yield from (type_id for type_id in self._former if type_id not in self._current)

    def present_names(self, type_id: EventTypeId) -> tuple[EventTypeId, ...]:
        """The names that stand for all names of a type: a former one's successors, else the name itself."""
        former = self.former(type_id)
        return former.successors if former is not None and former.successors else (type_id,)

    def all_names(self, present: EventTypeId) -> set[EventTypeId]:
        """A present name and the former ones that it succeeds."""
        return {present} | {name for name in self._former_names.get(present, ()) if name not in self._current}

    def names_meaning(self, type_id: EventTypeId) -> set[EventTypeId]:
        """Every name by which a list means this type, whichever of its names this is."""
        return {name for one in {type_id, *self.present_names(type_id)} for name in self.all_names(one)}

    def is_disabled(self, type_id: EventTypeId) -> bool:
        """Whether an operator keeps the type out of every webhook."""
        known = self._current.get(self.present_names(type_id)[0])
        return known is not None and known.override is EventLevel.DISABLE

    def level(self, type_id: EventTypeId) -> TracingLevel:
        """The level that counts for a type: its own, a former name's first successor's, info if unknown."""
        name = self.present_names(type_id)[0]
        current = self._current.get(name)
        if current is not None:
            override = current.override
            return current.level if override in (None, EventLevel.DISABLE) else TracingLevel(override.value)
        former = self._former.get(name)
        return former.level if former else TracingLevel.INFO

    def counting_level(self, type_id: EventTypeId) -> EventLevel:
        """What counts for a type: its level, or that it is disabled."""
        return EventLevel.DISABLE if self.is_disabled(type_id) else EventLevel(self.level(type_id).value)

    def with_level(self, type_id: EventTypeId, level: EventLevel) -> "Catalogue":
        """The same types, of which one has another level that counts, as it may have had in the past."""
        name = self.present_names(type_id)[0]
        known = self._current.get(name) or EventType(id=name, level=TracingLevel.INFO)
        current = self._current | {name: msgspec.structs.replace(known, override=level)}
        return Catalogue(current.values(), self._former.values())

    def declare(self, event_type: EventType) -> None:
        """Add a type, or replace the one of that id."""
        self._current[event_type.id] = event_type
