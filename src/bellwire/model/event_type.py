"""Kinds of events: their names, former names, levels and descriptions."""

import enum
import re
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from bellwire.model.event import EventTypeId

TYPE_ID_LENGTH_MAX: Final = 128
DECLARED_TYPES_MAX: Final = 10_000

_TYPE_ID: Final = re.compile(r"[a-z0-9][a-z0-9_-]*(?:\.[a-z0-9][a-z0-9_-]*)+", re.ASCII)


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


class EventType(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of event. description says what happened, in a sentence; empty for types known by first use only."""

    id: EventTypeId
    level: TracingLevel
    description: str = ""


class FormerType(msgspec.Struct, frozen=True, kw_only=True):
    """A name that an event type had once. successor: its present name, None where the type is gone."""

    id: EventTypeId
    level: TracingLevel
    successor: EventTypeId | None


def is_type_id(text: str) -> bool:
    """Whether text has the form of an id: lower case, `group.name`, at least one dot, at most 128 characters."""
    return len(text) <= TYPE_ID_LENGTH_MAX and _TYPE_ID.fullmatch(text) is not None


class Catalogue:
    """The event types that are known now. It grows by declaring and forgets none."""

    def __init__(self, current: Iterable[EventType], former: Iterable[FormerType] = ()) -> None:
        self._current = {event_type.id: event_type for event_type in current}
        self._former = {former_type.id: former_type for former_type in former}

    def __iter__(self) -> Iterator[EventType]:
        """The current types in the order of their ids."""
        return iter(sorted(self._current.values(), key=lambda event_type: event_type.id))

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

    def present_name(self, type_id: EventTypeId) -> EventTypeId:
        """The name that stands for all names of a type: its successor's for a former one, else the name itself."""
        former = self.former(type_id)
        while former is not None and former.successor is not None:
            type_id = former.successor
            former = self.former(type_id)
        return type_id

    def level(self, type_id: EventTypeId) -> TracingLevel:
        """The level that counts for a type; that of its present name for a former one, info for an unknown one."""
        name = self.present_name(type_id)
        known = self._current.get(name) or self._former.get(name)
        return known.level if known else TracingLevel.INFO

    def declare(self, event_type: EventType) -> None:
        """Add a type, or replace the one of that id."""
        self._current[event_type.id] = event_type
