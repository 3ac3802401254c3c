"""The history of a webhook: what was changed of it, by whom where that may be seen, and what its state became."""

from collections.abc import Sequence
from typing import Final

import msgspec
from starlette.responses import Response

from bellwire.directory import AuditSearch
from bellwire.errors import UnknownThing
from bellwire.model.audit import Action, AuditEntry
from bellwire.model.change import (
    Blocked,
    Created,
    Deleted,
    Disabled,
    Edited,
    Enabled,
    Failing,
    KeyRotated,
    LevelSet,
    NumberedChange,
    Paused,
    Recovered,
    Resumed,
    Unblocked,
    WentGone,
    What,
)
from bellwire.model.principal import Scope
from bellwire.model.webhook import RegisteredWebhook
from bellwire.rules.permitting import may
from bellwire.web.pages.differences import Difference, differences_of, filter_differences
from bellwire.web.pages.visit import Visit

ROWS_MAX: Final = 50
NUMBER_LENGTH_MAX: Final = 18
SAME_MS: Final = 5_000
"""The journal and the audit trail write one change down one after the other; never further apart than that."""

_ACTIONS: Final[dict[type, tuple[Action, ...]]] = {
    Created: (Action.WEBHOOK_CREATE,),
    Edited: (Action.WEBHOOK_EDIT, Action.WEBHOOK_ROTATE_KEY),
    KeyRotated: (Action.WEBHOOK_ROTATE_KEY, Action.WEBHOOK_EDIT),
    Enabled: (Action.WEBHOOK_EDIT,),
    Disabled: (Action.WEBHOOK_EDIT,),
    Paused: (Action.WEBHOOK_PAUSE,),
    Resumed: (Action.WEBHOOK_RESUME,),
    Deleted: (Action.WEBHOOK_DELETE,),
}
"""By which actions somebody makes such a change; the other changes make themselves."""

_LOOKS: Final[dict[type, tuple[str, str, str]]] = {
    Created: ("Created", "plus", ""),
    Edited: ("Edited", "pencil", ""),
    KeyRotated: ("Key replaced", "key-round", ""),
    Enabled: ("Enabled", "play", ""),
    Disabled: ("Disabled", "circle-dashed", ""),
    Paused: ("Paused", "pause", ""),
    Resumed: ("Resumed", "play", ""),
    Deleted: ("Deleted", "trash-2", ""),
    Failing: ("Began to fail", "circle-x", "bad"),
    WentGone: ("Gone", "archive-x", "bad"),
    Blocked: ("Blocked", "shield-off", "bad"),
    Unblocked: ("No longer blocked", "shield-check", "good"),
    Recovered: ("Recovered", "circle-check", "good"),
    LevelSet: ("Level set", "sliders-horizontal", ""),
}
"""Title, icon and kind of each change."""

_FOLLOWED: Final[dict[type, str]] = {
    Enabled: "It gets what was published from then on.",
    Disabled: "What waited was discarded.",
    Deleted: "What waited was discarded.",
    Recovered: "A batch was delivered.",
}


class HistoryRow(msgspec.Struct, frozen=True, kw_only=True):
    """A change. kind: good, bad or empty. text: why, or what else is to be said. entry: who made it, where it may be
    seen and is still kept.
    """

    number: int
    at_ms: int
    position: int
    title: str
    icon: str
    kind: str
    text: str
    until_ms: int | None
    differences: tuple[Difference, ...]
    entry: AuditEntry | None


async def show_history(visit: Visit) -> Response:
    """GET …/{id}/history: the newest first, also of a deleted webhook as long as it is kept."""
    before = read_number(visit.query("before"))
    found = await visit.service.chronicler.changes(visit.webhook_id, before=before, limit=ROWS_MAX + 1)
    changes = found[:ROWS_MAX]
    webhook = _webhook(visit)
    return await visit.page(
        "webhook_history.html",
        webhook=webhook,
        webhook_id=visit.webhook_id,
        status=None if webhook is None else await visit.service.webhook_status(webhook.id),
        rows=rows_of(changes, await _entries(visit, changes)),
        before=before,
        older=changes[-1].number if len(found) > ROWS_MAX else None,
    )


def rows_of(changes: Sequence[NumberedChange], entries: Sequence[AuditEntry]) -> tuple[HistoryRow, ...]:
    """A row for each change, with the entry of the audit trail that tells who made it."""
    return tuple(row_of(numbered, entry_of(numbered, entries)) for numbered in changes)


def entry_of(numbered: NumberedChange, entries: Sequence[AuditEntry]) -> AuditEntry | None:
    """The nearest entry in time of an action that makes such a change."""
    change = numbered.change
    actions = _ACTIONS.get(type(change.what), ())
    near = [each for each in entries if each.action in actions and abs(each.at_ms - change.at_ms) <= SAME_MS]
    return min(near, key=lambda each: abs(each.at_ms - change.at_ms), default=None)


def row_of(numbered: NumberedChange, entry: AuditEntry | None) -> HistoryRow:
    """What the list shows of a change."""
    change = numbered.change
    title, icon, kind = _LOOKS[type(change.what)]
    return HistoryRow(
        number=numbered.number,
        at_ms=change.at_ms,
        position=change.position,
        title=title,
        icon=icon,
        kind=kind,
        text=_text_of(change.what),
        until_ms=change.what.previous_until_ms if isinstance(change.what, KeyRotated) else None,
        differences=_differences(change.what, entry),
        entry=entry,
    )


def read_number(written: str) -> int | None:
    """The number of the last one of the page before; None for the first page, or what is no number."""
    return int(written) if written.isascii() and written.isdigit() and len(written) <= NUMBER_LENGTH_MAX else None


def _text_of(what: What) -> str:
    """Why it happened, where that is known, or what followed from it."""
    match what:
        case Failing(reason=reason) | WentGone(reason=reason) | Blocked(reason=reason):
            return reason
        case Created(enabled=False):
            return "It was disabled from the start."
        case LevelSet(before=before, after=after):
            return f"{before.value} → {after.value}"
        case _:
            return _FOLLOWED.get(type(what), "")


def _differences(what: What, entry: AuditEntry | None) -> tuple[Difference, ...]:
    """Of an edit with values where somebody may see them, else by the members' names and the filter."""
    match what:
        case Edited(fields=fields) if entry is not None:
            return differences_of(change for change in entry.changes if change.path in fields)
        case Edited(fields=fields, filter_before=before, filter_after=after):
            filtered = filter_differences(before, after) if before is not None and after is not None else ()
            told = {difference.member for difference in filtered}
            return (*filtered, *(Difference(member=field, note="changed") for field in fields if field not in told))
        case Created() if entry is not None:
            return differences_of(entry.changes)
        case _:
            return ()


def _webhook(visit: Visit) -> RegisteredWebhook | None:
    try:
        return visit.service.webhook(visit.webhook_id)
    except UnknownThing:
        return None


async def _entries(visit: Visit, changes: Sequence[NumberedChange]) -> list[AuditEntry]:
    """What the audit trail has of these changes; only administrators may read it."""
    if not changes or not may(visit.principal, Scope.ADMIN):
        return []
    times = [numbered.change.at_ms for numbered in changes]
    search = AuditSearch(
        object_id=visit.webhook_id,
        since_ms=min(times) - SAME_MS,
        until_ms=max(times) + SAME_MS,
        limit=2 * ROWS_MAX,
    )
    return [numbered.entry for numbered in await visit.service.access.auditor.search(search)]
