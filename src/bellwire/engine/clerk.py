"""The clerk: answers what became of events, and how each webhook does."""

from itertools import islice

from msgspec.structs import replace

from bellwire.engine.parts import Parts
from bellwire.engine.supervisor import Supervisor
from bellwire.model.change import LEVEL_CHANGES_MAX
from bellwire.model.event import LoggedEvent
from bellwire.model.event_type import Catalogue
from bellwire.model.status import Account, Explanation, WebhookStatus
from bellwire.model.webhook import RegisteredWebhook
from bellwire.rules.diagnosing import diagnose
from bellwire.rules.diagnosing_certificates import certificate_warning
from bellwire.rules.explaining import Evidence, explain
from bellwire.rules.explaining_replays import NOTES_MAX, ReplayEvidence, explain_replay
from bellwire.store import ChangeSearch, Store


class Clerk:
    """Reads what the store and the dispatchers know; changes nothing."""

    def __init__(self, store: Store, parts: Parts, *, supervisor: Supervisor, catalogue: Catalogue) -> None:
        self._store = store
        self._book = parts.book
        self._catalogue = catalogue
        self._supervisor = supervisor
        self._clock = parts.clock
        self._sender = parts.sender

    def state(self, webhook: RegisteredWebhook) -> str:
        """healthy, retrying, failing, blocked, paused, gone or disabled."""
        return diagnose(webhook, self._supervisor[webhook.id].cursor).state

    async def status(self, webhook: RegisteredWebhook) -> WebhookStatus:
        """How a webhook does now."""
        dispatcher = self._supervisor[webhook.id]
        oldest = await dispatcher.oldest()
        cursor, backlog = await dispatcher.standing()
        found = diagnose(webhook, cursor)
        ends_at_ms = self._sender.certificate_ends_at_ms(webhook.object.url)
        warning = certificate_warning(ends_at_ms, now_ms=self._clock.wall_ms())
        return WebhookStatus(
            state=found.state,
            since_ms=found.since_ms,
            reason=found.reason,
            backlog=backlog,
            lag_ms=max(0, self._clock.steady_ms() - oldest.accepted_at_ms) if oldest else 0,
            delivered=cursor.delivered,
            discarded=cursor.discarded,
            last_success_at_ms=cursor.last_success_at_ms,
            last_failure_at_ms=cursor.last_failure_at_ms,
            next_attempt_at_ms=dispatcher.next_attempt_ms,
            first_deadline_ms=dispatcher.first_deadline_ms,
            now_ms=self._clock.steady_ms(),
            certificate_ends_at_ms=ends_at_ms,
            warnings=(warning,) if warning else (),
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
        # Of a former name that was split, the first successor's level counts.
        leading = self._catalogue.present_names(event.type)[0]
        levels = await self._store.journal.changes(ChangeSearch(subject=leading, limit=LEVEL_CHANGES_MAX))
        evidence = Evidence(
            event=event,
            webhook=webhook,
            cursor=dispatcher.cursor,
            attempts=tuple(attempt for attempt in attempts if attempt.replay_id is None),
            discard=next((discard for discard in discards if discard.replay_id is None), None),
            level_changes=tuple(numbered.change for numbered in reversed(levels)),
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
