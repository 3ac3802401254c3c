import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from bellwire import Bellwire, ConflictingEvent, Event, InvalidEvent, Mistake, Stopping, TracingLevel
from embedding.looking import logged

THREADS = 8
EACH = 25


async def test_data_may_hold_what_python_programs_have(bellwire: Bellwire) -> None:
    paid_at = datetime(2026, 1, 31, 8, tzinfo=UTC)
    await bellwire.publish(
        "shop.order-paid",
        {"at": paid_at, "id": UUID(int=7), "total": Decimal("10.50"), "level": TracingLevel.WARN, "lines": (1, 2)},
    )
    (event,) = await logged(bellwire)
    assert event["data"] == {
        "at": "2026-01-31T08:00:00Z",
        "id": "00000000-0000-0000-0000-000000000007",
        "total": "10.50",
        "level": "warn",
        "lines": [1, 2],
    }


async def test_id_and_time_may_be_given(bellwire: Bellwire) -> None:
    created_at = datetime.fromisoformat("2026-01-31T09:00:00+01:00")
    assert await bellwire.publish("shop.order-paid", {}, id="order-17", created_at=created_at) == "order-17"
    (event,) = await logged(bellwire)
    assert (event["id"], event["createdAt"]) == ("order-17", "2026-01-31T08:00:00.000Z")


async def test_a_repeated_event_is_stored_once_and_another_one_of_its_id_is_refused(bellwire: Bellwire) -> None:
    for _ in range(2):
        await bellwire.publish("shop.order-paid", {"order": 17}, id="order-17")
    with pytest.raises(ConflictingEvent):
        await bellwire.publish("shop.order-paid", {"order": 18}, id="order-17")
    assert len(await logged(bellwire)) == 1


async def test_many_are_taken_in_their_order_all_or_none(bellwire: Bellwire) -> None:
    published = await bellwire.publish_all(Event("shop.order-paid", {"order": order}) for order in range(3))
    assert [event["id"] for event in await logged(bellwire)] == list(published.ids)
    with pytest.raises(InvalidEvent) as caught:
        await bellwire.publish_all([Event("shop.order-paid", {}), Event("shop.order-paid", {"socket": object()})])
    assert caught.value.index == 1
    assert caught.value.faults[0].path == "events/1/data/socket"
    assert len(await logged(bellwire)) == 3


async def test_threads_publish_and_wait_until_it_is_on_disk(bellwire: Bellwire) -> None:
    def work(thread: int) -> list[str]:
        return [bellwire.publish_from_thread("shop.order-paid", {"thread": thread, "n": n}) for n in range(EACH)]

    with ThreadPoolExecutor(THREADS) as pool:
        loop = asyncio.get_running_loop()
        ids = await asyncio.gather(*(loop.run_in_executor(pool, work, thread) for thread in range(THREADS)))
    events = await logged(bellwire)
    assert {event["id"] for event in events} == {event_id for each in ids for event_id in each}
    for thread in range(THREADS):
        assert [event["data"]["n"] for event in events if event["data"]["thread"] == thread] == list(range(EACH))


async def test_a_thread_hears_what_is_wrong_with_its_event(bellwire: Bellwire) -> None:
    with pytest.raises(InvalidEvent):
        await asyncio.to_thread(bellwire.publish_from_thread, "Shop", {})


async def test_the_event_loops_own_thread_is_not_let_wait_for_itself(bellwire: Bellwire) -> None:
    with pytest.raises(Mistake, match=r"await publish\(\) there"):
        bellwire.publish_from_thread("shop.order-paid", {})


async def test_another_event_loop_is_sent_away_before_anything_is_stored(bellwire: Bellwire) -> None:
    def elsewhere() -> None:
        asyncio.run(bellwire.publish("shop.order-paid", {}))

    with pytest.raises(Mistake, match=r"call publish_from_thread\(\)"):
        await asyncio.to_thread(elsewhere)
    assert await logged(bellwire) == []


def test_a_thread_is_told_when_bellwire_or_its_event_loop_has_ended(tmp_path: Path) -> None:
    async def main() -> Bellwire:
        async with Bellwire.open(tmp_path) as bellwire:
            pass
        with pytest.raises(Stopping):
            await asyncio.to_thread(bellwire.publish_from_thread, "shop.order-paid", {})
        return bellwire

    bellwire = asyncio.run(main())
    heard: list[BaseException] = []

    def late() -> None:
        try:
            bellwire.publish_from_thread("shop.order-paid", {})
        except Stopping as problem:
            heard.append(problem)

    thread = threading.Thread(target=late)
    thread.start()
    thread.join()
    assert "event loop has ended" in str(heard[0])
