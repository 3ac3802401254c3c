"""Reads the tables that come with Bellwire: event types, and the texts that describe them."""

import importlib.resources
from collections.abc import Iterator
from typing import Final

from bellwire.model.event import EventTypeId
from bellwire.model.event_type import Catalogue, EventGroup, EventKey, EventType, FormerType, TracingLevel

_EVENT_TYPES: Final = ("id", "level", "description")
_FORMER_TYPES: Final = ("id", "level", "successors")
_GROUPS: Final = ("group", "title", "description")
_KEYS: Final = ("key", "type", "unit", "description")
_TYPE_KEYS: Final = ("type", "keys")


def load_catalogue() -> Catalogue:
    """The types and former names that come with Bellwire, its own types among them."""
    return Catalogue(
        current=[
            EventType(id=EventTypeId(type_id), level=TracingLevel(level), description=description)
            for table in ("event_types.tsv", "own_types.tsv")
            for type_id, level, description in _rows(table, _EVENT_TYPES)
        ],
        former=[
            FormerType(
                id=EventTypeId(type_id),
                level=TracingLevel(level),
                successors=tuple(EventTypeId(successor) for successor in _listed(successors)),
            )
            for type_id, level, successors in _rows("former_types.tsv", _FORMER_TYPES)
        ],
    )


def load_groups() -> tuple[EventGroup, ...]:
    """The groups of event types, in the order of their names."""
    groups = [
        EventGroup(name=name, title=title, description=description)
        for table in ("groups.tsv", "own_groups.tsv")
        for name, title, description in _rows(table, _GROUPS)
    ]
    return tuple(sorted(groups, key=lambda group: group.name))


def load_keys() -> tuple[EventKey, ...]:
    """The members that the data of an event may have, in the order of their names."""
    return tuple(
        EventKey(name=name, json_types=tuple(json_types.split("|")), unit=unit, description=description)
        for name, json_types, unit, description in _rows("keys.tsv", _KEYS)
    )


def load_type_keys() -> dict[EventTypeId, tuple[str, ...]]:
    """For each event type whose data are known, the members that were seen or documented, the usual ones first."""
    return {EventTypeId(type_id): _listed(keys) for type_id, keys in _rows("type_keys.tsv", _TYPE_KEYS)}


def rows_of(table: str, columns: tuple[str, ...], *, text: str) -> Iterator[list[str]]:
    """The cells of a tab-separated table, without its header; empty cells at a line's end may be left out.

    Raises ValueError for another header and for lines with more cells.
    """
    header, *lines = text.splitlines()
    if header.split("\t") != list(columns):
        raise ValueError(f"{table} has the header {header!r}; it must name the columns {columns}")
    for number, line in enumerate(lines, start=2):
        cells = line.split("\t")
        if len(cells) > len(columns):
            raise ValueError(f"{table}, line {number}: has {len(cells)} cells; at most {len(columns)} have a column")
        yield cells + [""] * (len(columns) - len(cells))


def _rows(table: str, columns: tuple[str, ...]) -> Iterator[list[str]]:
    text = importlib.resources.files("bellwire.catalogue").joinpath(table).read_text(encoding="utf-8")
    return rows_of(table, columns, text=text)


def _listed(cell: str) -> tuple[str, ...]:
    return tuple(cell.split(",")) if cell else ()
