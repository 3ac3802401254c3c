"""Event types: which kinds of events there are, their levels, and types of one's own."""

from typing import Any, Final

from starlette.responses import Response

from bellwire.catalogue.loading import load_keys, load_type_keys
from bellwire.errors import InvalidObject
from bellwire.model.event import EventTypeId
from bellwire.model.event_type import DESCRIPTION_LENGTH_MAX, EventLevel, EventType, TracingLevel
from bellwire.rules.matching import wants_type
from bellwire.web.pages.event_groups import TypeView, description_of, group_of, title_of, type_views
from bellwire.web.pages.form_fields import faults_by_field
from bellwire.web.pages.numbered import page_of
from bellwire.web.pages.visit import Fields, Notice, Visit
from bellwire.web.problems import Problem, Refused

TEXT_LENGTH_MAX: Final = 128
WANTING_MAX: Final = 100
"""Webhooks of one page of those that get a type."""

KINDS: Final = {"": "All", "current": "Current", "former": "Former", "own": "Own", "changed": "Level changed"}
LEVELS: Final = tuple(level.value for level in TracingLevel)

_KEYS: Final = {key.name: key for key in load_keys()}
_TYPE_KEYS: Final = load_type_keys()


async def list_event_types(visit: Visit) -> Response:
    """GET /event-types: searched, of one group, of one kind."""
    return await _list(visit, Fields({}), errors={})


async def show_event_type(visit: Visit) -> Response:
    """GET /event-types/{id}: all that is known of a type, and its level."""
    return await _show(visit)


async def set_level(visit: Visit) -> Response:
    """POST /event-types/{id}: what counts instead of the type's own level."""
    fields = await visit.form()
    written = fields.text("level")
    level = next((level for level in EventLevel if level.value == written), None)
    changed = await visit.service.override_level(EventTypeId(visit.path("type_id")), level, by=visit.principal)
    told = "No webhook gets it now." if level is EventLevel.DISABLE else f"Its level is {_level_of(changed)} now."
    return visit.go(f"/event-types/{changed.id}", Notice("good", f"{changed.id} is changed", told))


async def declare_type(visit: Visit) -> Response:
    """POST /event-types: declare a type of one's own, or describe it anew."""
    fields = await visit.form()
    try:
        declared = await visit.service.declare_type(
            fields.text("id").strip(),
            level=fields.text("level"),
            description=fields.text("description").strip(),
            by=visit.principal,
        )
    except InvalidObject as problem:
        return await _list(visit, fields, errors=faults_by_field(problem.faults), code=422)
    return visit.go(f"/event-types/{declared.id}", Notice("good", f"{declared.id} is declared"))


async def _list(visit: Visit, fields: Fields, *, errors: dict[str, list[str]], code: int = 200) -> Response:
    text, group, kind, level = (visit.query(name) for name in ("q", "group", "kind", "level"))
    every = list(type_views(visit.service.catalogue, shipped=visit.service.is_shipped_type))
    words = text[:TEXT_LENGTH_MAX].casefold().split()
    groups = sorted({group_of(view.id) for view in every}, key=lambda name: title_of(name).casefold())
    found = [
        view
        for view in every
        if (not group or group_of(view.id) == group)
        and (not level or view.level == level)
        and _is_of_kind(view, kind)
        and all(word in f"{view.id} {view.description}".casefold() for word in words)
    ]
    return await visit.page(
        "event_types.html",
        code=code,
        found=found,
        total=len(every),
        groups=[(name, title_of(name)) for name in groups],
        kinds=KINDS,
        levels=LEVELS,
        asked={"q": text, "group": group, "kind": kind, "level": level},
        f=fields,
        errors=errors,
        description_length_max=DESCRIPTION_LENGTH_MAX,
    )


async def _show(visit: Visit) -> Response:
    catalogue = visit.service.catalogue
    type_id = EventTypeId(visit.path("type_id"))
    known = catalogue.current(type_id)
    former = catalogue.former(type_id)
    if known is None and former is None:
        raise Refused(Problem(status=404, detail=f"There is no event type {type_id}."))
    return await visit.page(
        "event_type.html",
        type_id=type_id,
        known=known,
        former=former,
        level=catalogue.level(type_id).value,
        levels=LEVELS,
        own=known is not None and not visit.service.is_shipped_type(type_id),
        group=group_of(type_id),
        group_title=title_of(group_of(type_id)),
        group_description=description_of(group_of(type_id)),
        former_names=sorted(catalogue.all_names(type_id) - {type_id}),
        keys=[_KEYS[name] for name in _TYPE_KEYS.get(type_id, ()) if name in _KEYS],
        wanting=page_of(_wanting(visit, type_id), visit.query("page"), rows_max=WANTING_MAX),
        description_length_max=DESCRIPTION_LENGTH_MAX,
    )


def _wanting(visit: Visit, type_id: EventTypeId) -> list[dict[str, Any]]:
    """The webhooks that want events of the type, disabled ones too."""
    catalogue = visit.service.catalogue
    wanting = (webhook for webhook in visit.service.webhooks() if wants_type(webhook.object, type_id, catalogue))
    return [
        {"id": webhook.id, "name": webhook.object.name, "enabled": webhook.object.enable}
        for webhook in sorted(wanting, key=lambda webhook: webhook.object.name.casefold())
    ]


def _is_of_kind(view: TypeView, kind: str) -> bool:
    match kind:
        case "current":
            return not view.former
        case "former":
            return view.former
        case "own":
            return view.own
        case "changed":
            return view.overridden
        case _:
            return True


def _level_of(event_type: EventType) -> str:
    return event_type.level.value if event_type.override is None else event_type.override.value
