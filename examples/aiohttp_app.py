"""aiohttp: an order is paid, and every webhook that wants to know is told, after the answer and durably."""

import os
from collections.abc import AsyncIterator

from aiohttp import web

from bellwire import Bellwire, WebHook

HOOK_URL = os.environ.get("HOOK_URL", "https://example.com/hook")
BELLWIRE = web.AppKey("bellwire", Bellwire)


async def with_bellwire(app: web.Application) -> AsyncIterator[None]:
    async with Bellwire.open("data") as bellwire:
        await bellwire.declare_type("shop.order-paid")
        if not bellwire.webhooks():
            await bellwire.create_webhook(
                WebHook(
                    url=HOOK_URL, events=["shop.order-paid"], events_policy="include", signature_key="my-secret-key"
                )
            )
        app[BELLWIRE] = bellwire
        yield


async def paid(request: web.Request) -> web.Response:
    order = int(request.match_info["order"])
    return web.json_response({"event": await request.app[BELLWIRE].publish("shop.order-paid", {"order": order})})


app = web.Application()
app.cleanup_ctx.append(with_bellwire)
app.router.add_post(r"/orders/{order:\d+}/paid", paid)

if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=int(os.environ.get("PORT", "8000")))
