"""/v1/sources: the upstream servers that may post their events."""

from typing import Any, Final

import msgspec
from starlette.responses import Response

from bellwire.model.principal import Scope
from bellwire.model.source import RegisteredSource
from bellwire.rules.presenting_sources import present_registered_source
from bellwire.service import Bellwire
from bellwire.web.answers import json_answer
from bellwire.web.operation import LOCATION, Answer, Body, Example, Tag, json_content
from bellwire.web.paging import PAGING, listing, place_from
from bellwire.web.parameters import LIMIT
from bellwire.web.problem_kinds import CONFLICTING_NAME, INVALID_OBJECT, unknown
from bellwire.web.resource import Call, described
from bellwire.web.schemas.sources import (
    REPLACED_SOURCE,
    SOURCE,
    SOURCE_EXAMPLE,
    SOURCE_PAGE,
    WRITTEN_SOURCE,
    WRITTEN_SOURCE_EXAMPLE,
)


class SourcePlace(msgspec.Struct, frozen=True, array_like=True, tag="source"):
    """Where a page of sources ends."""

    name: str


_PLACES: Final = msgspec.json.Decoder(SourcePlace)

UNKNOWN_SOURCE: Final = unknown("source")

_SHOWN: Final = json_content(SOURCE, one=Example(summary="A source and what came from it", value=SOURCE_EXAMPLE))
_WRITTEN: Final = Example(summary="Checked by its signature", value=WRITTEN_SOURCE_EXAMPLE)


@described(
    summary="List sources",
    needs=Scope.READ,
    tag=Tag.SOURCES,
    parameters=PAGING,
    answers=(
        Answer(
            status=200,
            description="A page of sources.",
            contents=json_content(
                SOURCE_PAGE, one=Example(summary="One source", value={"items": [SOURCE_EXAMPLE], "next": None})
            ),
        ),
    ),
)
async def list_sources(call: Call) -> Response:
    """The upstream servers that may post their events, by name."""
    parameters = call.parameters()
    limit, place = parameters.read(LIMIT), place_from(parameters, _PLACES)
    parameters.check()
    found = [source for source in call.service.sources.all() if place is None or source.object.name > place.name]
    page = listing(
        found[:limit],
        more=len(found) > limit,
        show=lambda source: _view(source, call.service),
        place=lambda source: SourcePlace(source.object.name),
    )
    return json_answer(page)


@described(
    summary="Register a source",
    needs=Scope.WRITE,
    tag=Tag.SOURCES,
    body=Body(contents=json_content(WRITTEN_SOURCE, one=_WRITTEN)),
    answers=(Answer(status=201, description="It is registered.", contents=_SHOWN, headers=(LOCATION,)),),
    problems=(INVALID_OBJECT, CONFLICTING_NAME),
)
async def create_source(call: Call) -> Response:
    """Let an upstream server post its events, under a name that no other source has."""
    source = await call.service.sources.create(await call.document(), by=call.principal)
    view = _view(source, call.service)
    return json_answer(view, status=201, headers={"Location": view["path"]})


@described(
    summary="Read a source",
    needs=Scope.READ,
    tag=Tag.SOURCES,
    answers=(Answer(status=200, description="The source.", contents=_SHOWN),),
    problems=(UNKNOWN_SOURCE,),
)
async def read_source(call: Call) -> Response:
    """One source; `reception` counts what came and what was refused since the start, and has the last error."""
    return json_answer(_view(call.service.sources.get(call.path("source_name")), call.service))


@described(
    summary="Replace or register a source",
    needs=Scope.WRITE,
    tag=Tag.SOURCES,
    body=Body(contents=json_content(REPLACED_SOURCE, one=_WRITTEN)),
    answers=(Answer(status=200, description="The source as it is now.", contents=_SHOWN),),
    problems=(INVALID_OBJECT, CONFLICTING_NAME),
)
async def put_source(call: Call) -> Response:
    """Give the source of this name another object; it is registered if there is none."""
    source = await call.service.sources.put(call.path("source_name"), await call.document(), by=call.principal)
    return json_answer(_view(source, call.service))


@described(
    summary="Delete a source",
    needs=Scope.WRITE,
    tag=Tag.SOURCES,
    answers=(Answer(status=204, description="Nothing more is taken from it."),),
    problems=(UNKNOWN_SOURCE,),
)
async def delete_source(call: Call) -> Response:
    """Take nothing more from the source; the events that came from it stay."""
    await call.service.sources.remove(call.path("source_name"), by=call.principal)
    return Response(status_code=204)


def _view(source: RegisteredSource, service: Bellwire) -> dict[str, Any]:
    return present_registered_source(source, service.relayer.reception(source))
