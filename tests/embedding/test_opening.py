import asyncio
import base64
import hashlib
import hmac
import logging
import os
import signal
import sys
import threading
from pathlib import Path

import pytest
import structlog

from bellwire import Bellwire, DataFolderInUse, Stopping, WebHook
from embedding.looking import events_of, logged
from receivers import Receiver, Reply


async def test_a_few_lines_deliver_a_signed_event(tmp_path: Path, receiver: Receiver) -> None:
    async with Bellwire.open(str(tmp_path)) as bellwire:
        await bellwire.declare_type("shop.order-paid")
        await bellwire.create_webhook(
            WebHook(
                url=receiver.url, events=["shop.order-paid"], events_policy="include", signature_key="my-secret-key"
            )
        )
        event_id = await bellwire.publish("shop.order-paid", {"order": 17})
        (request,) = await receiver.arrival(1)
    expected = base64.b64encode(hmac.digest(b"my-secret-key", request.body, hashlib.sha256)).decode()
    assert request.header("X-Signature") == expected
    (event,) = events_of(request)
    assert (event["id"], event["type"], event["data"]) == (event_id, "shop.order-paid", {"order": 17})


async def test_webhooks_and_events_are_there_when_the_folder_is_opened_again(
    tmp_path: Path, receiver: Receiver
) -> None:
    async with Bellwire.open(tmp_path) as first:
        created = await first.create_webhook(WebHook(url=receiver.url, enable=False))
        event_id = await first.publish("shop.order-paid", {"order": 17})
    async with Bellwire.open(tmp_path) as second:
        assert second.webhooks() == (created.webhook,)
        assert [event["id"] for event in await logged(second)] == [event_id]


async def test_a_relative_folder_stays_the_same_when_the_working_directory_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    async with Bellwire.open("data") as bellwire:
        os.chdir("elsewhere")
        await bellwire.publish("shop.order-paid", {})
        assert (await bellwire.status()).store_bytes > 0
    assert (tmp_path / "data" / "bellwire.db").exists()
    assert list((tmp_path / "elsewhere").iterdir()) == []


async def test_what_is_raised_in_the_block_comes_out_of_it_and_the_folder_is_free(tmp_path: Path) -> None:
    async def body() -> None:
        async with Bellwire.open(tmp_path) as bellwire:
            await bellwire.publish("shop.order-paid", {})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await body()
    async with Bellwire.open(tmp_path) as again:
        assert len(await logged(again)) == 1


async def test_a_cancelled_block_closes_too(tmp_path: Path) -> None:
    opened = asyncio.Event()

    async def body() -> None:
        async with Bellwire.open(tmp_path):
            opened.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(body())
    await opened.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with Bellwire.open(tmp_path):
        pass


async def test_one_folder_is_open_once_in_a_process(tmp_path: Path) -> None:
    async with Bellwire.open(tmp_path) as bellwire:
        with pytest.raises(DataFolderInUse, match="is in use by this process itself"):
            async with Bellwire.open(tmp_path):
                pytest.fail("it was opened twice")
        await bellwire.publish("shop.order-paid", {})


async def test_several_over_different_folders_keep_to_themselves(tmp_path: Path) -> None:
    with Receiver() as red, Receiver() as blue:
        async with Bellwire.open(tmp_path / "red") as first, Bellwire.open(tmp_path / "blue") as second:
            await first.create_webhook(WebHook(url=red.url))
            await second.create_webhook(WebHook(url=blue.url))
            await asyncio.gather(first.publish("shop.red", {}), second.publish("shop.blue", {}))
            requests = [*await red.arrival(1), *await blue.arrival(1)]
    assert [event["type"] for event in events_of(*requests)] == ["shop.red", "shop.blue"]


async def test_the_program_is_left_as_it_was(tmp_path: Path) -> None:
    def state() -> list[object]:
        signals = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)]
        logs = [logging.getLogger().handlers[:], logging.getLogger().level, logging.getLogger("bellwire").handlers[:]]
        return [*signals, *logs, structlog.is_configured(), sys.excepthook, dict(os.environ), threading.enumerate()]

    before = state()
    async with Bellwire.open(tmp_path) as bellwire:
        await bellwire.publish("shop.order-paid", {})
        assert state()[:-1] == before[:-1]
    await asyncio.get_running_loop().shutdown_default_executor()
    assert set(threading.enumerate()) <= set(state()[-1]) | {threading.current_thread()}  # type: ignore[call-overload] # the last one is the list of threads


async def test_failed_attempts_are_told_to_logging_and_nothing_is_printed(
    bellwire: Bellwire, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with Receiver(Reply(status=503), Reply()) as receiver:
        await bellwire.create_webhook(WebHook(url=receiver.url, throttle="0s"))
        await bellwire.publish("shop.order-paid", {})
        await receiver.arrival(2)
    (record,) = [record for record in caplog.records if record.name == "bellwire"]
    assert record.levelno == logging.WARNING
    assert record.getMessage().startswith("attempt failed reason=")
    assert " status=503" in record.getMessage()
    assert capfd.readouterr() == ("", "")


async def test_the_end_waits_for_a_hanging_endpoint_no_longer_than_its_deadline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bellwire.engine.supervisor.STOP_MS", 200)
    with Receiver(Reply(hold=threading.Event())) as receiver:
        async with Bellwire.open(tmp_path) as bellwire:
            await bellwire.create_webhook(WebHook(url=receiver.url, timeout="15m"))
            await bellwire.publish("shop.order-paid", {})
            await receiver.arrival(1)
        assert receiver.requests[0].body  # the block has ended, and the endpoint still has not answered


async def test_after_the_end_nothing_is_taken(tmp_path: Path) -> None:
    async with Bellwire.open(tmp_path) as bellwire:
        pass
    with pytest.raises(Stopping):
        await bellwire.publish("shop.order-paid", {})
