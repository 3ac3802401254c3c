"""The clerk: answers what became of events, and how each webhook does."""

from itertools import islice

from msgspec.structs import replace

from bellwire.clock import Clock
from bellwire.engine.dispatcher import Dispatcher
from bellwire.engine.replay_book import ReplayBook
from bellwire.engine.supervisor import Supervisor
from bellwire.model.cursor import DiscardReason
from bellwire.model.event import LoggedEvent
from bellwire.model.event_type import Catalogue
from bellwire.model.positions import each_of_descending, runs_of
from bellwire.model.status import Account, DeadLetter, Explanation, WebhookStatus
from bellwire.model.webhook import RegisteredWebhook, WebhookId
from bellwire.rules.explaining import Evidence, explain
from bellwire.rules.explaining_replays import NOTES_MAX, ReplayEvidence, explain_replay
from bellwire.rules.retrying import FAILING_FROM
from bellwire.store import DiscardSearch, NumberedDiscard, Store


class Clerk:
    """Reads what the store and the dispatchers know; changes nothing."""

    def __init__(
        self, store: Store, book: ReplayBook, *, supervisor: Supervisor, clock: Clock, catalogue: Catalogue
    ) -> None:
        self._store = store
        self._book = book
        self._catalogue = catalogue
        self._supervisor = supervisor
        self._clock = clock

    def state(self, webhook: RegisteredWebhook) -> str:
        """healthy, retrying, failing, blocked, paused, gone or disabled."""
        return _state(self._supervisor[webhook.id])[0]

    async def status(self, webhook: RegisteredWebhook) -> WebhookStatus:
        """How a webhook does now."""
        dispatcher = self._supervisor[webhook.id]
        state, reason = _state(dispatcher)
        oldest = await dispatcher.oldest()
        cursor, backlog = await dispatcher.standing()
        return WebhookStatus(
            state=state,
            since_ms=max(cursor.since_ms, webhook.switched_at_ms),
            reason=reason,
            backlog=backlog,
            lag_ms=max(0, self._clock.steady_ms() - oldest.accepted_at_ms) if oldest else 0,
            delivered=cursor.delivered,
            discarded=cursor.discarded,
            last_success_at_ms=cursor.last_success_at_ms,
            last_failure_at_ms=cursor.last_failure_at_ms,
            next_attempt_at_ms=cursor.retry_at_ms if state in {"retrying", "failing"} else None,
        )

    async def account(self, webhook: RegisteredWebhook) -> Account:
        """What became of the events that the webhook wanted."""
        dispatcher = self._supervisor[webhook.id]
        cursor, waiting = await dispatcher.standing()
        return Account(
            wanted=cursor.delivered + waiting + cursor.discarded,
            delivered=cursor.delivered,
            waiting=waiting,
            discarded=dict(cursor.discarded_for),
        )

    async def explain(self, event: LoggedEvent, webhook: RegisteredWebhook) -> Explanation:
        """Why the event did or did not reach the webhook."""
        dispatcher = self._supervisor[webhook.id]
        attempts = await self._store.ledger.attempts_over(webhook.id, event.position)
        discards = await self._store.ledger.discards_of(webhook.id, event.position)
        evidence = Evidence(
            event=event,
            webhook=webhook,
            cursor=dispatcher.cursor,
            attempts=tuple(attempt for attempt in attempts if attempt.replay_id is None),
            discard=next((discard for discard in discards if discard.replay_id is None), None),
            deadline_ms=dispatcher.deadline_ms(event),
        )
        of_replays = (
            ReplayEvidence(
                replay=replay,
                cursor=dispatcher.replay_lane(replay.id).cursor if replay.end is None else None,
                attempts=attempts,
                discards=discards,
            )
            for replay in self._book.all(webhook.id)
        )
        notes = (note for one in of_replays if (note := explain_replay(event, one)) is not None)
        return replace(explain(evidence, self._catalogue), replays=tuple(islice(notes, NOTES_MAX)))

    async def dead_letters(
        self,
        *,
        webhook_id: WebhookId | None,
        reason: DiscardReason | None,
        before: tuple[int, int] | None,
        limit: int,
    ) -> tuple[DeadLetter, ...]:
        """Discarded events, newest first; before: number and position of the last one of the page before."""
        letters: list[DeadLetter] = []
        below = None if before is None else before[0] + 1
        while len(letters) < limit:
            found = await self._store.ledger.discards(
                DiscardSearch(webhook_id=webhook_id, reason=reason, before=below, limit=limit)
            )
            for numbered in found:
                position = before[1] if before is not None and before[0] == numbered.number else None
                letters += await self._opened(numbered, before=position, limit=limit - len(letters))
                below = numbered.number
                if len(letters) >= limit:
                    break
            if len(found) < limit:
                break
        return tuple(letters)

    async def _opened(self, numbered: NumberedDiscard, *, before: int | None, limit: int) -> list[DeadLetter]:
        """The events of one discard, the last one first; those that retention has removed are left out."""
        discard = numbered.discard
        below = (position for position in each_of_descending(discard.members) if before is None or position < before)
        positions = runs_of(sorted(islice(below, limit)))
        events = await self._store.log.fetch(positions)
        return [
            DeadLetter(
                number=numbered.number,
                event=event,
                webhook_id=discard.webhook_id,
                reason=discard.reason,
                at_ms=discard.at_ms,
                replay_id=discard.replay_id,
            )
            for event in reversed(events)
        ]


def _state(dispatcher: Dispatcher) -> tuple[str, str]:
    """The state and the reason for it, in words."""
    cursor = dispatcher.cursor
    if not dispatcher.enabled:
        return "disabled", "disabled by an operator"
    if dispatcher.webhook.paused_at_ms is not None:
        return "paused", "paused by an operator; what waits is kept"
    if cursor.gone:
        return "gone", cursor.failure
    if dispatcher.blocked is not None:
        return "blocked", dispatcher.blocked.reason
    if cursor.failures == 0:
        return "healthy", ""
    return "failing" if cursor.failures >= FAILING_FROM else "retrying", cursor.failure
