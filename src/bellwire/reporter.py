"""Contract: what Bellwire reports of its own work, each thing once, at its end."""

from collections.abc import Sequence
from typing import Protocol

from bellwire.model.attempt import Attempt
from bellwire.model.cursor import Discard
from bellwire.model.replay import Replay
from bellwire.model.room import Room
from bellwire.model.source import SourceName
from bellwire.model.webhook import WebhookId


class Reporter(Protocol):
    """Takes reports; it neither waits nor raises."""

    def attempt_settled(self, attempt: Attempt) -> None:
        """An attempt and its outcome are on disk."""

    def events_discarded(self, discard: Discard) -> None:
        """Events were given up, and that is on disk."""

    def replay_ended(self, replay: Replay) -> None:
        """A replay is done or was cancelled, and that is on disk."""

    def storage_failed(self, webhook_id: WebhookId, problem: Exception) -> None:
        """A write for this webhook did not succeed; it is tried again."""

    def room_changed(self, room: Room) -> None:
        """There is ample room for events again, or room is low, or none is left and no events are taken."""

    def source_refused(self, name: SourceName, reason: str, *, requests: int) -> None:
        """Requests or events of a source were refused, so many since the last report; this is the last one's reason."""

    def pruning_failed(self, problem: Exception) -> None:
        """What need not be kept could not be removed; it is tried again."""

    def recording_failed(self, problem: Exception) -> None:
        """Figures over time could not be written; they are kept and tried again with those of the next minute."""

    def announcements_lost(self, count: int, problem: str) -> None:
        """So many of what Bellwire had to say about itself could not be published, and are not tried again."""

    def dispatcher_restarted(self, webhook_id: WebhookId, reason: str) -> None:
        """A dispatcher made no progress, though it could; it is begun anew."""

    def secrets_unread(self, webhook_ids: Sequence[WebhookId]) -> None:
        """No key opens secrets of these webhooks, which are blocked until the key is back or they are written anew."""

    def source_secrets_unread(self, names: Sequence[SourceName]) -> None:
        """No key opens secrets of these sources, which take nothing until the key is back or they are written anew."""

    def wiping_failed(self, problem: Exception) -> None:
        """Secrets as they were stored before may still stand in the files; the next start tries again to wipe them."""

    def dispatcher_failed(self, webhook_id: WebhookId, problem: Exception) -> None:
        """A dispatcher ended by a defect; it is started again."""
