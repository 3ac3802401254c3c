"""Reports as structured log lines: one wide line per attempt."""

from typing import assert_never

import structlog

from bellwire.model.attempt import Answer, Attempt, Delivered, Failed, NoAnswer
from bellwire.model.cursor import Discard
from bellwire.model.positions import count_of
from bellwire.model.webhook import WebhookId


class LogReporter:
    """Passes reporter.Reporter."""

    def __init__(self) -> None:
        self._log: structlog.stdlib.BoundLogger = structlog.get_logger("bellwire")

    def attempt_settled(self, attempt: Attempt) -> None:
        """See reporter.Reporter; deliveries at level debug, failures at warning."""
        fields = {
            "webhook": attempt.webhook_id,
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
            case Failed(reason=reason):
                self._log.warning("attempt failed", reason=reason, **fields)
            case _:
                assert_never(attempt.outcome)

    def events_discarded(self, discard: Discard) -> None:
        """See reporter.Reporter."""
        self._log.warning(
            "events discarded",
            webhook=discard.webhook_id,
            reason=discard.reason.value,
            events=count_of(discard.members),
            first=discard.members[0][0],
            last=discard.members[-1][1],
        )

    def storage_failed(self, webhook_id: WebhookId, problem: Exception) -> None:
        """See reporter.Reporter."""
        self._log.error(
            "a webhook's progress cannot be written, nothing is sent", webhook=webhook_id, problem=str(problem)
        )

    def dispatcher_failed(self, webhook_id: WebhookId, problem: Exception) -> None:
        """See reporter.Reporter."""
        self._log.error("a dispatcher failed and is begun anew", webhook=webhook_id, exc_info=problem)
