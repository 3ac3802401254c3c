"""What a change has made of an object's members, as people read it; secrets come masked and stay so."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from bellwire.model.audit import MemberChange
from bellwire.model.change import Filter
from bellwire.model.event_type import TracingLevel
from bellwire.model.secret import MASK

TEXT_LENGTH_MAX: Final = 300
NAMES_SHOWN_MAX: Final = 12

_VARIANTS: Final = ("variableName", "filePath", "username")
"""What tells of which one it is, of an object with a kind."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One member. before, after: as text, empty where there was none; of lists what was added and removed instead.

    note: what else is to be said, such as that one secret took the place of another.
    """

    member: str
    before: str = ""
    after: str = ""
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    note: str = ""


def differences_of(changes: Iterable[MemberChange]) -> tuple[Difference, ...]:
    """What is shown of the members that have other values now."""
    return tuple(_difference(change) for change in changes)


def filter_differences(before: Filter, after: Filter) -> tuple[Difference, ...]:
    """The same of the filter of a webhook."""
    pairs = (
        ("events", list(before.events), list(after.events)),
        ("eventsPolicy", before.events_policy.value, after.events_policy.value),
        ("level", _value_of(before.level), _value_of(after.level)),
    )
    return differences_of(MemberChange(member, was, now) for member, was, now in pairs if was != now)


def shown_value(value: Any) -> str:  # noqa: ANN401 - whatever stands in the JSON form of an object
    """A value in short: `Value`, `File /run/key`, `auth.success, store.ingest`, `30s`, `true`."""
    match value:
        case None:
            text = ""
        case str():
            text = value
        case {"@type": kind}:
            nested = [f"with {shown_value(value[name])}" for name in ("secret", "bearerToken") if _is_kind(value, name)]
            text = " ".join([str(kind), *(str(value[name]) for name in _VARIANTS if name in value), *nested])
        case [*listed] if all(isinstance(each, str) for each in listed):
            text = _names(listed) or "none"
        case dict() if not value:
            text = "none"
        case _:
            text = msgspec.json.encode(value).decode()
    return text if len(text) <= TEXT_LENGTH_MAX else text[: TEXT_LENGTH_MAX - 1] + "…"


def _difference(change: MemberChange) -> Difference:
    match change.before, change.after:
        case [*before], [*after] if _are_texts(before) and _are_texts(after):
            return _of_lists(change.path, before, after)
        case dict(before), dict(after) if "@type" not in before and "@type" not in after:
            return _of_lists(change.path, list(before), list(after), same="values were replaced")
        case None, str(after) if after == MASK:
            return Difference(member=change.path, note="set; it is never shown")
        case str(before), None if before == MASK:
            return Difference(member=change.path, note="removed")
        case before, after:
            shown = Difference(member=change.path, before=shown_value(before), after=shown_value(after))
            return _another_secret(change.path) if shown.before == shown.after else shown


def _of_lists(member: str, before: Sequence[str], after: Sequence[str], *, same: str = "") -> Difference:
    added = tuple(each for each in after if each not in set(before))
    removed = tuple(each for each in before if each not in set(after))
    note = "" if added or removed else same or "in another order"
    return Difference(member=member, added=_bounded(added), removed=_bounded(removed), note=note)


def _another_secret(member: str) -> Difference:
    return Difference(member=member, note="another secret, which is never shown")


def _are_texts(values: Sequence[Any]) -> bool:
    return all(isinstance(each, str) for each in values)


def _is_kind(value: dict[str, Any], name: str) -> bool:
    return isinstance(value.get(name), dict)


def _bounded(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(names) <= NAMES_SHOWN_MAX:
        return names
    return (*names[:NAMES_SHOWN_MAX], f"and {len(names) - NAMES_SHOWN_MAX} more")


def _names(names: Sequence[str]) -> str:
    return ", ".join(_bounded(tuple(names)))


def _value_of(level: TracingLevel | None) -> str | None:
    return None if level is None else level.value
