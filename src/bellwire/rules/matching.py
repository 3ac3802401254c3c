"""Which event types does this webhook want?"""

from collections.abc import Iterable
from typing import Final

import msgspec

from bellwire.model.event import EventTypeId, LoggedEvent
from bellwire.model.event_type import Catalogue, TracingLevel
from bellwire.model.webhook import EventPolicy, WebHook, WebhookId

OWN_PREFIX: Final = "bellwire."
"""Types of events about Bellwire itself: only a webhook that lists one gets it, so that none feeds itself."""

ABOUT: Final = "webhookId"
"""The member of their data that names the webhook which they speak of, and which they are never sent to."""


class _About(msgspec.Struct, frozen=True):
    webhook_id: str | None = msgspec.field(default=None, name=ABOUT)


class _OwnEvent(msgspec.Struct, frozen=True):
    data: _About


_OWN_EVENT: Final = msgspec.json.Decoder(_OwnEvent)


def wanted_types(webhook: WebHook, catalogue: Catalogue) -> frozenset[EventTypeId]:
    """Every name, present or former, under which an event may be published that this webhook gets."""
    listed = _listed_names(webhook, catalogue)
    candidates = listed if webhook.events_policy is EventPolicy.INCLUDE else set(catalogue.ids()) - listed
    return frozenset(type_id for type_id in candidates if _passes_level(webhook, type_id, catalogue))


def wants_type(webhook: WebHook, type_id: EventTypeId, catalogue: Catalogue) -> bool:
    """What wanted_types says of one type; the cost is that of the webhook's list, not of the catalogue."""
    listed = not catalogue.names_meaning(type_id).isdisjoint(webhook.events)
    is_candidate = listed if webhook.events_policy is EventPolicy.INCLUDE else type_id in catalogue and not listed
    return is_candidate and _passes_level(webhook, type_id, catalogue)


def wants_unseen(webhook: WebHook, type_id: EventTypeId, catalogue: Catalogue) -> bool:
    """Whether the webhook would get an event of a type that is not known yet, and that no list can name therefore."""
    return webhook.events_policy is EventPolicy.EXCLUDE and _passes_level(webhook, type_id, catalogue)


def own_types(types: Iterable[EventTypeId]) -> frozenset[EventTypeId]:
    """Those of the types whose events are about Bellwire itself."""
    return frozenset(type_id for type_id in types if type_id.startswith(OWN_PREFIX))


def speaks_of(event: LoggedEvent, webhook_id: WebhookId) -> bool:
    """Whether an event is about this very webhook, which therefore does not get it."""
    return event.type.startswith(OWN_PREFIX) and _OWN_EVENT.decode(event.encoded).data.webhook_id == webhook_id


def counted_types(webhook: WebHook, catalogue: Catalogue) -> tuple[EventTypeId, ...]:
    """The types that the webhook gets, each once: by its present name; one that is gone only where it is listed."""
    gone = {name for name in webhook.events if catalogue.present_names(name) == (name,)}
    wanted = wanted_types(webhook, catalogue)
    return tuple(sorted(name for name in wanted if name in gone or catalogue.current(name) is not None))


def _listed_names(webhook: WebHook, catalogue: Catalogue) -> set[EventTypeId]:
    names: set[EventTypeId] = set()
    for listed in webhook.events:
        for present in catalogue.present_names(listed):
            names |= catalogue.all_names(present)
    return names


def _passes_level(webhook: WebHook, type_id: EventTypeId, catalogue: Catalogue) -> bool:
    if catalogue.is_disabled(type_id) or (
        webhook.events_policy is EventPolicy.EXCLUDE and type_id.startswith(OWN_PREFIX)
    ):
        return False
    floor = webhook.level
    if floor is None:
        if webhook.events_policy is EventPolicy.INCLUDE:
            return True
        floor = TracingLevel.INFO
    return catalogue.level(type_id).rank <= floor.rank
