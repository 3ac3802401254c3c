"""Search: pages, actions, webhooks, event types by a few words, and an event or attempt by its id."""

from typing import Final

from starlette.responses import Response

from bellwire.errors import UnknownThing
from bellwire.model.event import EVENT_ID_LENGTH_MAX, EventId
from bellwire.rules.permitting import may
from bellwire.web.built_in_receiver import BuiltInReceiver
from bellwire.web.pages.attempt_rows import names_of
from bellwire.web.pages.events import event_address
from bellwire.web.pages.finding import DEEDS, PLACES, TEXT_LENGTH_MAX, VERBS, Found, Group, find
from bellwire.web.pages.visit import RECEIVER, Visit

RECEIVER_PAGE: Final = "/receiver"


async def search(visit: Visit) -> Response:
    """GET /search: a page with what is found, or, for the palette, the options alone."""
    text = visit.query("q")[:TEXT_LENGTH_MAX]
    service, principal = visit.service, visit.principal
    receiver: BuiltInReceiver | None = visit.request.scope[RECEIVER]
    groups = find(
        text,
        [
            each
            for each in (*PLACES, *DEEDS)
            if may(principal, each.needs) and (receiver is not None or each.address != RECEIVER_PAGE)
        ],
        [each for each in VERBS if may(principal, each.needs)],
        service.webhooks(),
        service.catalogue.ids(),
    )
    if exact := await _by_id(visit, text):
        groups.insert(0, Group(title="By its id", found=exact))
    if visit.is_partial:
        return visit.part("search_options.html", groups=groups, text=text)
    return await visit.page("search.html", groups=groups, text=text, length_max=TEXT_LENGTH_MAX)


async def _by_id(visit: Visit, text: str) -> tuple[Found, ...]:
    """The event and the attempt of that id."""
    if not text or len(text) > EVENT_ID_LENGTH_MAX:
        return ()
    found = []
    try:
        event = await visit.service.event(EventId(text))
        found.append(Found(icon="list-filter", label=f"Event {event.type}", detail=text, address=event_address(text)))
    except UnknownThing:
        pass
    try:
        attempt = await visit.service.attempt(text)
        name = names_of(visit.service.webhooks()).get(attempt.webhook_id, attempt.webhook_id)
        found.append(Found(icon="send", label=f"Attempt at {name}", detail=text, address=f"/attempts/{attempt.id}"))
    except UnknownThing:
        pass
    return tuple(found)
