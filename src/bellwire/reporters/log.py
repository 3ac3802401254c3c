"""Reports as structured log lines: one wide line per attempt."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final, assert_never

import structlog
from structlog.typing import EventDict, WrappedLogger

from bellwire.model.attempt import Answer, Attempt, Delivered, Failed, Gone, NoAnswer, Refused, RetryLater
from bellwire.model.cursor import Discard, ReplayId
from bellwire.model.positions import count_of
from bellwire.model.replay import Replay
from bellwire.model.room import Room, RoomState
from bellwire.model.source import SourceName
from bellwire.model.webhook import WebhookId
from bellwire.rules.rationing import explain

LOGGER: Final = "bellwire"
WEBHOOKS_NAMED_MAX: Final = 20
"""In one line."""


class LogReporter:
    """Passes reporter.Reporter."""

    def __init__(self) -> None:
        """Where the program has set structlog up, as the server does, that decides; else Python's logging does."""
        self._log: structlog.stdlib.BoundLogger = (
            structlog.get_logger(LOGGER)
            if structlog.is_configured()
            else structlog.wrap_logger(
                logging.getLogger(LOGGER),
                wrapper_class=structlog.stdlib.BoundLogger,
                processors=[structlog.stdlib.filter_by_level, _in_a_line],
            )
        )

    def attempt_settled(self, attempt: Attempt) -> None:
        """See reporter.Reporter; deliveries at level debug, failures at warning."""
        if isinstance(attempt.outcome, Delivered) and not self._log.is_enabled_for(logging.DEBUG):
            return
        fields: dict[str, object] = {
            "webhook": attempt.webhook_id,
            **_replay(attempt.replay_id),
            "batch": attempt.batch_id,
            "attempt": attempt.number,
            "events": attempt.events,
            "first": attempt.first,
            "last": attempt.last,
            "bytes": attempt.body_bytes,
            "ms": round(attempt.response.timings.total_us / 1000, 1),
        }
        match attempt.response:
            case Answer(status=status):
                fields["status"] = status
            case NoAnswer(trouble=trouble):
                fields["trouble"] = trouble.value
        match attempt.outcome:
            case Delivered():
                self._log.debug("delivered", **fields)
            case Refused(reason=reason) | RetryLater(reason=reason) | Gone(reason=reason) | Failed(reason=reason):
                self._log.warning("attempt failed", reason=reason, **fields)
            case _:
                assert_never(attempt.outcome)

    def events_discarded(self, discard: Discard) -> None:
        """See reporter.Reporter."""
        self._log.warning(
            "events discarded",
            webhook=discard.webhook_id,
            **_replay(discard.replay_id),
            reason=discard.reason.value,
            events=count_of(discard.members),
            first=discard.members[0][0],
            last=discard.members[-1][1],
        )

    def replay_ended(self, replay: Replay) -> None:
        """See reporter.Reporter."""
        end = replay.end
        self._log.info(
            "replay cancelled" if replay.cancelled_because else "replay done",
            webhook=replay.webhook_id,
            replay=replay.id,
            **({"because": replay.cancelled_because} if replay.cancelled_because else {}),
            **({} if end is None else {"delivered": end.delivered, "discarded": sum(end.discarded_for.values())}),
            **({} if end is None else {"cancelled": end.cancelled}),
        )

    def storage_failed(self, webhook_id: WebhookId, problem: Exception) -> None:
        """See reporter.Reporter."""
        self._log.error(
            "a webhook's progress cannot be written, nothing is sent", webhook=webhook_id, problem=str(problem)
        )

    def room_changed(self, room: Room) -> None:
        """See reporter.Reporter."""
        fields: dict[str, object] = {
            "used_bytes": room.used_bytes,
            "limit_bytes": room.limit_bytes,
            "free_bytes": room.free_bytes,
            "holders": [holder.replay_id or holder.webhook_id for holder in room.holders],
        }
        match room.state:
            case RoomState.AMPLE:
                self._log.info("there is ample room for events again", **fields)
            case RoomState.LOW:
                self._log.warning("room for events is low", problem=explain(room), **fields)
            case RoomState.FULL:
                self._log.error("no events are taken", problem=explain(room), **fields)
            case _:
                assert_never(room.state)

    def source_refused(self, name: SourceName, reason: str, *, requests: int) -> None:
        """See reporter.Reporter."""
        self._log.warning("what a source sent was refused", source=name, reason=reason, requests=requests)

    def pruning_failed(self, problem: Exception) -> None:
        """See reporter.Reporter."""
        self._log.error("what need not be kept could not be removed, it is tried again", exc_info=problem)

    def recording_failed(self, problem: Exception) -> None:
        """See reporter.Reporter."""
        self._log.error("figures over time could not be written, it is tried again", exc_info=problem)

    def announcements_lost(self, count: int, problem: str) -> None:
        """See reporter.Reporter."""
        self._log.warning("events about Bellwire itself could not be published", events=count, problem=problem)

    def dispatcher_restarted(self, webhook_id: WebhookId, reason: str) -> None:
        """See reporter.Reporter."""
        self._log.error("a dispatcher made no progress and is begun anew", webhook=webhook_id, reason=reason)

    def secrets_unread(self, webhook_ids: Sequence[WebhookId]) -> None:
        """See reporter.Reporter."""
        self._log.error(
            "secrets cannot be decrypted, these webhooks are blocked; bring back the key that sealed them, or write "
            "their secrets anew",
            count=len(webhook_ids),
            webhooks=list(webhook_ids[:WEBHOOKS_NAMED_MAX]),
        )

    def source_secrets_unread(self, names: Sequence[SourceName]) -> None:
        """See reporter.Reporter."""
        self._log.error(
            "secrets cannot be decrypted, these sources take nothing; bring back the key that sealed them, or write "
            "their secrets anew",
            count=len(names),
            sources=list(names[:WEBHOOKS_NAMED_MAX]),
        )

    def wiping_failed(self, problem: Exception) -> None:
        """See reporter.Reporter."""
        self._log.warning(
            "the store's files may still hold secrets as they were stored before, it is tried again at the next start",
            problem=str(problem),
        )

    def dispatcher_failed(self, webhook_id: WebhookId, problem: Exception) -> None:
        """See reporter.Reporter."""
        self._log.error("a dispatcher failed and is begun anew", webhook=webhook_id, exc_info=problem)


def _replay(replay_id: ReplayId | None) -> dict[str, str]:
    return {} if replay_id is None else {"replay": replay_id}


def _in_a_line(_logger: WrappedLogger, _method: str, fields: EventDict) -> tuple[tuple[str], Mapping[str, Any]]:
    """What logging's own methods are called with: the words, then each field."""
    problem = fields.pop("exc_info", None)
    words = [str(fields.pop("event")), *(f"{name}={value}" for name, value in fields.items())]
    return (" ".join(words),), {"exc_info": problem}
