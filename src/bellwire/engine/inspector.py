"""The inspector: shows what an attempt sent and what an object that is not stored would send, and checks signatures."""

import msgspec

from bellwire.engine.dispatcher import Dispatcher
from bellwire.engine.keyring import Unreadable
from bellwire.engine.parts import Parts
from bellwire.engine.registrar import Registrar
from bellwire.engine.supervisor import Supervisor
from bellwire.engine.tester import Tested, Tester
from bellwire.model.attempt import Attempt, Request
from bellwire.model.event import EventId, EventTypeId, LoggedEvent, Position, WebhookEvent
from bellwire.model.principal import Principal, Scope
from bellwire.model.status import SentRequest
from bellwire.model.webhook import RegisteredWebhook, WebhookId
from bellwire.rules.batching import join_body
from bellwire.rules.checking_signatures import SignatureCheck, Signed, check_signature
from bellwire.rules.masking import request_as_seen
from bellwire.rules.matching import wants_unseen
from bellwire.rules.permitting import check_scope
from bellwire.rules.validating import Checked
from bellwire.store import PAGE_BYTES_MAX


class Inspector:
    """Stores nothing. Objects are taken in their JSON form; webhook_id: the one whose secrets `"****"` stands for."""

    def __init__(self, parts: Parts, tester: Tester, *, registrar: Registrar, supervisor: Supervisor) -> None:
        self._log = parts.log
        self._selector = parts.selector
        self._registrar = registrar
        self._supervisor = supervisor
        self._tester = tester

    def check(self, document: object, webhook_id: WebhookId | None = None, *, by: Principal) -> Checked:
        """What creating this, or replacing that webhook's object by it, would store.

        Raises InvalidObject, UnknownThing.
        """
        return self._registrar.check(document, webhook_id, by=by)

    def preview(self, document: object, webhook_id: WebhookId | None = None, *, by: Principal) -> Request | Unreadable:
        """What test would send, masked for whoever sees it; raises as check does."""
        webhook = self.check(document, webhook_id, by=by).webhook
        request = self._tester.preview(webhook, webhook_id)
        return request if isinstance(request, Unreadable) else request_as_seen(request, webhook, by=by)

    async def test(self, document: object, webhook_id: WebhookId | None = None, *, by: Principal) -> Tested:
        """Send a webhook.test event now as the object says, and show the whole exchange; also raises Forbidden."""
        check_scope(by, Scope.WRITE)
        return await self._tester.test_draft(self.check(document, webhook_id, by=by).webhook, webhook_id)

    def check_signature(self, webhook_id: WebhookId, signed: Signed) -> SignatureCheck | Unreadable:
        """Whether the webhook's key has made the signature; the key is not shown. Raises UnknownThing."""
        credentials = self._supervisor[self._registrar.get(webhook_id).id].credentials()
        return credentials if isinstance(credentials, Unreadable) else check_signature(signed, credentials)

    def getting(self, type_id: EventTypeId) -> tuple[RegisteredWebhook, ...]:
        """The webhooks that would get an event of the type if it were published now; the type need not be known yet."""
        catalogue = self._selector.catalogue
        return tuple(
            webhook
            for webhook in self._registrar.all()
            if webhook.object.enable
            and (
                type_id in self._selector.types(webhook.object)
                if type_id in catalogue
                else wants_unseen(webhook.object, type_id, catalogue)
            )
        )

    async def sent(self, attempt: Attempt, *, by: Principal) -> SentRequest | None:
        """What the attempt sent, masked for whoever sees it; None where its events or its webhook are not there any
        more, or cannot be told.
        """
        try:
            dispatcher = self._supervisor[attempt.webhook_id]
        except KeyError:
            return None
        events = await self._events_of(attempt, dispatcher)
        if len(events) != attempt.events:
            return None
        body = join_body(events)
        request = dispatcher.compose(body, attempt.batch_id, timestamp_s=attempt.at_ms // 1000)
        if isinstance(request, Unreadable) or len(body) != attempt.body_bytes:
            return None
        exact = dispatcher.webhook.updated_at_ms <= attempt.at_ms
        return SentRequest(request=request_as_seen(request, dispatcher.object, by=by), exact=exact)

    async def sent_ids(self, attempt: Attempt) -> tuple[EventId, ...]:
        """The ids of the events that the attempt sent; none where they cannot be told, as sent says."""
        try:
            events = await self._events_of(attempt, self._supervisor[attempt.webhook_id])
        except KeyError:
            return ()
        if len(events) != attempt.events:
            return ()
        return tuple([msgspec.json.decode(event.encoded, type=WebhookEvent).id for event in events])

    async def _events_of(self, attempt: Attempt, dispatcher: Dispatcher) -> tuple[LoggedEvent, ...]:
        """The wanted events between the attempt's first and last: those it sent, unless it left some of them out."""
        types = self._selector.types(dispatcher.object)
        start, before = attempt.first, Position(attempt.last + 1)
        found: tuple[LoggedEvent, ...] = ()
        while start < before and len(found) <= attempt.events:
            page = await self._log.read(
                start,
                before=before,
                types=types,
                events_max=attempt.events + 1 - len(found),
                bytes_max=PAGE_BYTES_MAX,
            )
            found += page.events
            start = page.next
        return found
