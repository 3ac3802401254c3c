"""Publishing an event by hand: the form, what its type is about, and which webhooks would get it."""

import re
from typing import Final

import msgspec
from starlette.responses import Response

from bellwire.catalogue.loading import load_keys, load_type_keys
from bellwire.errors import (
    BellwireError,
    ConflictingEvent,
    Fault,
    ForbiddenType,
    InvalidEvent,
    MalformedBody,
    Stopping,
    StorageUnavailable,
)
from bellwire.model.event import EVENT_ID_LENGTH_MAX, EventId, EventTypeId, WebhookEvent
from bellwire.model.event_type import TYPE_ID_LENGTH_MAX, Catalogue, EventKey, is_type_id
from bellwire.rules.decoding import compacted
from bellwire.rules.matching import OWN_PREFIX
from bellwire.web.pages.event_groups import TypeView, type_views, view_of
from bellwire.web.pages.events import event_address
from bellwire.web.pages.form_fields import faults_by_field
from bellwire.web.pages.visit import Fields, Notice, Visit
from bellwire.web.pages.webhook_rows import Row, row_of
from bellwire.web.parameters import did_you_mean

ADDRESS: Final = "/publish"
GETTING_ROWS_MAX: Final = 10
FIELD_TITLES: Final = {"type": "Event type", "data": "Data", "id": "Id", "createdAt": "When it happened"}
"""What each member of an event is called on the page."""

_KEYS: Final = {key.name: key for key in load_keys()}
_TYPE_KEYS: Final = load_type_keys()
_BLANKS: Final = {
    "array": "[]",
    "boolean": "false",
    "bytes": '""',
    "duration": "0",
    "event": "{}",
    "integer": "0",
    "ip": '"192.0.2.1"',
    "string": '""',
    "timestamp": '"2026-01-31T08:00:00Z"',
}
"""What stands for a value of each kind in a template."""

_AT_BYTE: Final = re.compile(r" ?\(byte (\d+)\)")
_MEMBER: Final = re.compile(r"^events/0/?")


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to say of the type in the form. view: None for a type that is not known; getting: the first of the
    webhooks that would get such an event; count: of them all; template: data with the keys that the type may have.
    """

    type_id: EventTypeId
    view: TypeView | None
    is_sound: bool
    suggestion: str
    keys: tuple[EventKey, ...]
    getting: tuple[Row, ...]
    count: int
    template: str


async def show_form(visit: Visit) -> Response:
    """GET /publish; type: of the event; like: the event whose type and data are taken over."""
    if event_id := visit.query("like"):
        event = await visit.service.event(EventId(event_id))
        written = msgspec.json.decode(event.encoded, type=WebhookEvent)
        return await _show(visit, Fields({"type": [event.type], "data": [_readable(bytes(written.data))]}))
    type_id = visit.query("type")
    return await _show(visit, Fields({"type": [type_id], "data": [template_of(type_id, visit.service.catalogue)]}))


async def look_at_type(visit: Visit) -> Response:
    """POST /publish/look: about the type in the form; without scripts, the form with the type's keys as its data."""
    fields = await visit.form()
    if visit.is_partial:
        return visit.part("publish_about.html", about=await _about(visit, fields))
    template = template_of(fields.text("type").strip(), visit.service.catalogue)
    return await _show(visit, fields.having({"data": [template]}))


async def publish_event(visit: Visit) -> Response:
    """POST /publish: one event; leads to it and to what becomes of it."""
    fields = await visit.form()
    try:
        published = await visit.service.publish_json(body_of(fields), by=visit.principal)
    except (InvalidEvent, MalformedBody, ForbiddenType) as problem:
        return await _show(visit, fields, faults=problem.faults, code=422)
    except ConflictingEvent as problem:
        return await _show(visit, fields, faults=problem.faults, code=409)
    except (Stopping, StorageUnavailable) as problem:
        return await _show(visit, fields, trouble=problem, code=503)
    type_id = fields.text("type").strip()
    notice = Notice("good", f"An event {type_id} is published", "It is on disk. Its way to each webhook is told here.")
    if published.duplicates:
        notice = Notice("good", "This event was known already", "Same id, type and data: it is stored once.")
    return visit.go(event_address(published.ids[0]), notice)


def body_of(fields: Fields) -> bytes:
    """The event as the API takes it. Raises MalformedBody where the data are no JSON, with the place in the field."""
    written = fields.text("data").replace("\r\n", "\n").encode()
    try:
        data = compacted(written)
    except MalformedBody as problem:
        raise MalformedBody(_placed(str(problem), written)) from problem
    event: dict[str, object] = {"type": fields.text("type").strip(), "data": msgspec.Raw(data)}
    event |= {name: fields.text(name).strip() for name in ("id", "createdAt") if fields.text(name).strip()}
    return msgspec.json.encode(event)


def template_of(type_id: str, catalogue: Catalogue) -> str:
    """Data with every key that events of the type may have, each with a value of its usual kind."""
    lines = [f'  "{key.name}": {_BLANKS[key.json_types[0]]}' for key in _keys_of(type_id, catalogue)]
    return "{\n" + ",\n".join(lines) + "\n}" if lines else "{}"


def _keys_of(type_id: str, catalogue: Catalogue) -> tuple[EventKey, ...]:
    """By the type's own name or, for a former one, by its successors'."""
    named = (EventTypeId(type_id), *catalogue.present_names(EventTypeId(type_id)))
    keys = next((_TYPE_KEYS[name] for name in named if name in _TYPE_KEYS), ())
    return tuple(_KEYS[name] for name in keys if name in _KEYS)


async def _show(
    visit: Visit,
    fields: Fields,
    *,
    faults: tuple[Fault, ...] = (),
    trouble: BellwireError | None = None,
    code: int = 200,
) -> Response:
    faults = tuple(Fault(_MEMBER.sub("", fault.path) or "data", fault.message) for fault in faults)
    about = await _about(visit, fields)
    return await visit.page(
        "publish.html",
        code=code,
        f=fields,
        about=about,
        filled=fields.text("data") == about.template,
        types=_offered(visit),
        faults=faults,
        trouble=str(trouble) if trouble else "",
        errors=faults_by_field(faults, whole="data"),
        titles=FIELD_TITLES,
        id_length_max=EVENT_ID_LENGTH_MAX,
        type_length_max=TYPE_ID_LENGTH_MAX,
    )


def _offered(visit: Visit) -> list[TypeView]:
    """The types of which events may be published by hand."""
    views = type_views(visit.service.catalogue, shipped=visit.service.is_shipped_type)
    allowed = visit.principal.types
    return [view for view in views if not view.id.startswith(OWN_PREFIX) and (allowed is None or view.id in allowed)]


def _placed(told: str, written: bytes) -> str:
    """The trouble with line and column in place of the byte that it names."""
    at = _AT_BYTE.search(told)
    if at is None:
        return told
    before = written[: int(at[1])].decode(errors="replace")
    line, column = before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1
    return f"{told[: at.start()]}, in line {line} at character {column}"


def _readable(data: bytes) -> str:
    """Compact JSON with a member a line; numbers keep their digits."""
    return msgspec.json.format(data, indent=2).decode()


async def _about(visit: Visit, fields: Fields) -> About:
    service, catalogue, lately = visit.service, visit.service.catalogue, visit.service.figures.lately()
    type_id = EventTypeId(fields.text("type").strip()[:TYPE_ID_LENGTH_MAX])
    known = type_id in catalogue
    is_sound = known or is_type_id(type_id)
    getting = service.inspector.getting(type_id) if is_sound else ()
    return About(
        type_id=type_id,
        view=view_of(type_id, catalogue, shipped=service.is_shipped_type),
        is_sound=is_sound,
        suggestion=did_you_mean(type_id, catalogue.ids()) if type_id and not known else "",
        keys=_keys_of(type_id, catalogue),
        getting=tuple(
            [
                row_of(webhook, await service.webhook_status(webhook.id), lately)
                for webhook in getting[:GETTING_ROWS_MAX]
            ]
        ),
        count=len(getting),
        template=template_of(type_id, catalogue),
    )
