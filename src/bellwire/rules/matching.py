"""Which event types does this webhook want?"""

from typing import Final

from bellwire.model.event import EventTypeId
from bellwire.model.event_type import Catalogue, TracingLevel
from bellwire.model.webhook import EventPolicy, WebHook

OWN_PREFIX: Final = "bellwire."
"""Types of events about Bellwire itself: only a webhook that lists one gets it, so that none feeds itself."""


def wanted_types(webhook: WebHook, catalogue: Catalogue) -> frozenset[EventTypeId]:
    """Every name, present or former, under which an event may be published that this webhook gets."""
    listed = _listed_names(webhook, catalogue)
    candidates = listed if webhook.events_policy is EventPolicy.INCLUDE else set(catalogue.ids()) - listed
    return frozenset(type_id for type_id in candidates if _passes_level(webhook, type_id, catalogue))


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
