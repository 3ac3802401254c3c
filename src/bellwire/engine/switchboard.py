"""The switchboard: which webhooks does a new event concern?"""

from collections.abc import Sequence
from itertools import chain, groupby
from typing import Protocol

from bellwire.engine.selector import Selector
from bellwire.model.event import EventTypeId, LoggedEvent
from bellwire.model.webhook import WebHook, WebhookId


class Line(Protocol):
    """What the switchboard connects: the way to one webhook."""

    @property
    def object(self) -> WebHook:
        """Whose filter counts now."""

    def offer(self, events: Sequence[LoggedEvent]) -> None:
        """Wanted events were logged, in this order; it wakes if that is news to it."""


class Switchboard:
    """Follows the log. An event costs as many steps as webhooks want it, not as there are."""

    def __init__(self, selector: Selector) -> None:
        self._selector = selector
        self._lines: dict[WebhookId, Line] = {}
        self._by_filter: dict[frozenset[EventTypeId], list[Line]] = {}
        self._by_type: dict[EventTypeId, tuple[Line, ...]] = {}

    def connect(self, webhook_id: WebhookId, line: Line) -> None:
        """From now on offer events to this webhook, by its filter as it is; again after the filter was changed."""
        self._lines[webhook_id] = line
        self.refilter()

    def disconnect(self, webhook_id: WebhookId) -> None:
        """Offer nothing more to this webhook."""
        self._lines.pop(webhook_id, None)
        self.refilter()

    def refilter(self) -> None:
        """Other webhooks may want a type now."""
        self._by_filter.clear()
        self._by_type.clear()

    def wanting(self, type_id: EventTypeId) -> int:
        """How many connected webhooks want this type."""
        return len(self._wanting(type_id))

    def logged(self, events: Sequence[LoggedEvent]) -> None:
        """Pass each event to the webhooks that want it."""
        for lines, neighbours in groupby(events, self._lines_of):  # mostly the next concerns the same webhooks
            concerned = list(neighbours)
            for line in lines:
                line.offer(concerned)

    def _lines_of(self, event: LoggedEvent) -> tuple[Line, ...]:
        lines = self._by_type.get(event.type)
        if lines is None:
            if self._selector.learn(event.type):
                self.refilter()
            lines = self._wanting(event.type)
        return lines

    def _wanting(self, type_id: EventTypeId) -> tuple[Line, ...]:
        lines = self._by_type.get(type_id)
        if lines is None:
            if not self._by_filter:
                for line in self._lines.values():
                    self._by_filter.setdefault(self._selector.types(line.object), []).append(line)
            alike = [lines for types, lines in self._by_filter.items() if type_id in types]
            lines = self._by_type[type_id] = tuple(chain.from_iterable(alike))
        return lines
