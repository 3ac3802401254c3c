import asyncio
import contextlib
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import apsw
import pytest

from bellwire import Bellwire, BellwireHandler, Mistake, StorageUnavailable, WebHook
from bellwire.log_records import DROPPED_TYPE, LOGGERS_MAX, OTHER_TYPE, TEXT_LENGTH_MAX, level_of, type_of_logger
from embedding.looking import events_of, logged
from receivers import Receiver, Reply

RECORDS = 50


def logger(handler: logging.Handler, name: str = "shop.orders") -> logging.Logger:
    log = logging.Logger(name)  # noqa: LOG001 - one that no other test knows
    log.addHandler(handler)
    return log


async def test_a_record_becomes_an_event(bellwire: Bellwire) -> None:
    async with BellwireHandler(bellwire) as handler:
        try:
            {"customer": 4}["order"]
        except KeyError:
            logger(handler).exception("order %d is lost", 17, extra={"customer": 4, "socket": Receiver})
    (event,) = await logged(bellwire)
    data = event["data"]
    assert event["type"] == "log.shop.orders"
    assert (data["message"], data["logger"], data["level"]) == ("order 17 is lost", "shop.orders", "error")
    assert data["exception"].startswith("Traceback ")
    assert data["exception"].endswith("KeyError: 'order'")
    assert data["extra"] == {"customer": 4, "socket": repr(Receiver)}


async def test_records_are_delivered_while_the_block_runs(bellwire: Bellwire, receiver: Receiver) -> None:
    await bellwire.declare_type("shop.log")
    await bellwire.create_webhook(
        WebHook(url=receiver.url, events=["shop.log"], events_policy="include", throttle="0s")
    )
    async with BellwireHandler(bellwire, type="shop.log", level=logging.WARNING) as handler:
        log = logger(handler)
        log.info("of no interest")
        log.warning("of interest")
        (event,) = events_of(*await receiver.arrival(1))
    assert event["data"]["message"] == "of interest"


@pytest.mark.parametrize(
    ("name", "type_id"),
    [
        ("shop.orders", "log.shop.orders"),
        ("root", "log.root"),
        ("__main__", "log.main"),
        ("Shop.Öl & Gas..x", "log.shop.l-gas.x"),
        ("", OTHER_TYPE),
        ("…", OTHER_TYPE),
        ("x" * 200, "log." + "x" * 124),
        ("x" * 123 + ".y", "log." + "x" * 123),
    ],
)
def test_a_loggers_name_becomes_an_event_type(name: str, type_id: str) -> None:
    assert type_of_logger(name) == type_id


def test_levels_are_those_of_event_types() -> None:
    severities = (logging.CRITICAL, logging.ERROR, logging.WARNING, 25, logging.DEBUG, 5)
    assert [level_of(severity).value for severity in severities] == ["error", "error", "warn", "info", "debug", "trace"]


async def test_loggers_beyond_the_limit_share_a_type(bellwire: Bellwire) -> None:
    async with BellwireHandler(bellwire) as handler:
        for number in range(LOGGERS_MAX + 1):
            logger(handler, f"shop.customer-{number}").warning("hello")
        await handler.drain()
        assert handler.dropped == 0
    types = {event["type"] for event in await logged(bellwire)}
    assert OTHER_TYPE in types


async def test_what_json_cannot_hold_is_shown_or_left_out(bellwire: Bellwire) -> None:
    circle: list[object] = []
    circle.append(circle)
    async with BellwireHandler(bellwire) as handler:
        log = logger(handler)
        log.warning("half \ud800 pair %s", "x" * TEXT_LENGTH_MAX, extra={"circle": circle}, stack_info=True)
        log.warning("large", extra={"bytes": "x" * 100_000})
    shown, large = [event["data"] for event in await logged(bellwire)]
    assert shown["message"].startswith(r"half \ud800 pair xxx")
    assert shown["extra"] == {"circle": "[[...]]"}
    assert shown["stack"].startswith("Stack (most recent call last)")
    assert large["extra"].keys() == {"leftOut"}


async def test_a_full_buffer_drops_and_says_so_when_there_is_room(bellwire: Bellwire) -> None:
    async with BellwireHandler(bellwire, records_max=3) as handler:
        log = logger(handler)
        for number in range(10):
            log.warning("%d", number)
        assert handler.dropped == 7
        await handler.drain()
        log.warning("room again")
    events = await logged(bellwire)
    told = [event["data"] for event in events if event["type"] == DROPPED_TYPE]
    assert told == [{"dropped": 7, "droppedInAll": 7}]
    messages = [event["data"]["message"] for event in events if event["type"] != DROPPED_TYPE]
    assert messages == ["0", "1", "2", "room again"]


async def test_a_record_that_can_be_no_event_is_dropped_alone(bellwire: Bellwire) -> None:
    deep: list[object] = []
    for _ in range(70):
        deep = [deep]
    async with BellwireHandler(bellwire) as handler:
        log = logger(handler)
        log.warning("before")
        log.warning("too deep", extra={"deep": deep})
        log.warning("behind")
        await handler.drain()
        assert handler.dropped == 1
    events = await logged(bellwire)
    assert [event["data"].get("message", DROPPED_TYPE) for event in events] == [DROPPED_TYPE, "before", "behind"]


async def test_a_record_that_cannot_be_told_is_reported_as_logging_does(
    bellwire: Bellwire, capsys: pytest.CaptureFixture[str]
) -> None:
    async with BellwireHandler(bellwire) as handler:
        logger(handler).warning("%d", "not a number")
        assert handler.dropped == 1
    assert "--- Logging error ---" in capsys.readouterr().err


async def test_bellwires_own_records_make_no_events(bellwire: Bellwire) -> None:
    root = logging.getLogger()
    with Receiver(Reply(status=500), Reply()) as receiver:
        async with BellwireHandler(bellwire) as handler:
            root.addHandler(handler)
            try:
                await bellwire.create_webhook(WebHook(url=receiver.url, throttle="0s"))
                logging.getLogger("shop").warning("once")
                await receiver.arrival(2)
            finally:
                root.removeHandler(handler)
        logging.getLogger("bellwire.web").warning("not an event either")
    assert [event["type"] for event in await logged(bellwire)] == ["log.shop"]


async def test_threads_log_and_flush_waits_until_their_records_are_on_disk(bellwire: Bellwire) -> None:
    async with BellwireHandler(bellwire) as handler:
        log = logger(handler)

        def work(thread: int) -> None:
            for number in range(RECORDS):
                log.warning("%d %d", thread, number)
            handler.flush()

        with ThreadPoolExecutor(4) as pool:
            loop = asyncio.get_running_loop()
            await asyncio.gather(*(loop.run_in_executor(pool, work, thread) for thread in range(4)))
        assert len(await logged(bellwire)) == 4 * RECORDS


async def test_flush_on_the_event_loop_returns_at_once_and_drain_waits(bellwire: Bellwire) -> None:
    async with BellwireHandler(bellwire) as handler:
        logger(handler).warning("hello")
        handler.flush()
        await handler.drain()
        assert len(await logged(bellwire)) == 1


async def test_what_was_logged_before_the_block_goes_first_and_nothing_after_it(
    bellwire: Bellwire, caplog: pytest.LogCaptureFixture
) -> None:
    handler = BellwireHandler(bellwire)
    log = logger(handler)
    log.warning("before")
    handler.flush()
    async with handler:
        log.warning("within")
    log.warning("after")
    handler.flush()
    assert handler.dropped == 1
    assert [event["data"]["message"] for event in await logged(bellwire)] == ["before", "within"]
    assert caplog.records == []


async def test_records_that_are_left_when_bellwire_stops_count_as_dropped(
    bellwire: Bellwire, caplog: pytest.LogCaptureFixture
) -> None:
    async with BellwireHandler(bellwire) as handler:
        await bellwire.close()
        logger(handler).warning("too late")
        await handler.drain()
    assert handler.dropped == 1
    assert [record.getMessage() for record in caplog.records] == [
        "1 log records were dropped at the end of their handler's block"
    ]


async def test_a_closed_handler_takes_no_more(bellwire: Bellwire) -> None:
    async with BellwireHandler(bellwire) as handler:
        log = logger(handler)
        log.warning("hello")
        handler.close()
        log.warning("too late")
    assert handler.dropped == 1
    assert [event["data"]["message"] for event in await logged(bellwire) if "message" in event["data"]] == ["hello"]


async def test_logging_does_not_wait_while_the_event_loop_does(bellwire: Bellwire) -> None:
    async with BellwireHandler(bellwire) as handler:
        log = logger(handler)

        def work() -> None:
            for _ in range(RECORDS):
                log.warning("hello")

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()  # the event loop stands still meanwhile
    assert len(await logged(bellwire)) == RECORDS


async def test_a_handler_without_room_or_with_a_bad_type_is_refused(bellwire: Bellwire) -> None:
    with pytest.raises(Mistake, match="records_max: must be 1 or more"):
        BellwireHandler(bellwire, records_max=0)
    with pytest.raises(Mistake, match="'Shop' is not an event type"):
        BellwireHandler(bellwire, type="Shop")


async def test_while_storage_refuses_records_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bellwire.log_handler.RETRY_S", 0.01)
    monkeypatch.setattr("bellwire.stores.sqlite.connection.BUSY_TIMEOUT_MS", 1)
    async with Bellwire.open(tmp_path / "refusing") as refusing, BellwireHandler(refusing) as handler:
        with contextlib.closing(apsw.Connection(str(tmp_path / "refusing" / "bellwire.db"))) as other:
            other.set_busy_timeout(10_000)
            other.execute("BEGIN IMMEDIATE")
            logger(handler).warning("waiting")
            with pytest.raises(StorageUnavailable):
                await refusing.publish("shop.order-paid", {})
            other.execute("ROLLBACK")
        await handler.drain()
        assert [event["type"] for event in await logged(refusing)] == ["log.shop.orders"]
        assert handler.dropped == 0


async def test_that_records_were_dropped_is_logged_where_it_can_be_no_event(
    bellwire: Bellwire, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bellwire.declare_type("shop.log")
    monkeypatch.setattr("bellwire.engine.intake.DECLARED_TYPES_MAX", 1)
    async with BellwireHandler(bellwire, type="shop.log", records_max=1) as handler:
        log = logger(handler)
        log.warning("taken")
        log.warning("dropped")
    assert [event["data"]["message"] for event in await logged(bellwire)] == ["taken"]
    (record,) = caplog.records
    assert record.getMessage().startswith("1 log records were dropped; the event that tells it: ")
