"""A script that says what it did: every webhook hears of it now, or when Bellwire runs over this folder again."""

import asyncio
import os

from bellwire import Bellwire, WebHook

HOOK_URL = os.environ.get("HOOK_URL", "https://example.com/hook")


async def main() -> None:
    async with Bellwire.open("data") as bellwire:
        await bellwire.declare_type("shop.order-paid", description="A customer has paid an order.")
        if not bellwire.webhooks():  # they are kept in the folder, and created once
            await bellwire.create_webhook(
                WebHook(
                    url=HOOK_URL, events=["shop.order-paid"], events_policy="include", signature_key="my-secret-key"
                )
            )
        event_id = await bellwire.publish("shop.order-paid", {"order": 17})
        print(f"on disk: {event_id}")


asyncio.run(main())
