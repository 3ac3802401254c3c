"""Delivering dead letters again: those that were chosen one by one, or all that match, each webhook's by a replay."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from starlette.responses import Response

from bellwire.errors import Fault, InvalidObject, UnknownThing
from bellwire.model.webhook import WebhookId
from bellwire.web.pages.dead_letter_rows import REASONS, Asked, search_of
from bellwire.web.pages.form_fields import faults_by_field
from bellwire.web.pages.replays import LIST, read_rate
from bellwire.web.pages.showing import plural
from bellwire.web.pages.visit import Fields, Notice, Visit

LETTERS: Final = "/dead-letters"
WEBHOOKS_MAX: Final = 1_000
"""For which one call looks what would be delivered, and begins it."""

_OF_ALL: Final = frozenset({"rate", "since", "until", "types"})
"""Where a fault is one of the form, not of one webhook's part."""

Wishes = Mapping[WebhookId, dict[str, Any]]
"""What each webhook is to get again."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What one webhook would get again, or got: name: its own, or its id where it is deleted; trouble: why nothing."""

    webhook_id: WebhookId
    name: str
    events: int = 0
    missing: int = 0
    trouble: str = ""


async def ask_chosen(visit: Visit) -> Response:
    """POST /dead-letters/chosen: what would be delivered again, before it is."""
    fields = await visit.form()
    if not fields.texts("letter"):
        return visit.go(LETTERS, Notice("bad", "Nothing was chosen", "Mark the dead letters first."))
    return await _ask(visit, fields)


async def ask_all(visit: Visit) -> Response:
    """GET /dead-letters/replay: as ask_chosen, of all that match."""
    return await _ask(visit, Fields({name: [visit.query(name)] for name in Asked.__struct_fields__}))


async def deliver_again(visit: Visit) -> Response:
    """POST /dead-letters/replay: begin a replay for each of the webhooks; tells of those that have none."""
    fields = await visit.form()
    parts: list[Part] = []
    try:
        wishes, left_out = await _wishes(visit, fields)
        for webhook_id, wish in wishes.items():
            part = await _looked_at(visit, webhook_id, wish, begin=True)
            parts += [part] if part.events or part.trouble else []
    except InvalidObject as problem:
        return await _ask(visit, fields, problem=problem)
    refused, begun = [part for part in parts if part.trouble], [part for part in parts if not part.trouble]
    told = f"{plural(sum(part.events for part in begun), 'event')} for {plural(len(begun), 'webhook')}."
    told += f" {_beyond(left_out)}" if left_out else ""
    if begun and not refused:
        return visit.go(LIST, Notice("good", "What was given up is delivered again", told))
    return await visit.page("letters_refused.html", code=422, refused=refused, told=told if begun else "")


async def _ask(visit: Visit, fields: Fields, *, problem: InvalidObject | None = None) -> Response:
    parts: list[Part] = []
    left_out = 0
    if problem is None:
        try:
            wishes, left_out = await _wishes(visit, fields)
            for webhook_id, wish in wishes.items():
                parts.append(await _looked_at(visit, webhook_id, wish, begin=False))
        except InvalidObject as found:
            problem = found
    chosen = fields.texts("letter")
    names = Asked.__struct_fields__
    return await visit.page(
        "letters_replay.html",
        code=422 if problem else 200,
        parts=[part for part in parts if part.events or part.trouble or chosen],
        events=sum(part.events for part in parts),
        webhooks=sum(1 for part in parts if part.events),
        asked=[("letter", letter) for letter in chosen] or [(name, fields.text(name)) for name in names],
        is_chosen=bool(chosen),
        beyond=_beyond(left_out) if left_out else "",
        reason=fields.text("reason"),
        rate=fields.text("rate"),
        back=f"{LETTERS}?{_asked_of(fields).query}",
        faults=problem.faults if problem else (),
        errors=faults_by_field(problem.faults, whole="whole") if problem else {},
    )


async def _wishes(visit: Visit, fields: Fields) -> tuple[Wishes, int]:
    """What is asked for, of WEBHOOKS_MAX webhooks at most, and how many more there are. Raises InvalidObject."""
    rate = fields.text("rate").strip()
    beside: dict[str, Any] = {"rate": read_rate(rate)} if rate else {}
    if chosen := fields.texts("letter"):
        ids: dict[WebhookId, list[str]] = {}
        for letter in chosen:
            webhook_id, _, event_id = letter.partition(" ")
            ids.setdefault(WebhookId(webhook_id), []).append(event_id)
        wishes = {webhook_id: {"ids": named, **beside} for webhook_id, named in list(ids.items())[:WEBHOOKS_MAX]}
        return wishes, len(ids) - len(wishes)
    asked = _asked_of(fields)
    search, errors = search_of(visit.service, asked)
    faults = [Fault(field, message) for field, messages in errors.items() for message in messages]
    if search.reason is None:
        faults.append(Fault("reason", "choose one, as a replay is of the dead letters that were given up for one"))
    if faults:
        raise InvalidObject(tuple(faults))
    wish = {"reason": asked.reason} | {name: text for name, text in _times(asked) if text} | beside
    wish |= {} if search.types is None else {"types": sorted(search.types)}
    concerned = [one.id for one in visit.service.webhooks() if await _has_dead_letters(visit, one.id)]
    return dict.fromkeys(concerned[:WEBHOOKS_MAX], wish), max(0, len(concerned) - WEBHOOKS_MAX)


def _beyond(left_out: int) -> str:
    return f"{plural(left_out, 'more webhook')} cannot be taken along: begin theirs from their own pages."


async def _looked_at(visit: Visit, webhook_id: WebhookId, wish: dict[str, Any], *, begin: bool) -> Part:
    """What the webhook would get, or gets from now on. Raises InvalidObject for what the form has wrong for all."""
    try:
        name = visit.service.webhook(webhook_id).object.name
    except UnknownThing:
        return Part(webhook_id=webhook_id, name=webhook_id, trouble="the webhook is deleted")
    replays = visit.service.replays
    try:
        preview = await replays.preview(webhook_id, wish, by=visit.principal)
        events = preview.events
        if begin and events:
            events = (await replays.create(webhook_id, wish, by=visit.principal)).wanted
    except InvalidObject as problem:
        if problem.faults[0].path.partition("/")[0] in _OF_ALL:
            raise
        return Part(webhook_id=webhook_id, name=name, trouble=problem.faults[0].message)
    return Part(webhook_id=webhook_id, name=name, events=events, missing=preview.missing)


async def _has_dead_letters(visit: Visit, webhook_id: WebhookId) -> bool:
    return (await visit.service.webhook_status(webhook_id)).discarded > 0


def _asked_of(fields: Fields) -> Asked:
    asked = Asked(**{name: fields.text(name).strip() for name in Asked.__struct_fields__})
    return asked if asked.reason in REASONS else msgspec.structs.replace(asked, reason="")


def _times(asked: Asked) -> tuple[tuple[str, str], ...]:
    return (("since", asked.since), ("until", asked.until))
