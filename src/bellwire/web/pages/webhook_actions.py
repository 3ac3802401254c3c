"""What can be done with a webhook besides editing it; what loses events asks first, naming what is lost."""

from starlette.responses import Response

from bellwire.errors import UnknownThing
from bellwire.web.pages.exchanges import view_exchange
from bellwire.web.pages.showing import plural
from bellwire.web.pages.visit import WEBHOOKS, Notice, Visit


async def test_webhook(visit: Visit) -> Response:
    """POST …/{id}/test: one test event now, and the whole exchange."""
    webhook = visit.service.webhook(visit.webhook_id)
    exchange = view_exchange(await visit.service.test_webhook(webhook.id, by=visit.principal))
    if visit.is_partial:
        return visit.part("exchange.html", exchange=exchange)
    return await visit.page("webhook_test.html", webhook=webhook, exchange=exchange)


async def pause_webhook(visit: Visit) -> Response:
    """POST …/{id}/pause."""
    back = await _back(visit)
    webhook = await visit.service.pause_webhook(visit.webhook_id, by=visit.principal)
    waiting = (await visit.service.webhook_status(webhook.id)).backlog
    told = f"{plural(waiting, 'event')} and all that comes is kept." if waiting else "All that comes is kept."
    return visit.go(back, Notice("good", f"{webhook.object.name} is paused", told))


async def resume_webhook(visit: Visit) -> Response:
    """POST …/{id}/resume."""
    back = await _back(visit)
    webhook = await visit.service.resume_webhook(visit.webhook_id, by=visit.principal)
    return visit.go(back, Notice("good", f"{webhook.object.name} is resumed", "It is tried at once."))


async def enable_webhook(visit: Visit) -> Response:
    """POST …/{id}/enable."""
    back = await _back(visit)
    edited = await visit.service.patch_webhook(visit.webhook_id, {"enable": True}, by=visit.principal)
    notice = Notice("good", f"{edited.webhook.object.name} is enabled", "It gets what is published from now on.")
    return visit.go(back, notice)


async def ask_disable(visit: Visit) -> Response:
    """GET …/{id}/disable: what waits and would be discarded, and that pausing keeps it."""
    webhook = visit.service.webhook(visit.webhook_id)
    status = await visit.service.webhook_status(webhook.id)
    return await visit.page("webhook_disable.html", webhook=webhook, status=status)


async def disable_webhook(visit: Visit) -> Response:
    """POST …/{id}/disable."""
    back = await _back(visit)
    waiting = (await visit.service.webhook_status(visit.webhook_id)).backlog
    edited = await visit.service.patch_webhook(visit.webhook_id, {"enable": False}, by=visit.principal)
    told = f"{plural(waiting, 'event')} that waited {'is' if waiting == 1 else 'are'} discarded." if waiting else ""
    return visit.go(back, Notice("good", f"{edited.webhook.object.name} is disabled", told))


async def ask_delete(visit: Visit) -> Response:
    """GET …/{id}/delete: what is lost by it."""
    webhook = visit.service.webhook(visit.webhook_id)
    status = await visit.service.webhook_status(webhook.id)
    return await visit.page("webhook_delete.html", webhook=webhook, status=status)


async def delete_webhook(visit: Visit) -> Response:
    """POST …/{id}/delete; one that is gone already is as good."""
    name = "The webhook"
    try:
        name = visit.service.webhook(visit.webhook_id).object.name
        await visit.service.delete_webhook(visit.webhook_id, by=visit.principal)
    except UnknownThing:
        pass
    return visit.go(WEBHOOKS, Notice("good", f"{name} is deleted"))


async def _back(visit: Visit) -> str:
    """To the list where the form says so, else to the webhook."""
    return WEBHOOKS if (await visit.form()).text("back") == "list" else visit.webhook_address
