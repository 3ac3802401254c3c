"""/v1/event-types: which kinds of events there are, by their present and their former names."""

import fnmatch
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from starlette.responses import Response

from bellwire.catalogue.loading import load_groups, load_keys, load_type_keys
from bellwire.errors import Fault, InvalidObject
from bellwire.model.event import EventTypeId
from bellwire.model.event_type import DESCRIPTION_LENGTH_MAX, Catalogue, EventLevel, EventType, FormerType, TracingLevel
from bellwire.rules.checking_types import TypeWish, read_wish
from bellwire.rules.suggesting import alternatives, quoted
from bellwire.service import Bellwire
from bellwire.web.answers import json_answer
from bellwire.web.bodies import JSON_TYPE
from bellwire.web.paging import listing, place_from
from bellwire.web.parameters import Parameters, did_you_mean
from bellwire.web.problems import Problem, Refused
from bellwire.web.resource import Call

FILTER_LENGTH_MAX: Final = 128


class EventTypePlace(msgspec.Struct, frozen=True, array_like=True, tag="event-type"):
    """Where a page of event types ends."""

    type_id: str


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which types a list has. pattern: of the id, `*`, `?` and `[…]` as in a shell. text: in small letters."""

    pattern: str | None
    group: str | None
    text: str | None

    def takes(self, one: EventType | FormerType) -> bool:
        """Whether the list has this type; of a former one only the id is looked at."""
        described = one.description if isinstance(one, EventType) else ""
        return (
            (self.pattern is None or fnmatch.fnmatchcase(one.id, self.pattern))
            and (self.group is None or _group_name(one.id) == self.group)
            and (self.text is None or self.text in f"{one.id}\n{described}".casefold())
        )


_GROUPS: Final = {group.name: group for group in load_groups()}
_KEYS: Final = {key.name: key for key in load_keys()}
_TYPE_KEYS: Final = load_type_keys()
_LEVELS: Final = tuple(level.value for level in TracingLevel)
_PLACES: Final = msgspec.json.Decoder(EventTypePlace)


async def list_event_types(call: Call) -> Response:
    """GET /v1/event-types: in the order of their ids; of one group, by a pattern, by what is said about them."""
    parameters = call.parameters("pattern", "group", "text", "limit", "pageToken")
    catalogue = call.service.catalogue
    wanted = _filter(parameters, catalogue)
    limit, place = parameters.limit(), place_from(parameters, _PLACES)
    parameters.check()
    found = [one for one in _all(catalogue) if (place is None or one.id > place.type_id) and wanted.takes(one)]
    page = listing(
        found[:limit],
        more=len(found) > limit,
        show=lambda one: _view(one, catalogue),
        place=lambda one: EventTypePlace(one.id),
    )
    return json_answer(page)


async def read_event_type(call: Call) -> Response:
    """GET /v1/event-types/{id}: all that is known of a type."""
    call.parameters().check()
    catalogue = call.service.catalogue
    type_id = EventTypeId(call.path("type_id"))
    known = catalogue.current(type_id) or catalogue.former(type_id)
    if known is None:
        remedy = did_you_mean(type_id, catalogue.ids()) or "GET /v1/event-types lists them"
        detail = f"there is no event type {quoted(type_id)}; {remedy}"
        title = "There is no such event type"
        raise Refused(Problem(status=404, kind="unknown-event-type", title=title, detail=detail))
    return json_answer({**_view(known, catalogue), **_details(type_id, call.service)})


async def put_event_type(call: Call) -> Response:
    """PUT /v1/event-types/{id}: set the level of a type that comes with Bellwire, or declare one of your own."""
    call.parameters().check()
    wish = read_wish(await call.document(JSON_TYPE), description_length_max=DESCRIPTION_LENGTH_MAX)
    type_id = EventTypeId(call.path("type_id"))
    if call.service.is_shipped_type(type_id):
        if wish.description is not None:
            message = f"of {type_id}, which comes with Bellwire, only the level can be set; leave the description out"
            raise InvalidObject((Fault("description", message),))
        await call.service.override_level(type_id, wish.level, by=call.principal)
    else:
        await _declare(call, type_id, wish)
    return await read_event_type(call)


async def _declare(call: Call, type_id: EventTypeId, wish: TypeWish) -> None:
    """Without a level, or with `disable`, a type that is known keeps the one that it was declared with."""
    known = call.service.catalogue.current(type_id)
    level = _declared_level(known, wish.level)
    description = wish.description if wish.description is not None else (known.description if known else "")
    override = EventLevel.DISABLE if wish.level is EventLevel.DISABLE else None
    declared = EventType(id=type_id, level=level, description=description, override=override)
    await call.service.put_type(declared, by=call.principal)


def _declared_level(known: EventType | None, wished: EventLevel | None) -> TracingLevel:
    if wished is not None and wished is not EventLevel.DISABLE:
        return TracingLevel(wished.value)
    if known is None:
        raise InvalidObject((Fault("level", f"is needed to declare a type; write {alternatives(_LEVELS)}"),))
    return known.level


def _details(type_id: EventTypeId, service: Bellwire) -> dict[str, Any]:
    """What the catalogue's texts say of a type, and what is wanted of it."""
    group = _GROUPS.get(_group_name(type_id))
    keys = [_KEYS[name] for name in _TYPE_KEYS.get(type_id, ()) if name in _KEYS]
    return {
        "group": {"title": group.title, "description": group.description} if group else None,
        "keys": [
            {"name": key.name, "types": key.json_types, "unit": key.unit or None, "description": key.description}
            for key in keys
        ],
        "comesWithBellwire": service.is_shipped_type(type_id),
        "webhooksWanting": service.wanting(type_id),
    }


def _filter(parameters: Parameters, catalogue: Catalogue) -> Filter:
    pattern, group, text = (parameters.text(name) for name in ("pattern", "group", "text"))
    for name, value in (("pattern", pattern), ("group", group), ("text", text)):
        if value is not None and len(value) > FILTER_LENGTH_MAX:
            parameters.fault(name, f"has {len(value)} characters; {FILTER_LENGTH_MAX} at most")
    groups = {_group_name(type_id) for type_id in catalogue.ids()}
    if group is not None and group not in groups:
        remedy = did_you_mean(group, groups) or "it is what the id of a type begins with, before the dot"
        parameters.fault("group", f"{quoted(group)} is no group of event types; {remedy}")
    return Filter(pattern=pattern, group=group, text=text.casefold() if text is not None else None)


def _group_name(type_id: EventTypeId) -> str:
    """What the id begins with, before the dot."""
    return type_id.partition(".")[0]


def _all(catalogue: Catalogue) -> Iterator[EventType | FormerType]:
    formers = (former for former in catalogue.formers() if catalogue.current(former.id) is None)
    return iter(sorted((*catalogue, *formers), key=lambda one: one.id))


def _view(one: EventType | FormerType, catalogue: Catalogue) -> dict[str, Any]:
    match one:
        case EventType():
            return {
                "id": one.id,
                "level": catalogue.level(one.id).value,
                "ownLevel": one.level.value,
                "disabled": catalogue.is_disabled(one.id),
                "description": one.description,
                "formerNames": sorted(catalogue.all_names(one.id) - {one.id}),
            }
        case FormerType():
            return {"id": one.id, "level": catalogue.level(one.id).value, "former": True, "successors": one.successors}
