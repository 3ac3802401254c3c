"""/v1/event-types: which kinds of events there are, by their present and their former names."""

import fnmatch
from collections.abc import Iterator
from typing import Annotated, Final

import msgspec
from msgspec import UNSET
from starlette.responses import Response

from bellwire.catalogue.loading import load_groups, load_keys, load_type_keys
from bellwire.errors import Fault, InvalidObject
from bellwire.model.event import EventTypeId
from bellwire.model.event_type import DESCRIPTION_LENGTH_MAX, Catalogue, EventLevel, EventType, FormerType, TracingLevel
from bellwire.model.principal import Scope
from bellwire.rules.checking_types import TypeWish, read_wish
from bellwire.rules.suggesting import alternatives, quoted
from bellwire.service import Bellwire
from bellwire.web.answers import json_answer
from bellwire.web.operation import Answer, Body, Example, Tag, json_content
from bellwire.web.paging import PAGING, Page, listing, place_from
from bellwire.web.parameters import LIMIT, Parameters, did_you_mean, text_parameter
from bellwire.web.problem_kinds import INVALID_OBJECT, unknown
from bellwire.web.problems import Problem, Refused
from bellwire.web.resource import Call, described
from bellwire.web.schemas.event_types import EVENT_TYPE_WISH

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


class EventTypeView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A type of events, or a name that one had once."""

    id: str
    level: Annotated[TracingLevel, msgspec.Meta(description="What counts.")]
    own_level: Annotated[TracingLevel | msgspec.UnsetType, msgspec.Meta(description="As it was declared.")] = UNSET
    disabled: Annotated[
        bool | msgspec.UnsetType, msgspec.Meta(description="Whether it is kept out of every webhook.")
    ] = UNSET
    description: Annotated[str | msgspec.UnsetType, msgspec.Meta(description="What happened, in a sentence.")] = UNSET
    former_names: Annotated[list[str] | msgspec.UnsetType, msgspec.Meta(description="Names that mean the same.")] = (
        UNSET
    )
    former: Annotated[bool | msgspec.UnsetType, msgspec.Meta(description="true of a former name only.")] = UNSET
    successors: Annotated[
        tuple[str, ...] | msgspec.UnsetType,
        msgspec.Meta(description="Of a former name: the present ones; none: it is gone; several: it was split."),
    ] = UNSET


class GroupView(msgspec.Struct, frozen=True, kw_only=True):
    """What a group of types is about."""

    title: str
    description: str


class KeyView(msgspec.Struct, frozen=True, kw_only=True):
    """A member that the data of events may have."""

    name: str
    types: Annotated[tuple[str, ...], msgspec.Meta(description="What its value can be, the usual one first.")]
    unit: Annotated[str | None, msgspec.Meta(description="Of its numbers.")]
    description: str


class EventTypeDetailsView(EventTypeView, frozen=True, kw_only=True, rename="camel"):
    """All that is known of a type."""

    group: GroupView | None
    keys: list[KeyView]
    comes_with_bellwire: Annotated[bool, msgspec.Meta(description="Whether only its level can be set.")]
    webhooks_wanting: Annotated[int, msgspec.Meta(description="How many webhooks get it.")]


_GROUPS: Final = {group.name: group for group in load_groups()}
_KEYS: Final = {key.name: key for key in load_keys()}
_TYPE_KEYS: Final = load_type_keys()
_LEVELS: Final = tuple(level.value for level in TracingLevel)
_PLACES: Final = msgspec.json.Decoder(EventTypePlace)

_PATTERN: Final = text_parameter(
    "pattern", "Only ids like this, with `*` and `?` as in a shell.", length_max=FILTER_LENGTH_MAX, example="auth.*"
)
_GROUP: Final = text_parameter(
    "group", "Only the types of this group: the part before the dot.", length_max=FILTER_LENGTH_MAX, example="auth"
)
_TEXT: Final = text_parameter(
    "text", "Only those with this text in id or description.", length_max=FILTER_LENGTH_MAX, example="password"
)
_EXAMPLE: Final = EventTypeView(
    id="auth.success",
    level=TracingLevel.INFO,
    own_level=TracingLevel.INFO,
    disabled=False,
    description="A user signed in.",
    former_names=[],
)
_EXAMPLE_WHOLE: Final = EventTypeDetailsView(
    **msgspec.structs.asdict(_EXAMPLE),
    group=GroupView(title="Authentication", description="Signing in."),
    keys=[KeyView(name="remoteIp", types=("ip",), unit=None, description="The address of the client.")],
    comes_with_bellwire=True,
    webhooks_wanting=2,
)
_ONE: Final = Answer(
    status=200,
    description="The type.",
    contents=json_content(EventTypeDetailsView, one=Example(summary="A present type", value=_EXAMPLE_WHOLE)),
)
UNKNOWN_EVENT_TYPE: Final = unknown("event type")


@described(
    summary="List event types",
    needs=Scope.READ,
    tag=Tag.EVENT_TYPES,
    parameters=(_PATTERN, _GROUP, _TEXT, *PAGING),
    answers=(
        Answer(
            status=200,
            description="A page of types.",
            contents=json_content(
                Page[EventTypeView],
                one=Example(summary="One type", value=Page(items=[_EXAMPLE], next=None)),
            ),
        ),
    ),
)
async def list_event_types(call: Call) -> Response:
    """Every type that is known, in the order of their ids: of one group, by a pattern, by what is said about them."""
    parameters = call.parameters()
    catalogue = call.service.catalogue
    wanted = _filter(parameters, catalogue)
    limit, place = parameters.read(LIMIT), place_from(parameters, _PLACES)
    parameters.check()
    found = [one for one in _all(catalogue) if (place is None or one.id > place.type_id) and wanted.takes(one)]
    page = listing(
        found[:limit],
        more=len(found) > limit,
        show=lambda one: _view(one, catalogue),
        place=lambda one: EventTypePlace(one.id),
    )
    return json_answer(page)


@described(
    summary="Read an event type", needs=Scope.READ, tag=Tag.EVENT_TYPES, answers=(_ONE,), problems=(UNKNOWN_EVENT_TYPE,)
)
async def read_event_type(call: Call) -> Response:
    """One type: the level that counts and its own, what it means, members of its data, how many webhooks want it."""
    catalogue = call.service.catalogue
    type_id = EventTypeId(call.path("type_id"))
    known = catalogue.current(type_id) or catalogue.former(type_id)
    if known is None:
        remedy = did_you_mean(type_id, catalogue.ids()) or "GET /v1/event-types lists them"
        detail = f"there is no event type {quoted(type_id)}; {remedy}"
        raise Refused(Problem.of(UNKNOWN_EVENT_TYPE, detail))
    return json_answer(_view_whole(known, call.service))


@described(
    summary="Set a level, or declare an event type",
    needs=Scope.WRITE,
    tag=Tag.EVENT_TYPES,
    body=Body(
        contents=json_content(
            EVENT_TYPE_WISH,
            level=Example(summary="Another level for a type", value={"level": "warn"}),
            declare=Example(summary="Declare a type", value={"level": "info", "description": "An order was paid."}),
            disable=Example(summary="Keep a type out of every webhook", value={"level": "disable"}),
            own=Example(summary="Its own level again", value={"level": None}),
        )
    ),
    answers=(_ONE,),
    problems=(INVALID_OBJECT,),
)
async def put_event_type(call: Call) -> Response:
    """Set the level of a type that comes with Bellwire, or declare one of your own; it counts at once."""
    wish = read_wish(await call.document(), description_length_max=DESCRIPTION_LENGTH_MAX)
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


def _view_whole(one: EventType | FormerType, service: Bellwire) -> EventTypeDetailsView:
    """With what the catalogue's texts say of the type, and what is wanted of it."""
    group = _GROUPS.get(_group_name(one.id))
    keys = [_KEYS[name] for name in _TYPE_KEYS.get(one.id, ()) if name in _KEYS]
    return EventTypeDetailsView(
        **msgspec.structs.asdict(_view(one, service.catalogue)),
        group=GroupView(title=group.title, description=group.description) if group else None,
        keys=[
            KeyView(name=key.name, types=key.json_types, unit=key.unit or None, description=key.description)
            for key in keys
        ],
        comes_with_bellwire=service.is_shipped_type(one.id),
        webhooks_wanting=service.switchboard.wanting(one.id),
    )


def _filter(parameters: Parameters, catalogue: Catalogue) -> Filter:
    pattern, group, text = (parameters.read(parameter) for parameter in (_PATTERN, _GROUP, _TEXT))
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


def _view(one: EventType | FormerType, catalogue: Catalogue) -> EventTypeView:
    match one:
        case EventType():
            return EventTypeView(
                id=one.id,
                level=catalogue.level(one.id),
                own_level=one.level,
                disabled=catalogue.is_disabled(one.id),
                description=one.description,
                former_names=sorted(catalogue.all_names(one.id) - {one.id}),
            )
        case FormerType():
            return EventTypeView(id=one.id, level=catalogue.level(one.id), former=True, successors=one.successors)
