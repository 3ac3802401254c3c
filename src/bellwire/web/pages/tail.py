"""Live tail: events as they come in, the newest first."""

from typing import Any, Final

import msgspec
from starlette.responses import Response

from bellwire.model.event import EventTypeId, LoggedEvent, Position
from bellwire.model.event_query import Condition
from bellwire.model.event_type import TracingLevel
from bellwire.model.live import LiveKind, Wish
from bellwire.model.webhook import RegisteredWebhook
from bellwire.rules.comparing_data import meets, read_condition
from bellwire.rules.suggesting import quoted
from bellwire.web.pages.events import POSITION_LENGTH_MAX, no_type, row_of, types_like
from bellwire.web.pages.visit import Visit

FIRST_ROWS: Final = 50
NEW_ROWS_MAX: Final = 100
"""Of one answer to the script that asks what has come since; with fewer than it keeps, gaps stay in sight."""

ROWS_MAX: Final = 200
"""Kept by the script."""

FIELDS: Final = ("type", "level", "webhook", "data")
LEVELS: Final = tuple(level.value for level in TracingLevel)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants to see. errors: by the field that cannot be read."""

    wish: Wish
    webhook: RegisteredWebhook | None
    condition: Condition | None
    errors: dict[str, list[str]]

    def shows(self, event: LoggedEvent) -> bool:
        """Whether the event's data are as asked for."""
        return self.condition is None or meets(event.encoded, [self.condition])


async def show_tail(visit: Visit) -> Response:
    """GET /tail: the newest events; with `after`, for the script, what has come since that position."""
    asked, after = read_asked(visit), visit.query("after")
    if not visit.is_partial:
        found = await _latest(visit, asked, None, limit=FIRST_ROWS)
        fields = {name: visit.query(name) for name in FIELDS}
        return await visit.page(
            "tail.html",
            **found,
            errors=asked.errors,
            asked=fields,
            narrowed=any(fields.values()),
            levels=LEVELS,
            webhook=asked.webhook,
            rows_max=ROWS_MAX,
        )
    since = Position(int(after)) if after.isdecimal() and len(after) <= POSITION_LENGTH_MAX else None
    return visit.part("tail_rows.html", **await _latest(visit, asked, since, limit=NEW_ROWS_MAX))


def read_asked(visit: Visit) -> Asked:
    """What the query asks for."""
    errors: dict[str, list[str]] = {}
    catalogue, written = visit.service.catalogue, visit.query("type")
    types: frozenset[EventTypeId] | None = types_like(written, catalogue) if written else None
    if written and not types:
        errors["type"] = [no_type(written, catalogue)]
    level = next((level for level in TracingLevel if level.value == visit.query("level")), None)
    webhook, condition = None, None
    try:
        if named := visit.query("webhook"):
            webhook = webhook_named(named, visit.service.webhooks())
    except ValueError as problem:
        errors["webhook"] = [str(problem)]
    try:
        condition = read_condition(visit.query("data")) if visit.query("data") else None
    except ValueError as problem:
        errors["data"] = [str(problem)]
    webhook_ids = frozenset({webhook.id}) if webhook else None
    wish = Wish(kinds=frozenset({LiveKind.EVENTS}), webhook_ids=webhook_ids, types=types, level=level)
    return Asked(wish=wish, webhook=webhook, condition=condition, errors=errors)


def webhook_named(written: str, webhooks: tuple[RegisteredWebhook, ...]) -> RegisteredWebhook:
    """The webhook of that id, or the only one of that name; raises ValueError with what would be right."""
    meant = written.casefold()
    found = [each for each in webhooks if each.id == written] or [
        each for each in webhooks if each.object.name.casefold() == meant
    ]
    match found:
        case [webhook]:
            return webhook
        case []:
            raise ValueError(f"there is no webhook {quoted(written)}; write its name or its id")
        case _:
            raise ValueError(f"{len(found)} webhooks are called so; write the id of one")


async def _latest(visit: Visit, asked: Asked, since: Position | None, *, limit: int) -> dict[str, Any]:
    """What the templates show."""
    if asked.errors:
        return {"rows": (), "skipped": 0, "next": 0}
    latest = await visit.service.live.latest(asked.wish, since, limit=limit, holds=asked.shows)
    rows = [row_of(event, visit.service.catalogue) for event in latest.events]
    return {"rows": rows, "skipped": latest.skipped, "next": latest.end}
