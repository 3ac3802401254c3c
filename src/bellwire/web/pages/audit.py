"""The audit trail: who changed what, when and from where, narrowed by who, what and when."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

import msgspec
from starlette.datastructures import QueryParams
from starlette.responses import Response

from bellwire.directory import AuditSearch, NumberedEntry
from bellwire.model.audit import Action, AuditEntry
from bellwire.service import Bellwire
from bellwire.web.pages.differences import Difference, differences_of
from bellwire.web.pages.visit import WEBHOOKS, Visit
from bellwire.web.pages.webhook_history import read_number
from bellwire.web.parameters import Parameters, choice_parameter, time_parameter

LIST: Final = "/audit"
ROWS_MAX: Final = 50
TEXT_LENGTH_MAX: Final = 128
ASKED: Final = ("by", "object", "action", "since", "until")

SINCE: Final = time_parameter("since", "From then on.")
UNTIL: Final = time_parameter("until", "Before then.")
ACTION: Final = choice_parameter("action", "Only this.", Action)

DEEDS: Final = {
    Action.WEBHOOK_CREATE: "created the webhook",
    Action.WEBHOOK_EDIT: "edited the webhook",
    Action.WEBHOOK_DELETE: "deleted the webhook",
    Action.WEBHOOK_PAUSE: "paused the webhook",
    Action.WEBHOOK_RESUME: "resumed the webhook",
    Action.WEBHOOK_ROTATE_KEY: "replaced the key of the webhook",
    Action.EVENT_TYPE_DECLARE: "declared the event type",
    Action.EVENT_TYPE_LEVEL: "set the level of the event type",
    Action.REPLAY_CREATE: "began the replay",
    Action.REPLAY_EDIT: "changed the replay",
    Action.REPLAY_CANCEL: "cancelled the replay",
    Action.SOURCE_PUT: "wrote the source",
    Action.SOURCE_REMOVE: "deleted the source",
    Action.TOKEN_CREATE: "made the token",
    Action.TOKEN_ROTATE: "rotated the token",
    Action.TOKEN_REVOKE: "revoked the token",
    Action.PERSON_ADD: "added the person",
    Action.PERSON_CHANGE: "changed the person",
    Action.PERSON_REMOVE: "removed the person",
    Action.LOGIN_LINK_MAKE: "made a login link for",
    Action.SESSION_BEGIN: "began the session",
    Action.SESSION_END: "ended the session",
}
"""What was done, between who did it and what it was done to."""


class AuditRow(msgspec.Struct, frozen=True, kw_only=True):
    """An entry. object_name: as people know it. object_address: its page, empty where there is none any more."""

    number: int
    entry: AuditEntry
    deed: str
    object_name: str
    object_address: str
    differences: tuple[Difference, ...]


async def list_entries(visit: Visit) -> Response:
    """GET /audit: the newest first."""
    asked = {name: visit.query(name)[:TEXT_LENGTH_MAX] for name in ASKED}
    given = QueryParams({name: asked[name] for name in ("since", "until", "action") if asked[name]})
    parameters = Parameters(given, (SINCE, UNTIL, ACTION))
    before = read_number(visit.query("before"))
    search = AuditSearch(
        by=asked["by"] or None,
        object_id=asked["object"] or None,
        action=parameters.read(ACTION),
        since_ms=parameters.read(SINCE),
        until_ms=parameters.read(UNTIL),
        before=before,
        limit=ROWS_MAX + 1,
    )
    errors: dict[str, list[str]] = {}
    for fault in parameters.faults:
        errors.setdefault(fault.path, []).append(fault.message)
    found = () if errors else await visit.service.access.auditor.search(search)
    names = _names(visit.service)
    return await visit.page(
        "audit.html",
        rows=[row_of(numbered, names) for numbered in found[:ROWS_MAX]],
        older=found[ROWS_MAX - 1].number if len(found) > ROWS_MAX else None,
        before=before,
        asked=asked,
        narrowed=any(asked.values()),
        errors=errors,
        deeds=[(action.value, deed) for action, deed in DEEDS.items()],
        known=_callers(visit.service),
    )


def row_of(numbered: NumberedEntry, names: Mapping[tuple[str, str], tuple[str, str]]) -> AuditRow:
    """What the list shows of an entry. names: what things are called and where their pages are, by kind and id."""
    entry = numbered.entry
    kind = entry.action.value.partition(".")[0]
    name, address = names.get((kind, entry.object_id), (entry.object_id, ""))
    if kind == "webhook" and not address:
        address = f"{WEBHOOKS}/{quote(entry.object_id, safe='')}/history"
    return AuditRow(
        number=numbered.number,
        entry=entry,
        deed=DEEDS[entry.action],
        object_name=name,
        object_address=address,
        differences=differences_of(entry.changes),
    )


def _callers(service: Bellwire) -> list[str]:
    """Names of those who may change something now."""
    people, tokens = service.access.people.all(), service.access.tokens.all()
    return sorted({*(person.name for person in people), *(token.name for token in tokens)})


def _names(service: Bellwire) -> dict[tuple[str, str], tuple[str, str]]:
    """Name and page of each thing that there is now and that has a page."""
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for webhook in service.webhooks():
        found["webhook", webhook.id] = (webhook.object.name, f"{WEBHOOKS}/{webhook.id}/history")
    for type_id in service.catalogue.ids():
        found["event-type", type_id] = (type_id, f"/event-types/{quote(type_id)}")
    for token in service.access.tokens.all():
        found["token", token.name] = (token.name, f"/tokens/{quote(token.name, safe='')}")
    for source in service.sources.all():
        found["source", source.object.name] = (source.object.name, f"/sources/{quote(source.object.name, safe='')}")
    for person in service.access.people.all():
        named = (person.name, f"/people/{quote(person.name, safe='')}")
        found |= {("person", person.name): named, ("login-link", person.name): named}
    return found
