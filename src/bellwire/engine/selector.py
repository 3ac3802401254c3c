"""The selector: which types each webhook wants, worked out once for all webhooks with the same filter."""

from bellwire.model.event import EventTypeId
from bellwire.model.event_type import Catalogue, EventType, TracingLevel
from bellwire.model.webhook import EventPolicy, WebHook
from bellwire.rules.matching import wanted_types

_Filter = tuple[EventPolicy, tuple[EventTypeId, ...], TracingLevel | None]


class Selector:
    """Answers from memory until the catalogue changes."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._wanted: dict[_Filter, frozenset[EventTypeId]] = {}

    def types(self, webhook: WebHook) -> frozenset[EventTypeId]:
        """The types that the webhook wants now."""
        key = (webhook.events_policy, webhook.events, webhook.level)
        wanted = self._wanted.get(key)
        if wanted is None:
            wanted = self._wanted[key] = wanted_types(webhook, self.catalogue)
        return wanted

    def learn(self, type_id: EventTypeId) -> bool:
        """Add a type that is seen for the first time, with level info; says whether it was new."""
        if type_id in self.catalogue:
            return False
        self.declare(EventType(id=type_id, level=TracingLevel.INFO))
        return True

    def declare(self, event_type: EventType) -> None:
        """Add a type, or replace the one of that id."""
        self.catalogue.declare(event_type)
        self._wanted.clear()
