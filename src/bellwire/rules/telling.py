"""Does somebody want to hear of this, and how much does it weigh?"""

from collections.abc import Iterable
from typing import Final, assert_never

from bellwire.model.attempt import Answer, Attempt
from bellwire.model.change import Change
from bellwire.model.cursor import Discard
from bellwire.model.event import EventTypeId, LoggedEvent
from bellwire.model.event_type import Catalogue
from bellwire.model.live import LiveKind, Wish
from bellwire.model.webhook import RegisteredWebhook
from bellwire.rules.matching import speaks_of

ITEM_BYTES: Final = 1_024
"""What anything weighs at least: about what it takes in memory besides its texts."""

MEMBER_BYTES: Final = 100
"""What each run of positions of a discard weighs."""


def told_types(
    wish: Wish, got: Iterable[frozenset[EventTypeId]], catalogue: Catalogue
) -> frozenset[EventTypeId] | None:
    """The types, by every name, of the events that are wanted; None: all. got: of each webhook that the wish names, the
    types that it gets.
    """
    types = wish.types
    if wish.webhook_ids is not None:
        any_of_them = frozenset[EventTypeId]().union(*got)
        types = any_of_them if types is None else types & any_of_them
    if wish.level is None:
        return types
    rank = wish.level.rank
    return frozenset(
        name for name in (catalogue.ids() if types is None else types) if catalogue.level(name).rank <= rank
    )


def wants_event(
    event: LoggedEvent, types: frozenset[EventTypeId] | None, webhooks: Iterable[RegisteredWebhook] | None
) -> bool:
    """Whether an event is wanted. types: of told_types; webhooks: those that the wish names, None for no such wish."""
    if types is not None and event.type not in types:
        return False
    return webhooks is None or not all(speaks_of(event, webhook.id) for webhook in webhooks)


def wants(item: Attempt | Discard | Change, wish: Wish) -> bool:
    """Whether an attempt, a discard or a change is wanted."""
    match item:
        case Attempt():
            return LiveKind.ATTEMPTS in wish.kinds and _is_of(item.webhook_id, wish)
        case Discard():
            return LiveKind.DISCARDS in wish.kinds and _is_of(item.webhook_id, wish)
        case Change():
            if LiveKind.CHANGES not in wish.kinds:
                return False
            # A subject with a dot is an event type; ids of webhooks have none.
            of_type = wish.webhook_ids is None and (wish.types is None or item.subject in wish.types)
            return of_type if "." in item.subject else _is_of(item.subject, wish)
        case _:
            assert_never(item)


def weight_of(item: LoggedEvent | Attempt | Discard | Change) -> int:
    """About how many bytes it holds in memory."""
    match item:
        case LoggedEvent():
            return ITEM_BYTES + len(item.encoded)
        case Attempt():
            return ITEM_BYTES + (len(item.response.body) if isinstance(item.response, Answer) else 0)
        case Discard():
            return ITEM_BYTES + MEMBER_BYTES * len(item.members)
        case Change():
            return ITEM_BYTES
        case _:
            assert_never(item)


def _is_of(subject: str, wish: Wish) -> bool:
    return wish.webhook_ids is None or subject in wish.webhook_ids
