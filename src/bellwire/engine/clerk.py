"""The clerk: answers how each webhook does, and adds up what became of its events."""

import msgspec

from bellwire.engine.parts import Parts
from bellwire.engine.supervisor import Supervisor
from bellwire.model.cursor import Cursor
from bellwire.model.event import LoggedEvent
from bellwire.model.status import Account, WebhookStatus
from bellwire.model.webhook import RegisteredWebhook
from bellwire.rules.diagnosing import diagnose
from bellwire.rules.diagnosing_certificates import certificate_warning


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a webhook stands; nothing but the cursor where nothing waits. See WebhookStatus."""

    cursor: Cursor
    backlog: int = 0
    oldest: LoggedEvent | None = None
    next_attempt_at_ms: int | None = None
    first_deadline_ms: int | None = None


class Clerk:
    """Asks the dispatchers; changes nothing."""

    def __init__(self, parts: Parts, *, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self._clock = parts.clock
        self._sender = parts.sender

    def state(self, webhook: RegisteredWebhook) -> str:
        """healthy, retrying, failing, blocked, paused, gone or disabled."""
        return diagnose(webhook, self._supervisor[webhook.id].cursor).state

    async def status(self, webhook: RegisteredWebhook) -> WebhookStatus:
        """How a webhook does now."""
        dispatcher = self._supervisor[webhook.id]
        if not self._supervisor.is_astir(webhook.id):
            return self._status(webhook, Standing(cursor=dispatcher.cursor))
        oldest = await dispatcher.oldest()
        cursor, backlog = await dispatcher.standing()
        standing = Standing(
            cursor=cursor,
            backlog=backlog,
            oldest=oldest,
            next_attempt_at_ms=dispatcher.next_attempt_ms,
            first_deadline_ms=dispatcher.first_deadline_ms,
        )
        return self._status(webhook, standing)

    def _status(self, webhook: RegisteredWebhook, standing: Standing) -> WebhookStatus:
        cursor, oldest = standing.cursor, standing.oldest
        found = diagnose(webhook, cursor)
        ends_at_ms = self._sender.certificate_ends_at_ms(webhook.object.url)
        warning = certificate_warning(ends_at_ms, now_ms=self._clock.wall_ms())
        return WebhookStatus(
            state=found.state,
            since_ms=found.since_ms,
            reason=found.reason,
            backlog=standing.backlog,
            lag_ms=max(0, self._clock.steady_ms() - oldest.accepted_at_ms) if oldest else 0,
            delivered=cursor.delivered,
            discarded=cursor.discarded,
            last_success_at_ms=cursor.last_success_at_ms,
            last_failure_at_ms=cursor.last_failure_at_ms,
            next_attempt_at_ms=standing.next_attempt_at_ms,
            first_deadline_ms=standing.first_deadline_ms,
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
