"""/v1/event-types: which kinds of events there are, by their present and their former names."""

import fnmatch
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from starlette.responses import Response

from bellwire.model.event_type import Catalogue, EventType, FormerType
from bellwire.web.answers import json_answer
from bellwire.web.paging import listing, place_from
from bellwire.web.resource import Call

PATTERN_LENGTH_MAX: Final = 128


class EventTypePlace(msgspec.Struct, frozen=True, array_like=True, tag="event-type"):
    """Where a page of event types ends."""

    type_id: str


_PLACES: Final = msgspec.json.Decoder(EventTypePlace)


async def list_event_types(call: Call) -> Response:
    """GET /v1/event-types: in the order of their ids; pattern: `*`, `?` and `[…]` as in a shell."""
    parameters = call.parameters("pattern", "limit", "pageToken")
    pattern = parameters.text("pattern")
    if pattern is not None and len(pattern) > PATTERN_LENGTH_MAX:
        parameters.fault("pattern", f"has {len(pattern)} characters; {PATTERN_LENGTH_MAX} at most")
    limit, place = parameters.limit(), place_from(parameters, _PLACES)
    parameters.check()
    catalogue = call.service.catalogue
    found = [
        one
        for one in _all(catalogue)
        if (place is None or one.id > place.type_id) and (pattern is None or fnmatch.fnmatchcase(one.id, pattern))
    ]
    page = listing(
        found[:limit],
        more=len(found) > limit,
        show=lambda one: _view(one, catalogue),
        place=lambda one: EventTypePlace(one.id),
    )
    return json_answer(page)


def _all(catalogue: Catalogue) -> Iterator[EventType | FormerType]:
    formers = (former for former in catalogue.formers() if catalogue.current(former.id) is None)
    return iter(sorted((*catalogue, *formers), key=lambda one: one.id))


def _view(one: EventType | FormerType, catalogue: Catalogue) -> dict[str, Any]:
    match one:
        case EventType():
            return {
                "id": one.id,
                "level": one.level.value,
                "description": one.description,
                "formerNames": sorted(catalogue.all_names(one.id) - {one.id}),
            }
        case FormerType():
            return {"id": one.id, "level": catalogue.level(one.id).value, "former": True, "successors": one.successors}
