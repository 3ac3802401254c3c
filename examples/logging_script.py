"""A script whose warnings and errors reach webhooks, by Python's own logging."""

import asyncio
import logging
import os

from bellwire import Bellwire, BellwireHandler, WebHook

HOOK_URL = os.environ.get("HOOK_URL", "https://example.com/hook")

log = logging.getLogger("shop.payments")


async def main() -> None:
    async with Bellwire.open("data") as bellwire, BellwireHandler(bellwire, level="WARNING") as handler:
        await bellwire.declare_type("log.shop.payments", level="warn")
        if not bellwire.webhooks():
            await bellwire.create_webhook(
                WebHook(
                    url=HOOK_URL, events=["log.shop.payments"], events_policy="include", signature_key="my-secret-key"
                )
            )
        logging.getLogger().addHandler(handler)
        log.warning("the card was refused", extra={"order": 17})


asyncio.run(main())
