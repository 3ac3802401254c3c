"""Events are found by what they say and whom they concern, in bounded steps."""

import json
from pathlib import Path

import msgspec
import pytest

from bellwire.engine import event_finder
from bellwire.errors import UnknownThing
from bellwire.model.event import EventTypeId, Position
from bellwire.model.event_query import Condition, EventQuery
from bellwire.model.webhook import WebhookId
from bellwire.rules.accepting import PublishedEvent
from bellwire.service import Bellwire


async def publish(service: Bellwire, count: int, *, rare: frozenset[int] = frozenset()) -> None:
    """Event n stands at n; jane's are the rare ones."""
    events = [
        {"type": "auth.success", "data": {"accountName": "jane" if number in rare else "john", "n": number}}
        for number in range(1, count + 1)
    ]
    await service.publish_json(json.dumps(events).encode())


JANE = (Condition("accountName", "jane"),)


async def pages_of(service: Bellwire, query: EventQuery) -> list[list[int]]:
    """The positions on each page."""
    pages: list[list[int]] = []
    before = query.before
    while True:
        members = {name: getattr(query, name) for name in query.__struct_fields__}
        found = await service.finder.find(EventQuery(**{**members, "before": before}))
        pages.append([event.position for event in found.events])
        before = found.next
        if before is None:
            return pages


async def test_a_call_looks_at_a_bounded_number_and_the_pages_together_have_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_finder, "EVENTS_LOOKED_MAX", 100)
    async with Bellwire.open(tmp_path) as service:
        await publish(service, 250, rare=frozenset({3, 40, 249}))
        assert await pages_of(service, EventQuery(conditions=JANE)) == [[249], [], [40, 3]]
        assert await pages_of(service, EventQuery(conditions=JANE, limit=1)) == [[249], [], [], [40], [3], []]
        assert await pages_of(service, EventQuery(conditions=(*JANE, Condition("n", "40")))) == [[], [], [40]]
        assert await pages_of(service, EventQuery(limit=100)) == [
            list(range(250, 150, -1)),
            list(range(150, 50, -1)),
            list(range(50, 0, -1)),
        ]


@pytest.mark.parametrize("limit", ["BYTES_LOOKED_MAX", "PAGE_BYTES_MAX"])
async def test_large_events_end_a_page_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    monkeypatch.setattr(event_finder, limit, 150)
    async with Bellwire.open(tmp_path) as service:
        await publish(service, 5)
        assert await pages_of(service, EventQuery()) == [[5, 4], [3, 2], [1]]


async def test_what_a_webhook_wants_is_found_by_its_present_filter(tmp_path: Path) -> None:
    async with Bellwire.open(tmp_path) as service:
        included = {"url": "http://127.0.0.1:9/", "eventsPolicy": "include", "enable": False}
        one, _ = await service.create_webhook({**included, "events": ["auth.failed", "bellwire.webhook-failing"]})
        for type_id in ("auth.success", "auth.failed"):
            await service.publish(type_id, {"accountName": "jane"})
        query = EventQuery(webhook_id=one.id)
        assert await pages_of(service, query) == [[2]]
        assert await pages_of(service, EventQuery(webhook_id=one.id, conditions=JANE)) == [[2]]
        for told in (one.id, "another"):
            event = PublishedEvent(
                type="bellwire.webhook-failing", data=msgspec.Raw(b'{"webhookId":"%b"}' % told.encode())
            )
            await service._intake.announce([event])
        assert await pages_of(service, query) == [[4, 2]]  # position 3 speaks of the webhook itself
        types = frozenset({EventTypeId("auth.success")})
        assert await pages_of(service, EventQuery(webhook_id=one.id, types=types)) == [[]]
        await service.patch_webhook(one.id, {"events": ["auth.success"]})
        assert await pages_of(service, query) == [[1]]
        assert await pages_of(service, EventQuery(webhook_id=one.id, before=Position(1))) == [[]]
        with pytest.raises(UnknownThing):
            await service.finder.find(EventQuery(webhook_id=WebhookId("none")))
