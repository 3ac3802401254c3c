"""The types that were ever logged: their numbers in the file, and what the writer must know of each."""

from typing import Final

import apsw
import msgspec

from bellwire.model.event import EventTypeId, Position
from bellwire.stores.sqlite.connection import rows_of
from bellwire.stores.sqlite.statements import statement

_LIST_LOGGED_TYPES: Final = statement("list_logged_types")


class Tally(msgspec.Struct, frozen=True):
    """What was logged of a type: the position of its last event, and how many there were."""

    last_position: Position
    total: int


class LoggedTypes:
    """Numbers are given out by the writer's thread and never taken back, also where the group that needed them failed;
    other threads only look names up, and find that of every number that is in the file.
    """

    def __init__(self, connection: apsw.Connection) -> None:
        self.names: dict[int, EventTypeId] = {}
        self.numbers: dict[EventTypeId, int] = {}
        self.tallies: dict[EventTypeId, Tally] = {}
        for number, name, last_position, total in list_logged_types(connection):
            self.names[number] = name
            self.numbers[name] = number
            self.tallies[name] = Tally(last_position, total)

    def number(self, type_id: EventTypeId) -> int:
        """The number of a type, a new one at its first use."""
        number = self.numbers.get(type_id)
        if number is None:
            number = max(self.names, default=0) + 1
            self.names[number] = type_id
            self.numbers[type_id] = number
        return number


def list_logged_types(connection: apsw.Connection) -> list[tuple[int, EventTypeId, Position, int]]:
    """Number, name, last position and total of every type that was ever logged."""
    return [(number, name, last, total) for number, name, last, total in rows_of(connection, _LIST_LOGGED_TYPES)]
