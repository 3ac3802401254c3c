"""Fills a store before it is measured, as months of use would: through the store's own contract, in big groups.

python -m benchmarks.filling < Filling
"""

import asyncio
import sys
import time
from pathlib import Path
from typing import Final

import msgspec
import uuid_utils

from bellwire.model.audit import Action, AuditEntry
from bellwire.model.cursor import Cursor
from bellwire.model.event import EventId, EventTypeId, NewEvent
from bellwire.model.principal import PROGRAM
from bellwire.model.webhook import RegisteredWebhook, WebHook, WebhookId
from bellwire.store import Store
from bellwire.stores.sqlite.store import open_sqlite_store
from benchmarks.events import now_us, written

GROUP_EVENTS: Final = 10_000
WEBHOOKS_AT_ONCE: Final = 1_000
AGE_MS: Final = 5 * 24 * 3600 * 1000
"""The events are spread over so much of the past, evenly; retention would remove what is older than seven days."""


class Filling(msgspec.Struct, frozen=True, kw_only=True):
    """store: the file. types: given to events in turn. webhooks: each wants all events from the end of the log on."""

    store: str
    events: int
    types: list[str]
    webhooks: int = 0
    url: str = "http://127.0.0.1:9/idle"


async def fill(filling: Filling) -> None:
    """Do it."""
    path = Path(filling.store)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    store = await open_sqlite_store(path)
    now_ms = time.time_ns() // 1_000_000
    for first in range(0, filling.events, GROUP_EVENTS):
        numbers = range(first, min(first + GROUP_EVENTS, filling.events))
        at_ms = now_ms - AGE_MS + AGE_MS * first // filling.events
        await store.log.append(_events(filling.types, numbers, at_ms), accepted_at_ms=at_ms)
    for first in range(0, filling.webhooks, WEBHOOKS_AT_ONCE):
        count = min(WEBHOOKS_AT_ONCE, filling.webhooks - first)
        await asyncio.gather(*(_add_webhook(store, filling.url, now_ms) for _ in range(count)))
    await store.close()


def _events(types: list[str], numbers: range, at_ms: int) -> list[NewEvent]:
    created_at = f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(at_ms // 1000))}.{at_ms % 1000:03}Z"
    published = written(types, 0, numbers, sent_us=now_us(), between="\n").split("\n")
    made = []
    for number, text in zip(numbers, published, strict=True):
        event_id = str(uuid_utils.uuid7())
        head = f'{{"id":"{event_id}","createdAt":"{created_at}",'
        made.append(
            NewEvent(
                id=EventId(event_id),
                type=EventTypeId(types[number % len(types)]),
                encoded=(head + text[1:]).encode(),
                content_at=len(head),
                id_given=False,
            )
        )
    return made


async def _add_webhook(store: Store, url: str, now_ms: int) -> None:
    webhook = RegisteredWebhook(
        id=WebhookId(str(uuid_utils.uuid7())),
        object=WebHook(url=url, name="idle"),
        revision=1,
        created_at_ms=now_ms,
        updated_at_ms=now_ms,
        switched_at_ms=now_ms,
        starts_at=store.log.end,
    )
    cursor = Cursor(webhook_id=webhook.id, position=store.log.end, since_ms=now_ms)
    audit = AuditEntry(
        at_ms=now_ms,
        by=PROGRAM.name,
        kind=PROGRAM.kind,
        address="",
        action=Action.WEBHOOK_CREATE,
        object_id=webhook.id,
    )
    await store.registry.add_webhook(webhook, cursor, audit=audit)


if __name__ == "__main__":
    asyncio.run(fill(msgspec.json.decode(sys.stdin.buffer.read(), type=Filling)))
