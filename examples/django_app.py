"""Django in one file: its threads publish by publish_from_thread, and Bellwire's event loop has a thread of its own."""

import contextlib
import os
from wsgiref.simple_server import make_server

from anyio.from_thread import start_blocking_portal
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, JsonResponse
from django.urls import path

from bellwire import Bellwire, WebHook

HOOK_URL = os.environ.get("HOOK_URL", "https://example.com/hook")
PORT = int(os.environ.get("PORT", "8000"))

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["127.0.0.1"], SECRET_KEY=os.urandom(32).hex())


def paid(_request: HttpRequest, order: int) -> JsonResponse:
    return JsonResponse({"event": bellwire.publish_from_thread("shop.order-paid", {"order": order})})


urlpatterns = [path("orders/<int:order>/paid", paid)]


async def set_up(bellwire: Bellwire) -> None:
    await bellwire.declare_type("shop.order-paid")
    hook = WebHook(url=HOOK_URL, events=["shop.order-paid"], events_policy="include", signature_key="my-secret-key")
    if not bellwire.webhooks():
        await bellwire.create_webhook(hook)


with start_blocking_portal() as portal, portal.wrap_async_context_manager(Bellwire.open("data")) as bellwire:
    portal.call(set_up, bellwire)
    with make_server("127.0.0.1", PORT, get_wsgi_application()) as server, contextlib.suppress(KeyboardInterrupt):
        print(f"Listening on http://127.0.0.1:{PORT}", flush=True)
        server.serve_forever()
