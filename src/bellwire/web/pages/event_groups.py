"""Event types in their groups, as the picker and the list of types show them."""

from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from bellwire.catalogue.loading import load_groups
from bellwire.model.event import EventTypeId
from bellwire.model.event_type import Catalogue, EventType, FormerType

_GROUPS: Final = {group.name: group for group in load_groups()}


class TypeView(msgspec.Struct, frozen=True, kw_only=True):
    """One name of an event type. own: declared here, or by first use."""

    id: EventTypeId
    level: str
    description: str
    former: bool = False
    disabled: bool = False
    overridden: bool = False
    own: bool = False


class GroupView(msgspec.Struct, frozen=True, kw_only=True):
    """The types whose ids begin alike."""

    name: str
    title: str
    types: tuple[TypeView, ...]


def grouped(catalogue: Catalogue, *, shipped: Callable[[EventTypeId], bool]) -> tuple[GroupView, ...]:
    """All names, present and former ones, by group; groups in the order of their titles."""
    views: dict[str, list[TypeView]] = {}
    for view in type_views(catalogue, shipped=shipped):
        views.setdefault(group_of(view.id), []).append(view)
    groups = [GroupView(name=name, title=title_of(name), types=tuple(types)) for name, types in views.items()]
    return tuple(sorted(groups, key=lambda group: group.title.casefold()))


def type_views(catalogue: Catalogue, *, shipped: Callable[[EventTypeId], bool]) -> Iterator[TypeView]:
    """All names in the order of their ids."""
    formers = (former for former in catalogue.formers() if catalogue.current(former.id) is None)
    for one in sorted((*catalogue, *formers), key=lambda one: one.id):
        yield _view(one, catalogue, own=isinstance(one, EventType) and not shipped(one.id))


def view_of(type_id: EventTypeId, catalogue: Catalogue, *, shipped: Callable[[EventTypeId], bool]) -> TypeView | None:
    """The type of that name, present or former; None where there is none."""
    one = catalogue.current(type_id) or catalogue.former(type_id)
    return _view(one, catalogue, own=isinstance(one, EventType) and not shipped(type_id)) if one else None


def title_of(group: str) -> str:
    """What a group is called."""
    return _GROUPS[group].title if group in _GROUPS else group


def description_of(group: str) -> str:
    """What a group is about; empty for one that is not described."""
    return _GROUPS[group].description if group in _GROUPS else ""


def group_of(type_id: EventTypeId) -> str:
    """What the id begins with, before the dot."""
    return type_id.partition(".")[0]


def _view(one: EventType | FormerType, catalogue: Catalogue, *, own: bool) -> TypeView:
    level = catalogue.level(one.id).value
    match one:
        case EventType(description=description, override=override):
            return TypeView(
                id=one.id,
                level=level,
                description=description,
                disabled=catalogue.is_disabled(one.id),
                overridden=override is not None,
                own=own,
            )
        case FormerType(successors=successors):
            became = f"Former name of {', '.join(successors)}." if successors else "No longer sent; old servers do."
            return TypeView(id=one.id, level=level, description=became, former=True)
