"""Which changes are to be remembered, and what counted before them?"""

from collections.abc import Iterable
from typing import Final

import msgspec
from msgspec.structs import replace

from bellwire.model.change import (
    Blocked,
    Change,
    Created,
    CursorChange,
    Deleted,
    Disabled,
    Edited,
    Enabled,
    Failing,
    Filter,
    KeyRotated,
    LevelSet,
    Paused,
    Recovered,
    Resumed,
    Unblocked,
    WentGone,
    What,
)
from bellwire.model.cursor import Cursor
from bellwire.model.event import Position
from bellwire.model.event_type import EventLevel
from bellwire.model.secret import NoSecret
from bellwire.model.webhook import RegisteredWebhook, WebHook, WebhookId
from bellwire.rules.retrying import FAILING_FROM

_FIELDS: Final = msgspec.structs.fields(WebHook)


def change_of_creation(webhook: RegisteredWebhook) -> Change:
    """How the journal of a webhook begins."""
    what = Created(enabled=webhook.object.enable, filter=_filter_of(webhook.object))
    return Change(subject=webhook.id, position=webhook.starts_at, at_ms=webhook.created_at_ms, what=what)


def changes_of_edit(before: RegisteredWebhook, after: RegisteredWebhook, *, log_end: Position) -> tuple[Change, ...]:
    """What an edit, a pause or a deletion has changed. A new filter counts from the first event that waits on."""

    def change(what: What, position: Position = log_end) -> Change:
        return Change(subject=after.id, position=position, at_ms=after.updated_at_ms, what=what)

    if after.deleted:
        return (change(Deleted()),)
    changes: list[Change] = []
    if edited := _edited(before.object, after.object):
        filtered = after.filter_revision != before.filter_revision
        changes.append(change(edited, after.past_filters[-1].until if filtered else log_end))
    if _is_rotated(before.object, after.object):
        previous = after.previous_key
        changes.append(change(KeyRotated(previous_until_ms=None if previous is None else previous.until_ms)))
    if before.object.enable != after.object.enable:
        changes.append(change(Enabled() if after.object.enable else Disabled()))
    if before.paused_at_ms is None and after.paused_at_ms is not None:
        changes.append(change(Paused()))
    if before.resumed != after.resumed:
        changes.append(change(Resumed()))
    return tuple(changes)


class NotedMove(msgspec.Struct, frozen=True, kw_only=True):
    """A cursor that remembers its trouble, and what is to be journalled of it."""

    cursor: Cursor
    changes: tuple[Change, ...]


def note_move(before: Cursor, after: Cursor, *, at_ms: int) -> NotedMove:
    """What a move of a cursor has made of the webhook's state."""
    troubles: list[CursorChange] = []
    if after.gone and not before.gone:
        troubles.append(WentGone(reason=after.failure))
    elif after.failures >= FAILING_FROM > before.failures:
        troubles.append(Failing(reason=after.failure, failures=after.failures))
    if after.blocked is not None and before.blocked is None:
        troubles.append(Blocked(reason=after.blocked.reason))
    reliefs: list[CursorChange] = []
    if after.blocked is None and before.blocked is not None:
        reliefs.append(Unblocked())
    ailing = before.ailing or bool(troubles)
    if ailing and after.delivered > before.delivered and not troubles and not after.failures:
        reliefs.append(Recovered())
        ailing = False
    changes = [
        Change(subject=after.webhook_id, position=after.position, at_ms=at_ms, what=what)
        for what in (*troubles, *reliefs)
    ]
    return NotedMove(cursor=replace(after, ailing=ailing), changes=tuple(changes))


def level_then(
    changes: Iterable[Change], webhook_id: WebhookId, position: Position, *, at_ms: int | None = None
) -> EventLevel | None:
    """The level of a type that decided on this position for a webhook, or on a batch that was under way at that time;
    None: the one that counts now.

    changes: those of the type, oldest first.
    """
    for change in changes:
        if not isinstance(change.what, LevelSet):
            continue
        since = change.what.earlier.get(webhook_id, change.position)
        if position < since or (at_ms is not None and at_ms < change.at_ms):
            return change.what.before
    return None


def _edited(before: WebHook, after: WebHook) -> Edited | None:
    """What an edit changed of the object, but for what has a change of its own."""
    skipped = {"enable", *(["signature_key"] if _is_rotated(before, after) else [])}
    fields = tuple(
        field.encode_name
        for field in _FIELDS
        if field.name not in skipped and getattr(before, field.name) != getattr(after, field.name)
    )
    if not fields:
        return None
    if _filter_of(before) == _filter_of(after):
        return Edited(fields=fields)
    return Edited(fields=fields, filter_before=_filter_of(before), filter_after=_filter_of(after))


def _is_rotated(before: WebHook, after: WebHook) -> bool:
    """Whether one key has taken the place of another."""
    keys = (before.signature_key, after.signature_key)
    return before.signature_key != after.signature_key and not any(isinstance(key, NoSecret) for key in keys)


def _filter_of(webhook: WebHook) -> Filter:
    return Filter(events=webhook.events, events_policy=webhook.events_policy, level=webhook.level)
