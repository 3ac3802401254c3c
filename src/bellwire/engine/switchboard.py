"""The switchboard: which webhooks does a new event concern?"""

from collections.abc import Sequence
from typing import Protocol

from bellwire.engine.selector import Selector
from bellwire.model.event import EventTypeId, LoggedEvent
from bellwire.model.webhook import WebHook, WebhookId


class Line(Protocol):
    """What the switchboard connects: the way to one webhook."""

    @property
    def object(self) -> WebHook:
        """Whose filter counts now."""

    def offer(self, event: LoggedEvent) -> None:
        """A wanted event was logged."""

    def wake(self) -> None:
        """Something happened that it should look at."""


class Switchboard:
    """Follows the log. An event costs as many steps as webhooks want it, not as there are."""

    def __init__(self, selector: Selector) -> None:
        self._selector = selector
        self._lines: dict[WebhookId, Line] = {}
        self._by_type: dict[EventTypeId, tuple[Line, ...]] = {}

    def connect(self, webhook_id: WebhookId, line: Line) -> None:
        """From now on offer events to this webhook, by its filter as it is; again after the filter was changed."""
        self._lines[webhook_id] = line
        self._by_type.clear()

    def disconnect(self, webhook_id: WebhookId) -> None:
        """Offer nothing more to this webhook."""
        self._lines.pop(webhook_id, None)
        self._by_type.clear()

    def refilter(self) -> None:
        """The catalogue has changed."""
        self._by_type.clear()

    def wanting(self, type_id: EventTypeId) -> int:
        """How many connected webhooks want this type."""
        return len(self._wanting(type_id))

    def logged(self, events: Sequence[LoggedEvent]) -> None:
        """Pass each event to the webhooks that want it, then wake them once each."""
        woken: set[Line] = set()
        before: tuple[Line, ...] = ()
        for event in events:
            lines = self._by_type.get(event.type)
            if lines is None:
                if self._selector.learn(event.type):
                    self._by_type.clear()
                lines = self._wanting(event.type)
            for line in lines:
                line.offer(event)
            if lines is not before:  # mostly the next event concerns the same webhooks
                woken.update(lines)
                before = lines
        for line in woken:
            line.wake()

    def _wanting(self, type_id: EventTypeId) -> tuple[Line, ...]:
        lines = self._by_type.get(type_id)
        if lines is None:
            lines = tuple(line for line in self._lines.values() if type_id in self._selector.types(line.object))
            self._by_type[type_id] = lines
        return lines
