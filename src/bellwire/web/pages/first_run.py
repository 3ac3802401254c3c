"""The first run: from no webhook to the first delivery, in steps that tick themselves off by what is so."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from starlette.responses import Response

from bellwire.model.event import EventTypeId
from bellwire.model.principal import Scope as Granted
from bellwire.rules.matching import counted_types
from bellwire.rules.permitting import check_scope, may
from bellwire.web.built_in_receiver import BuiltInReceiver
from bellwire.web.pages.attempt_rows import find_attempts
from bellwire.web.pages.attempts import view_recorded
from bellwire.web.pages.built_in_receiver import Shown, shown_of
from bellwire.web.pages.exchanges import ExchangeView, advise_attempt
from bellwire.web.pages.visit import RECEIVER, Notice, Visit
from bellwire.web.pages.webhook_rows import Row
from bellwire.web.problems import Problem, Refused

COOKIE: Final = "bellwire_first_run"
_UNDER_WAY: Final = "under-way"
_CLOSED: Final = "closed"
_UNDER_WAY_S: Final = 3600
_DELIVERED_MAX: Final = 100
"""With more delivered than that, it is no first run, whatever the browser has seen elsewhere."""

_READY: Final[dict[str, dict[str, Any]]] = {
    "auth.success": {"accountName": "jane.doe@example.com", "accountId": 14, "remoteIp": "203.0.113.24"},
    "store.ingest": {"accountId": 14, "from": "news@example.com", "size": 18960},
}
"""What a first event of these types says; of any other type it says where it comes from."""

_READY_OTHERWISE: Final = {"note": "Published as a first event from Bellwire's own pages."}


class FirstRun(msgspec.Struct, frozen=True, kw_only=True):
    """How far it is. row: the webhook that it is about; type_id: of the event that is ready for it, None if it wants
    none; received: what the built-in receiver got, where the webhook leads there.
    """

    row: Row | None
    type_id: EventTypeId | None
    may_publish: bool
    published: bool
    delivered: bool
    at_ms: int | None
    exchange: ExchangeView | None
    advice: str
    received: Shown | None


async def first_run_of(visit: Visit, rows: Sequence[Row]) -> FirstRun | None:
    """What Overview leads through; None where somebody has got further, closed it, or may change nothing.

    It is there until something was delivered, and to whom saw it then a while longer.
    """
    delivered = sum(row.status.delivered for row in rows)
    seen = visit.request.cookies.get(COOKIE, "")
    is_over = delivered > (_DELIVERED_MAX if seen == _UNDER_WAY else 0)
    if is_over or len(rows) > 1 or seen == _CLOSED or not may(visit.principal, Granted.WRITE):
        return None
    row = rows[0] if rows else None
    found = None
    if row is not None:
        page = await find_attempts(visit.service, webhook_id=row.webhook.id, shown="", before="", rows_max=1)
        found = page.rows[0].attempt if page.rows else None
    receiver: BuiltInReceiver | None = visit.request.scope.get(RECEIVER)
    received = receiver.of_message(found.batch_id) if receiver and found else None
    sent = await visit.service.inspector.sent(found, by=visit.principal) if found else None
    return FirstRun(
        row=row,
        type_id=ready_type(visit, row) if row else None,
        may_publish=may(visit.principal, Granted.PUBLISH),
        published=row is not None and (await visit.service.account(row.webhook.id)).wanted > 0,
        delivered=delivered > 0,
        at_ms=found.at_ms if found else None,
        exchange=view_recorded(found, sent) if found else None,
        advice=advise_attempt(found) if found else "",
        received=shown_of(received) if received else None,
    )


def remember(answer: Response) -> None:
    """Let this browser see the last step too, once it is done."""
    answer.set_cookie(COOKIE, _UNDER_WAY, max_age=_UNDER_WAY_S, path="/", httponly=True, samesite="lax")


async def publish_event(visit: Visit) -> Response:
    """POST /first-run/event: one event that the only webhook wants."""
    check_scope(visit.principal, Granted.PUBLISH)
    webhooks = visit.service.webhooks()
    if len(webhooks) != 1:
        raise Refused(Problem(status=409, detail="A first event is for the only webhook, and there is none, or more."))
    type_id = _ready_for(webhooks[0].object.events, counted_types(webhooks[0].object, visit.service.catalogue))
    if type_id is None:
        raise Refused(Problem(status=409, detail="The webhook wants no event of any type. Edit its events first."))
    event = {"type": type_id, "data": _READY.get(type_id, _READY_OTHERWISE)}
    await visit.service.publish_json(msgspec.json.encode(event), by=visit.principal)
    return visit.go("/", Notice("good", f"An event {type_id} is published", "It is on disk, and sent at once."))


async def close(visit: Visit) -> Response:
    """POST /first-run/close: not shown again in this browser."""
    answer = visit.go("/")
    answer.set_cookie(COOKIE, _CLOSED, path="/", httponly=True, samesite="lax")
    return answer


def ready_type(visit: Visit, row: Row) -> EventTypeId | None:
    """The type of which an event is ready: of the documentation's example if the webhook wants that."""
    return _ready_for(row.object.events, counted_types(row.object, visit.service.catalogue))


def _ready_for(listed: Sequence[str], wanted: Sequence[EventTypeId]) -> EventTypeId | None:
    best = [type_id for type_id in (*_READY, *listed) if type_id in wanted]
    first = next(iter(best or wanted), None)
    return None if first is None else EventTypeId(first)
