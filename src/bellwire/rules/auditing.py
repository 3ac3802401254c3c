"""What did this change?"""

import functools
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec.structs import FieldInfo

from bellwire.model.audit import VALUE_BYTES_MAX, MemberChange
from bellwire.model.replay import Replay
from bellwire.model.secret import MASK
from bellwire.model.source import Source
from bellwire.model.webhook import WebHook
from bellwire.rules.presenting import present_webhook, show_time_ms
from bellwire.rules.presenting_sources import present_source


def webhook_changes(before: WebHook | None, after: WebHook | None) -> tuple[MemberChange, ...]:
    """The members of the object that differ, secrets masked; None: there is no webhook before, or after.

    A secret that gave way to another one is seen as a change, though both look alike. Values of headers may be secrets
    too.
    """
    return _changes(WebHook, (before, _shown(before)), (after, _shown(after)))


def source_changes(before: Source | None, after: Source | None) -> tuple[MemberChange, ...]:
    """As webhook_changes, of a source."""
    shown_before, shown_after = ({} if each is None else present_source(each) for each in (before, after))
    return _changes(Source, (before, shown_before), (after, shown_after))


def replay_changes(before: Replay | None, after: Replay) -> tuple[MemberChange, ...]:
    """The members that differ of a replay; None: it is begun. Of the events that it names only how many there are."""
    return member_changes({} if before is None else _shown_replay(before), _shown_replay(after))


def member_changes(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[MemberChange, ...]:
    """The members that differ of two objects in their JSON form; they hold no secrets."""
    return tuple(
        MemberChange(name, _bounded(before.get(name)), _bounded(after.get(name)))
        for name in _names(before, after)
        if before.get(name) != after.get(name)
    )


def _changes(
    kind: type[msgspec.Struct], before: tuple[object, dict[str, Any]], after: tuple[object, dict[str, Any]]
) -> tuple[MemberChange, ...]:
    """Of two objects of a kind, each with its JSON form in which secrets are masked."""
    return tuple(
        MemberChange(
            field.encode_name, _bounded(before[1].get(field.encode_name)), _bounded(after[1].get(field.encode_name))
        )
        for field in _fields_of(kind)
        if getattr(before[0], field.name, None) != getattr(after[0], field.name, None)
    )


@functools.cache
def _fields_of(kind: type[msgspec.Struct]) -> tuple[FieldInfo, ...]:
    return msgspec.structs.fields(kind)


def _names(*objects: Iterable[str]) -> dict[str, None]:
    return {name: None for each in objects for name in each}


def _shown(webhook: WebHook | None) -> dict[str, Any]:
    if webhook is None:
        return {}
    document = present_webhook(webhook)
    return document | {"httpHeaders": dict.fromkeys(document["httpHeaders"], MASK)}


def _shown_replay(replay: Replay) -> dict[str, object]:
    wish = replay.wish
    return {
        "webhookId": replay.webhook_id,
        "since": None if wish.since_ms is None else show_time_ms(wish.since_ms),
        "until": None if wish.until_ms is None else show_time_ms(wish.until_ms),
        "fromPosition": wish.from_position,
        "ids": len(wish.ids) or None,
        "reason": None if wish.reason is None else wish.reason.value,
        "types": wish.types,
        "rate": replay.rate_per_s,
        "paused": replay.paused_at_ms is not None,
        "cancelled": replay.cancelled_because or None,
    }


def _bounded(value: object) -> object:
    size_bytes = len(msgspec.json.encode(value))
    return value if size_bytes <= VALUE_BYTES_MAX else f"({size_bytes:,} bytes)"
