import asyncio
import logging
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bellwire import Bellwire, BellwireHandler, DataFolderInUse, WebHook
from embedding.looking import events_of, logged
from receivers import Receiver

# Python 3.12 and later warn of every fork beside threads; that such a child ends well is what is tested here.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")

PARENT = Path(__file__).with_name("forking_parent.py")

CHILD_S_MAX = 10
"""A child that hangs is ended by the system, and has told nothing."""


def in_child(work: Callable[[], object]) -> str:
    """What the work raises, or returns, in a forked child, which ends as multiprocessing would end it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(CHILD_S_MAX)
        try:
            told = repr(work())
        except BaseException as problem:  # noqa: BLE001 - whatever it is, the parent looks at it
            told = f"{type(problem).__name__}: {problem}"
        os.write(writing, told.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as told_by_child:
        told = told_by_child.read()
    os.waitpid(child, 0)
    return told


async def test_a_child_is_told_that_its_parents_bellwire_is_not_its_own(bellwire: Bellwire, receiver: Receiver) -> None:
    webhook_id = (await bellwire.create_webhook(WebHook(url=receiver.url))).webhook.id
    uses: list[Callable[[], object]] = [
        lambda: bellwire.publish_from_thread("shop.order-paid", {}),
        lambda: asyncio.run(bellwire.publish("shop.order-paid", {})),
        lambda: asyncio.run(bellwire.publish_json(b'{"type":"shop.order-paid","data":{}}')),
        lambda: asyncio.run(bellwire.create_webhook(WebHook(url=receiver.url))),
        lambda: asyncio.run(bellwire.delete_webhook(webhook_id)),
        lambda: asyncio.run(bellwire.test_webhook(webhook_id)),
        lambda: asyncio.run(bellwire.webhook_status(webhook_id)),
        lambda: asyncio.run(bellwire.status()),
        bellwire.webhooks,
        lambda: bellwire.webhook(webhook_id),
    ]
    for use in uses:
        assert in_child(use).startswith("StorageUnavailable: ")
    assert len(bellwire.webhooks()) == 1
    assert await logged(bellwire) == []
    assert receiver.requests == ()


async def test_a_child_that_leaves_the_block_takes_neither_lock_nor_connections_along(
    receiver: Receiver, tmp_path: Path
) -> None:
    block = Bellwire.open(tmp_path)
    bellwire = await block.__aenter__()
    await bellwire.create_webhook(WebHook(url=receiver.url, throttle=0))
    await bellwire.publish("shop.order-paid", {"order": 1})
    await receiver.arrival(1)
    assert in_child(lambda: asyncio.run(block.__aexit__(None, None, None))) == "False"
    with pytest.raises(DataFolderInUse):
        async with Bellwire.open(tmp_path):
            pytest.fail("the child has given the folder away")
    await bellwire.publish("shop.order-paid", {"order": 2})
    requests = await receiver.arrival(2)
    await block.__aexit__(None, None, None)
    assert [event["data"] for event in events_of(*requests)] == [{"order": 1}, {"order": 2}]
    assert requests[1].connection == 1


def test_a_child_does_not_keep_the_folder_of_a_parent_that_was_killed(tmp_path: Path) -> None:
    async def publish() -> None:
        async with Bellwire.open(tmp_path) as bellwire:
            await bellwire.publish("shop.order-paid", {})

    with subprocess.Popen(
        [sys.executable, PARENT, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "forked\n"
        parent.kill()
        parent.wait()
        asyncio.run(publish())  # while the child still reads


async def test_a_child_may_open_one_of_its_own(bellwire: Bellwire, receiver: Receiver, tmp_path: Path) -> None:
    async def deliver() -> None:
        async with Bellwire.open(tmp_path / "of the child") as own:
            await own.create_webhook(WebHook(url=receiver.url))
            await own.publish("shop.order-paid", {"by": "child"})

    child = multiprocessing.get_context("fork").Process(target=lambda: asyncio.run(deliver()))
    child.start()
    await asyncio.to_thread(child.join)
    assert child.exitcode == 0
    assert events_of(*receiver.requests)[0]["data"] == {"by": "child"}
    await bellwire.publish("shop.order-paid", {"by": "parent"})


async def test_what_a_child_logs_reaches_no_event_and_holds_nothing_up(bellwire: Bellwire) -> None:
    log = logging.Logger("shop")  # noqa: LOG001 - one that no other test knows
    async with BellwireHandler(bellwire) as handler:
        log.addHandler(handler)

        def work() -> int:
            log.warning("in the child")
            handler.flush()
            return handler.dropped

        assert in_child(work) == "1"
        log.warning("in the parent")
    assert [event["data"]["message"] for event in await logged(bellwire)] == ["in the parent"]
