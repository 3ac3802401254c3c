"""FastAPI: an order is paid, and every webhook that wants to know is told, after the answer and durably."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI, Request

from bellwire import Bellwire, WebHook

HOOK_URL = os.environ.get("HOOK_URL", "https://example.com/hook")


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[dict[str, Bellwire]]:
    async with Bellwire.open("data") as bellwire:
        await bellwire.declare_type("shop.order-paid")
        if not bellwire.webhooks():
            await bellwire.create_webhook(
                WebHook(
                    url=HOOK_URL, events=["shop.order-paid"], events_policy="include", signature_key="my-secret-key"
                )
            )
        yield {"bellwire": bellwire}


app = FastAPI(lifespan=lifespan)


@app.post("/orders/{order}/paid", status_code=202)
async def paid(order: int, request: Request) -> dict[str, str]:
    return {"event": await request.state.bellwire.publish("shop.order-paid", {"order": order})}


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ.get("PORT", "8000")))
