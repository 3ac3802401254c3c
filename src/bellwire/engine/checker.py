"""The checker: looks at an endpoint step by step, and says what to mend; nothing of it enters the log."""

import asyncio

import uuid_utils
from msgspec.structs import replace

from bellwire.engine.guard import Guard
from bellwire.engine.keyring import Unreadable
from bellwire.engine.parts import Parts
from bellwire.engine.registrar import Registrar
from bellwire.engine.supervisor import Supervisor
from bellwire.engine.tester import body_of_test
from bellwire.model.attempt import AddressRefused, Request, Response
from bellwire.model.batch import BatchId
from bellwire.model.duration import DurationMs
from bellwire.model.endpoint_check import Addresses, Contact, EndpointCheck, Probed
from bellwire.model.principal import PROGRAM, Principal, Scope
from bellwire.model.webhook import WebhookId
from bellwire.rules.checking_urls import port_of
from bellwire.rules.diagnosing_endpoints import Evidence, diagnose
from bellwire.rules.permitting import check_scope


class Checker:
    """Checks endpoints, of disabled webhooks too."""

    def __init__(self, parts: Parts, guard: Guard, *, registrar: Registrar, supervisor: Supervisor) -> None:
        self._sender = parts.sender
        self._clock = parts.clock
        self._guard = guard
        self._registrar = registrar
        self._supervisor = supervisor

    def objection(self, url: str) -> str:
        """Why the settings forbid requests to this URL, whose host is an address; empty where they do not."""
        return self._guard.objection_to_url(url)

    async def check(self, webhook_id: WebhookId, *, by: Principal = PROGRAM) -> EndpointCheck:
        """Look at everything within the webhook's timeout, beside whatever is under way. Raises UnknownThing."""
        check_scope(by, Scope.WRITE)
        self._registrar.get(webhook_id)
        dispatcher = self._supervisor[webhook_id]
        webhook = dispatcher.object
        began_ms = self._clock.steady_ms()
        lookup, probe = await asyncio.gather(
            self._sender.look_up(webhook.url, timeout_ms=webhook.timeout_ms),
            self._sender.probe(webhook.url, timeout_ms=webhook.timeout_ms),
        )
        left_ms = DurationMs(max(1, webhook.timeout_ms - (self._clock.steady_ms() - began_ms)))
        sent_at_ms = self._clock.wall_ms()
        request = dispatcher.compose(
            body_of_test(dispatcher.object, dispatcher.webhook.id, sent_at_ms),
            BatchId(str(uuid_utils.uuid7())),
            timestamp_s=sent_at_ms // 1000,
        )
        sent, response, unsent = await self._exchange(request, probe, left_ms)
        addresses = lookup.addresses if isinstance(lookup, Addresses) else ()
        evidence = Evidence(
            webhook=webhook,
            lookup=lookup,
            objections=tuple(self._guard.objection(address, port_of(webhook.url)) for address in addresses),
            probe=probe,
            request=sent,
            response=response,
            unsent=unsent,
            sent_at_ms=sent_at_ms,
            received_at_ms=self._clock.wall_ms(),
        )
        return diagnose(evidence)

    async def _exchange(
        self, request: Request | Unreadable, probe: Probed, left_ms: DurationMs
    ) -> tuple[Request | None, Response | AddressRefused | None, str]:
        """The request that was sent and what came back, or else why nothing was sent though it could have been."""
        if isinstance(request, Unreadable):
            return None, None, request.reason
        if not isinstance(probe, Contact):
            return None, None, ""
        response = await self._sender.send(replace(request, timeout_ms=left_ms))
        return request, response, ""
