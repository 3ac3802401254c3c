import asyncio
import contextlib
import itertools
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import pytest

from bellwire.errors import StorageUnavailable
from bellwire.model.event import EventId
from bellwire.model.limits import MIB, Limits
from bellwire.model.room import RoomState
from bellwire.service import Bellwire
from builders import make_document
from receivers import Receiver, Reply

FLOOR = 3 * MIB
LIMITS = Limits(free_floor_bytes=FLOOR, backlog_bytes=100 * MIB)


class Body(msgspec.Struct):
    events: list[dict[str, object]]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 MiB of its own."""
    folder = tmp_path / "small"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "bellwire-test", folder], check=True)
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


class Deliveries:
    """The ids of the events that a receiver got, each request read once."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._requests = 0
        self._ids: list[object] = []

    def ids(self) -> list[object]:
        for request in self._receiver.requests[self._requests :]:
            self._ids += [event["id"] for event in msgspec.json.decode(request.body, type=Body).events]
            self._requests += 1
        return self._ids

    async def reach(self, count: int) -> list[object]:
        """Wait for so many events, and return all."""
        async with asyncio.timeout(20):
            while len(self.ids()) < count:  # noqa: ASYNC110 - the receiver lives in threads
                await asyncio.sleep(0)
        return self.ids()


@pytest.fixture
def deliveries(receiver: Receiver) -> Deliveries:
    return Deliveries(receiver)


@pytest.fixture
async def service(small_disk: Path) -> AsyncIterator[Bellwire]:
    async with Bellwire.open(small_disk / "bellwire", limits=LIMITS) as service:
        yield service


def fifty(numbers: Iterator[int]) -> list[dict[str, object]]:
    """Fifty events of 2 KiB."""
    return [
        {"id": f"{number}", "type": "auth.success", "data": {"x": "x" * 2_000}}
        for number in itertools.islice(numbers, 50)
    ]


async def publish(service: Bellwire, events: list[dict[str, object]]) -> list[str]:
    """Publish and return what was acknowledged."""
    return list((await service.publish_json(msgspec.json.encode(events))).ids)


def fill_wholly(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        for _ in range(100_000):
            file.write(b"\0" * 4096)
    left = os.statvfs(ballast)
    assert left.f_bavail == 0


async def fill(service: Bellwire, numbers: Iterator[int]) -> tuple[list[str], list[dict[str, object]], str]:
    """Publish until it is refused: what was acknowledged, what was refused, and what was said."""
    acknowledged: list[str] = []
    while True:
        events = fifty(numbers)
        try:
            acknowledged += await publish(service, events)
        except StorageUnavailable as problem:
            return acknowledged, events, str(problem)
        assert len(acknowledged) < 50_000


async def until_taken(service: Bellwire, events: list[dict[str, object]]) -> list[str]:
    """Publish again and again, as a publisher would after 503."""
    async with asyncio.timeout(20):
        while True:
            try:
                return await publish(service, events)
            except StorageUnavailable:
                await asyncio.sleep(0)


async def test_events_that_wait_fill_the_disk_down_to_the_floor_and_what_was_taken_is_settled(
    service: Bellwire, small_disk: Path, receiver: Receiver, deliveries: Deliveries
) -> None:
    numbers = itertools.count()
    down, _ = await service.create_webhook(make_document(url="http://127.0.0.1:9/", name="down", discardAfter="365d"))
    up, _ = await service.create_webhook(make_document(url=receiver.url, throttle=0, discardAfter="365d"))
    acknowledged, refused, said = await fill(service, numbers)
    assert "free-floor" in said
    assert "down" in said
    free = os.statvfs(small_disk)
    assert 0 < free.f_bavail * free.f_frsize < FLOOR
    assert (await service.status()).room.state is RoomState.FULL
    assert await deliveries.reach(len(acknowledged)) == acknowledged
    async with asyncio.timeout(20):
        while (await service.webhook_status(up.id)).delivered < len(acknowledged):  # noqa: ASYNC110 - of a status
            await asyncio.sleep(0)
    with pytest.raises(StorageUnavailable):
        await publish(service, refused)
    await service.delete_webhook(down.id)
    await service._pruner._round()
    acknowledged += await until_taken(service, refused)
    assert await deliveries.reach(len(acknowledged)) == acknowledged


async def test_settled_events_give_way_when_the_disk_fills_so_that_publishing_goes_on(
    service: Bellwire, receiver: Receiver, deliveries: Deliveries
) -> None:
    numbers = itertools.count()
    await service.create_webhook(make_document(url=receiver.url, throttle=0))
    acknowledged: list[str] = []
    log = service._backends.store.log
    while log.bytes_logged < 30 * MIB:
        acknowledged += await publish(service, fifty(numbers))
        if len(acknowledged) % 500 == 0:
            await deliveries.reach(len(acknowledged))
            await service._pruner._round()
    assert await deliveries.reach(len(acknowledged)) == acknowledged
    assert log.begin > 1
    assert await log.find(EventId(acknowledged[-1])) is not None
    again = await service.publish_json(msgspec.json.encode([fifty(itertools.count())[0]]))
    assert again.duplicates == 1  # its event was removed, its id is known


async def test_a_disk_that_another_program_fills_wholly_loses_nothing_and_all_goes_on_when_there_is_room(
    service: Bellwire, small_disk: Path, receiver: Receiver, deliveries: Deliveries
) -> None:
    numbers = itertools.count()
    receiver.answer_with(Reply(status=500), Reply())
    await service.create_webhook(make_document(url=receiver.url, throttle=0, discardAfter="365d"))
    acknowledged = await publish(service, fifty(numbers))
    ballast = small_disk / "ballast"
    fill_wholly(ballast)
    service._doorkeeper._looked_at_ms = 0
    await service._doorkeeper.look()
    refused = fifty(numbers)
    with pytest.raises(StorageUnavailable, match="free-floor"):
        await publish(service, refused)
    ballast.unlink()
    acknowledged += await until_taken(service, refused)
    async with asyncio.timeout(20):
        while len(set(deliveries.ids())) < len(acknowledged):  # noqa: ASYNC110 - the receiver lives in threads
            await asyncio.sleep(0)
    assert list(dict.fromkeys(deliveries.ids())) == acknowledged
