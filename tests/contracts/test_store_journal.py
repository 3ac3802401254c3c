import asyncio

import pytest

from bellwire.errors import EditConflict, StaleCursor, StorageUnavailable
from bellwire.model.change import (
    LEVEL_CHANGES_MAX,
    WEBHOOK_CHANGES_MAX,
    Change,
    Created,
    Edited,
    Filter,
    LevelSet,
    Paused,
    Recovered,
    What,
)
from bellwire.model.cursor import Cursor, CursorMove
from bellwire.model.event import EventTypeId, Position
from bellwire.model.event_type import EventLevel, EventType, TracingLevel
from bellwire.model.webhook import EventPolicy, WebhookId
from bellwire.store import ChangeSearch, Store
from builders import make_audit_entry, make_registered_webhook

FILTER = Filter(events=(EventTypeId("auth.success"),), events_policy=EventPolicy.INCLUDE, level=TracingLevel.WARN)
TYPE = EventType(id=EventTypeId("a.b"), level=TracingLevel.INFO)


def change(subject: str = "wh-1", what: What | None = None, *, position: int = 1, at_ms: int = 1) -> Change:
    return Change(subject=subject, position=Position(position), at_ms=at_ms, what=Recovered() if what is None else what)


async def listed(store: Store, subject: str = "wh-1", **search: int) -> list[Change]:
    found = await store.journal.changes(ChangeSearch(subject=subject, **search))
    assert [one.number for one in found] == sorted((one.number for one in found), reverse=True)
    return [one.change for one in found]


async def add(store: Store, *changes: Change) -> None:
    await store.registry.declare_types([TYPE], changes, audit=make_audit_entry())


async def test_each_call_records_what_it_changes_of_every_kind(store: Store) -> None:
    cursor = Cursor(webhook_id=WebhookId("wh-1"), position=Position(1))
    created = change(what=Created(enabled=True, filter=FILTER))
    await store.registry.add_webhook(make_registered_webhook(), cursor, [created], audit=make_audit_entry())
    edited = change(what=Edited(fields=("events", "url"), filter_before=FILTER, filter_after=FILTER))
    await store.registry.replace_webhook(
        make_registered_webhook(revision=2), [edited, change(what=Paused())], audit=make_audit_entry()
    )
    recovered = change(position=7, at_ms=5)
    after = Cursor(webhook_id=cursor.webhook_id, position=Position(7), revision=1)
    await store.ledger.skip(CursorMove(before=cursor, after=after, changes=(recovered,)))
    what = LevelSet(
        type=TYPE.id, before=EventLevel.INFO, after=EventLevel.DISABLE, earlier={cursor.webhook_id: Position(3)}
    )
    level = change("a.b", what)
    await add(store, level)
    assert await listed(store) == [recovered, change(what=Paused()), edited, created]
    assert await listed(store, "a.b") == [level]
    assert await listed(store, "nobody") == []


async def test_changes_of_all_subjects_are_listed_in_the_order_of_their_numbers(store: Store) -> None:
    changes = [change("wh-1"), change("a.b"), change("wh-2"), change("wh-1", what=Paused())]
    for each in changes:
        await add(store, each)
    first = await store.journal.changes(ChangeSearch(limit=3))
    assert [one.change for one in first] == changes[:0:-1]
    assert [one.number for one in first] == [4, 3, 2]
    (last,) = await store.journal.changes(ChangeSearch(before=first[-1].number))
    assert last.change == changes[0]


async def test_a_call_that_fails_records_nothing(store: Store) -> None:
    cursor = Cursor(webhook_id=WebhookId("wh-1"), position=Position(1))
    await store.registry.add_webhook(make_registered_webhook(), cursor, audit=make_audit_entry())
    with pytest.raises(EditConflict):
        await store.registry.add_webhook(make_registered_webhook(), cursor, [change()], audit=make_audit_entry())
    with pytest.raises(EditConflict):
        await store.registry.replace_webhook(make_registered_webhook(revision=5), [change()], audit=make_audit_entry())
    stale = Cursor(webhook_id=cursor.webhook_id, position=Position(1), revision=8)
    outcomes = await asyncio.gather(
        store.ledger.skip(CursorMove(before=stale, after=stale, changes=(change(),))),
        add(store, change("a.b")),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes] == [StaleCursor, type(None)]
    assert (await listed(store), len(await listed(store, "a.b"))) == ([], 1)


async def test_changes_are_listed_newest_first_page_by_page(store: Store) -> None:
    await add(store, *(change(("wh-1", "wh-2")[number % 2], at_ms=number) for number in range(10)))
    first = await store.journal.changes(ChangeSearch(subject="wh-2", limit=2))
    assert [one.change.at_ms for one in first] == [9, 7]
    rest = await store.journal.changes(ChangeSearch(subject="wh-2", before=first[-1].number))
    assert [one.change.at_ms for one in rest] == [5, 3, 1]
    assert await listed(store, "wh-2", before=rest[-1].number) == []


async def test_of_each_subject_the_newest_are_kept(store: Store) -> None:
    levels = [
        change("a.b", LevelSet(type=TYPE.id, before=EventLevel.INFO, after=EventLevel.WARN), at_ms=number)
        for number in range(LEVEL_CHANGES_MAX + 3)
    ]
    await add(store, *levels, *(change(at_ms=number) for number in range(WEBHOOK_CHANGES_MAX + 2)))
    assert (await listed(store, "a.b", limit=20_000))[-1].at_ms == 3
    kept = await listed(store, limit=20_000)
    assert (len(kept), kept[0].at_ms, kept[-1].at_ms) == (WEBHOOK_CHANGES_MAX, WEBHOOK_CHANGES_MAX + 1, 2)


async def test_changes_are_removed_that_are_old_and_decide_on_nothing_any_more(store: Store) -> None:
    await add(
        store,
        change(position=1, at_ms=1),
        change(position=9, at_ms=2),
        change(position=5, at_ms=3),
        change("a.b", position=5, at_ms=10),
    )
    assert await store.journal.remove_changes(made_before_ms=10, before=Position(5)) == 2
    assert await store.journal.remove_changes(made_before_ms=10, before=Position(5)) == 0
    assert [one.position for one in await listed(store)] == [9]
    assert len(await listed(store, "a.b")) == 1
    await add(store, change(position=11, at_ms=20))
    assert [one.position for one in await listed(store)] == [11, 9]


async def test_calls_after_close_say_that_the_store_is_closed(store: Store) -> None:
    await store.close()
    with pytest.raises(StorageUnavailable, match="closed"):
        await store.journal.changes(ChangeSearch(subject="wh-1"))
    with pytest.raises(StorageUnavailable, match="closed"):
        await store.journal.remove_changes(made_before_ms=1, before=Position(1))
